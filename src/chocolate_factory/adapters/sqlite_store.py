"""Observations in SQLite: the embedded default.

One file in WAL mode, one writer, a few pooled readers. A row is a revision; the newest of a slot is the one that was
published last, then received last. Times are integers of microseconds since 1970, so that what is read back is what
was written, to the microsecond.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Final

from chocolate_factory.domain.errors import StoreError, WrongWorldError
from chocolate_factory.domain.series import (
    DEFAULT_SITE,
    Kind,
    Observation,
    Query,
    StreamSummary,
    WriteCount,
    revise,
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

StreamKey = tuple[str, str, str, str, int]


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
        path.parent.mkdir(parents=True, exist_ok=True)
        self._write_lock = threading.Lock()
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._readers = threading.Semaphore(READERS)
        self._streams: dict[StreamKey, int] = {}
        try:
            self._writer = self._connect()
            self._prepare()
        except sqlite3.Error as e:
            raise StoreError(f"{path} cannot be opened as a store ({e}). Restore a backup or move it away.") from e

    # ------------------------------------------------------------------ writing
    def write(self, observations: Iterable[Observation]) -> WriteCount:
        """Upsert; one transaction, durable on return."""
        by_stream: dict[StreamKey, list[Observation]] = {}
        for o in observations:
            self._refuse_other_world(o.kind)
            key = (o.series, o.site, o.source, o.kind.value, o.resolution_minutes)
            by_stream.setdefault(key, []).append(o)
        if not by_stream:
            return WriteCount()
        with self._write_lock, _as_store_error(), self._transaction():
            count = WriteCount()
            for key, batch in by_stream.items():
                count += self._write_stream(self._stream_id(key), batch)
        return count

    def _write_stream(self, stream: int, batch: list[Observation]) -> WriteCount:
        rows = [(_us(o.start), _us(o.received_at), _us(o.published_at), float(o.value)) for o in batch]
        held = self._held(stream, min(rows)[0], max(rows)[0])
        news: list[tuple[int, int, int, int, float]] = []
        new = revised = unchanged = 0
        for start, received, published, value in rows:
            slot = held.setdefault(start, [])
            since = revise(slot, published, received, value)
            if since is None:
                unchanged += 1
                continue
            if slot:
                revised += 1
            else:
                new += 1
            slot.append((since, received, value))
            news.append((stream, start, received, since, value))
        self._writer.executemany(
            "INSERT INTO observation (stream, start, received, published, value) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (stream, start, received) "
            "DO UPDATE SET published = excluded.published, value = excluded.value",
            news,
        )
        return WriteCount(new, revised, unchanged)

    def _held(self, stream: int, first: int, last: int) -> dict[int, list[tuple[int, int, float]]]:
        held: dict[int, list[tuple[int, int, float]]] = {}
        for start, published, received, value in self._writer.execute(
            "SELECT start, published, received, value FROM observation WHERE stream = ? AND start BETWEEN ? AND ?",
            (stream, first, last),
        ):
            held.setdefault(start, []).append((published, received, value))
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
            for _, revisions in groupby(rows, key=_start):
                found.append(_observation(key, max(revisions, key=_rank)))
        found.sort(key=lambda o: (o.start, o.source, o.kind))
        return found

    def revisions(self, query: Query) -> list[Observation]:
        """Every value held, ordered by start, then by receipt."""
        found = [_observation(key, row) for key, rows in self._rows(query) for row in rows]
        found.sort(key=lambda o: (o.start, o.received_at, o.source, o.kind))
        return found

    def starts(self, query: Query) -> Sequence[tuple[datetime, str]]:
        """Start and source of each slot that has a value."""
        found = {(row[0], key[2]) for key, rows in self._rows(query) for row in rows}
        return [(_when(start), source) for start, source in sorted(found)]

    def last(
        self, series: str, kinds: frozenset[Kind], before: datetime | None = None, site: str = DEFAULT_SITE
    ) -> Observation | None:
        """The value of the latest slot."""
        limit = _us(before) if before is not None else 2**62
        best: Observation | None = None
        with self._reading() as c:
            for key, stream in self._streams_of(c, series, site, None, kinds):
                row = c.execute(
                    "SELECT start, received, published, value FROM observation WHERE stream = ? AND start < ? "
                    "ORDER BY start DESC, published DESC, received DESC LIMIT 1",
                    (stream, limit),
                ).fetchone()
                if row and (best is None or _when(row[0]) > best.start):
                    best = _observation(key, row)
        return best

    def inventory(self) -> list[StreamSummary]:
        """What is held, stream by stream; streams without rows are left out."""
        sql = (
            "SELECT s.site, s.series, s.source, s.kind, s.resolution_minutes, MIN(o.start), MAX(o.start), "
            "COUNT(DISTINCT o.start), COUNT(*), MAX(o.received) "
            "FROM stream s JOIN observation o ON o.stream = s.id GROUP BY s.id ORDER BY s.series, s.source, s.kind"
        )
        with self._reading() as c:
            rows = c.execute(sql).fetchall()
        return [
            StreamSummary(site, series, source, Kind(kind), res, _when(first), _when(last), n, revisions, _when(got))
            for site, series, source, kind, res, first, last, n, revisions, got in rows
        ]

    def everything(self) -> Iterator[Observation]:
        """Every revision, stream by stream, a thousand rows in memory at a time."""
        with self._reading() as c:
            for key, stream in [((s, t, u, k, r), i) for i, t, s, u, k, r in c.execute("SELECT * FROM stream")]:
                cursor = c.execute(
                    "SELECT start, received, published, value FROM observation WHERE stream = ?", (stream,)
                )
                while rows := cursor.fetchmany(1000):
                    for row in rows:
                        yield _observation(key, row)

    # ------------------------------------------------------------------ the file
    def verify(self) -> list[str]:
        """SQLite's own check, and that no value is without number or order."""
        with self._reading() as c:
            problems = [row[0] for row in c.execute("PRAGMA quick_check(20)") if row[0] != "ok"]
            orphans = c.execute("SELECT COUNT(*) FROM observation WHERE stream NOT IN (SELECT id FROM stream)")
            if n := orphans.fetchone()[0]:
                problems.append(f"{n} rows belong to no stream")
        return problems

    def backup(self, target: Path) -> None:
        """A whole copy by SQLite's online backup, put in place only when it is complete and checked."""
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(target.suffix + ".part")
        part.unlink(missing_ok=True)
        with self._reading() as c:
            copy = sqlite3.connect(part)
            try:
                c.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
                _must_be_whole(copy, part)
            finally:
                copy.close()
        part.replace(target)

    def restore(self, source: Path) -> None:
        """Become that copy, in one transaction; readers see the old or the new."""
        if not source.is_file():
            raise StoreError(f"There is no backup at {source}.")
        copy = sqlite3.connect(f"file:{source}?mode=ro", uri=True)
        try:
            with _as_store_error():
                _must_be_whole(copy, source)
                self._must_be_our_world(copy, source)
                with self._write_lock:
                    copy.backup(self._writer)
                    self._streams.clear()
        finally:
            copy.close()

    def close(self) -> None:
        """Release the file."""
        while not self._idle.empty():
            self._idle.get_nowait().close()
        self._writer.close()

    # ------------------------------------------------------------------ inside
    def _connect(self) -> sqlite3.Connection:
        c = sqlite3.connect(self.path, timeout=15.0, check_same_thread=False, isolation_level=None)
        c.execute("PRAGMA journal_mode = WAL")
        c.execute("PRAGMA synchronous = FULL")  # what was acknowledged outlives a power cut too
        c.execute("PRAGMA foreign_keys = ON")
        return c

    def _prepare(self) -> None:
        with self._transaction():
            version = self._writer.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                for statement in SCHEMA.split(";"):
                    self._writer.execute(statement)
                self._writer.execute("INSERT INTO meta VALUES ('world', ?)", (self.world,))
                self._writer.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            elif version != SCHEMA_VERSION:
                raise StoreError(
                    f"{self.path} has schema {version}, this program reads {SCHEMA_VERSION}. "
                    "Use the version that wrote it."
                )
        self._must_be_our_world(self._writer, self.path)

    def _must_be_our_world(self, connection: sqlite3.Connection, path: Path) -> None:
        row = connection.execute("SELECT value FROM meta WHERE key = 'world'").fetchone()
        if row is None or row[0] != self.world:
            held = row[0] if row else "unknown"
            raise WrongWorldError(
                f"{path} holds {held} data and this service is {self.world}. Give it a DATA_DIR of its own."
            )

    def _refuse_other_world(self, kind: Kind) -> None:
        if (kind is Kind.SIMULATED) != (self.world == "simulated"):
            raise WrongWorldError(f"A {kind.value} value was offered to a {self.world} store; nothing was written.")

    def _stream_id(self, key: StreamKey) -> int:
        if key not in self._streams:
            self._writer.execute(
                "INSERT OR IGNORE INTO stream (series, site, source, kind, resolution_minutes) VALUES (?, ?, ?, ?, ?)",
                key,
            )
            row = self._writer.execute(
                "SELECT id FROM stream WHERE series = ? AND site = ? AND source = ? AND kind = ? "
                "AND resolution_minutes = ?",
                key,
            ).fetchone()
            self._streams[key] = row[0]
        return self._streams[key]

    def _rows(self, query: Query) -> Iterator[tuple[StreamKey, list[tuple[int, int, int, float]]]]:
        sql = "SELECT start, received, published, value FROM observation WHERE stream = ? AND start >= ? AND start < ?"
        arguments = [_us(query.window.start), _us(query.window.end)]
        for column, limit in (("received", query.received_by), ("published", query.published_by)):
            if limit is not None:
                sql += f" AND {column} <= ?"
                arguments.append(_us(limit))
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
        with self._readers, _as_store_error():
            try:
                connection = self._idle.get_nowait()
            except queue.Empty:
                connection = self._connect()
            try:
                yield connection
            finally:
                self._idle.put(connection)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._writer.execute("ROLLBACK")
            self._streams.clear()
            raise
        self._writer.execute("COMMIT")


@contextmanager
def _as_store_error() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as e:
        raise StoreError(f"The time-series store cannot serve: {e}. Run `chocolate-factory doctor`.") from e


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
    return EPOCH + timedelta(microseconds=us)


def _start(row: tuple[int, int, int, float]) -> int:
    return row[0]


def _rank(row: tuple[int, int, int, float]) -> tuple[int, int]:
    return row[2], row[1]


def _observation(key: StreamKey, row: tuple[int, int, int, float]) -> Observation:
    series, site, source, kind, resolution = key
    start, received, published, value = row
    return Observation(
        series, source, Kind(kind), _when(start), value, _when(published), _when(received), resolution, site
    )
