"""What the recommendation is learnt from: in which hours clairvoyant plans run the line or the refining group.

A week's plan that knows its prices is the cheapest there is, but a price 0.2 % other may shift it (plant's facts), so
``PLANS`` plans vote: each knows the week's prices up to an error as large as the price forecast's. The weeks are
planned each for itself, Monday to Sunday, with all of the plant's demand in one product, and kept by fingerprint, so
that a training plans only the weeks that are new.

Slow (seconds a week): a child process calls it, through a mapper that spreads the weeks over the cores.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, TypeAlias

import numpy as np

from chocolate_factory.domain.plan import Options, Plan, Problem, SlotInput, Status
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.tariff import Period
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import HOUR, Interval, madrid_midnight
from chocolate_factory.learning.hours import WEEK_H, Hours, week_starts
from chocolate_factory.modelling.numbers import Floats
from chocolate_factory.planning.solve import make_plan
from chocolate_factory.usecases.single import of_one_product

#: Plans that vote on each hour.
PLANS: Final = 5
#: Error of tomorrow's price forecast as a share of last week's price's (docs/benchmarks.md: 13.6 of 27.3 EUR/MWh);
#: what runs in an hour is decided the day before.
ERROR_SHARE: Final = 0.5
#: Days before a week whose price changes from the week before are its draws.
DRAWN_FROM_DAYS: Final = 56
#: Plans this close to the best vote alike: 0.01 moves a share by 0.03 on average and takes half as long again.
GAP: Final = 0.02
LIMIT_S: Final = 20.0
#: Weeks that are planned before what came of them is kept.
AT_ONCE: Final = 8
#: Raised when the same week would be voted on otherwise.
VERSION: Final = 1

#: Votes of a week's hours, 0 to 1.
Votes: TypeAlias = tuple[float, ...]
#: Votes by fingerprint, wherever they are kept.
Kept: TypeAlias = MutableMapping[str, Votes]


@dataclass(frozen=True)
class Week:
    """A week to plan.

    Attributes:
        problem: at its true prices.
        prices: all-in, EUR/kWh, one row for each plan.
    """

    problem: Problem
    prices: Floats
    limit_s: float = LIMIT_S

    @property
    def fingerprint(self) -> str:
        """The same for the same plant, prices and weather."""
        air = [(s.air.temperature_c, s.air.humidity_pct) for s in self.problem.slots]
        said = [VERSION, GAP, self.problem.horizon.start, self.problem.plant, np.round(self.prices, 9).tolist(), air]
        return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


#: Runs a function over the weeks, in order, wherever that is.
WeekMapper: TypeAlias = Callable[[Callable[[Week], Votes], Sequence[Week]], Iterable[Votes]]


def votes_of(week: Week) -> Votes:
    """Share of the plans in which line or refining group works, hour by hour; a plan that cannot be has no vote.

    Empty where no plan can be: such a week teaches nothing.
    """
    plans = (_planned(week, prices) for prices in week.prices)
    works = [_works(plan) for plan in plans if plan.status is not Status.INFEASIBLE]
    return tuple(np.mean(works, axis=0).tolist()) if works else ()


def weeks_of(hours: Hours, plant: Plant, seed: int = 1) -> dict[date, Week]:
    """The whole weeks whose prices, those of the weeks before and weather are known, by their Monday.

    Args:
        hours: as they came.
        seed: of the draws; each week has its own.
    """
    single = of_one_product(plant)
    found = ((monday, _week(hours, single, monday, seed)) for monday in week_starts(hours))
    return {monday: week for monday, week in found if week is not None}


def voted(weeks: Mapping[date, Week], kept: Kept, mapper: WeekMapper) -> dict[date, Votes]:
    """The votes of each week: those that are kept, the others planned now and kept.

    Args:
        mapper: is given a few weeks at a time, so that what was planned before a stop is kept.
    """
    prints = {monday: week.fingerprint for monday, week in weeks.items()}
    missing = [monday for monday, name in prints.items() if name not in kept]
    for first in range(0, len(missing), AT_ONCE):
        some = missing[first : first + AT_ONCE]
        for monday, votes in zip(some, mapper(votes_of, [weeks[m] for m in some]), strict=True):
            kept[prints[monday]] = votes
    return {monday: kept[name] for monday, name in prints.items()}


def on_hours(votes: Mapping[date, Votes], hours: Hours) -> Floats:
    """The votes on the rows of their hours; NaN where there are none."""
    found = np.full(len(hours), np.nan)
    for monday, shares in votes.items():
        row = hours.row_of(madrid_midnight(monday))
        if shares and row >= 0 and row + len(shares) <= len(hours):
            found[row : row + len(shares)] = shares
    return found


# ---------------------------------------------------------------------------------------------------------- a week
def _week(hours: Hours, plant: Plant, monday: date, seed: int) -> Week | None:
    start, end = madrid_midnight(monday), madrid_midnight(date.fromordinal(monday.toordinal() + 7))
    first, last = hours.row_of(start), hours.row_of(end)
    before = first - DRAWN_FROM_DAYS * 24 - WEEK_H
    if before < 0 or np.isnan(hours.energy_eur_kwh[before:last]).any():
        return None
    if np.isnan(hours.temperature_c[first:last]).any() or np.isnan(hours.humidity_pct[first:last]).any():
        return None
    chance = np.random.default_rng([seed, monday.toordinal()])
    prices = _perturbed(hours.energy_eur_kwh[before:last], last - first, chance)
    return Week(_problem(hours, plant, range(first, last)), prices)


def _perturbed(known: Floats, length: int, chance: np.random.Generator) -> Floats:
    """The last ``length`` prices, ``PLANS`` times, each day with the error of a day drawn from those before."""
    changes = (known[WEEK_H:] - known[:-WEEK_H])[: DRAWN_FROM_DAYS * 24].reshape(DRAWN_FROM_DAYS, 24)
    days = chance.integers(DRAWN_FROM_DAYS, size=(PLANS, length // 24 + 1))
    errors = ERROR_SHARE * changes[days].reshape(PLANS, -1)[:, :length]
    perturbed: Floats = known[-length:] + errors
    return perturbed


def _problem(hours: Hours, plant: Plant, rows: Sequence[int]) -> Problem:
    slots = tuple(_slots(hours, plant, rows))
    window = Interval(slots[0].slot.start, slots[-1].slot.end)
    stocks = plant.stocked_kg()
    return Problem(plant, slots, plant.orders(window), stocks)


def _slots(hours: Hours, plant: Plant, rows: Iterable[int]) -> Iterator[SlotInput]:
    for i in rows:
        start: datetime = hours.starts[i]
        air = Air(float(hours.temperature_c[i]), float(hours.humidity_pct[i]))
        in_period = Period(f"P{hours.period[i]}")
        price = float(hours.energy_eur_kwh[i])
        yield SlotInput(Interval(start, start + HOUR), price, Kind.OBSERVED, in_period, air, plant.crew.present(start))


def _planned(week: Week, prices: Floats) -> Plan:
    pairs = zip(week.problem.slots, prices.tolist(), strict=True)
    slots = tuple(replace(slot, energy_eur_kwh=price) for slot, price in pairs)
    return make_plan(replace(week.problem, slots=slots), Options(time_limit_s=week.limit_s, gap=GAP))


def _works(plan: Plan) -> Floats:
    """1 in each slot in which line or refining group works, else 0."""
    works = np.array([slot.line_product is not None for slot in plan.slots], dtype=float)
    fill_h, start = plan.problem.plant.fill_h, plan.problem.horizon.start
    for batch in plan.batches:
        if batch.stage == "conche":
            first = int((batch.start - start) / HOUR)
            works[first : first + int(np.ceil(fill_h))] = 1.0
    return works
