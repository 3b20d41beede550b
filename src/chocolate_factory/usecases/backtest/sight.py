"""What a strategy knows when it decides a day: the problem as it looks from there.

Invariants:
    Without the eyes for it, nothing published after the decision's moment enters: prices by the catalogue's rule, and
    beyond them what a model learnt from those prices expects; weather as it was read, then as it was forecast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from chocolate_factory.domain.plan import Problem
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import DAY, Interval, Resolution, slots
from chocolate_factory.planning.carry import Standing
from chocolate_factory.usecases.backtest.given import Given, working_day
from chocolate_factory.usecases.backtest.weather_ahead import air_ahead
from chocolate_factory.usecases.problem import LOOK_BACK_DAYS, NOTHING_EXPECTED, Expected, problem_of

WEEK: Final = timedelta(weeks=1)
#: What was expected of the prices that were not out, by the day that was decided; EUR/MWh by start of hour.
Outlook = Mapping[date, Mapping[datetime, float]]


@dataclass(frozen=True)
class Eyes:
    """What of the future is seen as it comes: nothing by default."""

    prices: bool = False
    weather: bool = False


#: Nothing of the future.
BLIND: Final = Eyes()


def problem_at(given: Given, day: date, hours: int, eyes: Eyes, outlook: Outlook, there: Standing) -> Problem:
    """What is to be decided, as it looks at the decision's moment.

    Args:
        hours: that are looked at.
        there: how the plant stands.

    Raises:
        InputError: prices or weather are not known well enough to plan.
    """
    window, at = given.horizon(day, hours), working_day(day).start
    expected = NOTHING_EXPECTED if eyes.prices else Expected(_told(outlook.get(day, {}), window), "walked forward")
    spot, air = _spot(given, window, at, eyes), _air(given, window, day, eyes)
    problem, _ = problem_of(given.plant, window, Resolution.HOUR, spot, air, expected=expected)
    return replace(
        problem,
        stocks_kg=there.stocks_kg,
        finished_kg=there.finished_kg,
        running=there.running,
        line_before=there.line_before,
        end_kg=given.plant.stocked_kg(),
    )


def truth_of(given: Given, day: date, resolution: Resolution) -> Problem:
    """The committed hours as they came."""
    window = working_day(day)
    wide = _wide(window)
    spot, air = given.history.spot_in(wide), given.history.air_in(wide)
    return problem_of(given.plant, window, resolution, spot, air)[0]


def _wide(window: Interval) -> Interval:
    """With the days before that may stand in for what nobody knows."""
    return Interval(window.start - (LOOK_BACK_DAYS + 1) * DAY, window.end)


def _told(prices: Mapping[datetime, float], window: Interval) -> dict[datetime, float]:
    """What was expected, and beyond it the same week again: a forecast ends after seven days, a horizon may not."""
    beyond = (t for t in slots(window, Resolution.HOUR) if t not in prices and t - WEEK in prices)
    return {**prices, **{t: prices[t - WEEK] for t in beyond}}


def _spot(given: Given, window: Interval, at: datetime, eyes: Eyes) -> Mapping[datetime, float]:
    wide = _wide(window)
    return given.history.spot_in(wide) if eyes.prices else given.history.published_spot(wide, at)


def _air(given: Given, window: Interval, day: date, eyes: Eyes) -> Mapping[datetime, Air]:
    wide = _wide(window)
    if eyes.weather:
        return given.history.air_in(wide)
    ahead = air_ahead(given.history.air, window, given.seed, day)
    return {**ahead, **given.history.observed_air(wide, window.start)}
