"""SQLite to a real InfluxDB and back: equal checksums, also where it was killed on its way."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract"))

from influx_server import influxd

from chocolate_factory.adapters.influx_http import address_of
from chocolate_factory.adapters.influx_store import InfluxStore
from chocolate_factory.adapters.sqlite_store import SqliteStore
from chocolate_factory.domain.catalogue import CATALOGUE
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import DAY, HOUR

T = datetime(2023, 11, 22, tzinfo=UTC)
END = T + 3 * 365 * DAY
#: The market's change from hours.
QUARTERS = datetime(2025, 9, 30, 22, tzinfo=UTC)
#: Hours that a service of three years holds, by source; what a weather source said ahead comes on top.
HOURLY = {
    "ree": ("pvpc", "demand", "demand_forecast"),
    "aemet": ("temperature", "humidity", "pressure", "wind_speed"),
    "open_meteo": ("temperature", "humidity", "dew_point", "wind_speed"),
}
DAILY = [n for n in CATALOGUE if n.startswith("generation_")] + [
    "renewable_share",
    "temperature_max",
    "temperature_min",
]


def slots(series: str, source: str, step: timedelta, since: datetime = T, until: datetime = END, **other) -> Iterator:
    """Every slot of a stream, received when it is over; of each fiftieth another value a day later."""
    luck = random.Random(series + source)
    fields = {"kind": Kind.OBSERVED, "resolution_minutes": step // timedelta(minutes=1), **other}
    for i in range((until - since) // step):
        start = since + i * step
        for known in (start + step, start + step + DAY)[: 1 + (i % 50 == 7)]:
            value = luck.uniform(-5, 300)
            yield Observation(series, source, start=start, value=value, published_at=known, received_at=known, **fields)


def ahead(series: str, source: str, days: int, kept: int) -> Iterator[Observation]:
    """Forecasts of the last days, each slot's as often as it was said."""
    for i in range(days * 24):
        start = END - days * DAY + i * HOUR
        for known in (start - (n + 1) * 6 * HOUR for n in range(kept)):
            value = hash((i, known)) % 1000 / 10
            yield Observation(series, source, Kind.FORECAST, start, value, known, known, 60)


def three_years(path: Path) -> None:
    """What one plant has gathered in three years, the market's change to quarter-hours in it, and a second plant."""
    store = SqliteStore(path)
    for source, names in HOURLY.items():
        for name in names:
            store.write(slots(name, source, HOUR, kind=Kind.REANALYSIS if source == "open_meteo" else Kind.OBSERVED))
    store.write(slots("spot", "ree", HOUR, until=QUARTERS))
    store.write(slots("spot", "ree", timedelta(minutes=15), since=QUARTERS))
    for name in DAILY:
        store.write(slots(name, "ree", DAY))
    for name in ("temperature", "humidity", "spot_p10", "spot_p50", "spot_p90"):
        store.write(ahead(name, "open_meteo", days=90, kept=6))
    store.write(slots("temperature", "aemet", HOUR, since=END - 200 * DAY, site="jaen"))
    store.close()


def migrate(folder: Path, source: str, target: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "chocolate_factory", "migrate", "--from", source, "--to", target, "--json"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def begun(process: subprocess.Popen, url: str) -> None:
    """Two streams are there whole and the migration still at work, so that the kill lies in between."""
    store, end = InfluxStore(address_of(url)), time.monotonic() + 60
    try:
        while len(store.inventory()) < 3:
            assert process.poll() is None, process.communicate()[1].decode()
            assert time.monotonic() < end, "nothing has been copied"
            time.sleep(0.05)
        assert process.poll() is None, "it was done before it could be killed"
    finally:
        store.close()


def done(process: subprocess.Popen) -> dict:
    said, complaint = process.communicate(timeout=280)
    assert process.returncode == 0, complaint.decode()
    return json.loads(said)


@pytest.mark.slow
def test_three_years_to_influx_and_back_with_a_kill_on_the_way(tmp_path):
    three_years(tmp_path / "here.db")
    first = SqliteStore(tmp_path / "here.db")
    held = sum(stream.revisions for stream in first.inventory())
    assert held > 400_000
    far = influxd().url()
    victim = migrate(tmp_path, "sqlite:///here.db", far)
    begun(victim, far)
    victim.kill()
    victim.communicate(timeout=30)
    there = done(migrate(tmp_path, "sqlite:///here.db", far))
    back = done(migrate(tmp_path, far, "sqlite:///back.db"))
    assert there["there"] > 0  # a series that was whole before the kill is not copied again
    assert there["equal"]
    assert back["equal"]
    assert there["copied"] + there["there"] <= held, "what was half there is not copied as new"
    assert back["copied"] == held
    assert [s["from"] for s in there["series"]] == [s["to"] for s in back["series"]]
    last = SqliteStore(tmp_path / "back.db")
    assert first.inventory() == last.inventory()
    assert all(a == b for a, b in zip(first.everything(), last.everything(), strict=True))
    first.close()
    last.close()


@pytest.mark.slow
def test_a_backup_of_influx_is_restored_into_sqlite_and_the_other_way(tmp_path):
    near, far = SqliteStore(tmp_path / "near.db"), influxd().store()
    near.write(
        Observation("spot", "ree", Kind.OBSERVED, T + i * HOUR, i / 7, T, T + timedelta(days=1), 60) for i in range(500)
    )
    near.backup(tmp_path / "near.backup")
    far.restore(tmp_path / "near.backup")
    far.write([Observation("spot", "omie", Kind.OBSERVED, T, 1.0, T, T, 60)])
    far.backup(tmp_path / "far.backup")
    near.restore(tmp_path / "far.backup")
    assert list(near.everything()) == list(far.everything())
    assert len(near.inventory()) == 2
    near.close()
    far.close()
