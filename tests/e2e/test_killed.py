"""Acceptance 6: killed with -9 fifty times, at any moment of ingestion, of ``init`` and of the service's own start.

Acknowledged is what another process could read before the kill: rows of the store, gaps that the ledger calls filled.
"""

from __future__ import annotations

import random
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from stage import NOW, Plant, Replay, free_port, until
from truth import held, twice, wrong

from chocolate_factory.adapters.sqlite_store import SqliteStore

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

#: Fewer requests than the client's own thirty a minute, so that no run waits for its pacing.
INIT = ("init", "--years", "0.2")

ROWS = """
    SELECT s.series, s.source, s.kind, o.start, o.received, o.value
    FROM observation o JOIN stream s ON s.id = o.stream
"""
#: Rows that repeat the value received before them.
REPEATED = """
    SELECT stream, start FROM (
        SELECT stream, start, value, LAG(value) OVER (PARTITION BY stream, start ORDER BY received) AS before
        FROM observation
    ) WHERE value = before
"""
FILLED = "SELECT id, series, start FROM gap WHERE state = 'filled'"


@pytest.fixture(scope="module")
def fast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    """A replay without limits."""
    replay = Replay(tmp_path_factory.mktemp("fast"), limits=False)
    try:
        replay.start(NOW)
        yield replay
    finally:
        replay.close()


def read(file: Path, table: str, query: str) -> set[tuple]:
    """What another process sees committed; nothing before there is a file with that table."""
    if not file.exists():
        return set()
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=15)) as c:
        is_there = c.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        return set(c.execute(query)) if is_there else set()


def acknowledged(plant: Plant) -> tuple[set[tuple], set[tuple]]:
    return read(plant.store, "observation", ROWS), read(plant.data / "ledger.db", "gap", FILLED)


class Killer:
    """Starts a command over and over, and kills it at a random moment of its work."""

    def __init__(self, folder: Path, replay: Replay, seed: str) -> None:
        self._folder = folder
        self._replay = replay
        self._random = random.Random(seed)
        self.kills = 0
        self.plant = self._new_plant(0)

    def seconds_of_work(self, *words: str) -> float:
        """From the first request to the end, on this machine as it is now."""
        process, began = self._at_work(*words)
        assert process.wait(120) == 0
        self.plant = self._new_plant(-1)
        return time.monotonic() - began

    def kill(self, *words: str, within: float) -> None:
        """One kill; a run that was quicker than it is a run that ended well, and the next begins with nothing."""
        process, _ = self._at_work(*words)
        time.sleep(self._random.uniform(0.0, within))
        seen_rows, seen_filled = acknowledged(self.plant)
        process.kill()
        if process.wait() == -9:
            self.kills += 1
        else:
            assert process.returncode == 0, self.plant.log.read_text()[-2000:]
        rows, filled = acknowledged(self.plant)
        assert seen_rows <= rows
        assert seen_filled <= filled
        assert read(self.plant.store, "observation", REPEATED) == set()
        with closing(SqliteStore(self.plant.store)) as opened:
            assert opened.verify() == []
        if process.returncode == 0:
            self.plant = self._new_plant(self.kills)

    def _at_work(self, *words: str) -> tuple[subprocess.Popen[bytes], float]:
        """A command that has just asked its first question, or has ended without one."""
        before = self._replay.asked_in_all()
        process = self.plant.command(*words)
        asks = lambda: self._replay.asked_in_all() > before or process.poll() is not None  # noqa: E731  read at once
        if words[0] != "serve":
            until(asks, 60.0, f"{words} asks or ends", pause=0.02)
        deadline = time.monotonic() + 8.0  # a service that was caught up before remembers whom it has just asked
        while not asks() and time.monotonic() < deadline:
            time.sleep(0.02)
        return process, time.monotonic()

    def _new_plant(self, number: int) -> Plant:
        return Plant(self._folder / f"plant{number}", self._replay.environment())


@pytest.mark.parametrize("part", [1, 2])
def test_init_killed_ten_times_loses_nothing_and_ends_complete(tmp_path, fast, part):
    killer = Killer(tmp_path, fast, f"init {part}")
    seconds = killer.seconds_of_work(*INIT)
    while killer.kills < 10:
        killer.kill(*INIT, within=seconds)
    plant = killer.plant
    plant.run(*INIT)
    assert plant.run("gaps", "--days-back", "70")["summary"]["missing_records"] == 0
    stored = held(plant.store)
    assert wrong(stored) == []
    assert twice(stored) == []


@pytest.mark.parametrize("part", [1, 2])
def test_ingestion_killed_ten_times_loses_nothing(tmp_path, fast, part):
    killer = Killer(tmp_path, fast, f"ingest {part}")
    seconds = killer.seconds_of_work("ingest", "all")
    while killer.kills < 10:
        killer.kill("ingest", "all", within=seconds)
    assert killer.plant.run("ingest", "all")["found"] > 400
    stored = held(killer.plant.store)
    assert wrong(stored) == []
    assert twice(stored) == []


def test_the_service_killed_ten_times_catches_up_at_the_eleventh_start(tmp_path, fast):
    killer = Killer(tmp_path, fast, "serve")
    while killer.kills < 10:
        killer.kill("serve", "--port", str(free_port()), within=2.0)
    with killer.plant.serving() as service:
        service.settled()
        assert [g for g in service.get("/gaps/detect", days_back=10)["gaps"] if g["source"] is None] == []
        assert service.get("/influxdb/verify")["problems"] == []
        jobs = service.get("/scheduler/status")["scheduler"]["jobs"]
        assert not any(job["running"] for job in jobs)
    stored = held(killer.plant.store)
    assert wrong(stored) == []
    assert twice(stored) == []
