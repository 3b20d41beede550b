"""A made-up year in which a backtest is quick: the packaged plant as one product, a made-up market and weather."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, datetime

from forecasting_world import market
from planning_problems import PLANT

from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import DAY, MADRID
from chocolate_factory.forecasting.learn import Recipe
from chocolate_factory.usecases.backtest.deed import Wanted
from chocolate_factory.usecases.backtest.given import Given, History
from chocolate_factory.usecases.backtest.strategies import BASELINE, CHEAPEST_HOURS, CLAIRVOYANT, CONSTANT_RATE, PLANNER
from chocolate_factory.usecases.single import of_one_product

ONE = of_one_product(PLANT)
#: Days of prices that are made up, from ``FIRST`` on.
DAYS = 300
#: A Monday far enough in for a model to be learnt.
MONDAY = date(2023, 11, 6)
QUICK = Recipe(windows=(84,), rounds=10)
#: All five, planner and bound by a rule: most of what is tried here does not care who decides.
RULES = (
    CONSTANT_RATE,
    BASELINE,
    CHEAPEST_HOURS,
    replace(CHEAPEST_HOURS, name=PLANNER.name),
    replace(CHEAPEST_HOURS, name=CLAIRVOYANT.name),
)


def history(days: int = DAYS, seed: int = 1) -> History:
    """A market that remembers, and weather with a day and a season."""
    spot, demand = market(days, seed)
    return History(spot, {start: air_at(start) for start in spot}, demand)


def air_at(start: datetime) -> Air:
    local = start.astimezone(MADRID)
    season = 8 * math.cos((local.timetuple().tm_yday - 200) / 365 * 2 * math.pi)
    day = 6 * math.cos((local.hour - 16) / 24 * 2 * math.pi)
    return Air(15 + season + day, 55 - 2 * day)


def given(first: date = MONDAY, days: int = 3, *, of: History | None = None, seed: int = 1, plant=ONE) -> Given:
    return Given(plant, of or WORLD, first, first + (days - 1) * DAY, seed)


def wanted(days: int = 3, *, strategies=RULES, **more) -> Wanted:
    return Wanted(given(days=days, **more), refit_days=14, recipe=QUICK, strategies=strategies)


def perturbed(what: History, after: datetime, by: float = 500.0) -> History:
    """The prices from a moment on, changed beyond recognition."""
    return replace(what, spot={t: by - price if t >= after else price for t, price in what.spot.items()})


WORLD = history()
