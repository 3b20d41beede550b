"""The mixed-integer program of a problem: what is minimised, within which limits, over which columns.

Data in, matrices out; nothing here is solved. The objective, EUR:

    sum of price x power x step  +  starts of the line  +  lateness x (kg late x h, more for what is owed at the end)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from chocolate_factory.domain.plan import OWED_H
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.sums import ahead, dot
from chocolate_factory.planning.arrays.types import Bools, Floats, Matrix
from chocolate_factory.planning.program.constraints import limits
from chocolate_factory.planning.program.cuts import cuts
from chocolate_factory.planning.program.matrices import WHOLE, Columns, stacked


@dataclass(frozen=True)
class Program:
    """``minimise cost x`` with ``row_low <= matrix x <= row_high`` and ``low <= x <= high``."""

    columns: Columns
    cost: Floats
    matrix: Matrix
    row_low: Floats
    row_high: Floats
    low: Floats
    high: Floats
    whole: Bools


def program(frame: Frame, *, tight: bool = True) -> Program:
    """The program of a problem.

    Args:
        tight: with cuts, which every whole plan keeps: they say nothing new, and their bounds step with the stocks.
    """
    columns = Columns(len(frame.names), frame.count)
    matrix, row_low, row_high = stacked(chain(limits(frame), cuts(frame) if tight else ()), columns)
    low, high = bounds(frame, columns)
    hold_fixed(frame, columns, low, high)
    return Program(columns, objective(frame, columns), matrix, row_low, row_high, low, high, integrality(columns))


def objective(frame: Frame, columns: Columns) -> Floats:
    """EUR of each column; the last one carries what nobody decides, so that gaps are of the whole."""
    plant, eur_kw = frame.problem.plant, frame.price * frame.step
    cost = np.zeros(columns.width)
    cost[-1] = dot(frame.fixed_kw, eur_kw)
    for p, profile in enumerate(frame.conche_kw):
        cost[columns.of("begin", p)] = ahead(profile, eur_kw)
        cost[columns.of("on", p)] = frame.line_kw * eur_kw
        cost[columns.of("output", p)] = frame.kg_kw * frame.price
        cost[columns.of("start", p)] = plant.line.start_eur
        late = np.full(frame.count, frame.step)
        late[-1] += OWED_H
        cost[columns.of("late", p)] = late * plant.policy.lateness_eur_kg_h
    return cost


def bounds(frame: Frame, columns: Columns) -> tuple[Floats, Floats]:
    """Where the line may run, where batches may begin, and what the tanks may hold."""
    low, high = np.zeros(columns.width), np.full(columns.width, np.inf)
    low[-1] = high[-1] = 1.0
    for p in range(columns.products):
        high[columns.of("begin", p)] = frame.may_fill[p]
        high[columns.of("on", p)] = frame.may_run
        high[columns.of("start", p)] = may_start(frame, p)
        high[columns.of("output", p)] = frame.may_run * frame.most_kg
        low[columns.of("stock", p)] = frame.heel_kg[p]
        low[columns.of("made", p)] = -np.inf  # a run whose first slot gives less than its rework
        # What a plan takes from the tanks it puts back, unless the problem says otherwise.
        low[columns.of("stock", p).stop - 1] = frame.end_kg[p]
    return low, high


def may_start(frame: Frame, p: int) -> Bools:
    """Where the line may run for the shortest run's length, after the pause of what it ran before."""
    long_enough = [bool(_window(frame.may_run, t, frame.run_slots).all()) for t in range(frame.count)]
    return np.array(long_enough) & (np.arange(frame.count) >= frame.first_start[p])


def _window(allowed: Bools, first: int, length: int) -> Bools:
    """A stretch of slots; what lies after the horizon is not allowed."""
    inside = allowed[first : first + length]
    return np.append(inside, np.zeros(length - inside.size, dtype=bool))


def hold_fixed(frame: Frame, columns: Columns, low: Floats, high: Floats) -> None:
    """Batches that must stay: a conche's begins there, a run of the line fills exactly its slots.

    One that begins outside the horizon is none of this problem's decisions.
    """
    for batch in frame.options.fixed:
        p, first = frame.names.index(batch.product), frame.slot_of(batch)
        if not 0 <= first < frame.count:
            continue
        if batch.stage == "conche":
            low[columns.of("begin", p)][first] = 1.0
            continue
        end = first + frame.slots_in((batch.end - batch.start).total_seconds() / 3600)
        on = columns.of("on", p)
        low[on][first:end] = 1.0
        high[on][max(0, first - 1) : first] = 0.0
        high[on][end : end + 1] = 0.0
    allow_history(frame, columns, low, high)


def allow_history(frame: Frame, columns: Columns, low: Floats, high: Floats) -> None:
    """What is held in slots of history did happen there, whatever may begin now; the line's output is what it was."""
    for p in range(columns.products):
        begin, on, start, output = (columns.of(v, p) for v in ("begin", "on", "start", "output"))
        ran = frame.past & (low[on] > 0)
        high[begin] = np.where(frame.past, low[begin], high[begin])
        high[on] = np.where(frame.past, low[on], high[on])
        high[start] = np.where(frame.past, ran, high[start])
        low[output] = np.where(ran, frame.done_kg, low[output])
        high[output] = np.where(frame.past, ran * frame.done_kg, high[output])


def integrality(columns: Columns) -> Bools:
    """Which columns are whole."""
    whole = np.zeros(columns.width, dtype=bool)
    for variable in WHOLE:
        for p in range(columns.products):
            whole[columns.of(variable, p)] = True
    return whole


# --------------------------------------------------------------------------------------------------------- in pieces
def relaxed_after(frame: Frame, whole: Program, slot: int) -> Program:
    """The program with its tail relaxed: whole decisions until a slot only."""
    return replace(whole, whole=whole.whole & _before(frame, whole, slot))


def held_until(frame: Frame, whole: Program, x: Floats, slot: int) -> Program:
    """The program with the whole decisions before a slot as they were found."""
    held = whole.whole & _before(frame, whole, slot)
    found = np.rint(x)
    return replace(whole, low=np.where(held, found, whole.low), high=np.where(held, found, whole.high))


def _before(frame: Frame, whole: Program, slot: int) -> Bools:
    """The columns of the slots before one; what has no slot is not among them."""
    before = np.zeros(whole.whole.size, dtype=bool)
    of_slots = whole.columns.width - 1
    before[:of_slots] = np.tile(np.arange(frame.count) < slot, of_slots // frame.count)
    return before
