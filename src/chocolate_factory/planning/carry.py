"""What a plan leaves behind at a moment: the next one begins with it.

A plan is taken to have run as planned until somebody counts; nothing here measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chocolate_factory.domain.plan import Batch, Plan


@dataclass(frozen=True, slots=True)
class Standing:
    """The plant at a moment.

    Attributes:
        stocks_kg: warm mass by product.
        finished_kg: good output that is there, by product; less than nothing where orders are owed.
        running: batches in their conche.
    """

    stocks_kg: Mapping[str, float]
    finished_kg: Mapping[str, float]
    running: tuple[Batch, ...]


def standing(plan: Plan, at: datetime) -> Standing:
    """The plant at a slot's edge, as a plan leaves it; after the plan's end, as at its end."""
    done = [s for s in plan.slots if s.input.slot.end <= at]
    stocks = done[-1].stocks_kg if done else plan.problem.stocks_kg
    inside = [b for b in (*plan.problem.running, *plan.batches) if b.stage == "conche" and b.start < at < b.end]
    return Standing(dict(stocks), _finished(plan, at), tuple(inside))


def _finished(plan: Plan, at: datetime) -> dict[str, float]:
    """Good kilograms made until a moment, less what was due."""
    plant = plan.problem.plant
    good = 1 - plant.quality.reject_share(plant.hall.set_point_c)
    left = {p.name: plan.problem.finished_kg.get(p.name, 0.0) for p in plant.products}
    for slot in plan.slots:
        if slot.line_product is not None and slot.input.slot.end <= at:
            left[slot.line_product] += good * slot.output_kg
    for order in plan.problem.orders:
        if order.due <= min(at, plan.problem.horizon.end):
            left[order.product] -= order.kg
    return left


def output_between(plan: Plan, start: datetime, end: datetime) -> float:
    """The line's output from one moment to another, kg; a slot's own spread evenly over it."""
    total = 0.0
    for slot in plan.slots:
        window = slot.input.slot
        shared = (min(end, window.end) - max(start, window.start)).total_seconds()
        if shared > 0:
            total += slot.output_kg * shared / window.duration.total_seconds()
    return total
