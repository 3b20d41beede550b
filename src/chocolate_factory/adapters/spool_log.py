"""What waits for a store that is away: batches in a SQLite file, in order, until each has been written there.

Invariants:
    A batch is kept whole or not at all, and is on disk when ``append`` returns. ``first`` gives the oldest; it stays
    until ``remove``, so that a process that is killed between the two writes it once more, which changes nothing.
    A batch that was set aside has a number below zero: it is read with the others, and holds none of them up.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from chocolate_factory.adapters.stream_keys import us, when
from chocolate_factory.domain.errors import StoreError, WrongWorldError
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import Interval

SCHEMA: Final = """
CREATE TABLE meta (world TEXT NOT NULL);
CREATE TABLE waiting (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    batch INTEGER NOT NULL,
    series TEXT NOT NULL,
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    start INTEGER NOT NULL,
    value REAL NOT NULL,
    published INTEGER NOT NULL,
    received INTEGER NOT NULL,
    resolution_minutes INTEGER NOT NULL,
    site TEXT NOT NULL
);
CREATE INDEX waiting_batch ON waiting (batch);
CREATE INDEX waiting_slot ON waiting (series, site, start);
"""
#: Observations that may wait: some weeks of all that one plant ingests, and about 150 MB.
LIMIT: Final = 1_000_000

#: How a transaction begins that writes.
ALONE: Final = "BEGIN IMMEDIATE"

#: Slots in one question.
FEW: Final = 500

_COLUMNS = "series, source, kind, start, value, published, received, resolution_minutes, site"
_INSERT = f"INSERT INTO waiting (batch, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  our own words
_SELECT = f"SELECT {_COLUMNS} FROM waiting"  # noqa: S608  our own words


class SpoolLog:
    """The file.

    Args:
        world: ``real`` or ``simulated``; the file remembers it.
        limit: observations that may wait.

    Raises:
        StoreError: by every call, where the file cannot serve.
        WrongWorldError: it holds the other world's.
    """

    def __init__(self, path: Path, world: str, limit: int = LIMIT) -> None:
        self.path = path
        self.limit = limit
        self._world = world
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(path, timeout=15.0, check_same_thread=False, isolation_level=None)
        except (OSError, sqlite3.Error) as e:
            raise StoreError(f"The spool {path} cannot be opened ({e}). Make room for it in DATA_DIR.") from e
        with _told(path):
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute("PRAGMA synchronous = FULL")
        with self._using(ALONE) as c:
            self._prepare(c)

    def append(self, observations: list[Observation]) -> None:
        """Keep a batch.

        Raises:
            StoreError: there is no room for all of it; none of it was kept.
        """
        rows = [_row(o) for o in observations]
        with self._using(ALONE) as c:
            held, last = c.execute("SELECT COUNT(*), COALESCE(MAX(ABS(batch)), 0) FROM waiting").fetchone()
            if held + len(rows) > self.limit:
                raise StoreError(
                    f"The spool is full: {held} observations wait for the store, of at most {self.limit}; these "
                    f"{len(rows)} were not kept. Bring the store back: they are fetched again then."
                )
            c.executemany(_INSERT, [(last + 1, *row) for row in rows])

    def first(self) -> tuple[int, list[Observation]] | None:
        """The oldest batch with its number; None where none waits."""
        with self._using() as c:
            number = c.execute("SELECT MIN(batch) FROM waiting WHERE batch > 0").fetchone()[0]
            if number is None:
                return None
            rows = c.execute(f"{_SELECT} WHERE batch = ? ORDER BY id", (number,)).fetchall()
        return number, list(map(_observation, rows))

    def remove(self, number: int) -> None:
        """The batch is where it belongs."""
        with self._using(ALONE) as c:
            c.execute("DELETE FROM waiting WHERE batch = ?", (number,))

    def set_aside(self, number: int) -> None:
        """The store does not take the batch; the others need not wait for it."""
        with self._using(ALONE) as c:
            c.execute("UPDATE waiting SET batch = -batch WHERE batch = ?", (number,))

    def take_up(self) -> None:
        """What was set aside waits again, in its old place."""
        with self._using(ALONE) as c:
            c.execute("UPDATE waiting SET batch = -batch WHERE batch < 0")

    def is_empty(self) -> bool:
        """Whether nothing waits to be brought."""
        with self._using() as c:
            return c.execute("SELECT 1 FROM waiting WHERE batch > 0 LIMIT 1").fetchone() is None

    def count(self) -> tuple[int, int]:
        """Observations that wait, and observations that are set aside."""
        with self._using() as c:
            aside = int(c.execute("SELECT COUNT(*) FROM waiting WHERE batch < 0").fetchone()[0])
            return int(c.execute("SELECT COUNT(*) FROM waiting").fetchone()[0]) - aside, aside

    def latest(self, series: str, site: str, kinds: Iterable[Kind], before: datetime | None) -> datetime | None:
        """When the latest slot of a series begins that waits (and begins before a moment)."""
        names = [kind.value for kind in kinds]
        sql = f"SELECT MAX(start) FROM waiting WHERE series = ? AND site = ? AND kind IN ({_marks(names)})"  # noqa: S608  question marks
        sql += f" AND start < {us(before)}" if before is not None else ""
        with self._using() as c:
            start = c.execute(sql, (series, site, *names)).fetchone()[0]
        return None if start is None else when(start)

    def like(self, observations: Iterable[Observation]) -> list[Observation]:
        """Those that wait for the same slots of the same series, in the order in which they came."""
        asked = sorted({(o.series, o.site, us(o.start)) for o in observations})
        found: list[tuple[Any, ...]] = []
        with self._using() as c:
            for (series, site), slots in groupby(asked, key=itemgetter(0, 1)):
                while some := [start for _, _, start in islice(slots, FEW)]:
                    where = f"series = ? AND site = ? AND start IN ({_marks(some)})"
                    found += c.execute(f"SELECT id, {_COLUMNS} FROM waiting WHERE {where}", (series, site, *some))  # noqa: S608  question marks
        return [_observation(row) for _, *row in sorted(found)]

    def of(self, series: str, site: str, window: Interval | None = None) -> list[Observation]:
        """Those of one series that wait, in the order in which they came."""
        sql, asked = f"{_SELECT} WHERE series = ? AND site = ?", [series, site]
        if window is not None:
            sql += f" AND start >= {us(window.start)} AND start < {us(window.end)}"
        with self._using() as c:
            rows = c.execute(f"{sql} ORDER BY id", asked).fetchall()
        return list(map(_observation, rows))

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._file.close()

    # ------------------------------------------------------------------ inside
    def _prepare(self, c: sqlite3.Connection) -> None:
        if not c.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
            for statement in SCHEMA.split(";"):
                c.execute(statement)
            c.execute("INSERT INTO meta VALUES (?)", (self._world,))
        world = c.execute("SELECT world FROM meta").fetchone()[0]
        if world != self._world:
            raise WrongWorldError(f"The spool {self.path} holds {world} data and this service is {self._world}.")

    @contextmanager
    def _using(self, begin: str = "BEGIN") -> Iterator[sqlite3.Connection]:
        """A transaction."""
        with self._lock, _told(self.path), _transaction(self._file, begin):
            yield self._file


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as e:
        raise StoreError(f"The spool {path} cannot serve ({e}). Make room for it in DATA_DIR, or restart.") from e
    except sqlite3.Error as e:
        raise StoreError(
            f"The spool {path} is damaged ({e}). Move it away; what waited in it is fetched again where it can be."
        ) from e


@contextmanager
def _transaction(c: sqlite3.Connection, begin: str) -> Iterator[None]:
    c.execute(begin)
    try:
        yield
        c.execute("COMMIT")
    finally:
        c.rollback()


def _marks(values: Sized) -> str:
    return ", ".join("?" * len(values))


def _row(o: Observation) -> tuple[str, str, str, int, float, int, int, int, str]:
    return (
        o.series, o.source, o.kind.value, us(o.start), float(o.value), us(o.published_at), us(o.received_at),
        o.resolution_minutes, o.site,
    )  # fmt: skip


def _observation(row: Sequence[Any]) -> Observation:
    series, source, kind, start, value, published, received, resolution, site = row
    return Observation(
        series, source, Kind(kind), when(start), value, when(published), when(received), resolution, site
    )
