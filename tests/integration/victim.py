"""What the processes do that ``test_kill.py`` kills: a deed for ever, each step told once it is acknowledged.

It imports little, so that a child is at work at once.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chocolate_factory.adapters.sqlite_store import SqliteStore
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import DAY, HOUR

T = datetime(2026, 1, 1, tzinfo=UTC)
SOURCES = ("ree", "omie")
HOURS = 6
FOR_EVER = 1_000_000


def batch(number: int) -> list[Observation]:
    """Both sources' day, and a revision of the day before: all of one batch, or nothing."""
    received = T + number * HOUR
    days = [(number, float(number)), (number - 1, number + 0.5)]
    return [
        Observation("spot", source, Kind.OBSERVED, T + day * DAY + i * HOUR, value, T, received, 60)
        for source in SOURCES
        for day, value in days
        for i in range(HOURS)
    ]


def writes(path: Path, first: int) -> None:
    """Batch after batch."""
    store = SqliteStore(path)
    for number in range(first, FOR_EVER):
        store.write(batch(number))
        print(number, flush=True)


def claims(path: Path, first: int) -> None:
    """Claim after claim."""
    from chocolate_factory.adapters.clock import FixedClock
    from chocolate_factory.adapters.ledger import SqlJobLedger, open_ledger

    jobs = SqlJobLedger(open_ledger(f"sqlite:///{path}"), FixedClock(T), f"brain {first}")
    for number in range(first, FOR_EVER):
        jobs.claim_run(f"job {number}", T + timedelta(minutes=number))
        print(number, flush=True)


def restores(path: Path, first: int) -> None:
    """Now one backup, now the other."""
    store = SqliteStore(path)
    for number in range(first, FOR_EVER):
        store.restore(path.parent / f"{number % 2}.backup")
        print(number, flush=True)


if __name__ == "__main__":
    {"writes": writes, "claims": claims, "restores": restores}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
