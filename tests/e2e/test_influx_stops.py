"""Acceptance 2 of issue 5: InfluxDB stopped while the service ingests, the service killed with -9, both started again.

Ten minutes of ingestion are two rounds asked for at once: what is tried is the order of events, not their length.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby, pairwise
from pathlib import Path

import pytest
from stage import Plant, Replay, until

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract"))

from influx_server import Influxd

from chocolate_factory.adapters.influx_http import address_of
from chocolate_factory.adapters.influx_store import InfluxStore
from chocolate_factory.domain.series import Observation

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture
def server() -> Iterator[Influxd]:
    made = Influxd()
    yield made
    made.remove()


def waiting(plant: Plant) -> list[tuple]:
    """What the spool has acknowledged, as another process sees it."""
    with closing(sqlite3.connect(plant.data / "spool.db", timeout=15)) as c:
        return c.execute("SELECT series, source, kind, start, value FROM waiting ORDER BY id").fetchall()


def held(url: str) -> list[Observation]:
    store = InfluxStore(address_of(url))
    try:
        return list(store.everything())
    finally:
        store.close()


def slot(o: Observation) -> tuple:
    return o.series, o.site, o.source, o.kind, o.resolution_minutes, o.start


def newest(rows: list[tuple]) -> dict[tuple, float]:
    return {(series, source, kind, start): value for series, source, kind, start, value in rows}


def test_nothing_is_lost_and_nothing_there_twice(replay: Replay, tmp_path: Path, server: Influxd) -> None:
    url = server.url("factory")
    plant = Plant(tmp_path / "plant", replay.environment() | {"TIMESERIES_URL": url})
    with plant.serving() as service:
        service.settled()
        assert service.get("/influxdb/verify")["backend"] == "influxdb"
        before = held(url)
        assert before
        server.stop()
        brought = service.post("/ingest-now", json={"source": "all"})
        assert brought["written"] > 0, "ingestion goes on"
        assert service.checks()["store spool"]["status"] == "degraded"
        acknowledged = waiting(plant)
        service.kill()
    with plant.serving() as service:
        service.post("/ingest-now", json={"source": "all"})
        acknowledged = waiting(plant)
        server.start()
        until(lambda: service.checks()["store spool"]["status"] == "ok", 60.0, "what waits is brought")
    after = held(url)
    values = newest([(o.series, o.source, o.kind.value, us(o), o.value) for o in after])
    assert [key for key, value in newest(acknowledged).items() if values.get(key) != value] == []
    assert {slot(o) for o in before} <= {slot(o) for o in after}
    for _, revisions in groupby(after, key=slot):
        assert all(a.value != b.value for a, b in pairwise(revisions)), "the same value twice"


def us(o: Observation) -> int:
    return round(o.start.timestamp() * 1e6)
