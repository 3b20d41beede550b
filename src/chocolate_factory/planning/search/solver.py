"""One call of SciPy's HiGHS: a program, a time limit and a gap in; columns and a bound out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.schedule import Schedule
from chocolate_factory.planning.arrays.types import Floats
from chocolate_factory.planning.program.program import Program

SOLVER = "HiGHS"
#: Heuristics of HiGHS, by its own options' names, that solve smaller programs on the way. Each of those drags the whole
#: relaxed tail along: most of the time went there, for little (benchmarks/planning.py, the rows with a relaxed tail).
WITHOUT_TAILS = {"mip_heuristic_run_root_reduced_cost": False, "mip_heuristic_run_rins": False}
#: What ``milp`` says of a search that its limit ended, and of a program that nothing satisfies.
_STOPPED, _INFEASIBLE = 1, 2


@dataclass(frozen=True)
class Answer:
    """What one call or a chain of them found: columns, if any, and a bound of the whole objective, EUR.

    Attributes:
        eur: the objective of the columns; of a chain's last call.
        impossible: whether it was proved that no columns satisfy the program.
        stopped: whether the time limit ended the search.
        nodes: of the search tree.
    """

    x: Floats | None
    bound: float | None
    eur: float | None = None
    impossible: bool = False
    stopped: bool = False
    nodes: int = 0

    @property
    def gap(self) -> float | None:
        """How far the columns are from the bound at most, per unit of what they cost."""
        if self.eur is None or self.bound is None:
            return None
        return max(0.0, self.eur - self.bound) / max(abs(self.eur), 1e-9)


class Solver(Protocol):
    """Who answers a program: ``solved``, or whoever notes what it says (``noted.py``)."""

    def __call__(self, p: Program, limit_s: float, gap: float, *, tail: bool = False) -> Answer:
        """As ``solved``."""
        ...


def solved(p: Program, limit_s: float, gap: float, *, tail: bool = False) -> Answer:
    """What the solver finds within a time limit, seconds, and a relative gap.

    Args:
        tail: whether a long part of the program is relaxed.
    """
    with warnings.catch_warnings():
        # SciPy hands options that it does not know itself on to HiGHS as they are, and says so each time
        warnings.filterwarnings("ignore", "Unrecognized options detected", RuntimeWarning)
        result = milp(
            p.cost,
            integrality=p.whole.astype(int),
            bounds=Bounds(p.low, p.high),
            constraints=LinearConstraint(p.matrix, p.row_low, p.row_high),
            options={"time_limit": limit_s, "mip_rel_gap": gap, **(WITHOUT_TAILS if tail else {})},
        )
    # Without whole columns there is no search and no bound of one: the optimum is its own.
    bound = result.get("mip_dual_bound") if p.whole.any() else result.fun
    known = float(bound) if bound is not None and np.isfinite(bound) else None
    ended = {"impossible": result.status == _INFEASIBLE, "stopped": result.status == _STOPPED}
    return Answer(result.x, known, result.fun, **ended, nodes=result.get("mip_node_count") or 0)


class Watch:
    """What is left of the time limit, seconds, and who solves meanwhile."""

    def __init__(self, limit_s: float, solver: Solver = solved) -> None:
        self.solved = solver
        self._begun = perf_counter()
        self._limit_s = limit_s

    @property
    def spent_s(self) -> float:
        """Since it began."""
        return perf_counter() - self._begun

    @property
    def left_s(self) -> float:
        """Until the limit; a moment at least, so that a solver can say no."""
        return max(0.05, self._limit_s - self.spent_s)

    def share(self, part: float) -> Watch:
        """Another watch for a part of what is left."""
        return Watch(self.left_s * part, self.solved)


def schedule_from(frame: Frame, whole: Program, x: Floats) -> Schedule:
    """The decisions in a solver's columns, cleaned of its tolerance."""
    columns, line, output = whole.columns, np.full(frame.count, -1), np.zeros(frame.count)
    begins: list[tuple[int, int]] = []
    for p in range(len(frame.names)):
        begins += [(p, int(t)) for t in np.flatnonzero(x[columns.of("begin", p)] > 0.5)]
        on = x[columns.of("on", p)] > 0.5
        line[on] = p
        output[on] = x[columns.of("output", p)][on]
    schedule = Schedule(tuple(sorted(begins, key=lambda b: (b[1], b[0]))), tuple(int(p) for p in line), output)
    for run in schedule.runs():
        output[run.first : run.first + frame.setup_slots] = 0.0
        made = slice(run.first + frame.setup_slots, run.end)
        output[made] = np.clip(output[made], frame.least_kg, frame.most_kg)
    return schedule
