"""Rows that no plan breaks and that make the relaxed problem tighter; without them the answer is the same, later."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy import sparse

from chocolate_factory.planning.frame import Frame
from chocolate_factory.planning.matrices import Rows, by_slot, recent


def cuts(frame: Frame) -> Iterator[Rows]:
    """Every family of cuts."""
    yield line_or_refining(frame)
    for p in range(len(frame.names)):
        for slot in _due_slots(frame, p):
            yield from no_output_without_start(frame, p, slot)
            yield from batches_before_due(frame, p, slot)


def _due_slots(frame: Frame, p: int) -> list[int]:
    """Slots at whose end more is due than before, and the last one."""
    more = np.flatnonzero(np.diff(frame.due_kg[p], prepend=0.0) > 0)
    return sorted({int(slot) for slot in more} | {frame.count - 1})


def line_or_refining(frame: Frame) -> Rows:
    """A clique where line and refining group together exceed the contract: at most one of them."""
    filling = min((profile[: frame.fill_slots].min() for profile in frame.conche_kw), default=0.0)
    both = (frame.fixed_kw + frame.line_kw + filling > frame.limit_kw).astype(float)
    fills = by_slot(both) @ recent(frame.count, frame.fill_slots)
    products = range(len(frame.names))
    blocks = {("on", p): by_slot(both) for p in products} | {("begin", p): fills for p in products}
    return Rows(blocks, -np.inf, 1.0)


def no_output_without_start(frame: Frame, p: int, slot: int) -> Iterator[Rows]:
    """``late[t] + made[u-1] + due[t] (on[u-1] + starts in u..t) >= due[t]`` for each u at which a crew arrives.

    Without a start from u to t, and the line at rest before u, what is made at t was made before u.
    """
    due = frame.due_kg[p, slot]
    arrives = np.flatnonzero(np.diff(frame.crew.astype(int), prepend=0) > 0)
    for u in sorted({0, *(int(a) for a in arrives if a <= slot)}) if due > 0 else ():
        blocks = {
            ("late", p): _row(frame.count, slot, slot + 1, 1.0),
            ("start", p): _row(frame.count, u, slot + 1, due),
        }
        if u:
            blocks["made", p] = _row(frame.count, u - 1, u, 1.0)
            blocks["on", p] = _row(frame.count, u - 1, u, due)
        yield Rows(blocks, due, np.inf)


def batches_before_due(frame: Frame, p: int, slot: int) -> Iterator[Rows]:
    """Whole batches until a due time (mixed-integer rounding): what the tanks cannot give, conches must or it is late.

    At the end the tanks hold what they held at the start, so there every kilogram must come from a batch.
    """
    batch = frame.problem.plant.conches.batch_kg
    left = frame.start_kg[p] if slot == frame.count - 1 else frame.heel_kg[p]
    known = frame.start_kg[p] + frame.arriving_kg[p, : slot + 1].sum()
    wanted = (frame.due_kg[p, slot] + left - known) / batch
    share = wanted - math.floor(wanted)
    if wanted <= 0 or share < 1e-6:
        return
    in_time = max(0, slot - frame.conche_slots[p] + 1)
    blocks = {
        ("begin", p): _row(frame.count, 0, in_time, 1.0),
        ("late", p): _row(frame.count, slot, slot + 1, 1 / (batch * share)),
    }
    yield Rows(blocks, math.ceil(wanted), np.inf)


def _row(count: int, first: int, end: int, value: float) -> sparse.csr_array:
    """One row with the same value in the slots ``first`` to ``end``."""
    cols = np.arange(first, end)
    return sparse.csr_array((np.full(cols.size, value), (np.zeros(cols.size, dtype=int), cols)), shape=(1, count))
