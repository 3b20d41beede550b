"""Room given back to the disk: where it is worth it, where there is room for the trouble, while others are at work."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections import namedtuple
from contextlib import closing

import pytest

from chocolate_factory.adapters import sqlite_room
from chocolate_factory.adapters.sqlite_room import compacted

ROWS = 30_000


@pytest.fixture
def path(tmp_path):
    """A file of some MB, four fifths of which are free."""
    found = tmp_path / "a.db"
    with closing(sqlite3.connect(found, isolation_level=None)) as c:
        c.execute("PRAGMA journal_mode = WAL")
        c.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, body BLOB)")
        c.execute("BEGIN")
        c.executemany("INSERT INTO t (body) VALUES (?)", ((bytes(500),) for _ in range(ROWS)))
        c.execute("COMMIT")
        c.execute("DELETE FROM t WHERE id > ?", (ROWS // 5,))
    return found


def count(path) -> int:
    with closing(sqlite3.connect(path)) as c:
        assert c.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        return int(c.execute("SELECT COUNT(*) FROM t").fetchone()[0])


def test_what_is_free_goes_back_to_the_disk_and_the_log_is_empty(path):
    before = path.stat().st_size
    given = compacted(path)
    assert given > 10 * 2**20
    assert path.stat().st_size == before - given
    assert not path.with_name("a.db-wal").exists() or path.with_name("a.db-wal").stat().st_size == 0
    assert count(path) == ROWS // 5
    assert compacted(path) == 0


def test_a_little_is_not_worth_it(path, monkeypatch):
    monkeypatch.setattr(sqlite_room, "FREE_BYTES", 100 * 2**20)
    assert compacted(path) == 0
    monkeypatch.setattr(sqlite_room, "FREE_BYTES", 1)
    monkeypatch.setattr(sqlite_room, "FREE_SHARE", 0.9)
    assert compacted(path) == 0


def test_where_much_is_left_writers_would_wait_too_long(path, monkeypatch):
    monkeypatch.setattr(sqlite_room, "MOST_BYTES", 2**20)
    assert compacted(path) == 0


def test_a_disk_without_room_is_left_alone(path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(0, 0, sqlite_room.DISK_LEFT_BYTES))
    assert compacted(path) == 0


def test_readers_see_what_they_saw_and_writers_come_after(path):
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT COUNT(*) FROM t").fetchone()[0] == ROWS // 5
        done = threading.Event()
        written: list[int] = []

        def write() -> None:
            with closing(sqlite3.connect(path, timeout=15, isolation_level=None)) as c:
                while not done.is_set():
                    c.execute("INSERT INTO t (body) VALUES (?)", (b"new",))
                    written.append(1)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            compacted(path)
        finally:
            done.set()
            writer.join(30)
        assert reader.execute("SELECT COUNT(*) FROM t").fetchone()[0] == ROWS // 5
        reader.execute("COMMIT")
    assert count(path) == ROWS // 5 + len(written)
    assert written
