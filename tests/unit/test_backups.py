"""Backups as files: whole or not there, weekly ones proved before the old ones go, leftovers swept."""

from __future__ import annotations

import fcntl
import os
import shutil
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest

from chocolate_factory.adapters import archive, backups
from chocolate_factory.adapters.backups import FileBackups, tried
from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.ledger import SqlAlertLedger, open_ledger
from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.adapters.sqlite_store import SqliteStore
from chocolate_factory.adapters.under_way import PREFIX, sweep, under_way
from chocolate_factory.domain.catalogue import observation
from chocolate_factory.domain.errors import StoppedError, StoreError
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, HOUR, parse_moment
from chocolate_factory.domain.work import Severity

NOW = parse_moment("2026-03-29T03:00", "now")


class Place:
    """A store, a ledger and their backups."""

    def __init__(self, folder: Path, store=None) -> None:
        self.clock = FixedClock(NOW)
        self.store = store or SqliteStore(folder / "timeseries.db")
        self.engine = open_ledger(f"sqlite:///{folder / 'ledger.db'}")
        self.alerts = SqlAlertLedger(self.engine, self.clock)
        self.backups = FileBackups(self.store, self.engine, "real", folder / "backups", self.clock)

    def fill(self, hours: int = 48) -> None:
        rows = [observation("spot", "omie", Kind.OBSERVED, NOW - n * HOUR, float(n), NOW) for n in range(hours)]
        self.store.write(o._replace(resolution_minutes=60) for o in rows)
        self.alerts.raise_alert("cause", Severity.INFO, "m", "a")

    def names(self) -> list[str]:
        return sorted(path.name for path in self.backups.folder.iterdir())

    def close(self) -> None:
        self.store.close()
        self.engine.dispose()


@pytest.fixture
def place(tmp_path):
    made = Place(tmp_path)
    made.fill()
    yield made
    made.close()


def let_pass(_archive: Path) -> None:
    """Nothing is wrong with it."""


# ---------------------------------------------------------------------- one
def test_the_manifest_tells_what_is_in_it(place, tmp_path):
    manifest = place.backups.make(tmp_path / "all.zip")
    assert (manifest["backend"], manifest["world"], manifest["made_at"]) == ("sqlite", "real", NOW.isoformat())
    assert manifest["ledger_rows"]["alert"] == 1
    with zipfile.ZipFile(tmp_path / "all.zip") as found:
        assert found.namelist() == ["manifest.json", "timeseries", "ledger.db"]


def test_a_target_may_be_called_like_a_part_of_it(place, tmp_path):
    for name in ("timeseries", "ledger.db", "manifest.json"):
        place.backups.make(tmp_path / "own" / name)
        place.backups.restore(tmp_path / "own" / name)
    assert len(list(place.store.everything())) == 48


def test_what_was_written_wrong_is_no_backup(place, tmp_path, monkeypatch):
    whole = zipfile.ZipFile.write

    def garbled(self, path, name):
        path.write_bytes(b"x" + path.read_bytes()[1:])
        whole(self, path, name)

    monkeypatch.setattr(zipfile.ZipFile, "write", garbled)
    with pytest.raises(StoreError, match="Is the disk sound"):
        place.backups.make(tmp_path / "own" / "all.zip")
    assert list((tmp_path / "own").iterdir()) == []


def test_it_does_not_fill_the_disk(place, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(0, 0, backups.DISK_LEFT_BYTES + 48 * 200 - 1))
    with pytest.raises(StoreError, match=r"needs 0\.5 GiB .* Make room"):
        place.backups.make(tmp_path / "own" / "all.zip")
    assert list((tmp_path / "own").iterdir()) == []


def test_a_ledger_that_cannot_be_taken_in_stops_a_restore_before_it_begins(place, tmp_path, monkeypatch):
    place.backups.make(tmp_path / "all.zip")
    place.store.write([observation("spot", "omie", Kind.OBSERVED, NOW + DAY, 1.0, NOW)])
    before = list(place.store.everything())

    def refused(_ledger, _engine, *, rehearse):
        assert rehearse
        raise StoreError("no")

    monkeypatch.setattr(backups, "load", refused)
    with pytest.raises(StoreError, match="no"):
        place.backups.restore(tmp_path / "all.zip")
    assert list(place.store.everything()) == before


def test_another_back_ends_is_refused(place, tmp_path):
    other = Place(tmp_path / "other", MemoryStore())
    other.fill(3)
    other.backups.make(tmp_path / "memory.zip")
    with pytest.raises(StoreError, match="`migrate`"):
        place.backups.restore(tmp_path / "memory.zip")
    other.backups.restore(tmp_path / "memory.zip")
    other.close()


# ---------------------------------------------------------------------- a trial
@pytest.mark.parametrize("store", [None, MemoryStore()], ids=["sqlite", "memory"])
def test_a_trial_restores_beside_and_touches_nothing(tmp_path, store):
    place = Place(tmp_path / "own", store)
    place.fill()
    before = list(place.store.everything())
    place.backups.make(tmp_path / "all.zip")
    place.fill(50)
    with tried(tmp_path / "all.zip", "real", tmp_path / "room") as trial:
        assert list(trial.store.everything()) == before
        assert trial.ledger_rows == trial.manifest["ledger_rows"]
    assert len(list(place.store.everything())) == 50
    assert list((tmp_path / "room").iterdir()) == []
    place.close()


def test_a_trial_of_what_is_damaged_says_so(place, tmp_path):
    place.backups.make(tmp_path / "all.zip")
    body = bytearray((tmp_path / "all.zip").read_bytes())
    body[len(body) // 2] ^= 0xFF
    (tmp_path / "all.zip").write_bytes(bytes(body))
    with pytest.raises(StoreError, match=r"all\.zip"), tried(tmp_path / "all.zip", "real", tmp_path):
        pass


def test_the_other_worlds_is_refused_in_a_trial_too(place, tmp_path):
    place.backups.make(tmp_path / "all.zip")
    with pytest.raises(StoreError, match="real data"), tried(tmp_path / "all.zip", "simulated", tmp_path):
        pass


# ---------------------------------------------------------------------- weekly
def test_a_weekly_one_gets_its_name_once_it_is_proved(place):
    seen: list[str] = []

    def prove(draft: Path) -> None:
        assert zipfile.is_zipfile(draft)
        seen.extend(name for name in place.names() if name.endswith(".zip"))

    kept = place.backups.weekly(prove)
    assert seen == [], "nothing of that name before"
    assert place.names() == [kept.name] == ["weekly-2026-03-29T010000Z.zip"]


@pytest.mark.parametrize("trouble", [StoreError("differs"), StoppedError("the service is stopping"), KeyError("bug")])
def test_what_is_not_proved_is_dropped_and_the_old_ones_stay(place, trouble, monkeypatch):
    monkeypatch.setattr(FileBackups, "make", lambda _self, target: target.touch())
    for week in range(10):
        place.clock.set(NOW - (10 - week) * 7 * DAY)
        place.backups.weekly(let_pass)
    before = place.names()

    def prove(_draft: Path) -> None:
        raise trouble

    place.clock.set(NOW)
    with pytest.raises(type(trouble)):
        place.backups.weekly(prove)
    assert place.names() == before


def test_old_ones_go_and_what_a_person_made_stays(place, monkeypatch):
    monkeypatch.setattr(FileBackups, "make", lambda _self, target: target.touch())
    place.backups.folder.mkdir()
    by_hand = ["2020-01-01T000000Z.zip", "weekly-notes.zip", "weekly-2020-01-05T010000Z.zip.bak", "mine.zip"]
    for name in by_hand:
        (place.backups.folder / name).touch()
    for week in range(40):
        place.clock.set(NOW - (39 - week) * 7 * DAY)
        place.backups.weekly(let_pass)
    weekly = [name for name in place.names() if name not in by_hand]
    assert set(by_hand) < set(place.names())
    assert weekly[-8:] == [f"weekly-{NOW - n * 7 * DAY:%Y-%m-%dT%H%M%SZ}.zip" for n in range(7, -1, -1)]
    assert len(weekly) == 8 + 8


# ---------------------------------------------------------------------- leftovers
def test_what_a_killed_process_left_is_swept(place, tmp_path):
    left = place.backups.folder / f"{PREFIX}left"
    (left / "deep").mkdir(parents=True)
    (left / "deep" / "timeseries").write_bytes(b"half")
    (place.backups.folder / f"{PREFIX}file").touch()
    kept = place.backups.weekly(let_pass)
    assert place.names() == [f"{PREFIX}file", kept.name], "a file of that name is nobody's folder"


def test_what_somebody_is_at_is_left_alone(tmp_path):
    with under_way(tmp_path) as made:
        (made / "work").touch()
        assert sweep(tmp_path) == 0
        assert (made / "work").exists()
    assert list(tmp_path.iterdir()) == []


def test_the_system_lets_go_of_what_a_dead_process_held(tmp_path):
    folder = tmp_path / f"{PREFIX}x"
    folder.mkdir()
    child = os.fork()
    if child == 0:
        fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_EX)
        os._exit(0)
    os.waitpid(child, 0)
    assert sweep(tmp_path) == 1
    assert not folder.exists()


def test_the_checksum_is_of_every_byte(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "CHUNK", 3)
    (tmp_path / "timeseries").write_bytes(b"0123456789")
    assert archive.pack(tmp_path / "a.zip", {}, tmp_path)["sha256:timeseries"].startswith("84d89877f0d4041efb6bf91a")
