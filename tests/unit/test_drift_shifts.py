"""Inputs and prices against the same weeks of earlier years: a season is no drift, a change is."""

from __future__ import annotations

import numpy as np
import pytest
from drift_world import LAST, before, from_day, prices, temperature

from chocolate_factory.domain.time import DAY
from chocolate_factory.learning.distances import reference_of
from chocolate_factory.learning.drift import DriftKind, Remedy, since_when
from chocolate_factory.learning.seasons import season_of, window_to
from chocolate_factory.learning.shifts import PRICE_MARGIN, moved, scale_changed, without_level


def market(seed: int = 2, change_from=None, change=lambda v: v):
    """Spot and PVPC, both changed from a day on."""
    both = {"spot": prices(seed), "pvpc": prices(seed, 120.0)}
    return {n: t if change_from is None else from_day(t, change_from, change) for n, t in both.items()}


def test_a_year_of_ordinary_days_is_no_drift():
    found = [
        moved("temperature", temperature(seed), LAST - back * DAY) for seed in (1, 2, 3) for back in range(0, 364, 14)
    ]
    assert sum(f is not None for f in found) <= 2  # of 78


def test_the_change_of_season_is_no_drift_where_a_window_of_last_month_would_say_so():
    table, october = temperature(1), LAST.replace(month=1, day=31)
    last_month = reference_of(table.values[(october - table.first).days - 150 :][:56])
    window = window_to(table, october)
    assert window is not None
    assert last_month.psi(window) > 1.0  # a fortnight of winter against late summer
    assert moved("temperature", table, october) is None


def test_a_climate_that_is_warmer_by_eight_degrees_is_the_world():
    hot = from_day(temperature(), before(20), lambda v: v + 8.0)
    found = moved("temperature", hot, LAST)
    assert found is not None
    assert (found.kind, found.what, found.remedy) == (DriftKind.WORLD, "temperature", Remedy.RETRAIN_SHORT)
    assert found.statistic > found.threshold
    assert before(20) <= found.since <= LAST


def test_three_days_of_it_are_needed():
    hot = from_day(temperature(), before(30), lambda v: v + 9.0)
    first = next(d for d in (before(30) + n * DAY for n in range(31)) if moved("temperature", hot, d))
    found = moved("temperature", hot, first)
    assert found is not None
    assert 2 <= (first - found.since).days <= 4  # earlier years' weeks move on with the day


def test_without_two_earlier_years_nothing_is_said():
    hot = from_day(temperature(first=before(600)), before(20), lambda v: v + 15.0)
    assert season_of(hot, LAST) is None
    assert moved("temperature", hot, LAST) is None


def test_a_fortnight_with_holes_says_nothing():
    holes = from_day(temperature(), before(8), lambda v: v * np.nan)
    assert window_to(holes, LAST) is None
    assert moved("temperature", holes, LAST) is None


def test_prices_scaled_by_1_6_are_a_change_of_scale_of_both():
    found = scale_changed(market(change_from=before(16), change=lambda v: 1.6 * v), LAST)
    assert found is not None
    assert (found.kind, found.what) == (DriftKind.WORLD, "price level")
    assert found.statistic == pytest.approx(1.6, abs=0.25)
    assert before(16) <= found.since <= LAST - 2 * DAY
    assert "spot" in found.why
    assert "pvpc" in found.why


@pytest.mark.parametrize("scale", [1.0, 1.15])
def test_an_ordinary_level_is_no_change_of_scale(scale):
    assert scale_changed(market(change_from=before(16), change=lambda v: scale * v), LAST) is None


def test_one_series_alone_changes_no_scale():
    both = market()
    both["spot"] = from_day(both["spot"], before(16), lambda v: 1.6 * v)
    assert scale_changed(both, LAST) is None
    assert scale_changed({"spot": both["spot"]}, LAST) is None


def test_scaled_prices_keep_their_shape():
    table = prices()
    scaled = without_level(from_day(table, before(10), lambda v: 1.6 * v)).values[-20:]
    assert scaled == pytest.approx(without_level(table).values[-20:])


def test_a_noon_that_turned_dear_is_another_shape():
    turned = from_day(prices(), before(20), lambda v: np.roll(v, 12, axis=1))
    assert moved("spot", without_level(turned), LAST, PRICE_MARGIN) is not None
    assert moved("spot", without_level(prices()), LAST, PRICE_MARGIN) is None


def test_a_shape_is_of_known_days_only():
    holes = from_day(prices(), LAST, lambda v: v * np.nan)
    shape = without_level(holes).values
    assert np.isnan(shape[-1]).all()
    assert not np.isnan(shape[:-1]).any()


def test_since_when_counts_back_to_the_first_day_of_the_run():
    drifting = {before(n) for n in range(4)}
    assert since_when(LAST, drifting.__contains__, 3) == before(3)
    assert since_when(LAST, drifting.__contains__, 5) is None
    assert since_when(LAST, lambda _day: True, 3, longest=10) == before(9)
