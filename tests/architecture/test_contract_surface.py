"""The contract's surface: paths, keys, names of jobs, commands and settings that the outside world relies on.

What stands here is what the product has by now; LATER is what the contract promises and nobody had built yet. Whoever
builds a path moves it up, with its keys.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer.main

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from plan_records import record
from web_house import client_of, demo_house

from chocolate_factory.cli.app import app as cli
from chocolate_factory.scheduler.jobs import TIMETABLE
from chocolate_factory.settings import SECRETS, Settings

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = ROOT.parent / "shared" / "contract.md"

#: Method and path: the keys that must be there, ``list[]`` for those of a list's members.
SURFACE: dict[str, str] = {
    "GET /": "name version endpoints",
    "GET /health": "status checks",
    "GET /ready": "status",
    "GET /metrics": "",
    "GET /ree/prices": "prices[]series prices[]start prices[]resolution_minutes prices[]price_eur_mwh "
    "prices[]price_eur_kwh prices[]tariff_period prices[]source prices[]kind",
    "GET /ree/demand": "demand[]start demand[]demand_mw demand[]kind",
    "GET /ree/generation": "generation[]day generation[]technology generation[]energy_mwh renewable_pct",
    "GET /aemet/weather": "station_id observed_at temperature_c humidity_pct",
    "GET /aemet/token/status": "status",
    "GET /weather/openweather": "temperature_c humidity_pct pressure_hpa",
    "GET /weather/openweather/forecast": "forecast",
    "GET /weather/openweather/status": "status",
    "GET /weather/hybrid": "temperature_c humidity_pct source reason",
    "POST /ingest-now": "source found written",
    "GET /influxdb/verify": "data backend",
    "GET /init/status": "status recommendations",
    "POST /init/historical-data": "job_id",
    "POST /init/datosclima/etl": "job_id",
    "POST /init/all": "job_id",
    "GET /scheduler/status": "scheduler",
    "POST /scheduler/jobs/{id}/run": "job_id",
    "GET /gaps/summary": "series[]series series[]last series[]behind_hours series[]status last_recovery",
    "GET /gaps/detect": "summary gaps[]series gaps[]start gaps[]end gaps[]missing gaps[]state gaps[]priority "
    "gaps[]priority_reason",
    "POST /gaps/backfill": "job_id",
    "POST /gaps/backfill/auto": "job_id",
    "GET /jobs/{job_id}": "state progress counts errors",
    "GET /tariff": "slots[]start slots[]period slots[]energy_eur_kwh",
    "GET /forecast/prices": "prices[]start prices[]resolution_minutes prices[]p10_eur_mwh prices[]p50_eur_mwh "
    "prices[]p90_eur_mwh prices[]kind prices[]made_at",
    "GET /mlflow/features": "feature_names model_inputs features[]start features[]hour features[]temp_observed",
    "GET /mlflow/status": "connected tracking_uri experiments models",
    "POST /mlflow/train": "job_id",
    "GET /models/status": "models[]name models[]champion models[]challenger models[]drift models[]events",
    "GET /predict": "energy_optimization production_recommendation",
    "POST /predict": "energy_optimization production_recommendation",
    "POST /predict/energy-optimization": "energy_optimization_score model inputs",
    "POST /predict/production-recommendation": "recommendation probabilities model reasons inputs",
    "GET /alerts": "alerts[]id alerts[]cause alerts[]severity alerts[]state alerts[]notified_at",
    "POST /alerts/{id}/acknowledge": "id state",
    "GET /plan": "id made_at status solver horizon batches[]id batches[]product batches[]stage batches[]machine "
    "batches[]start batches[]end batches[]kg batches[]reason slots[]start slots[]energy_eur_kwh slots[]price_kind "
    "slots[]tariff_period slots[]temperature_c slots[]power_kw slots[]energy_kwh slots[]cost_eur slots[]stocks_kg "
    "slots[]level cost_eur kg kwh eur_per_kg peak_kw baseline saving_eur saving_pct certificate conflicts",
    "POST /plan": "id made_at status solver horizon batches slots cost_eur baseline saving_eur certificate conflicts",
    "POST /plan/what-if": "delta_eur feasible reason",
    "POST /plan/batches/{id}/lock": "locked",
    "POST /simulate": "replications kpis",
    "GET /savings": "status totals days[]day days[]status days[]baseline_eur days[]planned_eur days[]measured_eur "
    "days[]saving_eur days[]saving_pct days[]coverage days[]uncertainty_eur days[]kg days[]kwh days[]eur_per_kg "
    "days[]kwh_per_kg days[]baseline_version days[]baseline_sha256 days[]carbon_kg chapters",
    "POST /meter/readings": "read written rejected[]line rejected[]field rejected[]value rejected[]reason "
    "rejected[]allowed",
    "GET /dashboard": "",
    "GET /dashboard/complete": "current_info system_status predictions plan prices weather alerts data_health models "
    "savings",
}
#: Keys below these: operation, key, what is in it.
BELOW = [
    ("GET /init/status", "status", "historical_weather_records historical_ree_records missing_records is_initialized"),
    ("GET /scheduler/status", "scheduler", "total_jobs jobs"),
    ("GET /gaps/summary", "last_recovery", "at filled failed success_rate"),
    ("GET /gaps/detect", "summary", "total_gaps missing_records estimated_recovery_seconds"),
    ("GET /plan", "solver", "name gap seconds bound_eur"),
    ("GET /plan", "horizon", "start end resolution_minutes"),
    ("GET /plan", "baseline", "cost_eur kg kwh eur_per_kg peak_kw"),
    (
        "GET /dashboard/complete",
        "current_info",
        "price_eur_kwh price_trend tariff_period temperature_c humidity_pct demand_mw renewable_pct",
    ),
]
LATER_PATHS: set[str] = set()
OF_THE_FRAMEWORK = {"GET /docs", "GET /redoc", "GET /openapi.json"}
LATER_COMMANDS: set[str] = set()
LATER_JOBS: set[str] = set()
LATER_SETTINGS = {
    "TAILSCALE_AUTHKEY", "TAILSCALE_HOSTNAME",
}  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    house = demo_house(tmp_path_factory.mktemp("demo"), days=3)
    house.plans.keep_plan(record())
    with client_of(house) as found:
        yield found


@pytest.fixture(scope="module")
def document(client) -> dict[str, Any]:
    return client.get("/openapi.json").json()


@pytest.fixture(scope="module")
def answers(client) -> dict[str, httpx.Response]:
    """Of every path that is read without saying more."""
    return {name: client.get(name.split()[1]) for name in SURFACE if name.startswith("GET") and "{" not in name}


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{m.upper()} {path}": o for path, found in document["paths"].items() for m, o in found.items()}


def good_answer(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    """The schema of what is answered when all is well."""
    answer = next(a for status, a in operation["responses"].items() if status.startswith("2"))
    return resolved(document, answer.get("content", {}).get("application/json", {}).get("schema", {}))


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """What a schema refers to; of several the first that is an object."""
    schema = next((one for one in schema.get("anyOf", []) if "$ref" in one), schema)
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    return document["components"]["schemas"][name] if name else schema


def has(document: dict[str, Any], schema: dict[str, Any], key: str) -> bool:
    name, _, inner = key.partition("[]")
    if name not in schema.get("properties", {}):
        return False
    if not inner:
        return True
    return inner in resolved(document, schema["properties"][name]["items"])["properties"]


# ---------------------------------------------------------------------- paths and keys
@pytest.mark.parametrize("name", SURFACE)
def test_every_operation_documents_its_keys(document, name):
    operation = operations(document)[name]
    assert operation["summary"]
    schema = good_answer(document, operation)
    if name != "GET /dashboard/complete":  # prebuilt bytes: the next test reads them
        assert [key for key in SURFACE[name].split() if not has(document, schema, key)] == []


@pytest.mark.parametrize("name", [n for n in SURFACE if n.startswith("GET") and "{" not in n])
def test_every_answer_has_its_keys(answers, name):
    answer = answers[name]
    if answer.status_code == 424:
        assert "/openweather" in name  # the demo asks nobody
        return
    if answer.status_code == 404:
        assert (name, "train" in answer.json()["detail"]) == ("GET /predict", True)  # no model was trained here
        return
    assert answer.status_code == 200
    for key in SURFACE[name].split():
        outer, _, inner = key.partition("[]")
        assert outer in answer.json()
        assert not inner or all(inner in member for member in answer.json()[outer])


@pytest.mark.parametrize(("name", "key", "below"), BELOW)
def test_keys_below_keys(answers, name, key, below):
    found = answers[name].json()[key]
    assert set(below.split()) <= found.keys()


def test_every_line_of_the_timetable_has_its_keys(answers):
    for job in answers["GET /scheduler/status"].json()["scheduler"]["jobs"]:
        assert {"id", "next_run", "last_run", "last_outcome", "schedule"} <= job.keys()


def test_a_reading_stands_with_its_source_kind_and_age(answers):
    info = answers["GET /dashboard/complete"].json()["current_info"]
    for name in ("price_eur_kwh", "temperature_c", "humidity_pct", "demand_mw", "renewable_pct"):
        assert {f"{name}_source", f"{name}_kind", f"{name}_age_seconds"} <= info.keys()


def test_the_defaults_of_parameters(document):
    found = operations(document)
    asked = {(name, p["name"]): p["schema"].get("default") for name in found for p in found[name].get("parameters", [])}
    assert asked["GET /gaps/detect", "days_back"] == 10
    assert asked["POST /gaps/backfill", "days_back"] == 7
    assert asked["POST /gaps/backfill/auto", "max_gap_hours"] == 6.0
    assert asked["POST /init/datosclima/etl", "station_id"] == "5279X"
    assert asked["POST /init/datosclima/etl", "years"] == 3
    assert asked["GET /tariff", "tariff"] == "3.0TD"
    assert asked["GET /tariff", "resolution"] == 60


def test_the_names_of_the_index(answers):
    index = answers["GET /"].json()["endpoints"]
    names = set(index)
    assert not [name for name in names if re.search("debug|test|raw", name)]
    assert [name for name in names if "historical" in name] == ["init_historical"]
    assert index["init_historical"]["path"] == "/init/historical-data"


def test_the_framework_s_own_pages_are_there(client):
    for name in OF_THE_FRAMEWORK:
        assert client.get(name.split()[1]).status_code == 200


# ---------------------------------------------------------------------- against the contract itself
def contract() -> str:
    if not CONTRACT.is_file():
        pytest.skip(f"{CONTRACT} is not here")
    return CONTRACT.read_text()


def chapter(number: int) -> str:
    return re.split(r"^## \d\. ", contract(), flags=re.MULTILINE)[number]


def promised_paths() -> set[str]:
    """What the first column of the contract's table names."""
    found: set[str] = set()
    for cell in re.findall(r"^\| ((?:GET|POST)[^|]*(?:\\\|[^|]*)*)\|", chapter(1), re.MULTILINE):
        for part in re.sub(r"`[^`]*`", "", cell).split("·"):
            methods, *paths = re.findall(r"GET(?:, POST)?|POST|/[\w/{}.-]*", part)
            found |= {f"{method} {path}" for method in methods.split(", ") for path in paths}
    return found


def test_every_path_of_the_contract_is_there_or_named_as_to_come(document):
    assert len(promised_paths()) > 40
    known = operations(document).keys() | OF_THE_FRAMEWORK
    assert promised_paths() - known - LATER_PATHS == set()
    assert {path for path in LATER_PATHS if path in known} == set(), "built: move it up"
    assert SURFACE.keys() <= promised_paths() | {"GET /jobs/{job_id}"}


def test_every_job_of_the_contract_is_there_or_named_as_to_come():
    promised = set(re.findall(r"^\| `(\w+)` \|", chapter(2), re.MULTILINE))
    known = {job.id for job in TIMETABLE}
    assert len(promised) == 11
    assert known <= promised
    assert promised - known <= LATER_JOBS


def test_every_command_of_the_contract_is_there_or_named_as_to_come():
    promised = set(re.findall(r"`(\w+)`", chapter(4).split("Every one")[0]))
    known = set(typer.main.get_command(cli).commands)  # type: ignore[attr-defined]
    assert len(promised) > 25
    assert promised - known <= LATER_COMMANDS
    assert known <= promised


def test_every_setting_of_the_contract_is_there_or_named_as_to_come():
    rows = re.findall(r"^\| (`[^|]*) \| ([^|]*) \|", chapter(5), re.MULTILINE)
    promised = {name for cell, _ in rows for name in re.findall(r"`([A-Z_]+)`", cell)}
    known = {name.upper() for name in Settings.model_fields}
    assert len(promised) > 25
    assert promised - known <= LATER_SETTINGS
    assert known - promised <= {"RAW_LIMIT_MB", "CLOCK_URL", "CERTIFICATES"}
    assert {name for name in known if re.search("TOKEN|KEY|SECRET|PASSWORD|NOTIFY", name)} == set(SECRETS)


def test_the_defaults_of_settings_are_the_contracts():
    rows = re.findall(r"^\| `(\w+_URL)`(?:, `\w+`)? \| (https://\S+) \|", chapter(5), re.MULTILINE)
    assert len(rows) >= 4
    for name, default in rows:
        assert Settings.model_fields[name.lower()].default == default


# ---------------------------------------------------------------------- what the documents name
def test_every_setting_command_and_job_is_in_the_documents():
    example = (ROOT / ".env.example").read_text()
    assert [n.upper() for n in Settings.model_fields if not re.search(rf"^#?{n.upper()}=", example, re.MULTILINE)] == []
    assert [name for name in SECRETS if f"{name}_FILE=" not in example] == []
    pages = "\n".join(path.read_text() for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))])
    assert [job.id for job in TIMETABLE if f"`{job.id}`" not in pages] == []
    commands = typer.main.get_command(cli).commands  # type: ignore[attr-defined]
    assert [name for name in commands if not re.search(rf"`(chocolate-factory )?{name}[` ]", pages)] == []
