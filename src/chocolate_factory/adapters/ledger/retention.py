"""What of the ledger's past may go, as one condition for each table."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from chocolate_factory.adapters.ledger.schema import alerts, gaps, jobs, recoveries, runs, transaction
from chocolate_factory.adapters.sqlite_room import compacted
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.retention import Kept
from chocolate_factory.domain.work import AlertState, GapState, JobState, Outcome

#: Rows dropped in one transaction: others write to the ledger too.
AT_ONCE: Final = 1000
_FINISHED = (JobState.DONE.value, JobState.FAILED.value)
_WELL = (Outcome.DONE.value, Outcome.NOTHING.value, Outcome.SKIPPED.value)


@dataclass(frozen=True)
class Past:
    """The rows of a table that may go once they are old enough.

    Attributes:
        ended: the moment that their age counts from; one that has none stays.
        is_over: which.
    """

    table: sa.Table
    ended: sa.Column[datetime]
    is_over: Callable[[], sa.ColumnElement[bool]]


def _newer_run() -> sa.ColumnElement[bool]:
    other = runs.alias("other")
    return sa.exists().where((other.c.job_id == runs.c.job_id) & (other.c.due_at > runs.c.due_at))


def _newer_recovery() -> sa.ColumnElement[bool]:
    other = recoveries.alias("other")
    return sa.exists().where(other.c.id > recoveries.c.id)


PAST: Final = {
    Kept.RUNS: Past(runs, runs.c.ended_at, lambda: runs.c.outcome.in_(_WELL) & _newer_run()),
    Kept.FAILED_RUNS: Past(runs, runs.c.ended_at, lambda: (runs.c.outcome == Outcome.FAILED.value) & _newer_run()),
    Kept.JOBS: Past(jobs, jobs.c.ended_at, lambda: jobs.c.state.in_(_FINISHED)),
    Kept.ALERTS: Past(alerts, alerts.c.closed_at, lambda: alerts.c.state == AlertState.CLOSED.value),
    Kept.GAPS: Past(gaps, gaps.c.closed_at, lambda: gaps.c.state == GapState.FILLED.value),
    Kept.RECOVERIES: Past(recoveries, recoveries.c.at, _newer_recovery),
}


class SqlLedgerRetention:
    """A ``LedgerRetention`` behind SQLAlchemy."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def forget(self, what: Kept, before: datetime) -> int:
        """Drop what ended before, a thousand rows in a transaction; how much."""
        dropped, last = 0, AT_ONCE
        while last == AT_ONCE:
            with transaction(self._engine) as c:
                last = c.execute(_deletion(PAST[what], before)).rowcount
            dropped += last
        return dropped

    def compact(self) -> int:
        """Give room back to the disk, where it is worth it; PostgreSQL sees to itself."""
        url = self._engine.url
        if url.get_backend_name() != "sqlite" or not url.database:
            return 0
        try:
            return compacted(Path(url.database))
        except (sqlite3.Error, OSError) as e:
            raise StoreError(f"The ledger cannot be compacted ({e}); it serves as it is.") from e


def _deletion(past: Past, before: datetime) -> sa.Delete:
    key = list(past.table.primary_key.columns)
    old = sa.select(*key).where(past.is_over() & (past.ended < before)).limit(AT_ONCE)
    return sa.delete(past.table).where(sa.tuple_(*key).in_(old))
