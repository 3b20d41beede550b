from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from forecasting_world import DEMAND, FIRST, SPOT, days_at, known, market, noon, panel_at, quarters_of

from chocolate_factory.domain.errors import InputError, StoreError
from chocolate_factory.domain.forecast import HORIZON_H
from chocolate_factory.domain.time import DAY, HOUR, MADRID, madrid_date, madrid_midnight
from chocolate_factory.forecasting.files import from_bytes, to_bytes
from chocolate_factory.forecasting.fit import FEWEST_IN_ALL, fit
from chocolate_factory.forecasting.forecast import forecast_hours, forecast_quarters
from chocolate_factory.forecasting.learn import Recipe
from chocolate_factory.forecasting.model import Variant
from chocolate_factory.forecasting.panel import panel_of
from chocolate_factory.forecasting.quarters import shape_known_at

# From March on, over both changes of the clock: learnt until October, asked about the day of 25 hours.
SPOT_PRICES, DEMAND_FORECAST = market(days=252)
TODAY = FIRST + 225 * DAY
RECIPE = Recipe(windows=(84,), rounds=5)


@pytest.fixture(scope="module")
def fitted():
    return fit("spot", panel_at(noon(TODAY), SPOT_PRICES, DEMAND_FORECAST), RECIPE)


def panel(at, demand=DEMAND_FORECAST):
    return panel_at(at, SPOT_PRICES, demand)


# ------------------------------------------------------------------------------------------------------- which hours
@pytest.mark.parametrize(
    ("hour", "begins", "last_lead"),
    [(0, 1, 6), (9, 1, 7), (12, 1, 7), (14, 2, 6), (23, 2, 6)],
)
def test_every_hour_from_what_is_known_to_the_horizon(fitted, hour, begins, last_lead):
    at = datetime(TODAY.year, TODAY.month, TODAY.day, hour, tzinfo=MADRID).astimezone(UTC)
    said = forecast_hours(fitted, panel(at), at)
    starts = [p.slot.start for p in said.prices]
    assert starts == [starts[0] + n * HOUR for n in range(len(starts))]
    assert starts[0] == madrid_midnight(TODAY + begins * DAY)
    assert said.prices[-1].slot.end == at + HORIZON_H * HOUR
    assert (madrid_date(starts[-1]) - panel(at).day(panel(at).origin)).days == last_lead
    assert all(p.p10 <= p.p50 <= p.p90 for p in said.prices)
    assert (said.series, said.made_at) == ("spot", at)


def test_the_day_of_25_hours_has_25_and_the_repeated_hour_is_said_twice(fitted):
    at = noon(date(2023, 10, 27))
    sunday = [p for p in forecast_hours(fitted, panel(at), at).prices if madrid_date(p.slot.start).day == 29]
    assert len(sunday) == 25
    assert sunday[2].p50 == sunday[3].p50 != sunday[4].p50


def test_a_shorter_horizon_is_the_beginning_of_the_longer(fitted):
    at = noon(TODAY)
    week, day = (forecast_hours(fitted, panel(at), at, hours).prices for hours in (168, 24))
    assert day == week[: len(day)]
    assert day[-1].slot.end == at + DAY


def test_prices_that_end_too_early_and_horizons_too_long_are_refused(fitted):
    stale = panel(noon(TODAY - 3 * DAY))
    with pytest.raises(InputError, match="read the prices published since"):
        forecast_hours(fitted, stale, noon(TODAY))
    assert forecast_hours(fitted, stale, noon(TODAY), hours=72).prices[0].slot.start == noon(TODAY)
    with pytest.raises(InputError, match="1 to 168"):
        forecast_hours(fitted, stale, noon(TODAY), hours=169)


@pytest.mark.slow
def test_what_comes_later_changes_no_forecast(fitted):
    at = noon(TODAY)
    other = {t: v if SPOT(t) <= at else -v for t, v in SPOT_PRICES.items()}
    other_demand = {t: v if DEMAND(t) <= at else -v for t, v in DEMAND_FORECAST.items()}
    again = fit("spot", panel_at(at, other, other_demand), RECIPE)
    assert forecast_hours(again, panel_at(at, other, other_demand), at) == forecast_hours(fitted, panel(at), at)


def test_before_ten_the_blind_model_answers_for_tomorrow(fitted):
    early, late = (datetime(TODAY.year, TODAY.month, TODAY.day, h, tzinfo=MADRID).astimezone(UTC) for h in (9, 10))
    guided, unguided = forecast_hours(fitted, panel(late), late), forecast_hours(fitted, panel(late, None), late)
    assert forecast_hours(fitted, panel(early), early).prices[0] == unguided.prices[0] != guided.prices[0]
    assert guided.prices[30:] == unguided.prices[30:]


def test_too_short_a_history_says_how_much_is_missing():
    at = noon(FIRST + (FEWEST_IN_ALL - 6) * DAY)
    with pytest.raises(InputError, match=r"5 more are needed, \d+ in all"):
        fit("spot", panel(at), RECIPE)


# ------------------------------------------------------------------------------------------------------------ quarters
def test_quarters_are_the_hour_and_its_usual_shape(fitted):
    at = noon(TODAY)
    shape = shape_known_at(at, known(quarters_of(SPOT_PRICES), at), SPOT)
    hourly = forecast_hours(fitted, panel(at), at)
    quarters = forecast_quarters(hourly, shape)
    assert len(quarters.prices) == 4 * len(hourly.prices)
    first, four = hourly.prices[0], quarters.prices[:4]
    assert [q.p50 - first.p50 for q in four] == pytest.approx([-6, -2, 2, 6])
    assert [q.p90 - q.p10 for q in four] == pytest.approx([first.p90 - first.p10] * 4)
    assert [q.slot.start for q in four] == [first.slot.start + n * HOUR / 4 for n in range(4)]


def test_an_hour_lacking_a_quarter_has_no_shape_and_old_weeks_do_not_count():
    at = noon(TODAY)
    quarters = known(quarters_of(SPOT_PRICES), at)
    older = {t: v * 100 for t, v in quarters.items() if t < at - timedelta(weeks=5)}
    torn = {t: 9999.0 for t in quarters if t.minute == 0 and madrid_date(t) == TODAY}
    whole = shape_known_at(at, quarters, SPOT).offsets
    partly = {t: v for t, v in (quarters | older | torn).items() if t.minute != 15 or madrid_date(t) != TODAY}
    np.testing.assert_allclose(shape_known_at(at, partly, SPOT).offsets, whole, atol=1e-9)


def test_without_quarter_hours_there_is_no_shape():
    at = noon(TODAY)
    for none in ({}, known(SPOT_PRICES, at)):
        with pytest.raises(InputError, match="0 of an hour"):
            shape_known_at(at, none, SPOT)
    with pytest.raises(InputError, match="published at"):
        shape_known_at(at, quarters_of(SPOT_PRICES), SPOT)


# --------------------------------------------------------------------------------------------------------------- files
def test_a_model_comes_back_from_its_file_and_says_the_same(fitted):
    at = noon(TODAY)
    again = from_bytes(to_bytes(fitted))
    assert forecast_hours(again, panel(at), at) == forecast_hours(fitted, panel(at), at)
    assert set(again.margins) == set(fitted.margins)
    later = [again.model.variants[Variant(lead, guided=False)].boosting for lead in range(2, 8)]
    assert all(one is later[0] for one in later)  # kept once, as it was learnt


def test_a_file_that_would_run_something_or_is_damaged_is_refused(fitted):
    body = to_bytes(fitted)
    with np.load(io.BytesIO(body)) as file:
        arrays = {name: file[name] for name in file.files}
    pickled, other, less = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.savez(pickled, **(arrays | {"1/blind/margins/low": np.array([{"a": 1}], dtype=object)}))
    np.savez(other, **(arrays | {"meta": np.array('{"version": 0}')}))
    np.savez(less, **{name: value for name, value in arrays.items() if "margins" not in name})
    for bad in (body[:1000], b"", b"nonsense", pickled.getvalue(), other.getvalue(), less.getvalue()):
        with pytest.raises(StoreError, match="train again"):
            from_bytes(bad)


@pytest.mark.slow
def test_pvpc_is_guided_by_the_spot_price_of_its_day_once_that_is_out():
    """At 15:00 tomorrow's spot price is known and its PVPC is not: a guide like the demand forecast."""
    at = datetime(TODAY.year, TODAY.month, TODAY.day, 15, tzinfo=MADRID).astimezone(UTC)
    pvpc = {t: 40 + 0.5 * v for t, v in SPOT_PRICES.items()}
    evening = lambda start: SPOT(start) + timedelta(hours=6, minutes=20)  # noqa: E731
    seen = panel_of(days_at(pvpc, at, evening), {"spot": days_at(SPOT_PRICES, at)})
    said = forecast_hours(fit("pvpc", seen, replace(RECIPE, leads=(1,), rounds=40)), seen, at, hours=24).prices
    assert said[0].slot.start == madrid_midnight(TODAY + DAY)
    misses = [abs(p.p50 - pvpc[p.slot.start]) for p in said]
    assert np.mean(misses) < 6


def test_what_serves_forecasts_needs_no_scikit_learn():
    modules = "chocolate_factory.forecasting.forecast, chocolate_factory.forecasting.files"
    code = f"import sys, {modules}; print('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
