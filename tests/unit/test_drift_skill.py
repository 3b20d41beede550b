"""A model that errs more than it promised is found; hard days and luck are not."""

from __future__ import annotations

import numpy as np
import pytest
from drift_world import LAST

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.time import DAY
from chocolate_factory.learning.drift import DriftKind, Remedy
from chocolate_factory.learning.skill import DailyLosses, skill_lost

PROMISE = 0.65


def losses(days: int = 60, spoilt: int = 0, factor: float = 1.0, seed: int = 1) -> DailyLosses:
    """A model as promised, its errors larger by a factor on the last days."""
    chance = np.random.default_rng(seed)
    naive = chance.gamma(6.0, 3.5, days)
    own = PROMISE * naive * chance.lognormal(-0.03, 0.25, days)
    own[days - spoilt :] *= factor
    return DailyLosses([LAST - n * DAY for n in range(days)][::-1], own.tolist(), naive.tolist())


def test_a_model_as_promised_is_left_alone():
    assert sum(skill_lost("spot_price", losses(seed=seed), PROMISE) is not None for seed in range(200)) <= 4


def test_one_spoilt_on_purpose_is_the_model_and_is_trained_again():
    found = skill_lost("spot_price", losses(spoilt=21, factor=1.45), PROMISE)
    assert found is not None
    assert (found.kind, found.what, found.remedy) == (DriftKind.MODEL, "spot_price", Remedy.RETRAIN)
    assert found.threshold == pytest.approx(1.25 * PROMISE)
    assert LAST - 21 * DAY <= found.since <= LAST - 6 * DAY


def test_one_beaten_for_two_weeks_makes_way_for_the_baseline():
    found = skill_lost("spot_price", losses(spoilt=40, factor=2.2), PROMISE)
    assert found is not None
    assert found.remedy is Remedy.BASELINE
    assert "beaten by the naive forecast for" in found.why
    assert "the baseline serves" in found.action


def test_a_model_no_better_than_its_yardstick_is_not_beaten_by_luck():
    chance = np.random.default_rng(3)
    days = [LAST - n * DAY for n in range(90)][::-1]
    found = 0
    for _ in range(100):
        own, naive = chance.gamma(20.0, 0.3, (2, 90))
        found += skill_lost("score", DailyLosses(days, own.tolist(), naive.tolist()), 0.98) is not None
    assert found <= 5


def test_hard_days_are_hard_for_both():
    calm = losses()
    hard = DailyLosses(calm.days, [4 * x for x in calm.own], [4 * x for x in calm.naive])
    assert skill_lost("spot_price", hard, PROMISE) is None


@pytest.mark.parametrize("days", [0, 1, 13, 19])
def test_too_few_days_say_nothing(days):
    assert skill_lost("spot_price", losses(days, spoilt=days, factor=9.0), PROMISE) is None


def test_six_days_are_not_seven():
    assert skill_lost("spot_price", losses(19, spoilt=19, factor=1.45), PROMISE) is None
    assert skill_lost("spot_price", losses(20, spoilt=20, factor=1.6), PROMISE) is not None


def test_days_without_any_error_do_not_divide_by_zero():
    days = [LAST - n * DAY for n in range(30)][::-1]
    assert skill_lost("score", DailyLosses(days, [0.0] * 30, [0.0] * 30), 1.0) is None
    found = skill_lost("score", DailyLosses(days, [1.0] * 30, [0.0] * 30), 1.0)
    assert found is not None
    assert found.remedy is Remedy.BASELINE


def test_losses_must_be_of_the_same_days():
    with pytest.raises(InputError):
        DailyLosses([LAST], [1.0, 2.0], [1.0])
