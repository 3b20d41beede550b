"""What only the store in a file can get wrong: the file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chocolate_factory.adapters.sqlite_file import SCHEMA_VERSION
from chocolate_factory.adapters.sqlite_store import SqliteStore
from chocolate_factory.domain.errors import StoreError, WrongWorldError
from chocolate_factory.domain.series import Kind, Observation, Query, WriteCount
from chocolate_factory.domain.time import DAY, HOUR, Interval

T = datetime(2026, 3, 9, 23, tzinfo=UTC)
EVER = Interval(T - 4000 * DAY, T + 4000 * DAY)


def obs(value: float = 50.0, at: int = 0, series: str = "spot", source: str = "ree", kind: Kind = Kind.OBSERVED):
    start = T + at * HOUR
    return Observation(series, source, kind, start, value, T, T, 60)


def day(value: float = 50.0, hours: int = 24, **other) -> list[Observation]:
    return [obs(value, at=i, **other) for i in range(hours)]


def ask(series: str = "spot") -> Query:
    return Query(series, EVER)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "data" / "timeseries.db"


@pytest.fixture
def store(path):
    store = SqliteStore(path)
    yield store
    store.close()


def pragma(path: Path, name: str) -> object:
    with closing(sqlite3.connect(path)) as c:
        return c.execute(f"PRAGMA {name}").fetchone()[0]


# ---------------------------------------------------------------------- the file is kept
def test_what_was_written_is_there_after_the_next_start(path):
    first = SqliteStore(path)
    first.write(day())
    first.close()
    second = SqliteStore(path)
    assert second.read(ask()) == day()
    assert second.write(day()) == WriteCount(unchanged=24)
    second.close()


def test_it_is_one_file_once_it_is_closed(store, path):
    store.write(day())
    store.read(ask())
    assert pragma(path, "journal_mode") == "wal"
    store.close()
    assert [f.name for f in path.parent.iterdir()] == ["timeseries.db"]


def test_an_empty_file_is_a_new_store(path):
    path.parent.mkdir()
    path.touch()
    store = SqliteStore(path)
    assert store.write(day()).new == 24
    store.close()


def test_what_is_acknowledged_is_synced_to_the_disk(store):
    assert store._file.writer.execute("PRAGMA synchronous").fetchone()[0] == 2, "FULL: it outlives a power cut"


# ---------------------------------------------------------------------- files that are not ours
@pytest.mark.parametrize("version", [SCHEMA_VERSION + 1, 99, -1])
def test_another_schema_is_refused_and_left_as_it_is(path, version):
    SqliteStore(path).close()
    with closing(sqlite3.connect(path)) as c:
        c.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(StoreError, match=rf"schema {version}, this program reads {SCHEMA_VERSION}.*Use the version"):
        SqliteStore(path)
    assert pragma(path, "user_version") == version


def test_another_programs_database_is_refused_and_left_as_it_is(path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as c:
        c.execute("CREATE TABLE recipe (name TEXT)")
        c.commit()
    with pytest.raises(StoreError, match="another program"):
        SqliteStore(path)
    with closing(sqlite3.connect(path)) as c:
        assert c.execute("SELECT name FROM sqlite_master").fetchall() == [("recipe",)]


def test_a_database_with_our_number_and_not_our_tables_is_refused(path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as c:
        c.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    with pytest.raises(StoreError, match="cannot be opened as a store"):
        SqliteStore(path)


@pytest.mark.parametrize(
    "body", [b"PK\x03\x04 a zip, perhaps" * 400, b"\x00" * 9000, b"SQLite format 3\x00" + b"\xff" * 9000]
)
def test_a_file_that_is_no_database_says_what_to_do(path, body):
    path.parent.mkdir()
    path.write_bytes(body)
    with pytest.raises(StoreError, match="Restore a backup or move it away") as caught:
        SqliteStore(path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == body, "it may be somebody's"


def test_a_place_that_cannot_hold_a_file_says_so(tmp_path):
    (tmp_path / "file").write_text("in the way")
    for place in (tmp_path / "file" / "timeseries.db", tmp_path):
        with pytest.raises(StoreError, match="cannot be opened as a store"):
            SqliteStore(place)


@pytest.mark.parametrize(("world", "other"), [("real", "simulated"), ("simulated", "real")])
def test_the_other_worlds_file_is_refused(path, world, other):
    SqliteStore(path, world).close()
    with pytest.raises(WrongWorldError, match=f"holds {world} data and this service is {other}.*DATA_DIR of its own"):
        SqliteStore(path, other)
    SqliteStore(path, world).close()


def test_refused_files_are_let_go(path, tmp_path):
    """A file that was refused can be moved away, and no lock stays on it."""
    SqliteStore(path, "simulated").close()
    for _ in range(3):
        with pytest.raises(WrongWorldError):
            SqliteStore(path)
    with closing(sqlite3.connect(path, timeout=0.1)) as c:
        c.execute("BEGIN EXCLUSIVE")


# ---------------------------------------------------------------------- damage
def ruin(path: Path) -> None:
    """Overwrite every page but the first two, which hold the names of the tables."""
    body = bytearray(path.read_bytes())
    body[2 * 4096 :] = b"\xa5" * (len(body) - 2 * 4096)
    path.write_bytes(body)


def test_a_store_damaged_inside_is_told_by_verify_and_never_answers_nonsense(path):
    store = SqliteStore(path)
    store.write(day(hours=3000))
    store.close()
    ruin(path)
    store = SqliteStore(path)
    assert store.verify()
    with pytest.raises(StoreError, match="doctor"):
        store.read(ask())
    with pytest.raises(StoreError, match="doctor"):
        store.write(day())
    with pytest.raises(StoreError):
        store.backup(path.parent / "a.backup")
    assert not (path.parent / "a.backup").exists(), "a damaged copy is no backup"
    store.close()


def test_a_damaged_store_can_be_restored_in_place(path):
    store = SqliteStore(path)
    store.write(day(hours=3000))
    store.backup(path.parent / "a.backup")
    store.close()
    ruin(path)
    store = SqliteStore(path)
    store.restore(path.parent / "a.backup")
    assert store.verify() == []
    assert len(store.read(ask())) == 3000
    store.close()


def test_verify_names_rows_without_a_stream_and_without_a_number(store, path):
    store.write(day())
    with closing(sqlite3.connect(path)) as c:
        c.execute("INSERT INTO observation VALUES (77, 0, 0, 0, 1.0)")
        c.execute("UPDATE observation SET value = 'dear' WHERE stream = 1 AND start % 7200000000 = 0")
        c.execute("UPDATE observation SET value = 9e999 WHERE stream = 1 AND start % 7200000000 != 0")
        c.commit()
    assert store.verify() == ["1 rows belong to no stream", "24 rows hold no finite number"]


# ---------------------------------------------------------------------- a full disk
def fill(store: SqliteStore) -> None:
    pages = store._file.writer.execute("PRAGMA page_count").fetchone()[0]
    store._file.writer.execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_costs_the_batch_and_nothing_else(store):
    store.write(day())
    fill(store)
    for _ in range(2):
        with pytest.raises(StoreError, match="full"):
            store.write(day(1.0, hours=3000, series="pvpc"))
    assert store.read(ask()) == day()
    assert store.read(ask("pvpc")) == []
    store._file.writer.execute("PRAGMA max_page_count = 100000")
    assert store.write(day(1.0, hours=3000, series="pvpc")).new == 3000
    assert store.verify() == []


def test_a_commit_that_fails_is_rolled_back_and_the_next_one_goes(store, path):
    """A reader in another process can make COMMIT itself fail; the transaction must not stay open."""
    store.write(day())
    store._file.writer.execute("PRAGMA busy_timeout = 50")
    real, failures = store._file.writer, iter([True])

    class Failing:
        """The writer, whose first COMMIT finds the disk gone."""

        def execute(self, sql, *arguments):
            if sql == "COMMIT" and next(failures, False):
                raise sqlite3.OperationalError("disk I/O error")
            return real.execute(sql, *arguments)

        def __getattr__(self, name):
            return getattr(real, name)

    store._file.writer = Failing()
    with pytest.raises(StoreError, match="disk I/O error"):
        store.write(day(9.0, series="pvpc"))
    assert store.write(day(1.0, series="pvpc")) == WriteCount(new=24)
    assert {o.value for o in store.read(ask("pvpc"))} == {1.0}


# ---------------------------------------------------------------------- backup and restore
def test_it_is_in_wal_mode_after_a_restore_too(store, path):
    store.write(day())
    store.backup(path.parent / "a.backup")
    store.restore(path.parent / "a.backup")
    assert pragma(path, "journal_mode") == "wal"
    assert store._file.writer.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert pragma(path, "user_version") == SCHEMA_VERSION
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM observation").fetchone()
        assert store.write(day(7.0, series="pvpc")).new == 24, "a reader holds no writer up"


def test_a_restore_survives_the_next_start(path):
    store = SqliteStore(path)
    store.write(day())
    store.backup(path.parent / "a.backup")
    store.write(day(1.0, series="pvpc"))
    store.restore(path.parent / "a.backup")
    store.close()
    store = SqliteStore(path)
    assert store.read(ask()) == day()
    assert store.read(ask("pvpc")) == []
    store.close()


def test_a_backup_is_one_file_that_opens_as_a_store(store, path, tmp_path):
    store.write(day())
    store.backup(tmp_path / "backups" / "a.db")
    assert [f.name for f in (tmp_path / "backups").iterdir()] == ["a.db"]
    copy = SqliteStore(tmp_path / "backups" / "a.db")
    assert copy.read(ask()) == day()
    copy.close()


def test_the_store_is_not_its_own_backup(store, path):
    store.write(day())
    for same in (path, path.parent / ".." / "data" / "timeseries.db"):
        with pytest.raises(StoreError, match="is the store itself"):
            store.backup(same)
        with pytest.raises(StoreError, match="is the store itself"):
            store.restore(same)
    assert store.read(ask()) == day()


def test_a_backup_of_another_schema_is_refused(store, path):
    target = path.parent / "a.backup"
    store.backup(target)
    with closing(sqlite3.connect(target)) as c:
        c.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="schema 99"):
        store.restore(target)


# ---------------------------------------------------------------------- two processes
def test_two_open_one_file_and_see_each_others_writing(store, path):
    other = SqliteStore(path)
    store.write(day())
    assert other.read(ask()) == day()
    assert other.write(day()) == WriteCount(unchanged=24)
    assert other.write(day(1.0, series="pvpc")).new == 24
    assert len(store.read(ask("pvpc"))) == 24
    other.close()


def test_after_a_restore_by_another_process_nothing_lands_in_a_wrong_series(store, path, tmp_path):
    """The backup numbers its streams in another order than the service that goes on writing."""
    old = SqliteStore(tmp_path / "old" / "timeseries.db")
    for series in ("humidity", "pvpc", "spot"):
        old.write([obs(1.0, series=series)])
    old.backup(tmp_path / "a.backup")
    old.close()
    for series in ("spot", "pvpc", "humidity"):
        store.write([obs(2.0, series=series)])
    the_command_line = SqliteStore(path)
    the_command_line.restore(tmp_path / "a.backup")
    the_command_line.close()
    for series, value in (("spot", 10.0), ("pvpc", 20.0), ("humidity", 30.0)):
        store.write([obs(value, at=5, series=series)])
    for series, value in (("spot", 10.0), ("pvpc", 20.0), ("humidity", 30.0)):
        assert [o.value for o in store.read(ask(series))] == [1.0, value]


def test_a_writer_waits_for_another_processes_transaction(store, path):
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.2, lambda: other.execute("COMMIT"))
    timer.start()
    assert store.write(day()).new == 24
    timer.join()
    other.close()


WRITER = """
import sys
from datetime import timedelta
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_sqlite_store import SqliteStore, obs
store = SqliteStore(Path(sys.argv[1]))
for i in range(20):
    store.write([obs(float(i), at=int(sys.argv[3]) + i), obs(5.0, at=9000 + i)])
store.close()
"""


def test_two_processes_write_at_once_and_lose_nothing(store, path):
    here = str(Path(__file__).parent)
    crew = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), here, str(100 * n)]) for n in range(2)]
    for i in range(20):
        store.write([obs(float(i), at=500 + i), obs(5.0, at=9000 + i)])
    assert [p.wait(60) for p in crew] == [0, 0]
    assert len(store.read(ask())) == 3 * 20 + 20
    assert len(store.revisions(ask())) == 3 * 20 + 20
    assert store.verify() == []


# ---------------------------------------------------------------------- closing
def test_a_closed_store_says_so_and_leaves_nothing_open(store, path):
    store.write(day())
    store.close()
    for deed in (
        lambda: store.read(ask()),
        lambda: store.write(day()),
        store.inventory,
        lambda: list(store.everything()),
    ):
        with pytest.raises(StoreError):
            deed()
    store.close()
    assert [f.name for f in path.parent.iterdir()] == ["timeseries.db"]


def test_closing_waits_for_no_reader_and_the_reader_goes_on(store, path):
    store.write(day(hours=3000))
    walk = store.everything()
    next(walk)
    store.close()
    assert sum(1 for _ in walk) == 2999
    assert [f.name for f in path.parent.iterdir()] == ["timeseries.db"]


def test_readers_beyond_the_pool_wait_their_turn(store):
    store.write(day())
    walks = [store.everything() for _ in range(4)]
    for walk in walks:
        next(walk)
    got: list[int] = []
    late = threading.Thread(target=lambda: got.append(len(store.read(ask()))))
    late.start()
    late.join(0.1)
    assert late.is_alive()
    walks[0].close()
    late.join(10.0)
    assert got == [24]
    for walk in walks:
        walk.close()


def test_received_moments_far_apart_are_told_apart(store):
    """Many receipts in one reading: more than are remembered while rows become observations."""
    batch = [
        Observation("spot", "ree", Kind.OBSERVED, T + i * HOUR, 1.0, T + i * HOUR, T + i * timedelta(hours=1.5), 60)
        for i in range(500)
    ]
    store.write(batch)
    assert store.read(ask()) == batch
