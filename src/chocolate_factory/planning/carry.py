"""What a plan leaves behind at a moment: the next one begins with it.

A plan is taken to have run as planned until somebody counts; nothing here measures.
"""

from __future__ import annotations

import math
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
        line_before: what the line ran last, if that is known.
    """

    stocks_kg: Mapping[str, float]
    finished_kg: Mapping[str, float]
    running: tuple[Batch, ...]
    line_before: str | None = None


def standing(plan: Plan, at: datetime) -> Standing:
    """The plant at a slot's edge, as a plan leaves it; after the plan's end, as at its end."""
    done = [s for s in plan.slots if s.input.slot.end <= at]
    stocks = done[-1].stocks_kg if done else plan.problem.stocks_kg
    inside = [b for b in (*plan.problem.running, *plan.batches) if b.stage == "conche" and b.start < at < b.end]
    ran = [s.line_product for s in done if s.line_product is not None]
    return Standing(dict(stocks), _finished(plan, at), tuple(inside), ran[-1] if ran else plan.problem.line_before)


def _finished(plan: Plan, at: datetime) -> dict[str, float]:
    """Good kilograms made until a moment, less what was due."""
    left = {p.name: plan.problem.finished_kg.get(p.name, 0.0) for p in plan.problem.plant.products}
    done = sum(s.input.slot.end <= at for s in plan.slots)
    for product in left:
        left[product] += sum(good_by_slot(plan, product)[:done])
    for order in plan.problem.orders:
        if order.due <= min(at, plan.problem.horizon.end):
            left[order.product] -= order.kg
    return left


def good_by_slot(plan: Plan, product: str) -> list[float]:
    """Good kilograms of a product in each slot: its output without each run's first, which is sent back, and rejects.

    Where a run's first output is less than its rework, that slot counts less than nothing.
    """
    plant, first, step = plan.problem.plant, plan.problem.horizon.start, plan.problem.slots[0].slot.duration
    made = [s.output_kg if s.line_product == product else 0.0 for s in plan.slots]
    for run in plan.batches:
        if run.stage == "line" and run.product == product:
            ready = math.ceil((run.start - first) / step + plant.line.setup_h / plan.problem.step_h - 1e-9)
            made[min(max(0, ready), len(made) - 1)] -= plant.line.rework_kg
    good = 1 - plant.quality.reject_share(plant.hall.set_point_c)
    return [good * kg for kg in made]


def output_between(plan: Plan, start: datetime, end: datetime) -> float:
    """The line's output from one moment to another, kg; a slot's own spread evenly over it."""
    total = 0.0
    for slot in plan.slots:
        window = slot.input.slot
        shared = (min(end, window.end) - max(start, window.start)).total_seconds()
        if shared > 0:
            total += slot.output_kg * shared / window.duration.total_seconds()
    return total
