"""A problem with some of its limits taken away: what the search for a conflict and its ways out solve again and again.

The rows are the program's own (``constraints.limits``), so a limit means here what it means to the planner. Orders
that are not loosened must be on time; late output does not exist here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np

from chocolate_factory.domain.plan import Batch, Options, Problem
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.types import Bools, Floats
from chocolate_factory.planning.program.constraints import limits
from chocolate_factory.planning.program.cuts import cuts
from chocolate_factory.planning.program.matrices import Columns, stacked
from chocolate_factory.planning.program.program import Program, bounds, hold_fixed, integrality, objective
from chocolate_factory.planning.search.solver import solved

#: Machines and rates that are as good as no limit.
PLENTY = 100
#: Relative gap that is good enough.
GAP = 0.005


class Limit(NamedTuple):
    """A demand or limit: which family, and of what where there are several (order, product or batch by name)."""

    what: str
    which: str = ""


@dataclass(frozen=True)
class Loosened(Frame):
    """The arrays of a problem without some of its limits."""

    loose: frozenset[Limit] = frozenset()

    def _is_loose(self, what: str, which: str = "") -> bool:
        return Limit(what, which) in self.loose

    @cached_property
    def crew(self) -> Bools:
        """There is a crew always, where it is loosened."""
        return super().crew | self._is_loose("crew")

    @cached_property
    def hall(self) -> Bools:
        """The hall is held always, where it is loosened."""
        return super().hall | self._is_loose("hall")

    @cached_property
    def quiet(self) -> Bools:
        """No hour is quiet, where that is loosened."""
        return super().quiet & (not self._is_loose("quiet"))

    @cached_property
    def limit_kw(self) -> Floats:
        """Of contract and peak what is not loosened."""
        peak = self.options.peak_kw
        if not self._is_loose("contract"):
            return super().limit_kw
        kw = np.inf if peak is None else peak
        return np.where(self.past, np.inf, np.full(self.count, kw))

    @cached_property
    def capacity_kg(self) -> Floats:
        """Tanks without end, where they are loosened."""
        loose = [self._is_loose("tank", name) for name in self.names]
        return np.where(loose, np.inf, super().capacity_kg)

    @property
    def most_kg(self) -> float:
        """A line that is as fast as needed, where it is loosened."""
        return super().most_kg * (PLENTY if self._is_loose("line") else 1)

    @property
    def least_kg(self) -> float:
        """And as slow."""
        return 0.0 if self._is_loose("line") else super().least_kg

    @property
    def rework_kg(self) -> float:
        """No rework, where the line is loosened."""
        return 0.0 if self._is_loose("line") else super().rework_kg

    @cached_property
    def first_start(self) -> tuple[int, ...]:
        """No pause after what it ran before, where the line is loosened."""
        return (0,) * len(self.names) if self._is_loose("line") else super().first_start

    @cached_property
    def setup_slots(self) -> int:
        """No set-up, where the line is loosened."""
        return 0 if self._is_loose("line") else super().setup_slots

    @cached_property
    def run_slots(self) -> int:
        """Runs as short as a slot, where the line is loosened."""
        return 1 if self._is_loose("line") else super().run_slots


def loosened(problem: Problem, options: Options, loose: Iterable[Limit]) -> Loosened:
    """The frame of a problem without some of its limits."""
    gone = frozenset(loose)
    return Loosened(_problem(problem, gone), _options(options, gone), gone)


def _problem(problem: Problem, loose: frozenset[Limit]) -> Problem:
    plant = problem.plant
    if Limit("conches") in loose:
        plant = replace(plant, conches=replace(plant.conches, count=PLENTY))
    if Limit("refining") in loose:
        plant = replace(plant, refining=replace(plant.refining, rate_kg_h=plant.refining.rate_kg_h * PLENTY))
    there = tuple(_mass(problem, limit.which, loose) for limit in sorted(loose) if limit.what == "mass")
    # An order that is given up stays, of nothing: its product's tanks keep their limits.
    kept = tuple(replace(o, kg=0.0) if Limit("order", o.id) in loose else o for o in problem.orders)
    # What was due before is late whatever is done: here only what is due inside the horizon counts.
    finished = {name: max(0.0, kg) for name, kg in problem.finished_kg.items()}
    return replace(problem, plant=plant, orders=kept, running=(*problem.running, *there), finished_kg=finished)


def _mass(problem: Problem, product: str, loose: frozenset[Limit]) -> Batch:
    """Mass enough at once, or a full tank where tanks are a limit: a batch that ends as the horizon begins."""
    start, plant = problem.horizon.start, problem.plant
    kg = sum(t.capacity_kg for t in plant.tanks_of(product)) - problem.stocks_kg.get(product, 0.0)
    if Limit("tank", product) in loose:
        kg += 2 * sum(o.kg for o in problem.orders if o.product == product)
    begun = start - timedelta(hours=plant.product(product).conche_hours)
    return Batch("there", product, "conche", "", begun, start, max(0.0, kg))


def _options(options: Options, loose: frozenset[Limit]) -> Options:
    fixed = tuple(b for b in options.fixed if Limit("held", b.id) not in loose)
    peak_kw = None if Limit("peak") in loose else options.peak_kw
    return replace(options, fixed=fixed, peak_kw=peak_kw, night_work=options.night_work or Limit("night") in loose)


# --------------------------------------------------------------------------------------------------------- the program
def on_time_program(frame: Loosened) -> Program:
    """The limits that are left, and every order that is left on time; nothing is minimised.

    Raises:
        ValueError: no product is asked for, so there is nothing to decide.
    """
    columns = Columns(len(frame.names), frame.count)
    # the cuts take it that the tanks end as full as they begin
    tight = () if any(limit.what == "end" for limit in frame.loose) else cuts(frame)
    matrix, row_low, row_high = stacked(chain(limits(frame), tight), columns)
    low, high = bounds(frame, columns)
    hold_fixed(frame, columns, low, high)
    for p, name in enumerate(frame.names):
        high[columns.of("late", p)] = 0.0
        if Limit("end", name) in frame.loose:
            low[columns.of("stock", p).stop - 1] = frame.heel_kg[p]
    return Program(columns, np.zeros(columns.width), matrix, row_low, row_high, low, high, integrality(columns))


def holds(frame: Loosened, limit_s: float, *, whole: bool) -> bool | None:
    """Whether what is left holds together; None where that was not settled in time.

    Args:
        whole: False for the relaxed problem: what does not hold there does not hold at all.
    """
    if np.any(frame.fixed_kw > frame.limit_kw + 1e-6):
        return False
    if not frame.names:
        return True
    program = on_time_program(frame)
    found = solved(program if whole else replace(program, whole=np.zeros_like(program.whole)), limit_s, GAP)
    return True if found.x is not None else (False if found.impossible else None)


def on_time_eur(frame: Loosened, limit_s: float) -> float | None:
    """What the cheapest plan costs that has every order on time, EUR; None where none was found in time."""
    program = on_time_program(frame)
    return solved(replace(program, cost=objective(frame, program.columns)), limit_s, GAP).eur
