"""What the days behind a plan cost by what it leaves for them: their own program relaxed, and its slope.

Relaxed means that batches and runs may be begun in parts, so what is said is never too much. It is convex in what is
left, and its slope at one place gives a plane that lies below it everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from chocolate_factory.domain.plan import Options, Plane, Problem
from chocolate_factory.domain.plant import Order
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.sums import dot
from chocolate_factory.planning.arrays.types import Floats
from chocolate_factory.planning.program.program import Program, program

#: How much more of a product is left to see what follows from it, kg; the program is linear in it down to the heel.
STEP_KG = 1.0


@dataclass(frozen=True, slots=True)
class Left:
    """What a plan leaves: liquid chocolate in the tanks, and good output that is not due yet, kg by product."""

    warm_kg: dict[str, float]
    finished_kg: dict[str, float]


def plane_at(days: Problem, options: Options, left: Left) -> Plane | None:
    """The plane that touches what the days cost where so much is left; None where nothing keeps their limits then.

    Args:
        days: behind the plan, whatever their stocks say.
    """
    frame = _frame(days, options, left)
    if not frame.names:  # nothing is made: the plant at rest, whatever is left
        return Plane(dot(frame.fixed_kw, frame.price) * frame.step, {}, {})
    here = program(frame, tight=False)
    found = _solved(here)
    if found is None:
        return None
    eur, slopes = found

    def slope(more: Left) -> float:
        return slopes.towards(here, _begun_with(days, options, more))

    warm = {name: slope(_more(left, name, warm=True)) for name in left.warm_kg}
    done = {name: slope(_more(left, name, warm=False)) for name in left.finished_kg}
    nothing = eur - sum(warm[n] * kg for n, kg in left.warm_kg.items())
    return Plane(nothing - sum(done[n] * kg for n, kg in left.finished_kg.items()), warm, done)


def _more(left: Left, name: str, *, warm: bool) -> Left:
    if warm:
        return replace(left, warm_kg={**left.warm_kg, name: left.warm_kg[name] + STEP_KG})
    return replace(left, finished_kg={**left.finished_kg, name: left.finished_kg[name] + STEP_KG})


def _frame(days: Problem, options: Options, left: Left) -> Frame:
    """The days begun with what is left; a product that only its tank asks for is asked for by an order of nothing."""
    end = days.horizon.end
    tanks = (Order(f"tanks of {name}", name, 0.0, end) for name, kg in (days.end_kg or {}).items() if kg > 0)
    begun = replace(days, stocks_kg=left.warm_kg, finished_kg=left.finished_kg, orders=(*days.orders, *tanks))
    return Frame(begun, options)


def _begun_with(days: Problem, options: Options, left: Left) -> Program:
    """The days' program, begun with what is left."""
    return program(_frame(days, options, left), tight=False)


@dataclass(frozen=True)
class _Slopes:
    """What the cost gains for each unit that a bound is raised: of rows and of columns."""

    rows: Floats
    columns: Floats

    def towards(self, here: Program, there: Program) -> float:
        """EUR/kg on the way from one program to another that differs in its bounds alone."""
        rows = _moved(here.row_low, there.row_low, here.row_high, there.row_high, self.rows)
        columns = _moved(here.low, there.low, here.high, there.high, self.columns)
        return (rows + columns) / STEP_KG


def _moved(low: Floats, low_there: Floats, high: Floats, high_there: Floats, slope: Floats) -> float:
    """A slope above nothing is a lower bound's, one below is an upper bound's."""
    by_low = np.where(slope > 0, _difference(low_there, low), 0.0)
    by_high = np.where(slope < 0, _difference(high_there, high), 0.0)
    return dot(slope, by_low + by_high)


def _difference(there: Floats, here: Floats) -> Floats:
    finite = np.isfinite(there) & np.isfinite(here)
    return np.where(finite, np.where(finite, there, 0.0) - np.where(finite, here, 0.0), 0.0)


def _solved(p: Program) -> tuple[float, _Slopes] | None:
    """The least cost of a program with nothing whole, and its slopes."""
    same = p.row_low == p.row_high
    above, below = ~same & np.isfinite(p.row_high), ~same & np.isfinite(p.row_low)
    found = linprog(
        p.cost,
        A_ub=sparse.vstack([p.matrix[above], -p.matrix[below]]),
        b_ub=np.append(p.row_high[above], -p.row_low[below]),
        A_eq=p.matrix[same],
        b_eq=p.row_low[same],
        bounds=np.column_stack([p.low, p.high]),
        method="highs",
    )
    if found.status != 0:
        return None
    rows, split = np.zeros(same.size), int(above.sum())
    rows[same] = found.eqlin.marginals
    rows[above] += found.ineqlin.marginals[:split]
    rows[below] -= found.ineqlin.marginals[split:]
    return float(found.fun), _Slopes(rows, found.lower.marginals + found.upper.marginals)
