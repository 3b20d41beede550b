"""What following a prediction would have cost: prices by plans, score and recommendation by the line's hours."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from learning_world import FIRST, PLANT, filled_store

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.domain.models import ModelName
from chocolate_factory.domain.plan import Level
from chocolate_factory.domain.series import TRUE_KINDS
from chocolate_factory.domain.time import DAY, HOUR, Interval, madrid_date, madrid_midnight
from chocolate_factory.learning.targets import MODERATE_FROM, OPTIMAL_FROM
from chocolate_factory.usecases.advice_outcomes import AdviceOutcomes
from chocolate_factory.usecases.came import ScoreOutcomes
from chocolate_factory.usecases.hours import HourReader
from chocolate_factory.usecases.labels import weeks_of
from chocolate_factory.usecases.predict import NUMBERS
from chocolate_factory.usecases.price_regret import AHEAD, OPTIONS, SAMPLE
from chocolate_factory.usecases.regrets import Regrets

SPOT, PVPC = ModelName.SPOT_PRICE, ModelName.PVPC_PRICE
SCORE, ADVICE = ModelName.ENERGY_OPTIMIZATION, ModelName.PRODUCTION_RECOMMENDATION
TRUE, WRONG = "spot_price/1", "spot_price/2"


def prices(days: int) -> dict:
    """Whole days, dear in the evening and cheap at noon, EUR/MWh."""
    hours = [FIRST + n * HOUR for n in range(24 * days)]
    return {start: 60.0 + 55.0 * np.cos((n % 24 - 20) * np.pi / 12) for n, start in enumerate(hours)}


def never(*_given):
    raise AssertionError("nothing had to be asked")


class Notes:
    """A mapper that notes what there is to plan, and answers a euro a day and source."""

    def __init__(self) -> None:
        self.decisions: list = []

    def __call__(self, _regrets, decisions):
        self.decisions += decisions
        return [dict.fromkeys(decision.told, 1.0) for decision in decisions]


def regrets(mapper=map, of_advice=never) -> Regrets:
    return Regrets(PLANT, mapper, of_advice)


# --------------------------------------------------------------------------------------------------------------- prices
@pytest.mark.slow
def test_who_told_the_truth_regrets_nothing_and_who_told_the_opposite_pays():
    came = prices(4)
    told = {TRUE: came, WRONG: {start: 120.0 - value for start, value in came.items()}}
    found = regrets()(SPOT, told, came)
    assert list(found) == [TRUE, WRONG]
    assert found[TRUE] == pytest.approx(0.0, abs=1.0)
    assert found[WRONG] > 10 * max(abs(found[TRUE]), OPTIONS.gap)


def test_only_tomorrow_is_planned_with_what_was_told():
    came, mapper = prices(4), Notes()
    regrets(mapper)(SPOT, {TRUE: came}, came)
    for decision in mapper.decisions:
        tomorrow = Interval(madrid_midnight(decision.day + DAY), madrid_midnight(decision.day + 2 * DAY))
        assert set(decision.told[TRUE]) == {start for start in came if start in tomorrow}
        assert decision.true == came


def test_a_day_counts_when_all_that_its_plan_pays_has_come():
    came, mapper = prices(4), Notes()
    found = regrets(mapper)(SPOT, {TRUE: came, WRONG: came}, came)
    noons = [FIRST + 12 * HOUR + n * DAY for n in range(4)]
    whole = [madrid_date(noon) for noon in noons if noon + AHEAD <= max(came) + HOUR]
    assert [decision.day for decision in mapper.decisions] == whole
    assert found == {TRUE: len(whole), WRONG: len(whole)}
    missing, fewer = FIRST + 50 * HOUR, Notes()
    regrets(fewer)(SPOT, {TRUE: came}, {s: v for s, v in came.items() if s != missing})
    assert 0 <= len(fewer.decisions) < len(whole)


def test_of_many_days_the_same_sample_is_planned_each_time():
    came = prices(SAMPLE + 30)
    first, second = Notes(), Notes()
    for mapper in (first, second):
        regrets(mapper)(SPOT, {TRUE: came}, came)
    assert len(first.decisions) == SAMPLE
    assert [d.day for d in first.decisions] == [d.day for d in second.decisions]


def test_nothing_is_planned_with_pvpc():
    assert regrets(never)(PVPC, {"pvpc_price/1": {}, "pvpc_price/2": {}}, prices(3)) == {
        "pvpc_price/1": 0.0,
        "pvpc_price/2": 0.0,
    }


@pytest.mark.parametrize("name", [SCORE, ADVICE])
def test_score_and_recommendation_are_counted_elsewhere(name):
    came, said = prices(1), {"a": prices(1)}
    assert regrets(never, lambda *given: {"given": given})(name, said, came) == {"given": (said, came)}


# ------------------------------------------------------------------------------------------- score and recommendation
DAYS = 100
STORE = filled_store(DAYS)
NOW = FIRST + DAYS * DAY
#: By hour of the day, who votes for running: none at night, half in the morning, all at noon.
SHARES = [0.0] * 6 + [0.5] * 5 + [1.0] * 6 + [0.2] * 7


@cache
def weeks() -> dict:
    """Every week that can be planned, as a training sees it: from all that is stored."""
    hours, _ = HourReader(STORE, TRUE_KINDS).read(PLANT, Interval(FIRST, NOW), NOW)
    return weeks_of(hours, PLANT)


def kept(*but) -> dict:
    """Votes of the weeks, but of these Mondays."""
    return {
        week.fingerprint: tuple((SHARES * 8)[: len(week.problem.slots)])
        for monday, week in weeks().items()
        if monday not in but
    }


def outcomes(votes=None, now=NOW) -> AdviceOutcomes:
    of_score = ScoreOutcomes(STORE, FixedClock(now), lambda: PLANT, TRUE_KINDS)
    return AdviceOutcomes(of_score, kept() if votes is None else votes)


def test_there_are_weeks_to_speak_of():
    assert len(weeks()) >= 4


@pytest.mark.parametrize("weekday", range(7))
def test_a_recommendation_has_come_for_each_hour_of_the_window(weekday):
    """Whichever day of its week the window begins on."""
    start = madrid_midnight(list(weeks())[1]) + weekday * DAY
    window = Interval(start, start + 4 * DAY)
    came = outcomes().came(ADVICE, window)
    assert list(came) == [start + n * HOUR for n in range(96)]
    for n, value in enumerate(came.values()):
        share = SHARES[n % 24]
        level = Level.OPTIMAL if share >= OPTIMAL_FROM else Level.MODERATE if share >= MODERATE_FROM else Level.REDUCED
        assert value == NUMBERS[level]


def test_a_week_that_was_never_planned_has_no_outcome():
    unplanned = list(weeks())[1]
    start = madrid_midnight(unplanned)
    came = outcomes(kept(unplanned)).came(ADVICE, Interval(start - DAY, start + 8 * DAY))
    assert set(came) == {start + n * HOUR for n in (*range(-24, 0), *range(168, 192))}


def test_a_week_that_is_not_over_has_no_outcome():
    start = madrid_midnight(list(weeks())[-1])
    assert outcomes(now=start + 3 * DAY).came(ADVICE, Interval(start, start + DAY)) == {}
    assert len(outcomes(now=start + 8 * DAY).came(ADVICE, Interval(start, start + DAY))) == 24


def test_a_score_comes_from_where_scores_come_from():
    window = Interval(FIRST + 21 * DAY, FIRST + 23 * DAY)
    found = outcomes()
    assert found.came(SCORE, window) == found.of_score.came(SCORE, window) != {}
    assert found.came(SPOT, window) == {}


def test_the_true_order_of_hours_costs_nothing_and_the_opposite_order_does():
    window = Interval(FIRST + 21 * DAY, FIRST + 35 * DAY)
    found = outcomes()
    came = dict(found.came(SCORE, window))
    said = {"true": came, "opposite": {start: -value for start, value in came.items()}}
    cost = found.regrets(said, came)
    assert list(cost) == ["true", "opposite"]
    assert cost["true"] == pytest.approx(0.0, abs=0.01)
    assert cost["opposite"] > 5.0


def test_half_a_week_cannot_be_compared_and_costs_nothing():
    window = Interval(FIRST + 21 * DAY, FIRST + 22 * DAY)
    found = outcomes()
    came = dict(found.came(SCORE, window))
    assert found.regrets({"any": {start: -value for start, value in came.items()}}, came) == {"any": 0.0}
