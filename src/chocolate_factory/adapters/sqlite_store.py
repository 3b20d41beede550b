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

from chocolate_factory.adapters.sqlite_file import SqliteFile
from chocolate_factory.adapters.stream_keys import StreamKey, us, when
from chocolate_factory.adapters.stream_rows import Point, Slots, StreamRows, by_stream, observations, stretches
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.series import (
    DEFAULT_SITE,
    Kind,
    Observation,
    Query,
    StreamSummary,
    WriteCount,
    by_age,
    by_receipt,
    by_slot,
    revise,
    tally,
)

#: What is wrong with rows, and where it is.
ORDERLY = {
    "belong to no stream": "stream NOT IN (SELECT id FROM stream)",
    "hold no finite number": "typeof(value) <> 'real' OR abs(value) > 1.7976931348623157e308",
}


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
                count += _write_rows(writer, _stream_id(writer, key), rows)
        return count

    def forget(self, series: str, kinds: frozenset[Kind], before: datetime) -> int:
        """Drop slots that begin before; returns rows dropped."""
        marks = ", ".join("?" * len(kinds))
        with self._file.writing() as writer:
            return writer.execute(
                f"DELETE FROM observation WHERE start < ? AND stream IN "  # noqa: S608  only question marks are put in
                f"(SELECT id FROM stream WHERE series = ? AND kind IN ({marks}))",
                (us(before), series, *(k.value for k in kinds)),
            ).rowcount

    # ------------------------------------------------------------------ reading
    def read(self, query: Query) -> list[Observation]:
        """The newest known value of each slot and stream, ordered by start."""
        found: list[Observation] = []
        for key, rows in self._rows(query):
            newest = {row[0]: row for row in rows}
            found += observations(key, newest.values())
        found.sort(key=by_slot)
        return found

    def revisions(self, query: Query) -> list[Observation]:
        """Every value held, ordered by start, then by receipt."""
        found = [o for key, rows in self._rows(query) for o in observations(key, rows)]
        found.sort(key=by_receipt)
        return found

    def starts(self, query: Query) -> Sequence[tuple[datetime, str]]:
        """Start and source of each slot that has a value."""
        found = {(row[0], key[2]) for key, rows in self._rows(query) for row in rows}
        return [(when(start), source) for start, source in sorted(found)]

    def last(
        self, series: str, kinds: frozenset[Kind], before: datetime | None = None, site: str = DEFAULT_SITE
    ) -> Observation | None:
        """The value of the latest slot; of several streams', the one known last."""
        limit = us(before) if before is not None else 2**62
        found: list[Observation] = []
        with self._file.reading() as c:
            for key, stream in _streams_of(c, series, site, None, kinds):
                rows = c.execute(
                    "SELECT start, received, published, value FROM observation WHERE stream = ? AND start < ? "
                    "ORDER BY start DESC, received DESC LIMIT 1",
                    (stream, limit),
                )
                found += observations(key, rows)
        return max(found, key=by_age, default=None)

    def inventory(self) -> list[StreamSummary]:
        """What is held, stream by stream; streams without rows are left out."""
        sql = (
            "SELECT s.site, s.series, s.source, s.kind, s.resolution_minutes, MIN(o.start), MAX(o.start), "
            "COUNT(DISTINCT o.start), COUNT(*), MAX(o.received) "
            "FROM stream s JOIN observation o ON o.stream = s.id GROUP BY s.id "
            "ORDER BY s.series, s.site, s.source, s.kind, s.resolution_minutes"
        )
        with self._file.reading() as c:
            rows = c.execute(sql).fetchall()
        return [
            StreamSummary(site, series, source, Kind(kind), res, when(first), when(last), n, revisions, when(got))
            for site, series, source, kind, res, first, last, n, revisions, got in rows
        ]

    def everything(self) -> Iterator[Observation]:
        """Every revision as of one moment, stream by stream, in order of receipt, a thousand in memory at a time."""
        with self._file.reading() as c:
            streams = c.execute(
                "SELECT series, site, source, kind, resolution_minutes, id FROM stream "
                "ORDER BY series, site, source, kind, resolution_minutes"
            ).fetchall()
            for *key, stream in streams:
                series, site, source, kind, resolution = key
                cursor = c.execute(
                    "SELECT start, received, published, value FROM observation WHERE stream = ? "
                    "ORDER BY start, received",
                    (stream,),
                )
                while rows := cursor.fetchmany(1000):
                    yield from observations((series, site, source, kind, resolution), rows)

    # ------------------------------------------------------------------ the file
    def verify(self) -> list[str]:
        """SQLite's own check, and that every value is a number of a known stream."""
        try:
            with self._file.reading() as c:
                problems = [str(row[0]) for row in c.execute("PRAGMA quick_check(20)") if row[0] != "ok"]
                for what, where in ORDERLY.items():
                    if n := c.execute(f"SELECT COUNT(*) FROM observation WHERE {where}").fetchone()[0]:  # noqa: S608  our own words
                        problems.append(f"{n} rows {what}")
        except StoreError as e:
            return [str(e)]
        return problems

    def backup(self, target: Path) -> None:
        """A whole copy by SQLite's online backup, put in place only when it is complete and checked."""
        self._file.backup(target)

    def restore(self, source: Path) -> None:
        """Become that copy, in one transaction; readers see the old or the new."""
        self._file.restore(source)

    def close(self) -> None:
        """Release the file; a reading under way releases its connection when it ends."""
        self._file.close()

    # ------------------------------------------------------------------ inside
    def _rows(self, query: Query) -> Iterator[tuple[StreamKey, list[Point]]]:
        """For each stream that is asked for, the rows known, ordered by start, then by receipt."""
        sql = "SELECT start, received, published, value FROM observation WHERE stream = ? AND start >= ? AND start < ?"
        arguments = [us(query.window.start), us(query.window.end)]
        for column, limit in (("received", query.received_by), ("published", query.published_by)):
            if limit is not None:
                sql += f" AND {column} <= ?"
                arguments.append(us(limit))
        sql += " ORDER BY start, received"
        with self._file.reading() as c:
            for key, stream in _streams_of(c, query.series, query.site, query.sources, query.kinds):
                yield key, c.execute(sql, (stream, *arguments)).fetchall()


def _write_rows(writer: sqlite3.Connection, stream: int, rows: StreamRows) -> WriteCount:
    if rows.is_one_each and not _holds_any(writer, stream, rows.starts):
        writer.executemany(_insert(stream), rows.points())
        return WriteCount(new=len(rows))
    return _write_slots(writer, stream, rows.slots())


def _write_slots(writer: sqlite3.Connection, stream: int, slots: Slots) -> WriteCount:
    before = _held(writer, stream, slots)
    changes = [(start, held := before.get(start, {}), coming, revise(held, coming)) for start, coming in slots.items()]
    writer.executemany(
        "DELETE FROM observation WHERE stream = ? AND start = ? AND received = ?",
        [(stream, start, received) for start, held, _, slot in changes for received in held.keys() - slot.keys()],
    )
    writer.executemany(
        _insert(stream),
        [
            (start, received, *row)
            for start, held, _, slot in changes
            for received, row in slot.items()
            if held.get(received) != row
        ],
    )
    return tally((held, coming, slot) for _, held, coming, slot in changes)


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


def _stream_id(writer: sqlite3.Connection, key: StreamKey) -> int:
    writer.execute(
        "INSERT OR IGNORE INTO stream (series, site, source, kind, resolution_minutes) VALUES (?, ?, ?, ?, ?)", key
    )
    row = writer.execute(
        "SELECT id FROM stream WHERE series = ? AND site = ? AND source = ? AND kind = ? AND resolution_minutes = ?",
        key,
    ).fetchone()
    return int(row[0])


def _streams_of(
    c: sqlite3.Connection,
    series: str,
    site: str,
    sources: frozenset[str] | None,
    kinds: frozenset[Kind] | None,
) -> list[tuple[StreamKey, int]]:
    rows = c.execute(
        "SELECT series, site, source, kind, resolution_minutes, id FROM stream WHERE series = ? AND site = ?",
        (series, site),
    )
    return [
        ((row[0], row[1], row[2], row[3], row[4]), row[5])
        for row in rows
        if (sources is None or row[2] in sources) and (kinds is None or row[3] in kinds)
    ]
