"""What a backtest is given, and that nobody is shown what was not out yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from statistics import fmean, stdev

import numpy as np
import pytest
from backtest_world import MONDAY, ONE, WORLD, given

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import DAY, HOUR, Interval, madrid_midnight
from chocolate_factory.planning.carry import Standing
from chocolate_factory.usecases.backtest.chain import beginning
from chocolate_factory.usecases.backtest.given import Given, History, working_day
from chocolate_factory.usecases.backtest.sight import BLIND, Eyes, problem_at
from chocolate_factory.usecases.backtest.weather_ahead import air_ahead

THERE = beginning(given()).there


def test_a_decision_commits_from_ten_to_ten_whatever_the_clocks_do():
    assert working_day(date(2024, 3, 31)).duration == timedelta(hours=23)
    assert working_day(date(2024, 10, 27)).duration == timedelta(hours=25)
    assert working_day(date(2024, 1, 2)).start == datetime(2024, 1, 1, 21, tzinfo=UTC)


def test_prices_are_out_until_the_end_of_the_day_that_is_decided_and_no_further():
    at = working_day(MONDAY).start
    shown = WORLD.published_spot(Interval(at - DAY, at + 7 * DAY), at)
    assert max(shown) == madrid_midnight(MONDAY + DAY) - HOUR


def test_weather_is_read_an_hour_after_its_hour():
    at = working_day(MONDAY).start
    assert max(WORLD.observed_air(Interval(at - DAY, at + DAY), at)) == at - 2 * HOUR


@pytest.mark.parametrize("what", ["prices", "weather"])
def test_a_period_with_a_hole_is_refused_with_the_first_hour_that_is_missing(what):
    hole = working_day(MONDAY).start + 5 * HOUR
    whole = given()
    spot = {t: v for t, v in WORLD.spot.items() if what != "prices" or t != hole}
    air = {t: v for t, v in WORLD.air.items() if what != "weather" or t != hole}
    whole.require_whole()
    with pytest.raises(InputError) as refused:
        replace(whole, history=History(spot, air)).require_whole()
    assert refused.value.field == what
    assert "2023-11-06T03:00:00+01:00" in refused.value.value


def test_an_hour_of_quarters_needs_all_four():
    spot = {t + n * HOUR / 4: v for t, v in WORLD.spot.items() for n in range(4)}
    quarters = Given(ONE, History(spot, WORLD.air), MONDAY, MONDAY)
    quarters.require_whole()
    spot.pop(working_day(MONDAY).start + 2.5 * HOUR)
    with pytest.raises(InputError):
        quarters.require_whole()


# ------------------------------------------------------------------------------------------------------------- sight
def test_beyond_what_is_out_stands_what_was_expected_and_beyond_that_the_same_week_again():
    told = {t: 77.0 for t in WORLD.spot if madrid_midnight(MONDAY + DAY) <= t < madrid_midnight(MONDAY + 8 * DAY)}
    seen = problem_at(given(days=20), MONDAY, 240, BLIND, {MONDAY: told}, THERE)
    kinds = [slot.price_kind for slot in seen.slots]
    assert len(kinds) == 240
    assert kinds[:26] == [Kind.OBSERVED] * 26
    assert set(kinds[26:]) == {Kind.FORECAST}


def test_who_sees_the_future_sees_it_as_it_comes():
    eyes = Eyes(prices=True, weather=True)
    seen = problem_at(given(days=10), MONDAY, 168, eyes, {}, THERE)
    assert {slot.price_kind for slot in seen.slots} == {Kind.OBSERVED}
    assert [slot.air for slot in seen.slots] == [WORLD.air[slot.slot.start] for slot in seen.slots]


def test_nobody_plans_beyond_the_end():
    whole = given(days=3)
    seen = problem_at(whole, MONDAY, 168, BLIND, {}, THERE)
    assert seen.horizon.end == whole.period.end


def test_a_day_begins_as_the_one_before_ended():
    there = Standing({"dark": 1234.0}, {"dark": -50.0}, (), "dark")
    seen = problem_at(given(), MONDAY, 48, BLIND, {}, there)
    assert (seen.stocks_kg, seen.finished_kg, seen.line_before) == ({"dark": 1234.0}, {"dark": -50.0}, "dark")
    assert seen.end_kg == {"dark": 3150.0}


# ----------------------------------------------------------------------------------------------------------- weather
def test_a_forecast_of_the_weather_errs_as_it_is_said_to():
    window = Interval(datetime(2023, 6, 1, tzinfo=UTC), datetime(2023, 6, 8, tzinfo=UTC))
    truth = {window.start + n * HOUR: Air(20.0, 50.0) for n in range(168)}
    made = [air_ahead(truth, window, 1, MONDAY + n * DAY) for n in range(400)]
    for hour, temperature_c, humidity_pct in ((0, 1.0, 6.0), (167, 3.0, 15.0)):
        at = window.start + hour * HOUR
        warm, damp = ([getattr(f[at], name) for f in made] for name in ("temperature_c", "humidity_pct"))
        assert stdev(warm) == pytest.approx(temperature_c, rel=0.12)
        assert stdev(damp) == pytest.approx(humidity_pct, rel=0.12)
        assert fmean(warm) == pytest.approx(20.0, abs=0.5)
        assert np.corrcoef(warm, damp)[0, 1] == pytest.approx(-0.6, abs=0.1)


def test_the_same_seed_and_day_give_the_same_forecast_and_others_another():
    at = working_day(MONDAY)
    made = air_ahead(WORLD.air, at, 1, MONDAY)
    assert air_ahead(WORLD.air, at, 1, MONDAY) == made
    assert air_ahead(WORLD.air, at, 2, MONDAY) != made
    assert air_ahead(WORLD.air, at, 1, MONDAY + DAY) != made


def test_humidity_stays_possible():
    window = working_day(MONDAY)
    wet = {t: Air(15.0, 99.0) for t in WORLD.air}
    assert all(1 <= air.humidity_pct <= 100 for air in air_ahead(wet, window, 1, MONDAY).values())
