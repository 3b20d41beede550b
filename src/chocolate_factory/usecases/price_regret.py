"""What a price forecast costs the plant: the plan made with it, paid at the prices that came, against the best plan.

A plan of 48 h is made at 12:00 of a day: the prices until midnight are published, the others are forecast. It is
paid at the true prices, and so is the plan that knew them; the difference is the forecast's regret. One product takes
the place of all, so that a plan takes a tenth of a second, and the air is mild and the same in each hour, so that
prices alone decide. Plans are made with spot prices; no plan rests on PVPC.

Invariants:
    Both forecasts of a day are judged on the same problem: what is due, what is there, and what was known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np

from chocolate_factory.domain.plan import Options, Plan, Problem, Status
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import DAY, HOUR, Interval, Resolution, madrid_midnight, slots
from chocolate_factory.planning.solve import make_plan
from chocolate_factory.usecases.problem import problem_of
from chocolate_factory.usecases.single import of_one_product

#: How many days are judged where there are more; a plan takes time.
SAMPLE: Final = 42
#: How far a plan reaches.
AHEAD: Final = timedelta(hours=48)
#: A gap of 1 % would be a third faster, and as large as what two good forecasts differ by.
OPTIONS: Final = Options(time_limit_s=5.0, gap=0.002)
MILD: Final = Air(15.0, 60.0)

Prices = Mapping[datetime, float]


@dataclass(frozen=True)
class Decision:
    """One day to judge.

    Attributes:
        day: at whose noon the plan is made.
        true: prices as they came, EUR/MWh by start of hour.
        told: by who forecast, of the hours that were not published; the others are as they came.
    """

    plant: Plant
    day: date
    true: Prices
    told: Mapping[str, Prices]

    @property
    def window(self) -> Interval:
        """The plan's horizon."""
        noon = madrid_midnight(self.day + DAY) - 12 * HOUR
        return Interval(noon, noon + AHEAD)


@dataclass(frozen=True)
class Sample:
    """So many days of those there are, chosen by a seed."""

    count: int
    seed: int

    def of(self, days: Sequence[date]) -> list[date]:
        """In order; all where there are no more."""
        if len(days) <= self.count:
            return list(days)
        chosen = np.random.default_rng(self.seed).choice(len(days), self.count, replace=False)
        return [days[i] for i in sorted(chosen)]


def regrets(decision: Decision) -> dict[str, float]:
    """Each forecast's regret on a day, EUR; empty where no plan was found for it.

    It may lie below zero by the gap that is good enough.
    """
    paid = _problem(decision, decision.true)
    best = make_plan(paid, OPTIONS)
    plans = {name: _planned(decision, {**decision.true, **told}) for name, told in decision.told.items()}
    if any(plan.status is Status.INFEASIBLE for plan in (best, *plans.values())):
        return {}
    cost = _cost_eur(best, paid)
    return {name: _cost_eur(plan, paid) - cost for name, plan in plans.items()}


def _planned(decision: Decision, prices: Prices) -> Plan:
    return make_plan(_problem(decision, prices), OPTIONS)


def _cost_eur(plan: Plan, paid: Problem) -> float:
    """Energy at those prices, starts, lateness."""
    energy = sum(s.energy_kwh * p.energy_eur_kwh for s, p in zip(plan.slots, paid.slots, strict=True))
    return energy + plan.starts_eur + plan.late_eur


def _problem(decision: Decision, prices: Prices) -> Problem:
    """What is due from the next day on; of today nothing is left to be made."""
    window, plant = decision.window, of_one_product(decision.plant)
    midnight = madrid_midnight(decision.day + DAY)
    orders = tuple(order for order in plant.orders(window) if order.due > midnight)
    air = dict.fromkeys(slots(window, Resolution.HOUR), MILD)
    problem, _ = problem_of(plant, window, Resolution.HOUR, prices, air, orders)
    return problem
