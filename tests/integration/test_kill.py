"""Killed with -9 at any moment: what was acknowledged is there, once, and the store is whole.

A child writes batches and says on its standard output which are acknowledged; it is killed after a random time. Each
child goes on where the one before it was killed, in the same file.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
import victim
from victim import SOURCES, T, batch

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.ledger import SqlJobLedger, open_ledger
from chocolate_factory.adapters.sqlite_store import SqliteStore
from chocolate_factory.domain.series import Kind, Observation, Query
from chocolate_factory.domain.time import DAY, HOUR, Interval
from chocolate_factory.domain.work import Outcome

EVER = Interval(T - DAY, T + 40_000 * DAY)
#: Seconds from a child's first acknowledgement to its death, at most.
LONGEST_LIFE = 0.08


def killed(deed: str, path: Path, first: int, luck: random.Random) -> list[int]:
    """Run a child's deed and kill it; the numbers that it acknowledged."""
    child = subprocess.Popen(
        [sys.executable, victim.__file__, deed, str(path), str(first)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # so that readline takes no more than its line
    )
    said = child.stdout.readline()
    time.sleep(luck.uniform(0.0, LONGEST_LIFE))
    child.kill()
    rest, complaint = child.communicate(timeout=30)
    assert child.returncode == -signal.SIGKILL, complaint.decode()
    lines = (said + rest).split(b"\n")[:-1]  # one that was cut off was not said
    return [int(line) for line in lines]


# ---------------------------------------------------------------------- the store
def must_hold(path: Path, acknowledged: int) -> int:
    """Open what the killed child left, judge it, and tell the last batch that it holds."""
    store = SqliteStore(path)
    try:
        assert store.verify() == []
        rows = store.revisions(Query("spot", EVER))
    finally:
        store.close()
    assert len({(o.source, o.start, o.received_at) for o in rows}) == len(rows), "something is there twice"
    held = max(int(o.value) for o in rows)
    assert held in (acknowledged, acknowledged + 1), "acknowledged and lost, or more than the one under way"
    assert sorted(rows, key=_order) == sorted(_expected(held), key=_order)
    return held


def _expected(held: int) -> list[Observation]:
    """Every row that the batches up to that one leave: a day's first value, and its revision in the next batch."""
    return [o._replace(published_at=o.received_at) if _revises(o) else o for n in range(held + 1) for o in batch(n)]


def _revises(o: Observation) -> bool:
    return o.value % 1.0 == 0.5 and o.start >= T


def _order(o: Observation) -> tuple:
    return o.source, o.start, o.received_at


def kill_writers(path: Path, times: int) -> None:
    luck = random.Random(times)
    held = -1
    for _ in range(times):
        numbers = killed("writes", path, held + 1, luck)
        assert numbers == list(range(held + 1, held + 1 + len(numbers)))
        held = must_hold(path, numbers[-1])
    assert held >= times - 1


def test_a_store_survives_being_killed(tmp_path):
    kill_writers(tmp_path / "timeseries.db", 8)


@pytest.mark.slow
def test_a_store_survives_being_killed_fifty_times(tmp_path):
    kill_writers(tmp_path / "timeseries.db", 50)


@pytest.mark.slow
def test_a_restore_that_is_killed_leaves_the_old_or_the_new(tmp_path):
    path, seen = tmp_path / "timeseries.db", set()
    for i, sources in enumerate((SOURCES, SOURCES[::-1])):  # their streams are numbered in another order
        other = SqliteStore(tmp_path / f"{i}.db")
        for source in sources:
            other.write(
                [Observation("spot", source, Kind.OBSERVED, T + h * HOUR, float(i), T, T, 60) for h in range(5000)]
            )
        other.backup(tmp_path / f"{i}.backup")
        other.close()
    luck = random.Random(7)
    for _ in range(20):
        killed("restores", path, 0, luck)
        store = SqliteStore(path)
        assert store.verify() == []
        rows = store.read(Query("spot", EVER))
        store.close()
        assert len(rows) == 10_000
        (value,) = {o.value for o in rows}
        seen.add(value)
    assert seen == {0.0, 1.0}


# ---------------------------------------------------------------------- the ledger
def kill_claimants(path: Path, times: int) -> None:
    luck = random.Random(times)
    held = -1
    for _ in range(times):
        numbers = killed("claims", path, held + 1, luck)
        engine = open_ledger(f"sqlite:///{path}")
        jobs = SqlJobLedger(engine, FixedClock(T))
        held = len(jobs.runs(limit=1_000_000)) - 1
        assert held in (numbers[-1], numbers[-1] + 1)
        last = f"job {numbers[-1]}"
        assert jobs.claim_run(last, T + timedelta(minutes=numbers[-1])) is None, "it was given already"
        jobs.pulse.bury(f"brain {numbers[0]}")
        left = jobs.left_runs()
        assert len(left) == held - numbers[0] + 1
        for run in left:
            jobs.abandon_run(run, "killed")
        assert jobs.last_run(last).outcome is Outcome.FAILED
        engine.dispose()


def test_a_claim_survives_being_killed(tmp_path):
    kill_claimants(tmp_path / "ledger.db", 2)


@pytest.mark.slow
def test_a_claim_survives_being_killed_twenty_times(tmp_path):
    kill_claimants(tmp_path / "ledger.db", 20)
