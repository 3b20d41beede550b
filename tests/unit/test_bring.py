"""One fetch: clamped, screened, stored, and told as what it was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes import PRICES, FakeFeed, Plant, at, span, truth
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.domain.errors import (
    StoreError,
    UpstreamDownError,
    UpstreamEmptyError,
    UpstreamLiedError,
    UpstreamRefusedError,
)
from chocolate_factory.domain.time import DAY, HOUR, Interval
from chocolate_factory.usecases.bring import clamp

NOW = at("2026-11-20T10:20")
WEEK = span("2026-11-13", "2026-11-20")


@pytest.fixture
def plant():
    plant = Plant(NOW)
    yield plant
    plant.close()


def test_what_comes_is_stored_and_counted(plant):
    brought = plant.bring(plant.feed("ree.prices", PRICES), WEEK, 30)
    assert (brought.found, brought.count.new, brought.window) == (7 * 24 * 5, 7 * 24 * 5, WEEK)
    assert (brought.failed, brought.empty, brought.error) == (False, False, "")
    assert plant.missing("spot", WEEK) == []


def test_the_same_again_is_found_and_not_new(plant):
    feed = plant.feed("ree.prices", PRICES)
    plant.bring(feed, WEEK, 30)
    again = plant.bring(feed, WEEK, 30)
    assert (again.found, again.count.written, again.count.unchanged) == (840, 0, 840)


def test_a_value_that_changed_is_a_revision(plant):
    feed = plant.feed("ree.prices", {"pvpc"})
    plant.bring(feed, WEEK, 30)
    plant.clock.set(NOW + DAY)
    feed.value = lambda series, start: truth(series, start) + 1.0
    assert plant.bring(feed, WEEK, 30).count.revised == 168


def test_impossible_values_stay_out_and_the_others_go_in(plant):
    feed = plant.feed("ree.prices", {"pvpc"}, value=lambda _, start: 99_999.0 if start.hour == 5 else 50.0)
    brought = plant.bring(feed, WEEK, 30)
    assert (brought.found, brought.count.new, len(brought.rejected)) == (168, 161, 7)
    assert "outside" in brought.rejected[0].reason
    assert not brought.failed


@pytest.mark.parametrize(
    ("error", "failed"),
    [
        (UpstreamEmptyError("ree", "not yet"), False),
        (UpstreamDownError("ree", "silence"), True),
        (UpstreamRefusedError("ree", "key"), True),
        (UpstreamLiedError("ree", "garbage"), True),
    ],
)
def test_an_upstreams_failure_is_told_not_raised(plant, error, failed):
    feed = plant.feed("ree.prices", PRICES)
    feed.fault, feed.seconds = error, 3.0
    brought = plant.bring(feed, WEEK, 30)
    assert (brought.failed, brought.error, brought.seconds) == (failed, error.why, 3.0)
    assert (brought.empty, brought.refused, brought.lied) == (
        isinstance(error, UpstreamEmptyError),
        isinstance(error, UpstreamRefusedError),
        isinstance(error, UpstreamLiedError),
    )


def test_no_values_without_an_error_are_nothing_too(plant):
    feed = plant.feed("ree.prices", PRICES)
    feed.fetch = lambda _window, _patience: []
    brought = plant.bring(feed, WEEK, 30)
    assert (brought.empty, brought.failed) == (True, False)
    assert "nothing" in brought.error


def test_a_store_that_cannot_take_it_is_raised(plant):
    def broken(_observations):
        raise StoreError("the disk is full")

    plant.store.write = broken
    with pytest.raises(StoreError, match="full"):
        plant.bring(plant.feed("ree.prices", PRICES), WEEK, 30)


def test_out_of_reach_nobody_is_asked(plant):
    feed = plant.feed("aemet.observations", {"temperature"}, back=13 * HOUR, ahead=timedelta(0))
    brought = plant.bring(feed, span("2026-11-01", "2026-11-02"), 30)
    assert (brought.empty, feed.calls) == (True, [])
    assert "reaches" in brought.error


@given(st.integers(-500, 500), st.integers(1, 900), st.integers(1, 60), st.integers(0, 300), st.integers(-48, 48))
def test_what_is_asked_lies_in_the_window_and_the_reach_and_is_short_enough(start, hours, longest, back, ahead):
    feed = FakeFeed(
        "x.y", {"pvpc"}, FixedClock(NOW), longest=longest * HOUR, back=(back + 49) * HOUR, ahead=ahead * HOUR
    )
    window = Interval(NOW + start * HOUR, NOW + (start + hours) * HOUR)
    asked = clamp(feed, window, NOW)
    within = window.overlap(feed.reach(NOW))
    if asked is None:
        assert within is None
    else:
        assert asked.start == within.start, "the earliest first"
        assert asked.end == min(within.end, within.start + longest * HOUR)
