"""What the solver said, noted call by call, so that a plan can be made again on any machine, whatever its speed.

HiGHS gives the same answer to the same program each time, unless its time limit ends the search. Then the answer is
wherever it had come to, and no search for as long finds that again: such an answer is noted itself. Whoever makes the
plan again is given it, once it is proved that it keeps every limit of the program and costs what was said. Every other
program is solved again.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isclose
from time import perf_counter

import numpy as np

from chocolate_factory.domain.plan_record import Solve
from chocolate_factory.planning.arrays.types import Floats
from chocolate_factory.planning.program.program import Program
from chocolate_factory.planning.search.solver import Answer, solved

#: How far an answer may be beyond a limit: ten times what HiGHS takes for whole (``mip_feasibility_tolerance``).
TOLERANCE = 1e-5
#: A search that its limit did not end may take so many times as long on a slower machine.
PATIENCE = 10.0


class Noted:
    """Solves as ``solved`` does and notes each call.

    Args:
        before: what was noted when the same plan was made before; its answers are given again.

    Attributes:
        calls: what was noted, in order.
    """

    def __init__(self, before: Sequence[Solve] = ()) -> None:
        self.calls: list[Solve] = []
        self._before = before

    def __call__(self, p: Program, limit_s: float, gap: float, *, tail: bool = False) -> Answer:
        """What the solver finds, or found before."""
        begun, before = perf_counter(), self._next()
        answer = found_before(before, p) if before is not None and before.stopped else None
        if answer is None:
            patience = PATIENCE if before is not None and not before.stopped else 1.0
            answer = solved(p, limit_s * patience, gap, tail=tail)
        self.calls.append(_noted(answer, perf_counter() - begun))
        if before is not None and not before.agrees(self.calls[-1]):
            self._before = ()
        return answer

    def _next(self) -> Solve | None:
        """What was noted of this call before; None where nothing was, or another way was taken since."""
        return self._before[len(self.calls)] if len(self.calls) < len(self._before) else None


def found_before(noted: Solve, p: Program) -> Answer | None:
    """The answer of a search that was stopped; None where it is none of this program."""
    if noted.eur is None:
        return Answer(None, noted.bound_eur, stopped=True, nodes=noted.nodes)
    x = np.array(noted.columns)
    if not keeps_limits(x, p) or not isclose(float(p.cost @ x), noted.eur, rel_tol=1e-9, abs_tol=1e-6):
        return None
    return Answer(x, noted.bound_eur, noted.eur, stopped=True, nodes=noted.nodes)


def keeps_limits(x: Floats, p: Program) -> bool:
    """Whether columns satisfy a program: bounds, rows, whole numbers."""
    if x.shape != p.cost.shape:
        return False
    rows = p.matrix @ x
    inside = _within(x, p.low, p.high) and _within(rows, p.row_low, p.row_high)
    return bool(inside and np.all(np.abs(x - np.rint(x))[p.whole] <= TOLERANCE))


def _within(values: Floats, low: Floats, high: Floats) -> bool:
    room = TOLERANCE * np.maximum(1.0, np.abs(values))
    return bool(np.all(values >= low - room) and np.all(values <= high + room))


def _noted(answer: Answer, seconds: float) -> Solve:
    columns = tuple(answer.x.tolist()) if answer.stopped and answer.x is not None else ()
    return Solve(seconds, answer.eur, answer.bound, answer.nodes, answer.stopped, columns)
