from __future__ import annotations

import math

import numpy as np
import pytest

from chocolate_factory.domain.errors import InputError
from chocolate_factory.forecasting.conformal import DAYS, FEWEST, adaptive_margins, margins_of
from chocolate_factory.forecasting.scores import coverage, is_too_good, lead_score, mae, pinball
from chocolate_factory.modelling.paired import diebold_mariano


def test_errors_by_hand():
    actual, said = np.array([10.0, 20.0]), np.array([12.0, 14.0])
    assert mae(actual, said) == 4.0
    assert pinball(actual, said, 0.5) == 2.0  # half the absolute error
    assert pinball(actual, said, 0.9) == pytest.approx((0.1 * 2 + 0.9 * 6) / 2)
    assert coverage(actual, np.array([10.0, 21.0]), np.array([10.0, 30.0])) == 0.5


def test_a_leads_score_is_measured_beside_both_naives():
    actual = np.array([[10.0, 20.0, 30.0]])
    told = np.stack([actual - 5, actual + 1, actual + 5])
    score = lead_score(3, actual, told, epf=actual + 4, weekly=actual - 2)
    assert (score.lead, score.hours, score.mae) == (3, 3, 1.0)
    assert (score.rmae, score.weekly_rmae, score.coverage) == (0.25, 0.5, 1.0)
    assert score.pinball == pytest.approx((0.5 + 0.5 + 0.5) / 3)
    assert is_too_good(score)
    assert not is_too_good(lead_score(3, actual, told, epf=actual + 2, weekly=actual))


def test_a_naive_that_never_erred_cannot_be_beaten():
    actual = np.array([[1.0, 2.0]])
    assert lead_score(1, actual, np.stack([actual] * 3), actual, actual).rmae == 1.0
    assert lead_score(1, actual, np.stack([actual + 1] * 3), actual, actual).rmae == math.inf


def test_nothing_to_score_is_said():
    none = np.empty((0, 24))
    with pytest.raises(InputError, match="nothing can be scored"):
        lead_score(2, none, np.empty((3, 0, 24)), none, none)


# ------------------------------------------------------------------------------------------------- Diebold and Mariano
def test_the_test_tells_the_better_forecast_from_the_worse():
    chance = np.random.default_rng(1)
    good, bad = chance.normal(0, 1, (100, 24)), chance.normal(0, 1.3, (100, 24))
    test = diebold_mariano(good, bad)
    assert test.days == 100
    assert test.statistic < -5
    assert test.p_first_better < 0.001
    assert diebold_mariano(bad, good).p_first_better > 0.999


def test_equals_are_called_better_as_rarely_as_promised():
    chance = np.random.default_rng(2)
    tests = [diebold_mariano(*chance.normal(0, 1, (2, 60, 24))) for _ in range(400)]
    assert 0.02 < np.mean([t.p_first_better < 0.05 for t in tests]) < 0.09


def test_errors_that_hang_together_over_days_weigh_less():
    chance = np.random.default_rng(3)
    weekly = np.repeat(chance.normal(0, 1, 20), 7)[:, None] * np.ones(24)
    other = np.repeat(chance.normal(0, 1.4, 20), 7)[:, None] * np.ones(24)
    alone, together = diebold_mariano(weekly, other), diebold_mariano(weekly, other, lags=6)
    assert abs(together.statistic) < 0.7 * abs(alone.statistic)


def test_the_same_errors_decide_nothing_and_a_constant_gain_decides_all():
    errors = np.ones((30, 24))
    assert diebold_mariano(errors, errors).p_first_better == 0.5
    assert diebold_mariano(errors, 2 * errors).statistic == -math.inf


@pytest.mark.parametrize("second", [np.ones((19, 24)), np.ones((19, 1))])
def test_too_few_or_unequal_errors_are_refused(second):
    with pytest.raises(InputError, match="at least 20 days"):
        diebold_mariano(np.ones((19, 24)), second)


# ----------------------------------------------------------------------------------------------------------- intervals
def test_margins_are_the_tenths_of_the_latest_errors_by_hour():
    chance = np.random.default_rng(4)
    width = np.where(np.arange(24) < 12, 1.0, 10.0)
    errors = np.concatenate([np.full((50, 24), 1e6), chance.normal(0, 1, (DAYS, 24)) * width])
    margins = margins_of(errors)
    assert margins.high[[3, 8]] == pytest.approx([1.28, 1.28], abs=0.35)
    assert margins.low[[15, 20]] == pytest.approx([-12.8, -12.8], abs=3.5)


def test_eight_hours_in_ten_are_covered_out_of_sample():
    chance = np.random.default_rng(5)
    hits = []
    for _ in range(40):
        errors = chance.standard_t(3, (DAYS + 20, 24))
        low, _, high = margins_of(errors[:DAYS]).around(np.zeros((20, 24)))
        hits.append(coverage(errors[DAYS:], low, high))
    assert 0.79 < np.mean(hits) < 0.82


def test_errors_of_one_sign_leave_the_median_inside():
    low, middle, high = margins_of(np.full((FEWEST, 24), 5.0)).around(np.full((1, 24), 40.0))
    assert (low == middle).all()
    assert (high == 45).all()


def test_intervals_follow_a_market_that_calms_down_and_grows_nervous_again():
    chance = np.random.default_rng(6)
    wild, calm = chance.normal(0, 30, (120, 24)), chance.normal(0, 10, (120, 24))
    errors = np.concatenate([wild, calm, wild])
    adaptive = adaptive_margins(errors, range(360))[DAYS:]
    fixed = [margins_of(errors[:day]) for day in range(DAYS, 360)]
    missed = [np.mean([m.missed(e) for m, e in zip(made, errors[DAYS:], strict=True)]) for made in (adaptive, fixed)]
    assert abs(missed[0] - 0.2) < 0.02
    calm_days = slice(140 - DAYS, 200 - DAYS)
    too_wide = [np.mean([m.high.mean() for m in made[calm_days]]) for made in (adaptive, fixed)]
    assert too_wide[0] < 0.8 * too_wide[1]


def test_nothing_is_known_of_an_error_before_its_day_is_over():
    errors = np.random.default_rng(7).normal(0, 10, (60, 24))
    late = errors.copy()
    late[40:] *= 100
    known = [min(max(day - 6, 0), 60) for day in range(70)]
    one, other = adaptive_margins(errors, known), adaptive_margins(late, known)
    assert [m is None for m in one[:20]] == [True] * 20
    assert all((a.high == b.high).all() for a, b in zip(one[20:47], other[20:47], strict=True))
    assert (one[47].high != other[47].high).any()  # of day 47 the errors until day 40 are known


def test_a_fortnight_is_the_least():
    with pytest.raises(InputError, match="at least 14 days"):
        margins_of(np.zeros((13, 24)))
