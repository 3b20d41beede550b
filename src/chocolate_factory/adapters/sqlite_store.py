"""Observations in SQLite: the embedded default.

One file in WAL mode, one writer, a few pooled readers. A row is a revision; of a slot's the newest is the one received
last. Times are integers of microseconds since 1970, so that what is read back is what was written, to the microsecond.

Invariants:
    Everything that one call reads or writes happens in one transaction: another process may write, or restore a
    backup whose streams have other numbers, at any moment between two calls.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

from chocolate_factory.domain.errors import StoreError, WrongWorldError
from chocolate_factory.domain.series import (
    DEFAULT_SITE,
    Kind,
    Observation,
    Query,
    Slot,
    StreamSummary,
    WriteCount,
    admit,
    by_age,
    by_receipt,
    by_slot,
    revise,
    tally,
)

SCHEMA_VERSION: Final = 1
READERS: Final = 4
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE stream (
    id INTEGER PRIMARY KEY,
    site TEXT NOT NULL,
    series TEXT NOT NULL,
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    resolution_minutes INTEGER NOT NULL,
    UNIQUE (series, site, source, kind, resolution_minutes)
);
CREATE TABLE observation (
    stream INTEGER NOT NULL REFERENCES stream (id),
    start INTEGER NOT NULL,
    received INTEGER NOT NULL,
    published INTEGER NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (stream, start, received)
) WITHOUT ROWID;
"""

#: What is wrong with rows, and where it is.
ORDERLY = {
    "belong to no stream": "stream NOT IN (SELECT id FROM stream)",
    "hold no finite number": "typeof(value) <> 'real' OR abs(value) > 1.7976931348623157e308",
}

StreamKey = tuple[str, str, str, str, int]
Row = tuple[int, int, int, float]


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
        self._write_lock = threading.Lock()
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._readers = threading.Semaphore(READERS)
        self._closed = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = self._connect()
            with _closed_on_error(self._writer):
                self._prepare()
        except (sqlite3.Error, OSError) as e:
            raise StoreError(f"{path} cannot be opened as a store ({e}). Restore a backup or move it away.") from e

    # ------------------------------------------------------------------ writing
    def write(self, observations: Iterable[Observation]) -> WriteCount:
        """Upsert; one transaction, durable on return."""
        batch: dict[StreamKey, dict[int, Slot[int]]] = {}
        for o in observations:
            admit(o, self.world)
            stream = batch.setdefault((o.series, o.site, o.source, o.kind.value, o.resolution_minutes), {})
            stream.setdefault(_us(o.start), {})[_us(o.received_at)] = (_us(o.published_at), float(o.value))
        if not batch:
            return WriteCount()
        count = WriteCount()
        with self._write_lock, _as_store_error(), self._transaction():
            for key, slots in batch.items():
                count += self._write_stream(self._stream_id(key), slots)
        return count

    def _write_stream(self, stream: int, slots: dict[int, Slot[int]]) -> WriteCount:
        before = self._held(stream, min(slots), max(slots))
        changes = [
            (start, held := before.get(start, {}), coming, revise(held, coming)) for start, coming in slots.items()
        ]
        self._writer.executemany(
            "DELETE FROM observation WHERE stream = ? AND start = ? AND received = ?",
            [(stream, start, received) for start, held, _, slot in changes for received in held.keys() - slot.keys()],
        )
        self._writer.executemany(
            "INSERT OR REPLACE INTO observation (stream, start, received, published, value) VALUES (?, ?, ?, ?, ?)",
            [
                (stream, start, received, *row)
                for start, held, _, slot in changes
                for received, row in slot.items()
                if held.get(received) != row
            ],
        )
        return tally((held, coming, slot) for _, held, coming, slot in changes)

    def _held(self, stream: int, first: int, last: int) -> dict[int, Slot[int]]:
        held: dict[int, Slot[int]] = {}
        for start, received, published, value in self._writer.execute(
            "SELECT start, received, published, value FROM observation WHERE stream = ? AND start BETWEEN ? AND ?",
            (stream, first, last),
        ):
            held.setdefault(start, {})[received] = (published, value)
        return held

    def forget(self, series: str, kinds: frozenset[Kind], before: datetime) -> int:
        """Drop slots that begin before; returns rows dropped."""
        marks = ", ".join("?" * len(kinds))
        with self._write_lock, _as_store_error(), self._transaction():
            return self._writer.execute(
                f"DELETE FROM observation WHERE start < ? AND stream IN "  # noqa: S608  only question marks are put in
                f"(SELECT id FROM stream WHERE series = ? AND kind IN ({marks}))",
                (_us(before), series, *(k.value for k in kinds)),
            ).rowcount

    # ------------------------------------------------------------------ reading
    def read(self, query: Query) -> list[Observation]:
        """The newest known value of each slot and stream, ordered by start."""
        found: list[Observation] = []
        for key, rows in self._rows(query):
            newest = {row[0]: row for row in rows}
            found += _observations(key, newest.values())
        found.sort(key=by_slot)
        return found

    def revisions(self, query: Query) -> list[Observation]:
        """Every value held, ordered by start, then by receipt."""
        found = [o for key, rows in self._rows(query) for o in _observations(key, rows)]
        found.sort(key=by_receipt)
        return found

    def starts(self, query: Query) -> Sequence[tuple[datetime, str]]:
        """Start and source of each slot that has a value."""
        found = {(row[0], key[2]) for key, rows in self._rows(query) for row in rows}
        return [(_when(start), source) for start, source in sorted(found)]

    def last(
        self, series: str, kinds: frozenset[Kind], before: datetime | None = None, site: str = DEFAULT_SITE
    ) -> Observation | None:
        """The value of the latest slot; of several streams', the one known last."""
        limit = _us(before) if before is not None else 2**62
        found: list[Observation] = []
        with self._reading() as c:
            for key, stream in self._streams_of(c, series, site, None, kinds):
                rows = c.execute(
                    "SELECT start, received, published, value FROM observation WHERE stream = ? AND start < ? "
                    "ORDER BY start DESC, received DESC LIMIT 1",
                    (stream, limit),
                )
                found += _observations(key, rows)
        return max(found, key=by_age, default=None)

    def inventory(self) -> list[StreamSummary]:
        """What is held, stream by stream; streams without rows are left out."""
        sql = (
            "SELECT s.site, s.series, s.source, s.kind, s.resolution_minutes, MIN(o.start), MAX(o.start), "
            "COUNT(DISTINCT o.start), COUNT(*), MAX(o.received) "
            "FROM stream s JOIN observation o ON o.stream = s.id GROUP BY s.id "
            "ORDER BY s.series, s.site, s.source, s.kind, s.resolution_minutes"
        )
        with self._reading() as c:
            rows = c.execute(sql).fetchall()
        return [
            StreamSummary(site, series, source, Kind(kind), res, _when(first), _when(last), n, revisions, _when(got))
            for site, series, source, kind, res, first, last, n, revisions, got in rows
        ]

    def everything(self) -> Iterator[Observation]:
        """Every revision as of one moment, stream by stream, in order of receipt, a thousand in memory at a time."""
        with self._reading() as c:
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
                    yield from _observations((series, site, source, kind, resolution), rows)

    # ------------------------------------------------------------------ the file
    def verify(self) -> list[str]:
        """SQLite's own check, and that every value is a number of a known stream."""
        try:
            with self._reading() as c:
                problems = [str(row[0]) for row in c.execute("PRAGMA quick_check(20)") if row[0] != "ok"]
                for what, where in ORDERLY.items():
                    if n := c.execute(f"SELECT COUNT(*) FROM observation WHERE {where}").fetchone()[0]:  # noqa: S608  our own words
                        problems.append(f"{n} rows {what}")
        except StoreError as e:
            return [str(e)]
        return problems

    def backup(self, target: Path) -> None:
        """A whole copy by SQLite's online backup, put in place only when it is complete and checked."""
        if target.resolve() == self.path.resolve():
            raise StoreError(f"{target} is the store itself; name another file for the backup.")
        part = target.with_name(target.name + ".part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            part.unlink(missing_ok=True)
            self._copy_to(part)
            part.replace(target)
        except (sqlite3.Error, OSError) as e:
            raise StoreError(
                f"The backup cannot be written to {target} ({e}). Name a file in a folder of yours."
            ) from e
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def _copy_to(self, part: Path) -> None:
        with closing(sqlite3.connect(part)) as copy, self._reading() as c:
            c.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            _must_be_whole(copy, part)

    def restore(self, source: Path) -> None:
        """Become that copy, in one transaction; readers see the old or the new."""
        if not source.is_file():
            raise StoreError(f"There is no backup at {source}.")
        if source.resolve() == self.path.resolve():
            raise StoreError(f"{source} is the store itself; name a backup of it.")
        with _as_store_error(), closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            _must_be_whole(copy, source)
            self._must_be_our_world(copy, source)
            with self._write_lock:
                copy.backup(self._writer)

    def close(self) -> None:
        """Release the file; a reading under way releases its connection when it ends."""
        self._closed = True
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                break
        self._writer.close()

    # ------------------------------------------------------------------ inside
    def _connect(self) -> sqlite3.Connection:
        c = sqlite3.connect(self.path, timeout=15.0, check_same_thread=False, isolation_level=None)
        with _closed_on_error(c):
            c.execute("PRAGMA journal_mode = WAL")
            c.execute("PRAGMA synchronous = FULL")  # what was acknowledged outlives a power cut too
            c.execute("PRAGMA foreign_keys = ON")
        return c

    def _prepare(self) -> None:
        with self._transaction():
            version = self._writer.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                self._create()
            elif version != SCHEMA_VERSION:
                raise StoreError(
                    f"{self.path} has schema {version}, this program reads {SCHEMA_VERSION}. "
                    "Use the version that wrote it."
                )
            self._must_be_our_world(self._writer, self.path)

    def _create(self) -> None:
        if self._writer.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
            raise StoreError(f"{self.path} is another program's database. Move it away or name another DATA_DIR.")
        for statement in SCHEMA.split(";"):
            self._writer.execute(statement)
        self._writer.execute("INSERT INTO meta VALUES ('world', ?)", (self.world,))
        self._writer.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _must_be_our_world(self, connection: sqlite3.Connection, path: Path) -> None:
        row = connection.execute("SELECT value FROM meta WHERE key = 'world'").fetchone()
        if row is None or row[0] != self.world:
            held = row[0] if row else "unknown"
            raise WrongWorldError(
                f"{path} holds {held} data and this service is {self.world}. Give it a DATA_DIR of its own."
            )

    def _stream_id(self, key: StreamKey) -> int:
        self._writer.execute(
            "INSERT OR IGNORE INTO stream (series, site, source, kind, resolution_minutes) VALUES (?, ?, ?, ?, ?)", key
        )
        row = self._writer.execute(
            "SELECT id FROM stream WHERE series = ? AND site = ? AND source = ? AND kind = ? "
            "AND resolution_minutes = ?",
            key,
        ).fetchone()
        return int(row[0])

    def _rows(self, query: Query) -> Iterator[tuple[StreamKey, list[Row]]]:
        """For each stream that is asked for, the rows known, ordered by start, then by receipt."""
        sql = "SELECT start, received, published, value FROM observation WHERE stream = ? AND start >= ? AND start < ?"
        arguments = [_us(query.window.start), _us(query.window.end)]
        for column, limit in (("received", query.received_by), ("published", query.published_by)):
            if limit is not None:
                sql += f" AND {column} <= ?"
                arguments.append(_us(limit))
        sql += " ORDER BY start, received"
        with self._reading() as c:
            for key, stream in self._streams_of(c, query.series, query.site, query.sources, query.kinds):
                yield key, c.execute(sql, (stream, *arguments)).fetchall()

    @staticmethod
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

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees the store as it is at its first reading."""
        with self._readers, _as_store_error():
            if self._closed:
                raise StoreError(f"The store {self.path} is closed: the service is stopping.")
            try:
                connection = self._idle.get_nowait()
            except queue.Empty:
                connection = self._connect()
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                connection.rollback()
                self._release(connection)

    def _release(self, connection: sqlite3.Connection) -> None:
        if self._closed:
            connection.close()
        else:
            self._idle.put(connection)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._writer.execute("COMMIT")
        finally:
            self._writer.rollback()  # nothing, where it was committed or SQLite has rolled back itself


@contextmanager
def _as_store_error() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as e:
        raise StoreError(f"The time-series store cannot serve: {e}. Run `chocolate-factory doctor`.") from e


@contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _must_be_whole(connection: sqlite3.Connection, path: Path) -> None:
    try:
        result = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.DatabaseError as e:
        raise StoreError(f"{path} is no backup of this store ({e}).") from e
    if result != "ok" or version != SCHEMA_VERSION:
        raise StoreError(f"{path} is damaged or of another version ({result}, schema {version}).")


def _us(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def _when(us: int) -> datetime:
    return EPOCH + timedelta(0, 0, us)


def _observations(key: StreamKey, rows: Iterable[Row]) -> Iterator[Observation]:
    """Rows of one stream; a moment of receipt or publication is shared by many and made once."""
    series, site, source, name, resolution = key
    kind = Kind(name)
    when = lru_cache(maxsize=64)(_when)
    for start, received, published, value in rows:
        yield Observation(series, source, kind, _when(start), value, when(published), when(received), resolution, site)
