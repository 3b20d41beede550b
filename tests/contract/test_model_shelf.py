"""What every shelf of models promises; the one there is, is a folder."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from made_models import MADE_AT, card
from shelf_readers import read_until_told

from chocolate_factory.adapters.model_shelf import FileShelf
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.models import Alias, ModelName, ModelVersion, RegistryState

SPOT, PVPC = ModelName.SPOT_PRICE, ModelName.PVPC_PRICE
CHAMPION, CHALLENGER = Alias.CHAMPION, Alias.CHALLENGER


def version(number: int, *aliases: Alias, name: ModelName = SPOT) -> ModelVersion:
    return ModelVersion(card(name), number, sha256(body(number, name)).hexdigest(), f"run{number}", frozenset(aliases))


def body(number: int, name: ModelName = SPOT) -> bytes:
    return f"{name} {number} ".encode() * 5000


def said(*versions: ModelVersion, connected: bool = True) -> RegistryState:
    return RegistryState(connected, "sqlite:///x.db", ("spot_price",), versions, MADE_AT)


def files(*versions: ModelVersion) -> dict[str, bytes]:
    return {one.sha256: body(one.number, one.card.name) for one in versions}


@pytest.fixture
def shelf(tmp_path):
    return FileShelf(tmp_path / "models")


@pytest.fixture
def filled(shelf):
    """Version 3 champion, version 4 challenger, version 2 of no alias."""
    serving = version(4, CHALLENGER), version(3, CHAMPION)
    shelf.put(said(*serving, version(2)), files(*serving))
    return shelf


def test_a_shelf_that_nobody_filled_is_empty(shelf):
    assert shelf.state() is None
    assert shelf.take(SPOT, CHAMPION) is None
    assert shelf.stamp() == ""


def test_what_is_put_can_be_taken(filled):
    assert filled.take(SPOT, CHAMPION) == (version(3, CHAMPION), body(3))
    assert filled.take(SPOT, CHALLENGER) == (version(4, CHALLENGER), body(4))
    assert filled.take(PVPC, CHAMPION) is None
    assert filled.state() == said(version(4, CHALLENGER), version(3, CHAMPION), version(2))


def test_it_is_there_after_a_restart(filled, tmp_path):
    again = FileShelf(tmp_path / "models")
    assert again.take(SPOT, CHAMPION) == filled.take(SPOT, CHAMPION)
    assert again.stamp() == filled.stamp()


def test_the_stamp_changes_with_what_is_there_and_with_nothing_else(filled):
    before = filled.stamp()
    filled.take(SPOT, CHAMPION)
    filled.state()
    assert filled.stamp() == before
    filled.put(said(version(4, CHAMPION)), files(version(4)))
    assert filled.stamp() not in {before, ""}


def test_one_version_may_have_both_names(shelf):
    shelf.put(said(version(1, CHAMPION, CHALLENGER)), files(version(1)))
    assert shelf.take(SPOT, CHAMPION) == shelf.take(SPOT, CHALLENGER)


def test_a_later_put_replaces_all_and_keeps_no_file_that_nothing_names(filled, tmp_path):
    filled.put(said(version(5, CHAMPION), version(4)), files(version(5)))
    assert filled.take(SPOT, CHAMPION) == (version(5, CHAMPION), body(5))
    assert filled.take(SPOT, CHALLENGER) is None
    assert {path.name for path in (tmp_path / "models").glob("*.npz")} == {f"{version(5).sha256}.npz"}


def test_a_file_that_is_on_the_shelf_need_not_be_given_again(filled):
    filled.put(said(version(4, CHAMPION)), {})
    assert filled.take(SPOT, CHAMPION) == (version(4, CHAMPION), body(4))


# ---------------------------------------------------------------------- refused
def unchanged(filled: FileShelf, stamp: str) -> bool:
    return filled.stamp() == stamp and filled.take(SPOT, CHAMPION) == (version(3, CHAMPION), body(3))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "missing"),
        ({version(9).sha256: b"something else"}, "not what its sha256"),
        ({"0" * 64: body(9)}, "missing"),
    ],
)
def test_a_file_that_is_missing_or_another_changes_nothing(filled, given, why):
    stamp = filled.stamp()
    with pytest.raises(StoreError, match=f"spot_price/9 is {why}"):
        filled.put(said(version(9, CHAMPION)), given)
    assert unchanged(filled, stamp)


def test_a_registry_that_was_away_changes_nothing(filled):
    stamp = filled.stamp()
    with pytest.raises(StoreError, match="did not answer"):
        filled.put(said(connected=False), {})
    assert unchanged(filled, stamp)


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "models").write_text("a file stands in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        FileShelf(tmp_path / "models").put(said(), {})


# ---------------------------------------------------------------------- damaged
def the_file(tmp_path: Path, number: int) -> Path:
    return tmp_path / "models" / f"{version(number).sha256}.npz"


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"", lambda b: bytes([b[0] ^ 1]) + b[1:], None])
def test_a_damaged_file_is_never_served_and_the_next_put_mends_it(filled, tmp_path, damage):
    path = the_file(tmp_path, 3)
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(StoreError, match="spot_price/3 is damaged"):
        filled.take(SPOT, CHAMPION)
    assert filled.take(SPOT, CHALLENGER) == (version(4, CHALLENGER), body(4)), "the other one is whole"
    with pytest.raises(StoreError):  # what is damaged is no copy to build on
        filled.put(said(version(3, CHAMPION)), {})
    filled.put(said(version(3, CHAMPION)), files(version(3)))
    assert filled.take(SPOT, CHAMPION) == (version(3, CHAMPION), body(3))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_damaged_list_is_never_believed_and_the_next_put_mends_it(filled, tmp_path, share):
    path = tmp_path / "models" / "state"
    told = path.read_bytes()
    path.write_bytes(told[: int(len(told) * share)])
    for ask in (filled.state, lambda: filled.take(SPOT, CHAMPION)):
        with pytest.raises(StoreError, match="damaged"):
            ask()
    path.write_bytes(told.replace(b"champion", b"challeng"))
    with pytest.raises(StoreError, match="damaged"):
        filled.take(SPOT, CHAMPION)
    filled.put(said(version(3, CHAMPION)), {})
    assert filled.take(SPOT, CHAMPION) == (version(3, CHAMPION), body(3))


def test_what_a_put_left_that_was_cut_short_is_not_seen_and_swept_away(filled, tmp_path):
    half = the_file(tmp_path, 8).with_suffix(".npz.part")
    half.write_bytes(body(8)[:100])
    assert filled.take(SPOT, CHAMPION) == (version(3, CHAMPION), body(3))
    filled.put(said(version(8, CHAMPION)), files(version(8)))
    assert filled.take(SPOT, CHAMPION) == (version(8, CHAMPION), body(8))
    assert not half.exists()


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_put_that_dies_at_any_write_leaves_what_was(filled, monkeypatch, at):
    """Version 5 and 6 are two files and the list: at the fourth write it is through."""
    written = []
    write = FileShelf._write

    def die(self, name, content):
        written.append(name)
        if len(written) == at:
            raise KeyboardInterrupt
        write(self, name, content)

    both = version(5, CHAMPION), version(6, CHALLENGER)
    with monkeypatch.context() as patch:
        patch.setattr(FileShelf, "_write", die)
        if at <= 3:
            with pytest.raises(KeyboardInterrupt):
                filled.put(said(*both), files(*both))
            assert filled.take(SPOT, CHAMPION) == (version(3, CHAMPION), body(3))
        else:
            filled.put(said(*both), files(*both))
    filled.put(said(*both), files(*both))
    assert filled.take(SPOT, CHAMPION) == (version(5, CHAMPION), body(5))


# ---------------------------------------------------------------------- several processes
def test_readers_of_other_processes_see_before_or_after_and_never_a_mixture(shelf, tmp_path):
    """Champion and challenger are always neighbours; two processes read while a hundred puts go by."""
    at = card().made_at

    def pair(number: int) -> tuple[ModelVersion, ModelVersion]:
        return version(number, CHAMPION), version(number + 1, CHALLENGER)

    shelf.put(said(*pair(1)), files(*pair(1)))
    spawn = multiprocessing.get_context("spawn")
    done, answers = spawn.Event(), spawn.Queue()
    readers = [spawn.Process(target=read_until_told, args=(tmp_path / "models", done, answers)) for _ in range(2)]
    for reader in readers:
        reader.start()
    assert [answers.get(timeout=60) for _ in readers] == ["ready", "ready"]
    for number in range(2, 102):
        shelf.put(replace(said(*pair(number)), asked_at=at + timedelta(minutes=number)), files(*pair(number)))
    done.set()
    told = [answers.get(timeout=60) for _ in readers]
    for reader in readers:
        reader.join(60)
    for problems, seen in told:
        assert problems == []
        assert seen > 2, "it read while the versions changed"
