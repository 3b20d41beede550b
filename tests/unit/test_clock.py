"""The four clocks."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.adapters.clock import FixedClock, RunningClock, SystemClock, UrlClock
from chocolate_factory.domain.errors import SettingsError

NOW = datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)
URL = "http://127.0.0.1:9/clock"


# ---------------------------------------------------------------------- the machine's
def test_the_machines_clock_tells_utc():
    before, told, after = datetime.now(UTC), SystemClock().now(), datetime.now(UTC)
    assert before <= told <= after
    assert told.utcoffset() == timedelta(0)


def test_its_monotonic_never_goes_back():
    clock = SystemClock()
    readings = [clock.monotonic() for _ in range(100)]
    assert readings == sorted(readings)


def test_it_sleeps_as_long_as_asked():
    clock = SystemClock()
    before = time.monotonic()
    clock.sleep(0.02)
    assert time.monotonic() - before >= 0.019
    clock.sleep(-1.0)
    assert time.monotonic() - before < 5.0


def test_stopping_ends_a_sleep():
    clock = SystemClock()
    before = time.monotonic()
    sleeper = threading.Thread(target=clock.sleep, args=(600.0,))
    sleeper.start()
    clock.stopping.set()
    sleeper.join(timeout=5.0)
    assert not sleeper.is_alive()
    clock.sleep(600.0)
    assert time.monotonic() - before < 5.0


# ---------------------------------------------------------------------- a child's
def test_it_goes_on_from_its_moment_at_the_machines_pace():
    clock = RunningClock(NOW)
    first = clock.now()
    clock.sleep(0.05)
    assert first >= NOW
    assert timedelta(seconds=0.045) <= clock.now() - first < timedelta(seconds=5)


# ---------------------------------------------------------------------- a trial's
class Trial:
    """What stands behind CLOCK_URL."""

    def __init__(self, monkeypatch, answer) -> None:
        self.answer = answer
        self.read = 0
        monkeypatch.setattr(httpx, "get", self._get)

    def _get(self, url: str, timeout: float) -> httpx.Response:
        assert url == URL
        self.read += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return httpx.Response(200, json=self.answer)


def near(told: datetime, meant: datetime) -> bool:
    return timedelta(0) <= told - meant < timedelta(seconds=5)


def test_a_trials_clock_tells_the_trials_time_and_runs_on(monkeypatch):
    trial = Trial(monkeypatch, {"now": "2031-06-01T12:00:00+02:00"})
    clock = UrlClock(URL)
    first = clock.now()
    assert near(first, datetime(2031, 6, 1, 10, tzinfo=UTC))
    assert clock.now() >= first
    assert trial.read == 1, "it is read every few seconds, not every time"


def test_it_is_read_again_and_follows_a_jump(monkeypatch):
    trial = Trial(monkeypatch, {"now": "2031-06-01T12:00:00Z"})
    clock = UrlClock(URL, every=-1.0)
    trial.answer = {"now": "2031-06-08T12:00:00Z"}
    assert near(clock.now(), datetime(2031, 6, 8, 12, tzinfo=UTC))
    assert trial.read == 2


UNREADABLE = [
    httpx.ConnectError("refused"),
    httpx.InvalidURL("no address"),
    {},
    {"now": "yesterday"},
    {"now": 5},
    {"now": None},
    {"now": "2031-06-01T12:00:00"},
    [],
]


@pytest.mark.parametrize("answer", UNREADABLE, ids=str)
def test_a_url_without_a_time_stops_the_start(monkeypatch, answer):
    Trial(monkeypatch, answer)
    with pytest.raises(SettingsError, match="CLOCK_URL"):
        UrlClock(URL)


@pytest.mark.parametrize("answer", UNREADABLE, ids=str)
def test_one_that_falls_silent_later_keeps_the_last_offset(monkeypatch, answer):
    trial = Trial(monkeypatch, {"now": "2031-06-01T12:00:00Z"})
    clock = UrlClock(URL, every=-1.0)
    trial.answer = answer
    assert near(clock.now(), datetime(2031, 6, 1, 12, tzinfo=UTC))
    assert trial.read == 2


# ---------------------------------------------------------------------- the tests'
def test_a_fixed_clock_stands_still():
    clock = FixedClock(NOW)
    assert (clock.now(), clock.now(), clock.monotonic()) == (NOW, NOW, 0.0)


@given(st.lists(st.floats(-10.0, 1e6, allow_nan=False), max_size=20))
def test_its_sleep_moves_it_on_and_never_back(sleeps):
    clock = FixedClock(NOW)
    for seconds in sleeps:
        before = clock.now()
        clock.sleep(seconds)
        assert (clock.now() - before).total_seconds() == pytest.approx(max(0.0, seconds), abs=1e-6)
    assert clock.monotonic() == (clock.now() - NOW).total_seconds()


def test_it_can_be_set():
    clock = FixedClock(NOW)
    clock.set(NOW + timedelta(days=7))
    assert clock.now() == NOW + timedelta(days=7)
