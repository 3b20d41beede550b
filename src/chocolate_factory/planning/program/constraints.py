"""The limits of a plan, one small function for each family.

The form is the plant's facts' ("MILP"): batches of identical conches are counted, not assigned, so there is neither
symmetry nor interruption; tight minimum up and down times are those of Gentile, Morales-Espana and Ramos (2017).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.program.matrices import Block, Rows, by_slot, coming, lag, recent, weighted


def limits(frame: Frame) -> Iterator[Rows]:
    """Every family of limits."""
    yield conches(frame)
    yield refining(frame)
    yield one_product(frame)
    yield power(frame)
    for product in range(len(frame.names)):
        yield starts(frame, product)
        yield least_run(frame, product)
        yield least_output(frame, product)
        yield most_output(frame, product)
        yield pauses(frame, product)
        yield from long_pauses(frame, product)
        yield stock(frame, product)
        yield tanks(frame, product)
        yield made(frame, product)
        yield demand(frame, product)


def _each(frame: Frame, variable: str, block: Block) -> dict[tuple[str, int], Block]:
    """The same block for every product."""
    return {(variable, p): block for p in range(len(frame.names))}


# ----------------------------------------------------------------------------------------------- conches, refining
def conches(frame: Frame) -> Rows:
    """No more batches at a time than conches: the sum of begins over the last L."""
    blocks = {("begin", p): recent(frame.count, length) for p, length in enumerate(frame.conche_slots)}
    return Rows(blocks, -np.inf, frame.problem.plant.conches.count - frame.begun_conches)


def refining(frame: Frame) -> Rows:
    """One fill at a time: the sum of begins over the last F."""
    return Rows(_each(frame, "begin", recent(frame.count, frame.fill_slots)), -np.inf, 1 - frame.begun_fills)


# ------------------------------------------------------------------------------------------------------------- line
def one_product(frame: Frame) -> Rows:
    """The line runs one product at a time."""
    return Rows(_each(frame, "on", lag(frame.count, 0)), -np.inf, 1.0)


def starts(frame: Frame, p: int) -> Rows:
    """``on[t] - on[t-1] <= start[t]``."""
    same, before = lag(frame.count, 0), lag(frame.count, 1)
    return Rows({("on", p): same - before, ("start", p): -same}, -np.inf, 0.0)


def least_run(frame: Frame, p: int) -> Rows:
    """A run that began within the shortest run's length goes on."""
    return Rows({("start", p): recent(frame.count, frame.run_slots), ("on", p): -lag(frame.count, 0)}, -np.inf, 0.0)


def least_output(frame: Frame, p: int) -> Rows:
    """``output >= least (on - starts within the set-up)``."""
    blocks = {
        ("output", p): lag(frame.count, 0),
        ("on", p): -frame.least_kg * lag(frame.count, 0),
        ("start", p): frame.least_kg * recent(frame.count, frame.setup_slots),
    }
    return Rows(_without_empty(blocks), 0.0, np.inf)


def most_output(frame: Frame, p: int) -> Rows:
    """``output <= most (on - starts within the set-up)``."""
    blocks = {
        ("output", p): lag(frame.count, 0),
        ("on", p): -frame.most_kg * lag(frame.count, 0),
        ("start", p): frame.most_kg * recent(frame.count, frame.setup_slots),
    }
    return Rows(_without_empty(blocks), -np.inf, 0.0)


def _without_empty(blocks: dict[tuple[str, int], Block]) -> dict[tuple[str, int], Block]:
    """A line without set-up has no such term."""
    return {key: block for key, block in blocks.items() if block.value.size}


def pauses(frame: Frame, p: int) -> Rows:
    """While p runs, and for its pause after, nothing starts: one row a slot, as starts lie further apart than that."""
    reach = np.minimum(frame.pause_slots[p], _starts_apart(frame))
    blocks = {("start", after): coming(frame.count, int(length)) for after, length in enumerate(reach)}
    return Rows({("on", p): lag(frame.count, 0), **blocks}, -np.inf, 1.0)


def long_pauses(frame: Frame, p: int) -> Iterator[Rows]:
    """The part of a pause that is longer than starts lie apart, slot by slot."""
    for by in range(_starts_apart(frame) + 1, int(frame.pause_slots[p].max()) + 1):
        barred = [after for after, length in enumerate(frame.pause_slots[p]) if length >= by]
        blocks = {("start", after): lag(frame.count, 0) for after in barred}
        yield Rows({("on", p): lag(frame.count, by), **blocks}, -np.inf, 1.0)


def _starts_apart(frame: Frame) -> int:
    """Slots between one start of the line and the next, at least."""
    return frame.run_slots + int(frame.pause_slots.min())


# ----------------------------------------------------------------------------------------------------- mass, demand
def stock(frame: Frame, p: int) -> Rows:
    """``stock[t] = stock[t-1] + batch begin[t-L] + arriving[t] - output[t]``."""
    same = lag(frame.count, 0)
    blocks = {
        ("stock", p): same - lag(frame.count, 1),
        ("begin", p): -frame.problem.plant.conches.batch_kg * lag(frame.count, frame.conche_slots[p]),
        ("output", p): same,
    }
    known = frame.arriving_kg[p].copy()
    known[0] += frame.start_kg[p]
    return Rows(blocks, known, known)


def tanks(frame: Frame, p: int) -> Rows:
    """A batch comes at its slot's start, before the line has drawn: ``stock + output <= capacity``."""
    same = lag(frame.count, 0)
    return Rows({("stock", p): same, ("output", p): same}, -np.inf, frame.capacity_kg[p])


def made(frame: Frame, p: int) -> Rows:
    """``made[t] = made[t-1] + output[t] - rework start[t - set-up]``: a run's first output is sent back."""
    same = lag(frame.count, 0)
    blocks = {
        ("made", p): same - lag(frame.count, 1),
        ("output", p): -same,
        ("start", p): frame.rework_kg * lag(frame.count, frame.setup_slots),
    }
    return Rows(blocks, 0.0, 0.0)


def demand(frame: Frame, p: int) -> Rows:
    """What is due and not made is late: ``made + late >= due``."""
    same = lag(frame.count, 0)
    return Rows({("made", p): same, ("late", p): same}, frame.due_kg[p], np.inf)


# ------------------------------------------------------------------------------------------------------------ power
def power(frame: Frame) -> Rows:
    """Mean power of a slot within the contracted power of its period."""
    blocks: dict[tuple[str, int], Block] = {}
    for p, profile in enumerate(frame.conche_kw):
        blocks["begin", p] = weighted(frame.count, profile)
        blocks["on", p] = by_slot(frame.line_kw)
        blocks["output", p] = by_slot(frame.kg_kw / frame.step)
    return Rows(blocks, -np.inf, frame.limit_kw - frame.fixed_kw)
