"""Which orders a plan brings late: a product's orders are served by due time, the first first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from chocolate_factory.domain.plan import OWED_H, Plan
from chocolate_factory.domain.plant import Order
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.schedule import made_kg
from chocolate_factory.planning.arrays.types import Floats
from chocolate_factory.planning.plans import schedule_of


@dataclass(frozen=True, slots=True)
class LateOrder:
    """An order that a plan does not complete in time.

    Attributes:
        kg: good kilograms that lack when it is due.
        hours: from then until it is complete; None where the horizon ends before.
        eur: what its lateness costs by the plant's policy.
    """

    order: Order
    kg: float
    hours: float | None
    eur: float


def late_orders(plan: Plan, frame: Frame) -> list[LateOrder]:
    """The orders due inside the horizon that are not complete when they are due, by due time.

    Args:
        frame: of the plan's problem and the options it was made with.
    """
    made = made_kg(frame, schedule_of(plan, frame)) * frame.good_share
    found = [late for p in range(len(frame.names)) for late in _of_product(frame, p, made[p])]
    return sorted(found, key=lambda late: (late.order.due, late.order.id))


def _of_product(frame: Frame, p: int, made: Floats) -> Iterator[LateOrder]:
    """The late orders of a product, whose good output until each slot's end is ``made``."""
    problem = frame.problem
    asked = -problem.finished_kg.get(frame.names[p], 0.0)
    due = (o for o in problem.orders if o.product == frame.names[p] and o.due <= problem.horizon.end)
    for order in sorted(due, key=lambda o: (o.due, o.id)):
        asked += order.kg
        late = _late(frame, order, np.clip(asked - made, 0.0, order.kg))
        if late is not None:
            yield late


def _late(frame: Frame, order: Order, missing_kg: Floats) -> LateOrder | None:
    """The order with what is missing of it at each slot's end, as far as that is after it is due."""
    due_h = (order.due - frame.problem.horizon.start).total_seconds() / 3600
    first = max(0, int(np.floor(due_h / frame.step + 1e-9)) - 1)
    if missing_kg[first] < 0.5:
        return None
    done = np.flatnonzero(missing_kg < 0.5)
    late_h = None if not done.size else (int(done[0]) + 1) * frame.step - due_h
    kg_h = float(missing_kg[first:].sum()) * frame.step + float(missing_kg[-1]) * OWED_H
    eur = kg_h / frame.good_share * frame.problem.plant.policy.lateness_eur_kg_h
    return LateOrder(order, float(missing_kg[first]), late_h, eur)
