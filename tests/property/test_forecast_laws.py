"""forecasting/ by law: what holds for every series, error and day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.forecast import ExpectedPrice, PriceForecast
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import DAY, HOUR, Interval, Resolution, madrid_day, slots
from chocolate_factory.forecasting.conformal import margins_of
from chocolate_factory.forecasting.days import Days, days_known_at, hours_of
from chocolate_factory.forecasting.lags import daily_columns, hourly_columns
from chocolate_factory.forecasting.leaks import leaking_columns
from chocolate_factory.forecasting.lear import Scale
from chocolate_factory.forecasting.model import SERVED
from chocolate_factory.forecasting.naive_model import NaiveModel
from chocolate_factory.forecasting.panel import Panel, panel_of
from chocolate_factory.forecasting.quarters import Shape, shape_known_at
from chocolate_factory.forecasting.scores import pinball
from chocolate_factory.modelling.paired import diebold_mariano
from chocolate_factory.usecases.outlook import Forecast, ahead, published
from chocolate_factory.usecases.problem import Prices

LONG_AFTER = datetime(2040, 1, 1, tzinfo=UTC)
SPOT = spec_of("spot").published
SEEDS = st.integers(0, 10_000)
DATES = st.dates(date(2021, 1, 1), date(2030, 12, 31))
CLOCK_CHANGES = st.sampled_from([date(2024, 3, 31), date(2024, 10, 27), date(2025, 3, 30), date(2026, 10, 25)])
PRICES = st.floats(-500, 4000)


def errors_of(seed: int, days: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_t(3, (days, 24)) * 10


@given(st.one_of(DATES, CLOCK_CHANGES), SEEDS)
def test_a_whole_day_is_known_and_its_single_hours_come_back_as_they_went_in(day, seed):
    chance = np.random.default_rng(seed)
    hours = {t: float(chance.normal(50, 40)) for t in slots(madrid_day(day), Resolution.HOUR)}
    days = days_known_at(LONG_AFTER, hours, SPOT)
    assert days.known.tolist() == [True]
    back = dict(hours_of(day, days.values[0]))
    assert list(back) == list(hours)
    changed = sum(back[t] != hours[t] for t in hours)
    assert changed == (2 if len(hours) == 25 else 0)
    assert np.isclose(sum(back.values()), sum(hours.values()))


@given(SEEDS, st.integers(14, 120), hnp.arrays(float, (2, 24), elements=PRICES))
def test_quantiles_never_cross_and_the_median_is_the_forecast(seed, days, forecast):
    low, middle, high = margins_of(errors_of(seed, days)).around(forecast)
    assert (low <= middle).all()
    assert (middle <= high).all()
    assert (middle == forecast).all()


@given(SEEDS, st.integers(14, 84), st.floats(0.1, 10))
def test_margins_scale_with_the_errors(seed, days, factor):
    one, many = margins_of(errors_of(seed, days)), margins_of(factor * errors_of(seed, days))
    assert np.allclose(many.low, factor * one.low)
    assert np.allclose(many.high, factor * one.high)


@given(SEEDS, st.integers(1, 7), st.booleans())
def test_no_column_knows_the_future_whatever_the_series(seed, lead, guided):
    chance = np.random.default_rng(seed)
    prices, guide = chance.normal(50, 40, (60, 24)), chance.normal(28_000, 3000, (60, 24))
    guides = {"demand_forecast": guide} if guided and lead == 1 else {}
    panel = Panel(date(2024, 1, 1), prices, np.ones(60, dtype=bool), guides)
    assert leaking_columns(hourly_columns, panel, 50, lead, seed) == []
    assert leaking_columns(lambda *at: np.hstack(daily_columns(*at)), panel, 50, lead, seed) == []


@given(SEEDS, PRICES)
def test_a_shape_keeps_the_hours_mean(seed, price):
    chance = np.random.default_rng(seed)
    days = [date(2026, 1, 5) + n * DAY for n in range(8)]
    quarters = {t: float(chance.normal(50, 30)) for day in days for t in slots(madrid_day(day), Resolution.QUARTER)}
    shape = shape_known_at(LONG_AFTER, quarters, SPOT)
    start = madrid_day(days[-1] + DAY).start
    hour = ExpectedPrice(Interval(start, start + HOUR), price - 1, price, price + 2)
    four = shape.quarters_of(hour)
    assert np.isclose(np.mean([q.p50 for q in four]), price)
    assert all(q.p10 <= q.p50 <= q.p90 for q in four)


@given(st.floats(-400, 400), st.floats(0.5, 200), hnp.arrays(float, (5, 1), elements=PRICES))
def test_the_transform_keeps_order_and_comes_back(centre, width, values):
    scale = Scale(np.array([centre]), np.array([width]))
    forth = scale.forth(np.sort(values, axis=0))
    assert (np.diff(forth, axis=0) >= 0).all()
    assert np.allclose(scale.back(forth), np.sort(values, axis=0), rtol=1e-6, atol=1e-6)


@given(SEEDS, st.integers(20, 60), st.integers(0, 6))
def test_who_beats_whom_does_not_depend_on_who_is_named_first(seed, days, lags):
    first, second = errors_of(seed, days), 1.1 * errors_of(seed + 1, days)
    one, other = diebold_mariano(first, second, lags), diebold_mariano(second, first, lags)
    assert np.isclose(one.statistic, -other.statistic)
    assert np.isclose(one.p_first_better + other.p_first_better, 1)


@given(hnp.arrays(float, 6, elements=PRICES), hnp.arrays(float, 6, elements=PRICES), st.floats(0.01, 0.99))
def test_pinball_is_never_negative_and_its_halves_are_the_error(actual, said, quantile):
    assert pinball(actual, said, quantile) >= 0
    both = pinball(actual, said, quantile) + pinball(actual, said, 1 - quantile)
    assert np.isclose(both, np.mean(np.abs(actual - said)))


# ----------------------------------------------------------------------------------------------- published and expected
MIDNIGHT = madrid_day(date(2026, 3, 28)).start  # the next day has 23 hours


def priced(start: datetime, price: float) -> Observation:
    return Observation("spot", "ree", Kind.OBSERVED, start, price, MIDNIGHT, MIDNIGHT, 60)


@given(st.sets(st.integers(0, 60)), st.integers(0, 40), st.sampled_from([Resolution.HOUR, Resolution.QUARTER]), SEEDS)
def test_a_published_price_always_stands_and_what_is_expected_fills_the_rest_once(out, begins, resolution, seed):
    chance = np.random.default_rng(seed)
    known = list(published(priced(MIDNIGHT + h * HOUR, float(chance.normal(50, 30))) for h in sorted(out)))
    hours = [Interval(MIDNIGHT + h * HOUR, MIDNIGHT + (h + 1) * HOUR) for h in range(begins, 61)]
    said = PriceForecast("spot", MIDNIGHT, "blend", tuple(ExpectedPrice(hour, 1.0, 2.0, 3.0) for hour in hours))
    forecast = Forecast("spot_price/1", said, Shape(chance.normal(0, 5, (24, 4))) if seed % 2 else None)
    window = Interval(MIDNIGHT + HOUR / 2, MIDNIGHT + 50 * HOUR)
    expected = list(ahead(known, forecast, window, resolution))
    told = sorted([*known, *expected], key=lambda s: s.slot)
    assert all(a.slot.end <= b.slot.start for a, b in pairwise(told))
    covered = sum((s.slot.duration for s in told if s.slot.overlap(window)), timedelta())
    hours_known = {h for h in out if h < 50} | set(range(begins, 50))
    assert timedelta() <= len(hours_known) * HOUR - covered <= HOUR / 2  # of the hour under way, quarters that are over


@given(st.integers(0, 80), st.integers(1, 7), SEEDS)
def test_the_naive_speaks_only_from_prices_that_are_there(days, lead, seed):
    chance = np.random.default_rng(seed)
    values = chance.normal(50, 40, (days + 1, 24))
    values[chance.random(days + 1) < 0.02] = np.nan
    values[-1] = 50.0
    panel = panel_of(Days(date(2024, 1, 1), values))
    row = panel.origin + lead
    try:
        variant = NaiveModel().best_variant(panel, row, lead)
    except InputError:
        return
    said = NaiveModel().predict(variant, panel, np.array([row]))[SERVED]
    assert np.isfinite(said).all()
    assert (said[0] == panel.prices[row - lead]).all() or (said[0] == panel.prices[row - 7]).all()


@given(st.sets(st.integers(-7 * 24, 30)), st.sets(st.integers(0, 30)), st.integers(0, 30))
def test_published_before_expected_before_the_last_known_day(given_hours, expected_hours, hour):
    start = MIDNIGHT + hour * HOUR
    prices = Prices(
        {MIDNIGHT + h * HOUR: 1000.0 + h for h in given_hours},
        {MIDNIGHT + h * HOUR: 2000.0 + h for h in expected_hours},
        Kind.OBSERVED,
    )
    before = [hour - 24 * d for d in range(1, 8) if hour - 24 * d in given_hours]
    if hour in given_hours:
        assert prices.of(start, Resolution.HOUR) == (1000.0 + hour, Kind.OBSERVED)
    elif hour in expected_hours:
        assert prices.of(start, Resolution.QUARTER) == (2000.0 + hour, Kind.FORECAST)
    elif before:
        assert prices.of(start, Resolution.HOUR) == (1000.0 + before[0], Kind.ESTIMATED)
    else:
        with pytest.raises(InputError, match="in the 7 days before"):
            prices.of(start, Resolution.HOUR)
