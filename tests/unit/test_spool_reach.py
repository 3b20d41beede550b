"""Who tries a store that is away, and who is told at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from chocolate_factory.adapters import spool_reach
from chocolate_factory.adapters.spool_reach import Reach
from chocolate_factory.domain.errors import InputError, StoreAwayError

AWAY = StoreAwayError("InfluxDB does not serve.")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(spool_reach, "time", made)
    return made


@pytest.fixture
def reach(clock):
    return Reach(rest_s=5.0)


def fails(after_s: float, clock: Clock) -> Callable[[], None]:
    def call() -> None:
        clock.now += after_s
        raise AWAY

    return call


def nobody_asks() -> None:
    raise AssertionError("it was to be left alone")


def test_what_answers_is_asked_every_time(reach):
    assert [reach(lambda n=n: n) for n in range(3)] == [0, 1, 2]
    assert reach.trouble is None


def test_after_a_failure_it_is_left_alone_for_a_moment_and_then_asked_again(reach, clock):
    with pytest.raises(StoreAwayError):
        reach(fails(0.1, clock))
    clock.now += 4.9
    with pytest.raises(StoreAwayError, match="does not serve"):
        reach(nobody_asks)
    clock.now += 0.2
    assert reach(lambda: 7) == 7
    assert reach.trouble is None


def test_after_a_long_wait_it_is_left_alone_for_as_long(reach, clock):
    with pytest.raises(StoreAwayError):
        reach(fails(30.0, clock))
    clock.now += 29.0
    with pytest.raises(StoreAwayError):
        reach(nobody_asks)
    clock.now += 2.0
    assert reach(lambda: 7) == 7


def test_while_one_tries_the_others_are_told(reach, clock):
    with pytest.raises(StoreAwayError):
        reach(fails(0.1, clock))
    clock.now += 6.0
    tried, answer = threading.Event(), threading.Event()

    def hangs() -> int:
        tried.set()
        assert answer.wait(20)
        return 7

    got: list[int] = []
    one = threading.Thread(target=lambda: got.append(reach(hangs)))
    one.start()
    assert tried.wait(20)
    with pytest.raises(StoreAwayError):
        reach(nobody_asks)
    answer.set()
    one.join(20)
    assert got == [7]
    assert reach(lambda: 8) == 8


def test_what_the_caller_did_wrong_is_no_absence(reach):
    def wrong() -> None:
        raise InputError("name", "", "a name")

    with pytest.raises(InputError):
        reach(wrong)
    assert reach(lambda: 7) == 7
