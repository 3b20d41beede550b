"""The command line: backups come back, and what is none changes nothing."""

from __future__ import annotations

import io
import sqlite3
import sys
import zipfile
from pathlib import Path

import pytest
from cli_runs import command_line, filled_store, held, opened
from web_house import demo_house, plant, real_house

from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.work import Severity

cli = pytest.fixture(command_line)
filled = pytest.fixture(filled_store)


def test_a_backup_comes_back_and_what_came_since_is_gone(cli, filled, tmp_path):
    house = opened(tmp_path)
    alert, _ = house.alerts.raise_alert("cause", Severity.WARNING, "message", "action")
    house.close()
    told = cli("backup", "deep/down/all.zip", "--json").json
    assert told["world"] == "real"
    assert {key for key in told if key.startswith("sha256:")} == {"sha256:timeseries", "sha256:ledger.db"}
    assert [path.name for path in (tmp_path / "deep/down").iterdir()] == ["all.zip"]
    house = opened(tmp_path)
    plant(house, "spot", "2026-06-16", "2026-06-16", source="omie")
    house.alerts.close_alert("cause")
    house.close()
    assert cli("restore", "deep/down/all.zip", "--yes", "--json").json["made_at"] == told["made_at"]
    assert held(tmp_path) == filled
    house = opened(tmp_path)
    assert house.alerts.alerts() == [alert]
    house.close()


def test_without_a_name_it_lies_with_the_data(cli):
    assert cli("backup", "--json").json["file"].endswith("data/backups/2026-06-17T101000Z.zip")


def test_a_restore_asks_first(cli, filled, tmp_path, monkeypatch):
    cli("backup", "all.zip")
    for answer, code in [("n\n", 1), ("", 1), ("y\n", 0)]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        assert cli("restore", "all.zip").code == code


def zipped(path: Path, **members: bytes) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)


def test_an_archive_that_is_none_changes_nothing(cli, filled, tmp_path):
    (tmp_path / "words.zip").write_text("words")
    (tmp_path / "empty.zip").write_bytes(b"")
    zipped(tmp_path / "bare.zip")
    zipped(tmp_path / "list.zip", manifest_json=b"[1, 2]")
    zipped(tmp_path / "nul.zip", manifest_json=b"\x00")
    zipped(tmp_path / "number.zip", manifest_json=b"3")
    zipped(tmp_path / "promise.zip", manifest_json=b'{"world": "real", "backend": "sqlite"}')
    zipped(tmp_path / "lie.zip", manifest_json=b'{"sha256:timeseries": "0"}', timeseries=b"words")
    zipped(tmp_path / "absent.zip", manifest_json=b'{"sha256:timeseries": "0"}')
    for path in sorted(tmp_path.glob("*.zip")):
        ended = cli("restore", path.name, "--yes")
        assert (ended.code, ended.out) == (1, ""), path
        assert path.name in ended.err
    assert held(tmp_path) == filled


def test_a_damaged_archive_is_refused_or_the_damage_was_in_nothing(tmp_path, monkeypatch):
    house = real_house(tmp_path / "data", monkeypatch)
    plant(house, "pvpc", "2026-06-15", "2026-06-16", source="ree")
    whole = list(house.store.everything())
    house.backups.make(tmp_path / "all.zip")
    content = (tmp_path / "all.zip").read_bytes()
    refused = 0
    for place in range(0, len(content), max(1, len(content) // 80)):
        broken = bytearray(content)
        broken[place] ^= 0xFF
        (tmp_path / "broken.zip").write_bytes(bytes(broken))
        try:
            house.backups.restore(tmp_path / "broken.zip")
        except StoreError:
            refused += 1
        assert list(house.store.everything()) == whole
    for cut in range(0, len(content), len(content) // 20):
        (tmp_path / "broken.zip").write_bytes(content[:cut])
        with pytest.raises(StoreError):
            house.backups.restore(tmp_path / "broken.zip")
    assert refused > 40
    assert list(house.store.everything()) == whole
    house.close()


def test_a_locked_archive_is_refused(tmp_path, monkeypatch):
    house = real_house(tmp_path / "data", monkeypatch)
    house.backups.make(tmp_path / "all.zip")
    content = bytearray((tmp_path / "all.zip").read_bytes())
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        place = -1
        while (place := content.find(mark, place + 1)) >= 0:
            content[place + (6 if mark == b"PK\x03\x04" else 8)] |= 1  # the bit that says "encrypted"
    (tmp_path / "locked.zip").write_bytes(bytes(content))
    with pytest.raises(StoreError, match="is no backup"):
        house.backups.restore(tmp_path / "locked.zip")
    house.close()


def test_a_backup_of_the_demo_is_not_taken_in(cli, tmp_path):
    house = demo_house(tmp_path / "demo", days=1)
    house.backups.make(tmp_path / "demo.zip")
    house.close()
    ended = cli("restore", "demo.zip", "--yes")
    assert (ended.code, "simulated data" in ended.err) == (1, True)


def test_a_backup_that_cannot_be_written_leaves_nothing(cli, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    for target in ("file/all.zip", "/proc/all.zip", "/"):
        ended = cli("backup", target)
        assert (ended.code, ended.out) == (1, "")
        assert "Name a file in a folder of yours" in ended.err

    def full(*_args: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "write", full)
    assert "No space left" in cli("backup", "all.zip").err
    assert not list(tmp_path.glob("all.zip*"))


def test_a_ledger_in_use_is_still_copied(tmp_path):
    house = opened(tmp_path)
    other = sqlite3.connect(tmp_path / "data/ledger.db")
    other.execute("BEGIN IMMEDIATE")
    assert house.backups.make(tmp_path / "all.zip")["ledger_rows"]["alert"] == 0
    other.rollback()
    other.close()
    house.close()


def test_a_trial_tells_what_would_come_back_and_changes_nothing(cli, filled, tmp_path):
    cli("backup", "all.zip")
    house = opened(tmp_path)
    plant(house, "spot", "2026-06-16", "2026-06-16", source="omie")
    house.close()
    now = held(tmp_path)
    told = cli("restore", "all.zip", "--trial", "--json").json
    assert (told["revisions"], told["ledger_rows"]["alert"]) == (len(filled), 0)
    assert f"can be restored: {len(filled)} revisions" in cli("restore", "all.zip", "--trial").out
    assert held(tmp_path) == now
    assert list((tmp_path / "data/backups").iterdir()) == []
    (tmp_path / "all.zip").write_bytes((tmp_path / "all.zip").read_bytes()[:-100])
    ended = cli("restore", "all.zip", "--trial")
    assert (ended.code, "is no backup" in ended.err) == (1, True)
