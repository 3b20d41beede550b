"""What following an advice would have cost: the line's hours of each week, the best-advised first.

Each week needs the same kilograms whoever advises; only hours with crew and a hall that can be held count. What is
compared is the line's energy, EUR. It says how well an advice orders hours, not what a plan would have cost: a plan
also knows tanks, starts and due times.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from chocolate_factory.learning.history import History
from chocolate_factory.modelling.numbers import Floats, Ints

#: The fixed block's first hour.
FIXED_FROM: Final = 6


@dataclass(frozen=True)
class Followed:
    """EUR over some weeks: as advised, from the fixed hour on, and with all prices known before."""

    advised: float
    fixed: float
    clairvoyant: float

    @property
    def captured(self) -> float | None:
        """Share of what foresight saves against the fixed hours; None where it saves nothing."""
        whole = self.fixed - self.clairvoyant
        return (self.fixed - self.advised) / whole if whole > 0 else None


def followed(history: History, numbers: Ints, advice: Floats) -> Followed:
    """What an advice would have cost on whole weeks of some hours.

    Args:
        numbers: rows of the history, rising.
        advice: of each; the more the better to run in it.
    """
    sums = np.zeros(3)
    hours, needed = history.hours, _hours_a_week(history)
    for rows in _weeks(hours.week[numbers]):
        inside = rows[history.possible[numbers[rows]] > 0]
        cost = history.eur_kg[numbers[inside]] * history.plant.line.rate_max_kg_h
        if len(inside) >= needed and not np.isnan(cost).any():
            fixed = np.abs(hours.hour[numbers[inside]] - FIXED_FROM) + 1e-3 * hours.day[numbers[inside]]
            orders = (-advice[inside], fixed, cost)
            sums += [_cost(cost, order, needed) for order in orders]
    return Followed(*sums.tolist())


def _cost(cost: Floats, order: Floats, needed: float) -> float:
    """The cost of the first hours in an order, the last one in part."""
    first = cost[np.argsort(order, kind="stable")]
    whole = int(needed)
    return float(first[:whole].sum() + (needed - whole) * (first[whole] if whole < len(first) else 0.0))


def _hours_a_week(history: History) -> float:
    """Line hours at full rate that a week's demand takes."""
    weekly = history.plant.demand.weekly.values()
    return sum(sum(kg.values()) for kg in weekly) / history.plant.line.rate_max_kg_h


def _weeks(weeks: Ints) -> Iterator[Ints]:
    for week in np.unique(weeks):
        yield np.flatnonzero(weeks == week)
