"""A batch held at another place than its plan has it; without numpy, so that the service may ask for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chocolate_factory.domain.plan import Batch, Options, Plan


def begun_at(batch: Batch, start: datetime) -> Batch:
    """The batch as it would be if it began then."""
    return replace(batch, start=start, end=start + (batch.end - batch.start), held="locked", kept_eur=None, reason={})


def held_there(options: Options, plan: Plan, batch: Batch, there: Batch) -> Options:
    """The options with the batch held at its new place; the others move from where the plan has them if it pays."""
    others = tuple(b for b in options.fixed if b.id != batch.id)
    fixed = {b.id for b in others}
    steady = tuple(b for b in plan.batches if b.id != batch.id and b.id not in fixed)
    return replace(options, fixed=(*others, there), steady=steady)
