"""Acceptance of issue 8, as processes: each part killed with -9 in turn, under load, and back as it would be restarted.

All of them are real: InfluxDB, PostgreSQL, MLflow's server, the brain, and nginx as the sidecar has it. Somebody looks
at the dashboard through nginx, a meter hands in readings, and the timetable brings in what the replay has. What is
asked for at the end is everything that was acknowledged, once.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from load import Load, readings_of
from stage import NOW, Plant, Replay, Service, free_port, until
from truth import twice, wrong

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from door import Door, door_before, visitor
from influx_server import Influxd
from postgres_server import Postgres
from tracking_server import TrackingServer

from chocolate_factory.adapters.influx_http import address_of
from chocolate_factory.adapters.influx_store import InfluxStore
from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.metering import METER_ENERGY
from chocolate_factory.domain.series import Observation
from chocolate_factory.domain.series_spec import Family

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

STEP = timedelta(minutes=5)
#: How long a part stays away, s: long enough that everybody who needs it notices.
AWAY_S = 4.0
INGESTING = ("ree_ingestion", "weather_ingestion")
#: What the door may answer while something is away; 0: nobody there. 502 and 503 have the door's own page.
WHILE_AWAY = {0, 200, 502, 503, 504}
#: What the brain's errors say, all of them: with PostgreSQL away nothing can be settled, and nothing runs; and to
#: who asks whether all is ready while InfluxDB is away, that it is.
EXPECTED = ('"error": "The ledger cannot serve: ', '{"path": "/ready", "error": "store: InfluxDB at ')


@dataclass
class Whole:
    """The five parts, and the trial's hands on them."""

    replay: Replay
    influx: Influxd
    postgres: Postgres
    mlflow: TrackingServer
    door: Door
    plant: Plant
    service: Service
    now: datetime = NOW

    def close(self) -> None:
        """The brain of now, which is not the first one."""
        self.service.close()

    def restart_brain(self) -> None:
        self.service.http.close()
        self.service = Service(self.plant, self.service.port)
        self.service.wait_until_it_answers()

    def look(self) -> int:
        try:
            return self.door.ask("/dashboard/complete", source=visitor()).status
        except OSError:
            return 0

    def ready(self) -> bool:
        try:
            return self.service.http.get("/ready").status_code == 200
        except httpx.TransportError:
            return False

    def all_is_well(self) -> bool:
        """Every part that the brain watches can serve, and nothing waits to be brought."""
        try:
            checks = self.service.checks()
            return {checks[name]["status"] for name in ("store", "store spool", "ledger")} == {"ok"}
        except httpx.TransportError:
            return False

    def a_round_is_due(self) -> None:
        """The clock goes on to the timetable's next occurrence."""
        self.now += STEP
        self.replay.start(self.now)

    def the_round_ended(self) -> bool:
        due = self.now.replace(minute=self.now.minute // 5 * 5, second=0)
        try:
            jobs = self.jobs()
        except (AssertionError, httpx.TransportError):  # while the ledger comes back it is 503
            return False
        last = [jobs[name]["last"] for name in INGESTING]
        return all(run and run["ended_at"] and datetime.fromisoformat(run["due_at"]) >= due for run in last)

    def jobs(self) -> dict[str, dict[str, Any]]:
        """The timetable's, by their ids."""
        return {job["id"]: job for job in self.service.get("/scheduler/status")["scheduler"]["jobs"]}

    def held(self) -> list[Observation]:
        store = InfluxStore(address_of(self.influx.url("factory")))
        try:
            return list(store.everything())
        finally:
            store.close()


@contextmanager
def started(folder: Path) -> Iterator[Whole]:
    """All of it, in the order in which Compose starts them."""
    with ExitStack() as last:
        replay = Replay(folder, limits=False)
        last.callback(replay.close)
        replay.start(NOW)
        influx = Influxd()
        last.callback(influx.remove)
        postgres = Postgres()
        last.callback(postgres.close)
        mlflow = TrackingServer(postgres.address(), folder)
        last.callback(mlflow.kill)
        where = {
            "TIMESERIES_URL": influx.url("factory"),
            "LEDGER_URL": postgres.address("postgres"),
            "MLFLOW_TRACKING_URI": mlflow.uri,
        }
        plant = Plant(folder / "plant", replay.environment() | where)
        service = Service(plant, free_port())
        (folder / "door").mkdir()
        door = last.enter_context(door_before(f"http://127.0.0.1:{service.port}", folder / "door"))
        whole = Whole(replay, influx, postgres, mlflow, door, plant, service)
        last.callback(whole.close)
        service.settled()
        yield whole


def kill_influx(whole: Whole) -> Callable[[], None]:
    whole.influx.process.kill()
    whole.influx.process.wait()
    return whole.influx.start


def kill_postgres(whole: Whole) -> Callable[[], None]:
    whole.postgres.kill_nine()
    return whole.postgres.start


def kill_mlflow(whole: Whole) -> Callable[[], None]:
    whole.mlflow.kill()
    return whole.mlflow.start


def kill_door(whole: Whole) -> Callable[[], None]:
    whole.door.kill()
    return whole.door.start


def kill_brain(whole: Whole) -> Callable[[], None]:
    whole.service.kill()
    return whole.restart_brain


def killed_in_the_middle_of_a_round(whole: Whole, load: Load, kill: Callable[[Whole], Callable[[], None]]) -> float:
    """Until everybody is served again, s from the moment at which the part was started again."""
    load.goes_on()
    whole.a_round_is_due()
    start = kill(whole)
    time.sleep(AWAY_S)
    began = time.monotonic()
    start()
    until(whole.ready, 60.0, f"/ready after {kill.__name__}")
    until(whole.all_is_well, 90.0, f"every part serves after {kill.__name__}", pause=0.2)
    load.goes_on()
    seconds = time.monotonic() - began
    until(whole.the_round_ended, 120.0, f"the round of {whole.now:%H:%M} after {kill.__name__}", pause=0.2)
    return seconds


def model_of(uri: str) -> dict[str, Any]:
    """A registered model as MLflow's server knows it; made where it does not."""
    asked = {"name": "kept"}
    found = httpx.get(f"{uri}/api/2.0/mlflow/registered-models/get", params=asked, timeout=20)
    if found.status_code == 404:
        found = httpx.post(f"{uri}/api/2.0/mlflow/registered-models/create", json=asked, timeout=20)
    assert found.status_code == 200, found.text
    return dict(found.json()["registered_model"])


def test_each_part_killed_in_turn_under_load_comes_back_and_nothing_is_lost(tmp_path: Path) -> None:
    with started(tmp_path) as whole:
        whole.service.post("/scheduler/jobs/ml_training/pause")
        model = model_of(whole.mlflow.uri)
        load = Load(f"http://127.0.0.1:{whole.service.port}", whole.look, NOW - timedelta(days=20))
        load.start()
        try:
            for kill in (kill_influx, kill_postgres, kill_mlflow, kill_door, kill_brain):
                seconds = killed_in_the_middle_of_a_round(whole, load, kill)
                print(f"{kill.__name__}: all is well {seconds:.1f} s after its start")
        finally:
            load.stop()
        until(whole.all_is_well, 60.0, "the last of it is brought")
        print(f"looks: {dict(load.looks)}; {len(load.acknowledged)} readings")

        stored = whole.held()
        assert readings_of(stored) == sorted(load.acknowledged.items()), "each reading that was acknowledged, once"
        of_upstreams = [o for o in stored if o.series != METER_ENERGY and spec_of(o.series).family is not Family.MODELS]
        assert wrong(of_upstreams) == []
        assert twice(of_upstreams) == []
        assert {o.series for o in of_upstreams} >= {"pvpc", "spot", "demand", "temperature"}
        assert whole.service.get("/influxdb/verify")["problems"] == []
        assert model_of(whole.mlflow.uri) == model, "what MLflow had acknowledged"
        whole.service.do("/scheduler/jobs/ml_predictions/run")  # it asks MLflow again
        assert whole.service.get("/mlflow/status")["connected"]
        assert whole.jobs()["ml_training"]["paused"], "what the ledger had acknowledged"
        until(lambda: not any(job["running"] for job in whole.jobs().values()), 120.0, "what runs ends", pause=0.2)
        assert set(load.looks) <= WHILE_AWAY
        assert load.looks[200] > sum(load.looks.values()) / 2
    assert [line for line in errors(whole.plant.log) if not any(words in line for words in EXPECTED)] == []


def errors(log: Path) -> list[str]:
    """Of every life of the brain."""
    marks = ('"level": "error"', '"level": "critical"', "Traceback")
    return [line for line in log.read_text().splitlines() if any(mark in line for mark in marks)]
