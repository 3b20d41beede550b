"""A model's whole life on the replay, in real processes: too little data, trained, shown by MLflow, swapped and back.

Prices alone are loaded, so that one model can be learnt and the others have to say what they lack.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from stage import NOW, Plant, Replay, Service, end, free_port, spawn, until

from chocolate_factory.forecasting.enough import FEWEST_FOR_NAIVE, FEWEST_IN_ALL

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

NAME = "spot_price"
#: Days of prices that are loaded: more than any price model needs, and few enough for a training in a minute.
LOADED = timedelta(days=FEWEST_IN_ALL + 10)
#: What MLflow itself holds, asked of its own client in a process that knows nothing of this program.
ASK_MLFLOW = """
import json, sys
from mlflow import MlflowClient

client = MlflowClient(tracking_uri=sys.argv[1])
model = client.get_registered_model(sys.argv[2])
told = {"aliases": model.aliases, "versions": {}}
for held in client.search_model_versions(f"name = '{sys.argv[2]}'"):
    run = client.get_run(held.run_id)
    told["versions"][held.version] = {
        "run_id": held.run_id, "status": run.info.status, "metrics": run.data.metrics, "sha256": held.tags["sha256"],
    }
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def taught(tmp_path_factory, upstreams: Replay) -> Plant:
    """A plant with prices enough, and a model of them trained by the command."""
    upstreams.faults()
    plant = Plant(tmp_path_factory.mktemp("models") / "plant", upstreams.environment())
    load(plant, LOADED)
    told = plant.run("train", "--model", NAME)
    assert [model["name"] for model in told["models"]] == [NAME]
    return plant


def load(plant: Plant, span: timedelta) -> None:
    days = [f"{day:%Y-%m-%d}" for day in (NOW - span, NOW)]
    plant.run("backfill", "--start", days[0], "--end", days[1], "--series", "spot")


def refused(plant: Plant, *words: str) -> str:
    """The sentence of a command that fails."""
    program = [sys.executable, "-m", "chocolate_factory", *words]
    done = subprocess.run(program, env=plant.env, cwd=plant.folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def database(plant: Plant) -> str:
    return f"sqlite:///{(plant.data / 'mlflow' / 'mlflow.db').resolve()}"


def mlflow_holds(plant: Plant) -> dict[str, Any]:
    words = [sys.executable, "-W", "ignore", "-c", ASK_MLFLOW, database(plant), NAME]
    done = subprocess.run(words, env=plant.env, cwd=plant.folder, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def status_of(service: Service, name: str = NAME) -> dict[str, Any]:
    return next(model for model in service.get("/models/status")["models"] if model["name"] == name)


def named(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The versions that have an alias, by alias."""
    return {alias: document[alias] for alias in ("champion", "challenger", "previous") if document[alias]}


def served(service: Service) -> bytes:
    """The forecast as it is served, byte for byte, after the job has looked at the shelf; but for when it was made."""
    ran = service.do("/scheduler/jobs/ml_predictions/run")
    assert ran["state"] == "done", ran
    prices = service.get("/forecast/prices", series="spot", hours=72)["prices"]
    ahead = [{k: v for k, v in p.items() if k != "made_at"} for p in prices if p["kind"] == "forecast"]
    assert len(ahead) > 24
    return json.dumps(ahead).encode()


def sources_of(forecast: bytes) -> set[str]:
    return {price["source"] for price in json.loads(forecast)}


@contextmanager
def mlflow_server(plant: Plant) -> Iterator[str]:
    """MLflow's own server, which is also its page, on the store of the plant; its address."""
    port = free_port()
    words = ["server", "--backend-store-uri", database(plant), "--host", "127.0.0.1", "--port", str(port)]
    words += ["--workers", "1", "--allowed-hosts", f"127.0.0.1:{port}"]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    log, address = plant.folder / "mlflow.log", f"http://127.0.0.1:{port}"
    process = spawn([sys.executable, "-m", "mlflow", *words], log, env=plant.env | quiet, cwd=plant.folder)
    try:
        until(lambda: answers(address), 120.0, f"mlflow server answers; its log: {log}", pause=0.2)
        yield address
    finally:
        end(process)


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health", timeout=5.0).status_code == 200
    except httpx.TransportError:
        return False


# ------------------------------------------------------------------------------------------------------ too little data
def test_an_empty_store_and_two_days_say_how_much_is_missing(plant):
    assert f"{FEWEST_FOR_NAIVE} days are needed" in refused(plant, "train", "--model", NAME)
    load(plant, timedelta(days=1))
    told = refused(plant, "train", "--model", NAME)
    assert f"2 days known; {FEWEST_FOR_NAIVE - 2} more are needed, {FEWEST_FOR_NAIVE} in all" in told
    shown = plant.run("models", "show", NAME)
    assert named(shown) == {}
    assert shown["waiting_for"].endswith(f"more days of spot are needed, {FEWEST_IN_ALL} in all.")
    assert [event["deed"] for event in shown["events"]] == ["refused", "refused"]


def test_without_a_model_of_its_own_predict_says_what_to_do(plant):
    assert "chocolate-factory ingest" in refused(plant, "predict")
    plant.run("ingest")
    assert "chocolate-factory train" in refused(plant, "predict", "--price", "0.15")


# ------------------------------------------------------------------------------------------------------------- trained
def test_what_is_shown_is_what_mlflow_holds(taught):
    """Run ids, versions, aliases and every score, by MLflow's own client, by the command and over HTTP."""
    held, shown = mlflow_holds(taught), taught.run("models", "show", NAME)
    assert {alias: v["version"] for alias, v in named(shown).items()} == {
        alias: int(number) for alias, number in held["aliases"].items()
    }
    assert set(held["versions"]) == {"1", "2"}, "the baseline, and what was learnt"
    assert {run["status"] for run in held["versions"].values()} == {"FINISHED"}
    for version in named(shown).values():
        run = held["versions"][str(version["version"])]
        assert (version["run_id"], version["sha256"]) == (run["run_id"], run["sha256"])
        own = {name: value for name, value in run["metrics"].items() if "." not in name}
        assert version["scores"] == own
        for who, scores in version["baselines"].items():
            assert scores == {name: run["metrics"][f"baseline.{who}.{name}"] for name in scores}
    assert shown["champion"]["scores"]["mae_eur_mwh"] > 0
    with taught.serving() as service:
        assert lasting(status_of(service)) == lasting(shown)
        assert named(status_of(service, "pvpc_price")) == {}


def lasting(model: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Its versions by alias, but for what depends on when it is asked."""
    return {alias: version | {"age_days": None} for alias, version in named(model).items()}


def test_mlflows_own_server_shows_the_model(taught):
    held = mlflow_holds(taught)
    with mlflow_server(taught) as address:
        api = f"{address}/api/2.0/mlflow/registered-models"
        listed = httpx.get(f"{api}/search", timeout=30.0).raise_for_status().json()["registered_models"]
        model = next(model for model in listed if model["name"] == NAME)
        aliases = {one["alias"]: int(one["version"]) for one in model["aliases"]}
        assert aliases == {alias: int(number) for alias, number in held["aliases"].items()}
        page = httpx.get(f"{address}/", timeout=30.0)
        assert page.status_code == 200
        assert "text/html" in page.headers["content-type"]


def test_a_champion_is_swapped_and_brought_back_without_a_restart(taught):
    champion = taught.run("models", "show", NAME)["champion"]["version"]
    other = 3 - champion  # the baseline, or what was learnt
    with taught.serving() as service:
        service.settled()
        before = served(service)
        assert sources_of(before) == {f"{NAME}/{champion}"}
        kinds = [price["kind"] for price in service.get("/forecast/prices", series="spot", hours=168)["prices"]]
        assert kinds == sorted(kinds, key=["observed", "forecast"].index), "published, then forecast"
        assert {"observed", "forecast"} == set(kinds)

        assert taught.run("models", "promote", NAME, str(other))["version"] == other
        swapped = served(service)
        assert sources_of(swapped) == {f"{NAME}/{other}"}
        assert values_of(swapped) != values_of(before)

        assert taught.run("models", "rollback", NAME)["version"] == champion
        assert served(service) == before
        assert service.process.poll() is None
        deeds = [event["deed"] for event in status_of(service)["events"][:2]]
        assert deeds == ["rolled back", "promoted"]
        assert status_of(service)["champion"]["version"] == int(mlflow_holds(taught)["aliases"]["champion"])


def values_of(forecast: bytes) -> list[float]:
    return [price["p50_eur_mwh"] for price in json.loads(forecast)]
