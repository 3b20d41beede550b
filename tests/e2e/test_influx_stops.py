"""Acceptance 2 of issue 5: InfluxDB stopped for ten minutes of ingestion and started again, the service killed between.

The ten minutes are the timetable's own, on a clock that the trial moves: two rounds of every ingesting job, and the
kill in the middle of a third that somebody asks for.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path

import httpx
import pytest
from stage import NOW, Plant, Replay, Service, until

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract"))

from influx_server import Influxd

from chocolate_factory.adapters.influx_http import address_of
from chocolate_factory.adapters.influx_store import InfluxStore
from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.domain.series import Kind, Observation

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

MINUTE = timedelta(minutes=1)
ROUNDS = ("ree_ingestion", "weather_ingestion")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[Influxd]:
    made = Influxd()
    yield made
    made.remove()


@pytest.fixture
def moving(tmp_path: Path) -> Iterator[Replay]:
    """A replay of the trial's own, whose clock it may move."""
    replay = Replay(tmp_path, limits=False)
    try:
        replay.start(NOW)
        yield replay
    finally:
        replay.close()


def waiting(plant: Plant) -> list[Observation]:
    """What the spool has acknowledged and not yet brought, in order, as another process sees it."""
    sql = "SELECT series, source, kind, start, value, published, received, resolution_minutes, site FROM waiting"
    with closing(sqlite3.connect(plant.data / "spool.db", timeout=15)) as c:
        return [
            Observation(series, source, Kind(kind), when(start), value, when(published), when(received), minutes, site)
            for series, source, kind, start, value, published, received, minutes, site in c.execute(
                f"{sql} ORDER BY id"
            )
        ]


def when(us: int) -> datetime:
    return EPOCH + us * timedelta(microseconds=1)


def held(url: str) -> list[Observation]:
    store = InfluxStore(address_of(url))
    try:
        return list(store.everything())
    finally:
        store.close()


def slot(o: Observation) -> tuple:
    return o.series, o.site, o.source, o.kind, o.resolution_minutes, o.start


def ran(service: Service, due: datetime) -> bool:
    """Whether the occurrence of each ingesting job that was due then, or a later one, has ended."""
    jobs = {job["id"]: job for job in service.get("/scheduler/status")["scheduler"]["jobs"]}
    last = [jobs[name]["last"] for name in ROUNDS]
    return all(run and run["ended_at"] and datetime.fromisoformat(run["due_at"]) >= due for run in last)


def ask_for_a_round(service: Service) -> None:
    """Nobody hears its answer."""
    with suppress(httpx.TransportError):
        service.http.post("/ingest-now", json={"source": "all"})


def a_round_at(moving: Replay, service: Service, moment: datetime) -> None:
    """The clock goes on to that moment, and the timetable does what is due."""
    moving.start(moment)
    due = moment - moment.minute % 5 * MINUTE - timedelta(seconds=moment.second)
    until(lambda: ran(service, due), 120.0, f"the round of {due:%H:%M} ends", pause=0.2)


def test_nothing_is_lost_and_nothing_there_twice(moving: Replay, tmp_path: Path, server: Influxd) -> None:
    url = server.url("factory")
    plant = Plant(tmp_path / "plant", moving.environment() | {"TIMESERIES_URL": url})
    with plant.serving() as service:
        service.settled()
        assert service.get("/influxdb/verify")["backend"] == "influxdb"
        before = held(url)
        server.stop()
        a_round_at(moving, service, NOW + 4 * MINUTE)
        first = waiting(plant)
        assert first, "ingestion goes on"
        assert service.checks()["store spool"]["status"] == "degraded"
        asks = threading.Thread(target=ask_for_a_round, args=(service,))
        asks.start()
        until(lambda: len(waiting(plant)) > len(first), 60.0, "the next round has brought something", pause=0.01)
        service.kill()  # in its middle
        asks.join()
    kept = waiting(plant)
    assert kept[: len(first)] == first, "what was acknowledged before the kill is there after it"
    with plant.serving() as service:
        a_round_at(moving, service, NOW + 9 * MINUTE)
        service.post("/ingest-now", json={"source": "all"})
        acknowledged = waiting(plant)
        assert acknowledged[: len(kept)] == kept
        assert {o.received_at for o in acknowledged} - {o.received_at for o in kept}, "and ingestion goes on again"
        server.start()
        until(lambda: service.checks()["store spool"]["status"] == "ok", 60.0, "what waits is brought")
        after = held(url)
        assert service.get("/influxdb/verify")["problems"] == []
    # nothing else was due in between: the database holds what it held and what was acknowledged, and nothing more
    model = MemoryStore()
    model.write(before)
    for o in acknowledged:
        model.write([o])
    assert after == list(model.everything())
    for _, revisions in groupby(after, key=slot):
        assert all(a.value != b.value for a, b in pairwise(revisions)), "the same value twice"
