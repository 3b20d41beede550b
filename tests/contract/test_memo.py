"""What every memo promises."""

from __future__ import annotations

import threading

import pytest

from chocolate_factory.adapters.memo import FileMemo, MemoryMemo
from chocolate_factory.domain.errors import StoreError


@pytest.fixture(params=["memory", "file"])
def memo(request, tmp_path):
    if request.param == "memory":
        yield MemoryMemo()
    else:
        memo = FileMemo(tmp_path / "memo.db")
        yield memo
        memo.close()


def test_what_was_not_noted_is_none(memo):
    assert memo.recall("calls:ree") is None


@pytest.mark.parametrize("value", [None, 0, 12.25, "día", [1.5, "x"], {"up": False, "since": None}])
def test_what_was_noted_comes_back_equal(memo, value):
    memo.note("fact", "before")
    memo.note("fact", value)
    assert memo.recall("fact") == value
    assert memo.recall("another") is None


def test_what_comes_back_is_nobody_elses_to_change(memo):
    memo.note("calls", [1.0])
    memo.recall("calls").append(2.0)
    assert memo.recall("calls") == [1.0]


def test_a_change_that_fails_changes_nothing(memo):
    memo.note("calls", [1.0])
    with pytest.raises(ZeroDivisionError):
        memo.change("calls", lambda _calls: 1 / 0)
    assert memo.recall("calls") == [1.0]
    assert memo.change("calls", lambda calls: [*calls, 2.0]) == [1.0, 2.0]


def test_of_many_that_count_at_once_nobody_is_lost(memo):
    def count() -> None:
        for _ in range(50):
            memo.change("n", lambda n: (n or 0) + 1)

    crew = [threading.Thread(target=count) for _ in range(4)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join(30.0)
    assert memo.recall("n") == 200


def test_two_that_open_one_file_share_it_and_it_outlives_them(tmp_path):
    first, second = FileMemo(tmp_path / "memo.db"), FileMemo(tmp_path / "memo.db")
    first.note("asked:ree.demand", "2026-07-14T12:00:00+00:00")
    assert second.recall("asked:ree.demand") == "2026-07-14T12:00:00+00:00"
    first.close()
    second.close()
    third = FileMemo(tmp_path / "memo.db")
    assert third.recall("asked:ree.demand") == "2026-07-14T12:00:00+00:00"
    third.close()


def test_a_damaged_file_is_put_aside_and_begun_anew(tmp_path):
    damaged = b"no database at all, but longer than a header of one" * 40
    (tmp_path / "memo.db").write_bytes(damaged)
    memo = FileMemo(tmp_path / "memo.db")
    memo.note("a", 1)
    assert memo.recall("a") == 1
    memo.close()
    assert (tmp_path / "memo.damaged").read_bytes() == damaged


def test_a_file_that_opens_and_is_damaged_further_in_is_put_aside_too(tmp_path):
    """As a power cut may leave it, for nothing is synchronised."""
    memo = FileMemo(tmp_path / "memo.db")
    for i in range(400):
        memo.note(f"fact {i}", "x" * 100)
    memo.close()
    with (tmp_path / "memo.db").open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xff" * 4096)
    memo = FileMemo(tmp_path / "memo.db")
    memo.note("fact 7", "new")
    assert memo.recall("fact 7") == "new"
    memo.close()
    assert (tmp_path / "memo.damaged").exists()


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(StoreError, match=r"memo\.db cannot serve"):
        FileMemo(tmp_path / "no folder" / "memo.db")
