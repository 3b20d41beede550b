"""SQLite to a real InfluxDB and back: equal checksums, also where it was killed on its way."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract"))

from influx_server import influxd

from chocolate_factory.adapters.influx_http import address_of
from chocolate_factory.adapters.influx_store import InfluxStore
from chocolate_factory.adapters.sqlite_store import SqliteStore
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import HOUR

T = datetime(2023, 11, 22, tzinfo=UTC)
YEARS_H = 3 * 365 * 24


def three_years(path: Path) -> None:
    """Hours of four series, a forecast with revisions, and a second plant."""
    luck = random.Random(5)
    store = SqliteStore(path)
    for name in ("pvpc", "temperature", "humidity", "demand"):
        store.write(
            Observation(name, "ree", Kind.OBSERVED, T + i * HOUR, luck.uniform(-5, 300), T, T + i * HOUR, 60)
            for i in range(YEARS_H)
        )
    store.write(
        Observation("temperature", "aemet", Kind.FORECAST, T + i * HOUR, i + r / 10, T, T + (i + r) * HOUR, 60, "jaen")
        for i in range(3000)
        for r in range(4)
    )
    store.close()


def migrate(folder: Path, source: str, target: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "chocolate_factory", "migrate", "--from", source, "--to", target, "--json"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def begun(process: subprocess.Popen, url: str) -> None:
    """A first series is there whole and the migration still at work, so that the kill lies in between."""
    store, end = InfluxStore(address_of(url)), time.monotonic() + 60
    try:
        while not any(stream.count == YEARS_H for stream in store.inventory()):
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
    assert there["copied"] + there["there"] <= 4 * YEARS_H + 12_000
    assert back["copied"] == 4 * YEARS_H + 12_000
    assert [s["from"] for s in there["series"]] == [s["to"] for s in back["series"]]
    first, last = SqliteStore(tmp_path / "here.db"), SqliteStore(tmp_path / "back.db")
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
