"""What each machine does when, as bars: of a plan and, in the same words, of a replication (``Outcome.gantt``)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from chocolate_factory.domain.plan import Batch, Plan
from chocolate_factory.domain.plant_parts import Stage


class Bar(NamedTuple):
    """One interval of the Gantt chart.

    Attributes:
        doing: ``fill``, ``conche``, ``wait`` (for room in the tank), or what the line does (``trace.Doing``).
        batch: id of the plan's batch or run.
    """

    machine: str
    doing: str
    batch: str
    product: str
    start: datetime
    end: datetime


def planned_bars(plan: Plan) -> tuple[Bar, ...]:
    """What each machine is to do, clipped to the horizon, by machine and time; begun batches are part of it."""
    horizon = plan.problem.horizon
    every = {b.id: b for b in (*plan.problem.running, *plan.batches)}
    bars = (bar for batch in every.values() for bar in _bars(batch, plan))
    inside = (b._replace(start=max(b.start, horizon.start), end=min(b.end, horizon.end)) for b in bars)
    return tuple(sorted((b for b in inside if b.start < b.end), key=lambda b: (b.machine, b.start)))


def _bars(batch: Batch, plan: Plan) -> Iterator[Bar]:
    plant = plan.problem.plant
    if batch.stage == Stage.LINE:
        begins = min(batch.end, batch.start + timedelta(hours=plant.line.setup_h))
        yield Bar(batch.machine, "setup", batch.id, batch.product, batch.start, begins)
        yield Bar(batch.machine, "run", batch.id, batch.product, begins, batch.end)
    else:
        filled = batch.start + timedelta(hours=plant.fill_h)
        yield Bar("refining", "fill", batch.id, batch.product, batch.start, filled)
        yield Bar(batch.machine, "conche", batch.id, batch.product, batch.start, batch.end)


def machines_of(plan: Plan) -> tuple[str, ...]:
    """The rows of the chart: refining group, conches, line."""
    return tuple(m.name for m in plan.problem.plant.machines if m.stage is not Stage.STORAGE)
