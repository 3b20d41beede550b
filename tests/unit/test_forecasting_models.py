from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from forecasting_world import whole_panel

from chocolate_factory.domain.errors import InputError
from chocolate_factory.forecasting.lags import daily_columns, hourly_columns, price_lags
from chocolate_factory.forecasting.leaks import leaking_columns, with_another_future
from chocolate_factory.forecasting.lear import Scale
from chocolate_factory.forecasting.learn import Recipe, train
from chocolate_factory.forecasting.learn_boosting import fit_boosting
from chocolate_factory.forecasting.learn_lear import fit_lear
from chocolate_factory.forecasting.model import MEMBERS, SERVED, Variant, market_floor
from chocolate_factory.forecasting.naive import epf_naive, last_week
from chocolate_factory.forecasting.scores import is_too_good, mae
from chocolate_factory.forecasting.walk import joined, quantiles, score, step, steps

PANEL = whole_panel()
TEST = np.arange(230, 260)  # learnt until 229, so that whatever the lead nothing of these was seen
QUICK = Recipe(windows=(84,), rounds=10, leads=(1, 2))


@pytest.fixture(scope="module")
def walk():
    """Two trainings and the days they told of."""
    return joined(step(PANEL, origins, QUICK) for origins in steps(205, 258, 27))


def wrong(said, naive, lead=1) -> float:
    actual = PANEL.prices[TEST]
    return mae(actual, said) / mae(actual, naive(PANEL.prices, PANEL.first, TEST, lead))


# ---------------------------------------------------------------------------------------------------------------- LEAR
def test_lear_finds_the_market_that_the_naive_misses():
    bare = PANEL.without_guides()
    blind = fit_lear(bare.until(229), 1, (84, 182)).predict(bare, TEST)
    guided = fit_lear(PANEL.until(229), 1, (84, 182)).predict(PANEL, TEST)
    assert wrong(blind, epf_naive) < 0.85
    assert wrong(guided, epf_naive) < 0.75  # half of the day's surprise is in the demand forecast


@pytest.mark.parametrize("lead", [2, 4])
def test_lear_beats_last_week_on_later_days(lead):
    bare = PANEL.without_guides()
    assert wrong(fit_lear(bare.until(229), lead, (182,)).predict(bare, TEST), last_week, lead) < 0.9


def test_windows_that_a_short_history_makes_equal_count_once():
    assert len(fit_lear(PANEL.without_guides().until(160), 1, (84, 364, 728)).windows) == 2


def test_a_prediction_beyond_experience_does_not_explode():
    bare = PANEL.without_guides()
    lear = fit_lear(bare.until(229), 1, (84,))
    absurd = bare.prices.copy()
    absurd[200:] *= 1000
    said = lear.predict(type(bare)(bare.first, absurd, bare.real), np.array([240]))
    assert np.abs(said).max() < 4 * np.nanmax(np.abs(bare.prices))


def test_the_transform_goes_forth_and_back():
    scale, values = Scale(np.array([40.0]), np.array([15.0])), np.linspace(-50, 900, 60)[:, None]
    np.testing.assert_allclose(scale.back(scale.forth(values)), values, atol=1e-9)


def test_day_ahead_lags_are_those_of_the_paper():
    assert price_lags(1) == (1, 2, 3, 7)


# ------------------------------------------------------------------------------------------------------------ boosting
def test_boosting_beats_the_naive_and_the_same_seed_says_the_same():
    said = [fit_boosting(PANEL.until(229), (1,), seed, rounds=40).predict(PANEL, TEST, 1) for seed in (1, 1, 2)]
    assert wrong(said[0], epf_naive) < 0.9
    assert (said[0] == said[1]).all()
    assert (said[0] != said[2]).any()


def test_prices_do_not_go_below_the_markets_floor():
    flat = type(PANEL)(PANEL.first, np.maximum(PANEL.prices, 60.0), PANEL.real)
    model = train(flat.until(229), Recipe(windows=(84,), rounds=20, leads=(1,)))
    said = model.predict(Variant(1, guided=False), flat, TEST)
    assert set(said) == set(MEMBERS)
    assert all((market_floor(flat, TEST, 1) == 60.0).ravel())
    assert min(prices.min() for prices in said.values()) >= 60.0


def test_tomorrow_is_the_mean_of_both_and_later_days_are_half_the_weeks_profile():
    model = train(PANEL.until(229), QUICK)
    for lead, profile_share in ((1, 0.0), (2, 0.5)):
        target = np.array([229 + lead])
        said = model.predict(Variant(lead, guided=False), PANEL, target)
        profile = PANEL.prices[223:230].mean(axis=0)
        expected = (1 - profile_share) * said["lear+boosting"][0] + profile_share * profile
        np.testing.assert_allclose(said["blend"][0], expected)


# --------------------------------------------------------------------------------------------------------------- leaks
@pytest.mark.parametrize("lead", range(1, 8))
def test_no_column_of_any_model_knows_the_future(lead):
    panel = PANEL if lead == 1 else PANEL.without_guides()
    assert leaking_columns(hourly_columns, panel, 240, lead) == []
    for part in (0, 1):
        assert leaking_columns(lambda *given, part=part: daily_columns(*given)[part], panel, 240, lead) == []


def test_a_planted_column_of_the_future_is_named():
    def planted(panel, targets, lead):
        honest = hourly_columns(panel, targets, lead)
        return np.column_stack([honest, panel.prices[targets].ravel(), honest[:, 0]])

    assert leaking_columns(planted, PANEL, 240, 1) == [hourly_columns(PANEL, TEST, 1).shape[1]]


def test_a_lag_shorter_than_the_horizon_is_named():
    assert leaking_columns(lambda p, t, _lead: p.prices[t - 2], PANEL, 240, 3) == list(range(24))
    assert leaking_columns(lambda p, t, _lead: p.prices[t - 3], PANEL, 240, 3) == []


def test_another_future_changes_no_forecast():
    origin = 229
    model = train(PANEL.until(origin), QUICK)
    other = train(with_another_future(PANEL, origin, seed=7).until(origin), QUICK)
    for variant in model.variants:
        target = np.array([origin + variant.lead])
        said = model.predict(variant, PANEL, target)[SERVED]
        assert (said == other.predict(variant, with_another_future(PANEL, origin, seed=8), target)[SERVED]).all()


def test_a_planted_future_is_too_good_to_be_true():
    cheat = type(PANEL)(PANEL.first, PANEL.prices, PANEL.real, {"planted": PANEL.prices.copy()})
    told = step(cheat, np.arange(210, 250), Recipe(windows=(84,), rounds=10, leads=(1,)))
    assert is_too_good(score(cheat, told[Variant(1, guided=True)], "lear", 1))
    assert not is_too_good(score(cheat, told[Variant(1, guided=False)], "lear", 1))


# ------------------------------------------------------------------------------------------------------------ the walk
def test_a_walk_tells_every_day_once_from_what_came_before(walk):
    assert set(walk) == {Variant(1, guided=False), Variant(1, guided=True), Variant(2, guided=False)}
    assert walk[Variant(1, guided=False)].targets.tolist() == list(range(206, 260))
    assert walk[Variant(2, guided=False)].targets.tolist() == list(range(207, 260))  # the 260th has not come
    first = train(PANEL.until(205), QUICK).predict(Variant(1, guided=True), PANEL, np.array([206]))
    # One row alone is multiplied in another order than many.
    np.testing.assert_allclose(walk[Variant(1, guided=True)].members[SERVED][0], first[SERVED][0], rtol=1e-9)


def test_intervals_of_a_walk_use_only_days_that_were_over(walk):
    told = walk[Variant(2, guided=False)]
    targets, made = quantiles(PANEL, told, SERVED, lead=2)
    later = type(PANEL)(PANEL.first, with_another_future(PANEL, 240, seed=3).prices, PANEL.real)
    _, again = quantiles(later, told, SERVED, lead=2)
    same = targets - 2 <= 240
    assert (made[:, same] == again[:, same]).all()
    assert (made[:, ~same] != again[:, ~same]).any()
    assert targets[0] == 207 + 14 + 1  # fourteen targets are over at the origin two days before


def test_the_variant_is_the_guided_one_only_where_the_guide_is_there():
    model = train(PANEL.until(229), QUICK)
    assert model.best_variant(PANEL.until(229), 230, 1) == Variant(1, guided=True)
    assert model.best_variant(replace(PANEL.until(229), guides={}), 230, 1) == Variant(1, guided=False)
    other = replace(PANEL.until(229), guides={"spot": PANEL.prices})
    assert model.best_variant(other, 230, 1) == Variant(1, guided=False)  # not what it was learnt with
    early = PANEL.until(229)
    early.guides["demand_forecast"][230] = np.nan  # before 10:00
    assert model.best_variant(early, 230, 1) == Variant(1, guided=False)
    with pytest.raises(InputError, match=r"lead: '3'"):
        model.best_variant(early, 232, 3)
    early.prices[220] = np.nan
    with pytest.raises(InputError, match="five weeks"):
        model.best_variant(early, 230, 1)
