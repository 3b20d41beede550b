"""Observations in SQLite: the embedded default.

A row is a revision; of a slot's the newest is the one received last. Times are integers of
microseconds since 1970, so that what is read back is what was written, to the microsecond. The file itself, its
connections and its copies are ``adapters/sqlite_file.py``.

Invariants:
    Everything that one call reads or writes happens in one transaction: another process may write, or restore a
    backup whose streams have other numbers, at any moment between two calls.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from chocolate_factory.adapters.sqlite_file import SqliteFile
from chocolate_factory.adapters.sqlite_streams import (
    NEVER,
    all_streams,
    count_again,
    gained,
    lost,
    rows_wrong,
    stream_id,
    streams_of,
    summaries,
)
from chocolate_factory.adapters.stream_keys import StreamKey, us
from chocolate_factory.adapters.stream_rows import (
    Point,
    Slots,
    StreamRows,
    by_stream,
    merged,
    observations,
    slot_starts,
    stretches,
)
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.series import (
    DEFAULT_SITE,
    Kind,
    Observation,
    Query,
    Slot,
    StreamSummary,
    WriteCount,
    by_age,
    by_receipt,
    by_slot,
    revise,
    tally,
)

#: A row, as ``observations`` takes it.
POINT: Final = "start, received, published, value"


class SqliteStore:
    """A ``TimeSeriesStore`` in one file.

    Args:
        path: the file; its folder is made.
        world: ``real`` or ``simulated``. A file remembers which it is and refuses the other.

    Raises:
        StoreError: the file cannot be opened or is no store of ours.
        WrongWorldError: it holds the other world's data.
    """

    backend = "sqlite"

    def __init__(self, path: Path, world: str = "real") -> None:
        self.path = path
        self.world = world
        self._file = SqliteFile(path, world)

    # ------------------------------------------------------------------ writing
    def write(self, observations: Iterable[Observation]) -> WriteCount:
        """Upsert; one transaction, durable on return."""
        batch = by_stream(observations, self.world)
        count = WriteCount()
        if not batch:
            return count
        with self._file.writing() as writer:
            for key, rows in batch.items():
                count += _write_rows(writer, stream_id(writer, key), rows)
        return count

    def forget(self, series: str, kinds: frozenset[Kind], before: datetime) -> int:
        """Drop slots that begin before; returns rows dropped."""
        dropped: dict[int, int] = {}
        with self._file.writing() as writer:
            for stream in [stream for key, stream in all_streams(writer) if key[0] == series and key[3] in kinds]:
                sql = "DELETE FROM observation WHERE stream = ? AND start < ?"
                dropped[stream] = writer.execute(sql, (stream, us(before))).rowcount
            count_again(writer, [stream for stream, rows in dropped.items() if rows])
        return sum(dropped.values())

    # ------------------------------------------------------------------ reading
    def read(self, query: Query) -> list[Observation]:
        """The newest known value of each slot and stream, ordered by start."""
        newest = ((key, {row[0]: row for row in rows}.values()) for key, rows in self._rows(query))
        return merged([list(observations(key, rows)) for key, rows in newest], by_slot)

    def revisions(self, query: Query) -> list[Observation]:
        """Every value held, ordered by start, then by receipt."""
        return merged([list(observations(key, rows)) for key, rows in self._rows(query)], by_receipt)

    def starts(self, query: Query) -> Sequence[tuple[datetime, str]]:
        """Start and source of each slot that has a value."""
        return slot_starts([(key[2], [row[0] for row in rows]) for key, rows in self._rows(query, "DISTINCT start")])

    def last(
        self, series: str, kinds: frozenset[Kind], before: datetime | None = None, site: str = DEFAULT_SITE
    ) -> Observation | None:
        """The value of the latest slot; of several streams', the one known last."""
        limit = us(before) if before is not None else 2**62
        found: list[Observation] = []
        with self._file.reading() as c:
            for key, stream in streams_of(c, series, site, None, kinds):
                rows = c.execute(
                    f"SELECT {POINT} FROM observation WHERE stream = ? AND start < ? "  # noqa: S608  as above
                    "ORDER BY start DESC, received DESC LIMIT 1",
                    (stream, limit),
                )
                found += observations(key, rows)
        return max(found, key=by_age, default=None)

    def inventory(self) -> list[StreamSummary]:
        """What is held, stream by stream; streams without rows are left out."""
        with self._file.reading() as c:
            return summaries(c)

    def everything(self) -> Iterator[Observation]:
        """Every revision as of one moment, stream by stream, in order of receipt, a thousand in memory at a time."""
        with self._file.reading() as c:
            for key, stream in all_streams(c):
                cursor = c.execute(
                    f"SELECT {POINT} FROM observation WHERE stream = ? ORDER BY start, received",  # noqa: S608  as above
                    (stream,),
                )
                while rows := cursor.fetchmany(1000):
                    yield from observations(key, rows)

    # ------------------------------------------------------------------ the file
    def verify(self) -> list[str]:
        """SQLite's own check, and that every value is a number of a known stream."""
        try:
            with self._file.reading() as c:
                problems = [str(row[0]) for row in c.execute("PRAGMA quick_check(20)") if row[0] != "ok"]
                problems += rows_wrong(c)
        except StoreError as e:
            return [str(e)]
        return problems

    def backup(self, target: Path) -> None:
        """A whole copy by SQLite's online backup, put in place only when it is complete and checked."""
        self._file.backup(target)

    def restore(self, source: Path) -> None:
        """Become that copy, in one transaction; readers see the old or the new."""
        self._file.restore(source)

    def compact(self) -> int:
        """Give room back to the disk, where it is worth it."""
        return self._file.compact()

    def close(self) -> None:
        """Release the file; a reading under way releases its connection when it ends."""
        self._file.close()

    # ------------------------------------------------------------------ inside
    def _rows(self, query: Query, columns: str = POINT) -> Iterator[tuple[StreamKey, list[Any]]]:
        """For each stream that is asked for, the rows known, ordered by start, then by receipt."""
        sql = f"SELECT {columns} FROM observation WHERE stream = ? AND start >= ? AND start < ?"  # noqa: S608  our own words
        arguments = [us(query.window.start), us(query.window.end)]
        for column, limit in (("received", query.received_by), ("published", query.published_by)):
            if limit is not None:
                sql += f" AND {column} <= ?"
                arguments.append(us(limit))
        sql += " ORDER BY start, received" if columns == POINT else " ORDER BY start"
        with self._file.reading() as c:
            for key, stream in streams_of(c, query.series, query.site, query.sources, query.kinds):
                yield key, c.execute(sql, (stream, *arguments)).fetchall()


def _write_rows(writer: sqlite3.Connection, stream: int, rows: StreamRows) -> WriteCount:
    if rows.is_one_each and not _holds_any(writer, stream, rows.starts):
        writer.executemany(_insert(stream), rows.points())
        gained(writer, stream, len(rows), len(rows), us(rows.newest_receipt))
        return WriteCount(new=len(rows))
    return _write_slots(writer, stream, rows.slots())


def _write_slots(writer: sqlite3.Connection, stream: int, slots: Slots) -> WriteCount:
    before = _held(writer, stream, slots)
    changes = [(held := before.get(start, {}), coming, revise(held, coming)) for start, coming in slots.items()]
    count = tally(changes)
    gone, come = _rows_changed(zip(slots, changes, strict=True))
    writer.executemany(f"DELETE FROM observation WHERE stream = {stream} AND start = ? AND received = ?", gone)  # noqa: S608  a number
    writer.executemany(_insert(stream), come)
    more = sum(len(slot) - len(held) for held, _, slot in changes)
    gained(writer, stream, count.new, more, max((received for _, received, _, _ in come), default=NEVER))
    if gone:
        lost(writer, stream, max(received for _, received in gone))
    return count


def _rows_changed(
    changes: Iterable[tuple[int, tuple[Slot[int], Slot[int], Slot[int]]]],
) -> tuple[list[tuple[int, int]], list[Point]]:
    """Of slots that were held and are revised: the rows to delete, and those to write."""
    gone: list[tuple[int, int]] = []
    come: list[Point] = []
    for start, (held, _, slot) in changes:
        gone += [(start, received) for received in held.keys() - slot.keys()]
        come += [(start, received, *row) for received, row in slot.items() if held.get(received) != row]
    return gone, come


def _insert(stream: int) -> str:
    columns = "stream, start, received, published, value"
    return f"INSERT OR REPLACE INTO observation ({columns}) VALUES ({stream}, ?, ?, ?, ?)"  # noqa: S608  a number


def _holds_any(writer: sqlite3.Connection, stream: int, starts: list[int]) -> bool:
    sql = "SELECT 1 FROM observation WHERE stream = ? AND start BETWEEN ? AND ? LIMIT 1"
    return any(writer.execute(sql, (stream, *stretch)).fetchone() for stretch in stretches(starts))


def _held(writer: sqlite3.Connection, stream: int, asked: Slots) -> Slots:
    sql = "SELECT start, received, published, value FROM observation WHERE stream = ? AND start BETWEEN ? AND ?"
    held: Slots = {}
    for first, last in stretches(asked):
        for start, received, published, value in writer.execute(sql, (stream, first, last)):
            if start in asked:
                held.setdefault(start, {})[received] = (published, value)
    return held
