"""What trials of InfluxDB's bad days share."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract"))

from influx_server import influxd

from chocolate_factory.adapters.spool_store import SpooledStore
from chocolate_factory.domain.errors import StoreAwayError
from chocolate_factory.domain.series import Kind, Observation, Query
from chocolate_factory.domain.time import DAY, HOUR, Interval

T = datetime(2026, 3, 9, 23, tzinfo=UTC)
EVER = Query("spot", Interval(T - 4000 * DAY, T + 4000 * DAY))


def hours(value: float = 50.0, count: int = 24, **other) -> list[Observation]:
    fields = {
        "series": "spot", "source": "ree", "kind": Kind.OBSERVED, "value": value, "published_at": T,
        "received_at": T, "resolution_minutes": 60,
    }  # fmt: skip
    return [Observation(**{**fields, **other, "start": T + i * HOUR}) for i in range(count)]


def later(value: float) -> list[Observation]:
    """Another value for the same hours, an hour later."""
    return hours(value, received_at=T + HOUR, published_at=T + HOUR)


def ask_server(statement: str, database: str) -> dict:
    answer = httpx.post(f"http://127.0.0.1:{influxd().port}/query", data={"q": statement, "db": database})
    answer.raise_for_status()
    return answer.json()


def well(store: SpooledStore, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while store.check().status != "ok":
        assert time.monotonic() < end, store.check().detail
        time.sleep(0.02)
        with suppress(StoreAwayError):
            store.last("spot", frozenset(Kind))  # whoever asks next finds it well
    assert store.verify() == []


def says(store: SpooledStore, *parts: str, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not all(part in store.check().detail for part in parts):
        assert time.monotonic() < end, store.check().detail
        time.sleep(0.02)


def read_at_last(store: SpooledStore) -> list[Observation]:
    """After the moment for which a store that was away is left alone."""
    end = time.monotonic() + 30
    while True:
        try:
            return store.read(EVER)
        except StoreAwayError:
            assert time.monotonic() < end
            time.sleep(0.02)


def values(store) -> list[float]:
    return [o.value for o in store.revisions(EVER)]
