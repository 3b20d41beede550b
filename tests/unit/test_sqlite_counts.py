"""What is counted of each stream, so that an inventory reads no rows; and files from before it was."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chocolate_factory.adapters.sqlite_file import SCHEMA_VERSION, UNCOUNTED
from chocolate_factory.adapters.sqlite_store import SqliteStore
from chocolate_factory.adapters.stream_keys import us
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import HOUR

T = datetime(2026, 3, 9, 23, tzinfo=UTC)
ANY = frozenset(Kind)
FIRST_VERSION = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE stream (
    id INTEGER PRIMARY KEY, site TEXT NOT NULL, series TEXT NOT NULL, source TEXT NOT NULL, kind TEXT NOT NULL,
    resolution_minutes INTEGER NOT NULL, UNIQUE (series, site, source, kind, resolution_minutes)
);
CREATE TABLE observation (
    stream INTEGER NOT NULL REFERENCES stream (id), start INTEGER NOT NULL, received INTEGER NOT NULL,
    published INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (stream, start, received)
) WITHOUT ROWID;
INSERT INTO meta VALUES ('world', 'real');
INSERT INTO stream VALUES (7, 'linares', 'spot', 'ree', 'observed', 60), (8, 'linares', 'pvpc', 'ree', 'observed', 60);
"""


def obs(value: float = 50.0, at: int = 0, hours: int = 0, source: str = "ree") -> Observation:
    """A price of the slot ``at`` hours after T, received ``hours`` after T."""
    known = T + hours * HOUR
    return Observation("spot", source, Kind.OBSERVED, T + at * HOUR, value, known, known, 60)


HELD = [obs(1.0), obs(2.0, hours=5), obs(3.0, at=1), obs(4.0, at=2, hours=1)]


@pytest.fixture
def store(tmp_path):
    store = SqliteStore(tmp_path / "timeseries.db")
    yield store
    store.close()


@pytest.fixture
def old(tmp_path) -> Path:
    """A file of the first version that holds ``HELD``."""
    path = tmp_path / "old" / "timeseries.db"
    path.parent.mkdir()
    rows = [(7, us(o.start), us(o.received_at), us(o.published_at), o.value) for o in HELD]
    with closing(sqlite3.connect(path)) as c:
        c.executescript(FIRST_VERSION)
        c.executemany("INSERT INTO observation VALUES (?, ?, ?, ?, ?)", rows)
        c.execute(f"PRAGMA user_version = {UNCOUNTED}")
        c.commit()
    return path


def told(store: SqliteStore) -> list[tuple]:
    assert store.verify() == []
    return [(s.source, s.first, s.last, s.count, s.revisions, s.last_received_at) for s in store.inventory()]


def steps_of(store: SqliteStore) -> int:
    """Of SQLite's machine, in tens, for an inventory."""
    store.inventory()
    (connection,) = store._file._idle.queue
    counted: list[None] = []
    connection.set_progress_handler(lambda: counted.append(None), 10)
    store.inventory()
    connection.set_progress_handler(None, 10)
    return len(counted)


def test_an_inventory_takes_no_longer_for_what_is_held(store):
    store.write(HELD)
    few = steps_of(store)
    store.write([obs(float(i), at=10 + i) for i in range(3000)])
    assert store.inventory()[0].count == 3003
    assert 0 < steps_of(store) <= few + 2


def test_revisions_and_slots_are_counted_as_they_come(store):
    store.write(HELD[:1])
    store.write(HELD)
    store.write([obs(9.0, at=5, source="omie")])
    assert told(store) == [
        ("omie", T + 5 * HOUR, T + 5 * HOUR, 1, 1, T),
        ("ree", T, T + 2 * HOUR, 3, 4, T + 5 * HOUR),
    ]


def test_where_the_newest_receipt_falls_away_the_one_before_it_is_the_newest(store):
    store.write([obs(1.0), obs(2.0, at=1, hours=9)])
    store.write([obs(2.0, at=1, hours=4)])
    assert told(store) == [("ree", T, T + HOUR, 2, 2, T + 4 * HOUR)]


def test_what_is_forgotten_is_counted_no_more(store):
    store.write(HELD)
    assert store.forget("spot", ANY, T + HOUR) == 2
    assert told(store) == [("ree", T + HOUR, T + 2 * HOUR, 2, 2, T + HOUR)]
    assert store.forget("spot", ANY, T + 9 * HOUR) == 2
    assert told(store) == []
    store.write([obs(5.0, at=3, hours=-9)])
    assert told(store) == [("ree", T + 3 * HOUR, T + 3 * HOUR, 1, 1, T - 9 * HOUR)]


def test_a_batch_that_fails_is_not_counted(store):
    store.write(HELD)
    pages = store._file.writer.execute("PRAGMA page_count").fetchone()[0]
    store._file.writer.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError):
        store.write([obs(float(i), at=10 + i) for i in range(3000)])
    assert told(store) == [("ree", T, T + 2 * HOUR, 3, 4, T + 5 * HOUR)]


def test_verify_says_where_somebody_else_wrote(store, tmp_path):
    store.write(HELD)
    with closing(sqlite3.connect(tmp_path / "timeseries.db")) as c:
        c.execute("DELETE FROM observation WHERE value = 3.0")
        c.commit()
    assert store.verify() == ["1 streams hold another number of rows than was counted"]


# ---------------------------------------------------------------------- the first version
def test_a_file_of_the_first_version_is_counted_as_it_is_opened(old):
    for _ in range(2):
        store = SqliteStore(old)
        assert list(store.everything()) == HELD
        assert told(store) == [("ree", T, T + 2 * HOUR, 3, 4, T + 5 * HOUR)]
        store.close()
    with closing(sqlite3.connect(old)) as c:
        assert c.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION


def test_a_backup_of_the_first_version_is_restored_and_left_as_it_is(store, old):
    before = old.read_bytes()
    store.write([obs(9.0, source="omie")])
    store.restore(old)
    assert list(store.everything()) == HELD
    assert told(store) == [("ree", T, T + 2 * HOUR, 3, 4, T + 5 * HOUR)]
    store.write([obs(9.0, at=7, hours=7)])
    assert told(store) == [("ree", T, T + 7 * HOUR, 4, 5, T + 7 * HOUR)]
    assert old.read_bytes() == before
