from __future__ import annotations

import pytest
from learning_world import FIRST, PLANT, filled_store

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.domain.models import ModelName
from chocolate_factory.domain.series import TRUE_KINDS
from chocolate_factory.domain.time import DAY, HOUR, Interval
from chocolate_factory.learning.history import History
from chocolate_factory.learning.targets import scores
from chocolate_factory.usecases.came import ScoreOutcomes
from chocolate_factory.usecases.hours import HourReader

STORE = filled_store()


def outcomes(now) -> ScoreOutcomes:
    return ScoreOutcomes(STORE, FixedClock(now), lambda: PLANT, TRUE_KINDS)


def test_a_score_has_come_when_its_week_is_over():
    window = Interval(FIRST + 21 * DAY, FIRST + 23 * DAY)
    whole, _ = HourReader(STORE, TRUE_KINDS).read(PLANT, Interval(FIRST, FIRST + 40 * DAY))
    target = scores(History(whole, PLANT))
    came = outcomes(FIRST + 40 * DAY).came(ModelName.ENERGY_OPTIMIZATION, window)
    assert len(came) == 48
    assert came[window.start] == pytest.approx(target[whole.row_of(window.start)])
    assert outcomes(FIRST + 24 * DAY).came(ModelName.ENERGY_OPTIMIZATION, window) == {}


def test_the_baseline_says_something_of_each_hour_and_nothing_of_other_models():
    window = Interval(FIRST + 21 * DAY, FIRST + 21 * DAY + 5 * HOUR)
    told = outcomes(FIRST + 40 * DAY)
    said = told.percentile(ModelName.ENERGY_OPTIMIZATION, window)
    assert len(said) == 5
    assert all(0 <= value <= 100 for value in said.values())
    assert told.came(ModelName.SPOT_PRICE, window) == {}
