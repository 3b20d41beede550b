"""Points into slots: the mean of what is there, and nothing where too little is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.errors import UpstreamLiedError
from chocolate_factory.domain.series_spec import QUARTER_HOUR_MARKET
from chocolate_factory.domain.time import Resolution, madrid_day, slots
from chocolate_factory.quality.resample import Point, in_order, points_to_slots, step_of

MONDAY = datetime(2026, 5, 4, 8, tzinfo=UTC)
SPOT, DEMAND, FIVE = spec_of("spot"), spec_of("demand"), spec_of("demand_5min")


def points(start: datetime, minutes: int, *values: float) -> list[Point]:
    return [(start + timedelta(minutes=minutes * i), value) for i, value in enumerate(values)]


# ---------------------------------------------------------------------- order
def test_points_come_out_in_utc_and_in_order():
    madrid = timezone(timedelta(hours=2))
    given_ = [(datetime(2026, 5, 4, 11, tzinfo=madrid), 2.0), (datetime(2026, 5, 4, 10, tzinfo=madrid), 1.0)]
    ordered = in_order(given_, "ree")
    assert ordered == [(MONDAY, 1.0), (MONDAY + timedelta(hours=1), 2.0)]
    assert {start.utcoffset() for start, _ in ordered} == {timedelta(0)}


def test_a_moment_said_twice_is_once_and_with_two_values_a_lie():
    assert in_order([(MONDAY, 5), (MONDAY, 5.0)], "ree") == [(MONDAY, 5)]
    with pytest.raises(UpstreamLiedError, match=r"2026-05-04T08:00Z has two values, 5 and 6"):
        in_order([(MONDAY, 5), (MONDAY, 6)], "ree")


# ---------------------------------------------------------------------- the step
@pytest.mark.parametrize("step", list(Resolution)[:3])
@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 5, 4), date(2026, 10, 25)])
def test_the_step_is_read_from_the_points_on_days_of_23_24_and_25_hours(step, day):
    assert step_of(list(slots(madrid_day(day), step))) is step


def test_holes_do_not_change_the_step():
    assert step_of([MONDAY, MONDAY + timedelta(hours=3), MONDAY + timedelta(hours=9)]) is Resolution.HOUR
    assert step_of([MONDAY, MONDAY + timedelta(minutes=55)]) is Resolution.FIVE_MINUTES


def test_a_step_that_cannot_be_told_is_none():
    assert step_of([]) is None
    assert step_of([MONDAY]) is None, "an hour, or the first five minutes of one"
    assert step_of([MONDAY, MONDAY + timedelta(minutes=7)]) is None


# ---------------------------------------------------------------------- slots
def test_hours_come_through_as_they_are():
    hours = points(MONDAY, 60, 30000.1, 31000, 29000.7)
    assert points_to_slots(hours, DEMAND) == hours


def test_an_hour_is_the_mean_of_its_five_minutes():
    twelve = [30000.0 + 10 * i for i in range(12)]
    assert points_to_slots(points(MONDAY, 5, *twelve), DEMAND) == [(MONDAY, fmean(twelve))]


def test_nine_of_twelve_are_enough_where_three_quarters_are_asked():
    nine, eight = points(MONDAY, 5, *range(9)), points(MONDAY, 5, *range(8))
    assert points_to_slots(nine, DEMAND, at_least=0.75) == [(MONDAY, 4.0)]
    assert points_to_slots(eight, DEMAND, at_least=0.75) == []
    assert points_to_slots(nine, DEMAND) == []


def test_four_quarters_make_the_old_markets_hour_and_three_do_not():
    start = datetime(2025, 9, 30, 20, tzinfo=UTC)
    quarters = points(start, 15, 80, 84, 82, 86, 70, 70, 70)
    assert points_to_slots(quarters, SPOT) == [(start, 83.0)]


def test_the_market_changes_its_step_within_a_body():
    before = points(QUARTER_HOUR_MARKET - timedelta(hours=2), 60, 50, 60)
    since = points(QUARTER_HOUR_MARKET, 15, 1, 2, 3, 4, 5)
    assert points_to_slots([*before, *since], SPOT) == [*before, *since]


def test_an_hours_price_is_no_quarters_price():
    assert points_to_slots(points(QUARTER_HOUR_MARKET, 60, 50, 60), SPOT) == []


def test_today_by_five_minutes_beside_yesterday_by_hours():
    midnight = madrid_day(date(2026, 5, 4)).start
    yesterday = points(midnight - timedelta(hours=3), 60, 10, 11, 12)
    today = points(midnight, 5, *range(12))
    assert points_to_slots([*yesterday, *today], DEMAND, 0.75) == [*yesterday, (midnight, 5.5)]
    assert points_to_slots([*yesterday, *today], FIVE) == today


def test_a_lone_point_of_a_day_by_five_minutes_is_not_its_hour():
    day = [*points(MONDAY, 5, *range(12)), (MONDAY + timedelta(hours=1), 99.0)]
    assert [start for start, _ in points_to_slots(day, DEMAND, 0.75)] == [MONDAY]


prices = st.floats(-500.0, 4000.0, allow_nan=False).map(lambda price: round(price, 2))


@given(prices, st.sampled_from([5, 15]))
def test_equal_points_have_exactly_their_value_as_mean(price, minutes):
    same = points(MONDAY, minutes, *([price] * (60 // minutes)))
    assert points_to_slots(same, DEMAND) == [(MONDAY, price)]


@given(st.lists(prices, min_size=96, max_size=96), st.sets(st.integers(0, 95)))
def test_only_whole_hours_come_and_each_lies_between_its_points(values, lost):
    start = madrid_day(date(2025, 5, 5)).start
    held = [point for i, point in enumerate(points(start, 15, *values)) if i not in lost]
    for hour, mean in points_to_slots(held, SPOT):
        its = [value for moment, value in held if hour <= moment < hour + timedelta(hours=1)]
        assert len(its) == 4
        assert min(its) - 1e-6 <= mean <= max(its) + 1e-6
