"""The file behind the store: its connections, its transactions, whole copies of it.

One file in WAL mode, one writer, a few pooled readers.

Invariants:
    What is acknowledged outlives a power cut. A reader sees the file as it is at its first reading.
"""

from __future__ import annotations

import queue
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from chocolate_factory.adapters.sqlite_room import compacted
from chocolate_factory.adapters.sqlite_streams import COUNTED, add_counts
from chocolate_factory.domain.errors import StoreError, WrongWorldError

SCHEMA_VERSION: Final = 2
#: Without the counts of each stream; taken over as it is opened or restored.
UNCOUNTED: Final = 1
READERS: Final = 4

SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE stream (
    id INTEGER PRIMARY KEY,
    site TEXT NOT NULL,
    series TEXT NOT NULL,
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    resolution_minutes INTEGER NOT NULL,
    {", ".join(COUNTED)},
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


class SqliteFile:
    """A file of observations of one world.

    Args:
        path: the file; its folder is made.
        world: ``real`` or ``simulated``. A file remembers which it is and refuses the other.

    Attributes:
        writer: the one connection that writes, inside ``writing`` alone.

    Raises:
        StoreError: the file cannot be opened or is no store of ours.
        WrongWorldError: it holds the other world's data.
    """

    def __init__(self, path: Path, world: str) -> None:
        self.path = path
        self.world = world
        self._write_lock = threading.Lock()
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._readers = threading.Semaphore(READERS)
        self._closed = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.writer = self._connect()
            with _closed_on_error(self.writer):
                self._prepare()
        except (sqlite3.Error, OSError) as e:
            raise StoreError(f"{path} cannot be opened as a store ({e}). Restore a backup or move it away.") from e

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The writer, in a transaction that is whole or not at all."""
        with self._write_lock, as_store_error(), self._transaction():
            yield self.writer

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees the store as it is at its first reading."""
        with self._readers, as_store_error():
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
        with closing(sqlite3.connect(part)) as copy, self.reading() as c:
            c.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            _must_be_whole(copy, part)

    def restore(self, source: Path) -> None:
        """Become that copy, in one transaction; readers see the old or the new."""
        if not source.is_file():
            raise StoreError(f"There is no backup at {source}.")
        if source.resolve() == self.path.resolve():
            raise StoreError(f"{source} is the store itself; name a backup of it.")
        with as_store_error(), closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            version = _must_be_whole(copy, source)
            self._must_be_our_world(copy, source)
            if version == UNCOUNTED:
                self._restore_counted(copy)
            else:
                self._become(copy)

    def _become(self, copy: sqlite3.Connection) -> None:
        with self._write_lock:
            copy.backup(self.writer)

    def _restore_counted(self, copy: sqlite3.Connection) -> None:
        """A copy of the first version, whose streams are counted before anybody sees it."""
        with (
            tempfile.TemporaryDirectory(dir=self.path.parent) as folder,
            closing(sqlite3.connect(Path(folder) / "counted.db", isolation_level=None)) as counted,
        ):
            copy.backup(counted)
            counted.execute("BEGIN IMMEDIATE")
            _count(counted)
            counted.execute("COMMIT")
            self._become(counted)

    def compact(self) -> int:
        """Give room back to the disk, where it is worth it; writers wait meanwhile."""
        with self._write_lock, as_store_error():
            return compacted(self.path)

    def close(self) -> None:
        """Release the file; a reading under way releases its connection when it ends."""
        self._closed = True
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                break
        self.writer.close()

    def _connect(self) -> sqlite3.Connection:
        c = sqlite3.connect(self.path, timeout=15.0, check_same_thread=False, isolation_level=None)
        with _closed_on_error(c):
            c.execute("PRAGMA journal_mode = WAL")
            c.execute("PRAGMA synchronous = FULL")  # what was acknowledged outlives a power cut too
            c.execute("PRAGMA foreign_keys = ON")
        return c

    def _prepare(self) -> None:
        with self._transaction():
            version = self.writer.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                self._create()
            elif version == UNCOUNTED:
                _count(self.writer)
            elif version != SCHEMA_VERSION:
                raise StoreError(
                    f"{self.path} has schema {version}, this program reads {SCHEMA_VERSION}. "
                    "Use the version that wrote it."
                )
            self._must_be_our_world(self.writer, self.path)

    def _create(self) -> None:
        if self.writer.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
            raise StoreError(f"{self.path} is another program's database. Move it away or name another DATA_DIR.")
        for statement in SCHEMA.split(";"):
            self.writer.execute(statement)
        self.writer.execute("INSERT INTO meta VALUES ('world', ?)", (self.world,))
        self.writer.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _must_be_our_world(self, connection: sqlite3.Connection, path: Path) -> None:
        row = connection.execute("SELECT value FROM meta WHERE key = 'world'").fetchone()
        if row is None or row[0] != self.world:
            held = row[0] if row else "unknown"
            raise WrongWorldError(
                f"{path} holds {held} data and this service is {self.world}. Give it a DATA_DIR of its own."
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.writer.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.writer.execute("COMMIT")
        finally:
            self.writer.rollback()  # nothing, where it was committed or SQLite has rolled back itself


@contextmanager
def as_store_error() -> Iterator[None]:
    """SQLite's troubles as ours."""
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


def _count(connection: sqlite3.Connection) -> None:
    add_counts(connection)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _must_be_whole(connection: sqlite3.Connection, path: Path) -> int:
    """The version of a file that is whole."""
    try:
        result = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.DatabaseError as e:
        raise StoreError(f"{path} is no backup of this store ({e}).") from e
    if result != "ok" or version not in (SCHEMA_VERSION, UNCOUNTED):
        raise StoreError(f"{path} is damaged or of another version ({result}, schema {version}).")
    return version
