"""Rows that no plan breaks and that make the relaxed problem tighter; without them the answer is the same, later."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TypeAlias

import numpy as np

from chocolate_factory.planning.arrays.days import day_ends
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.held import held_begins
from chocolate_factory.planning.program.matrices import Block, Rows, by_slot, lag, one_row, recent

Blocks: TypeAlias = Mapping[tuple[str, int], Block]
#: A part of a batch or a slot below this gives no cut: its coefficients would drown the others in rounding.
SMALL_SHARE = 1e-4


def cuts(frame: Frame) -> Iterator[Rows]:
    """Every family of cuts."""
    yield line_or_refining(frame)
    for p in range(len(frame.names)):
        yield sums_of_days(frame, p, "begin", "begins of day")
        yield sums_of_days(frame, p, "start", "runs of day")
        for slot in _due_slots(frame, p):
            yield from no_output_without_start(frame, p, slot)
            yield from no_fresh_output_without_start(frame, p, slot)
            yield from batches_before_due(frame, p, slot)
            yield from batches_before_rest(frame, p, slot)
            yield from line_slots_before_due(frame, p, slot)


def sums_of_days(frame: Frame, p: int, variable: str, total: str) -> Rows:
    """The sum of a variable over each day, in a column of its own; slots within a day have nothing."""
    ends = np.array(day_ends(frame.problem.slots))
    same_day = Block(frame.count, ends, np.arange(frame.count), np.ones(frame.count))
    return Rows({(variable, p): same_day, (total, p): -lag(frame.count, 0)}, 0.0, 0.0)


def _due_slots(frame: Frame, p: int) -> list[int]:
    """Slots at whose end more is due than before, and the last one."""
    more = np.flatnonzero(np.diff(frame.due_kg[p], prepend=0.0) > 0)
    return sorted({int(slot) for slot in more} | {frame.count - 1})


def line_or_refining(frame: Frame) -> Rows:
    """A clique where line and refining group together exceed the contract: at most one of them."""
    filling = min((profile[: frame.fill_slots].min() for profile in frame.conche_kw), default=0.0)
    both = (frame.fixed_kw + frame.line_kw + filling > frame.limit_kw).astype(float)
    fills = recent(frame.count, frame.fill_slots).scaled(both)
    products = range(len(frame.names))
    blocks = {("on", p): by_slot(both) for p in products} | {("begin", p): fills for p in products}
    return Rows(blocks, -np.inf, 1.0)


def no_output_without_start(frame: Frame, p: int, slot: int) -> Iterator[Rows]:
    """``late[t] + made[u-1] + due[t] (on[u-1] + starts in u..t) >= due[t]`` for each u at which a crew arrives.

    Without a start from u to t, and the line at rest before u, what is made at t was made before u.
    """
    due = float(frame.due_kg[p, slot])
    # what was made before is below zero where a run's first slot gave less than its rework
    enough = due + max(0.0, frame.rework_kg - frame.least_kg)
    for u in sorted({0, *_crew_arrives(frame, slot)}) if due > 0 else ():
        blocks = {
            ("late", p): one_row(slot, slot + 1, 1.0),
            ("start", p): one_row(u, slot + 1, enough),
        }
        if u:
            blocks["made", p] = one_row(u - 1, u, 1.0)
            blocks["on", p] = one_row(u - 1, u, enough)
        yield Rows(blocks, due, np.inf)


def _crew_arrives(frame: Frame, until: int) -> list[int]:
    """Slots in which a crew arrives, up to one."""
    arrives = np.flatnonzero(np.diff(frame.crew[: until + 1].astype(int), prepend=0) > 0)
    return [int(u) for u in arrives]


def no_fresh_output_without_start(frame: Frame, p: int, slot: int) -> Iterator[Rows]:
    """What the tanks cannot give until the first new batch could have come, the line must make after that, or late.

    The row is ``no_output_without_start`` from that slot on, with what can have been made before as a number.
    """
    begins = [*np.flatnonzero(frame.may_fill[p]), *(t for q, t in held_begins(frame) if q == p)]
    first = int(min(begins)) + frame.conche_slots[p] if begins else frame.count
    if not 0 < first <= slot:
        return
    there = float(frame.start_kg[p] - frame.heel_kg[p] + frame.arriving_kg[p, :first].sum())
    fresh = float(frame.due_kg[p, slot]) - there
    if fresh <= 0:
        return
    blocks = {
        ("late", p): one_row(slot, slot + 1, 1.0),
        ("on", p): one_row(first - 1, first, fresh),
        ("start", p): one_row(first, slot + 1, fresh),
    }
    yield Rows(blocks, fresh, np.inf)


def batches_before_due(frame: Frame, p: int, slot: int) -> Iterator[Rows]:
    """Whole batches until a due time: what the tanks cannot give, conches must or it is late.

    At the end the tanks hold what they must, so what they may not give must come from a batch.
    """
    left = frame.end_kg[p] if slot == frame.count - 1 else frame.heel_kg[p]
    spare = float(frame.start_kg[p] + frame.arriving_kg[p, : slot + 1].sum() - left)
    in_time = max(0, slot - frame.conche_slots[p] + 1)
    counted = {("begin", p): one_row(0, in_time, 1.0)}
    yield from _rounded(frame, p, slot, counted, frame.problem.plant.conches.batch_kg, spare)


def batches_before_rest(frame: Frame, p: int, slot: int) -> Iterator[Rows]:
    """Whole batches until a crew leaves, or a start after: without one, what is due at t was made before, or is late.

    For each u at which a crew arrives, with the whole ``least`` of batches that due output and a run's rework need:

        begins that come before u  +  least (on[u-1] + starts in u..t)  +  late[t] / (batch x share)  >=  least

    It is mixed-integer rounding, as in ``_rounded``; where nothing at all is made, all that is due is late.
    """
    due, each_kg, able = float(frame.due_kg[p, slot]), frame.problem.plant.conches.batch_kg, frame.may_run | frame.past
    for u in _crew_arrives(frame, slot) if due > 0 else ():
        last = int(np.flatnonzero(able[:u]).max(initial=-1))
        spare = float(frame.start_kg[p] - frame.heel_kg[p] + frame.arriving_kg[p, : last + 1].sum())
        wanted = (due + frame.rework_kg - spare) / each_kg
        least, share = math.ceil(wanted), wanted - math.floor(wanted)
        if u and wanted > 0 and share > SMALL_SHARE:
            blocks = {
                ("begin", p): one_row(0, max(0, last + 1 - frame.conche_slots[p]), 1.0),
                ("on", p): one_row(u - 1, u, least),
                ("start", p): one_row(u, slot + 1, least),
                ("late", p): one_row(slot, slot + 1, max(1 / (each_kg * share), least / due)),
            }
            yield Rows(blocks, least, np.inf)


def line_slots_before_due(frame: Frame, p: int, slot: int) -> Iterator[Rows]:
    """Whole slots of output until a due time: on, without the set-ups, or it is late.

    Of all cuts the one that does most: a start pays for its set-up whole, so part of a slot is never worth its price.
    """
    setup = np.minimum(frame.setup_slots, np.arange(slot + 1, 0, -1))
    counted = {
        ("on", p): one_row(0, slot + 1, 1.0),
        ("start", p): one_row(0, slot + 1, -setup),
    }
    yield from _rounded(frame, p, slot, counted, frame.most_kg, 0.0)


def _rounded(frame: Frame, p: int, slot: int, counted: Blocks, each_kg: float, spare_kg: float) -> Iterator[Rows]:
    """``each n + spare + late >= due + rework S`` for whole n and S, rounded (mixed-integer rounding).

    S counts the starts whose rework is made by the slot's end. Without any, all that is due is late; so at least one is
    taken for granted, and what is late weighs enough to make up for it.
    """
    due, again = float(frame.due_kg[p, slot]), frame.rework_kg / each_kg
    wanted = (due - spare_kg) / each_kg + again
    share = wanted - math.floor(wanted)
    if due <= 0 or wanted <= again or share < SMALL_SHARE:
        return
    fewer = again % 1.0
    per_start = math.floor(-again) + (min(1.0, (1 - fewer) / share) if fewer else 0.0)
    least = math.ceil(wanted) + per_start
    blocks = dict(counted)
    starts = one_row(0, max(0, slot + 1 - frame.setup_slots), per_start)
    blocks["start", p] = blocks["start", p] + starts if ("start", p) in blocks else starts
    blocks["late", p] = one_row(slot, slot + 1, max(1 / (each_kg * share), least / due))
    yield Rows({key: block for key, block in blocks.items() if block.value.size}, least, np.inf)
