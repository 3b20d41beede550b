"""How much of a limit would have to give way: the limit is taken out and put back with a column that it costs.

All other limits stay as they are, so what is found is a way out by itself, and the least of its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from chocolate_factory.domain.thermal import cold_margin_kw
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.types import Bools, Floats, Matrix
from chocolate_factory.planning.conflicts.loosened import Limit, Loosened, on_time_program
from chocolate_factory.planning.program.constraints import conches, power, tanks
from chocolate_factory.planning.program.matrices import Columns, Rows, by_slot, lag, one_row, recent, stacked
from chocolate_factory.planning.program.program import Program
from chocolate_factory.planning.search.solver import solved

#: Relative gap that is good enough.
GAP = 0.01
#: How much dearer an hour of crew is for each hour that it lies away from a shift: so that it joins one.
AWAY = 0.01


@dataclass(frozen=True)
class Give:
    """A limit with columns that let it give way: ``low <= rows + slack columns <= high``.

    Attributes:
        slack: of each row (in order) and new column.
        cost: of each new column.
        whole: whether the new columns count things.
    """

    rows: tuple[Rows, ...]
    slack: Matrix
    cost: Floats
    whole: bool = False


@dataclass(frozen=True)
class Given:
    """How much gave way, by new column, and the line's output by slot."""

    slack: Floats
    output_kg: Floats


def least_give(give: Give, frame: Loosened, limit_s: float) -> Given | None:
    """The least that has to give; None where the other limits do not hold even so, or time is up.

    Args:
        frame: without the limit that gives.
    """
    if np.any(frame.fixed_kw > frame.limit_kw + 1e-6):
        return None
    if not frame.names:  # nothing is decided: what the plant takes at rest is over its limit
        return Given(np.array([-np.min(give.rows[0].high)]), np.zeros(frame.count))
    found = solved(_widened(on_time_program(frame), give), limit_s, GAP)
    if found.x is None:
        return None
    return Given(found.x[-give.cost.size :], _output(frame, Columns(len(frame.names), frame.count), found.x))


def _widened(program: Program, give: Give) -> Program:
    """The program with the limit's rows and the columns that let it give way."""
    new = give.cost.size
    extra, low, high = stacked(give.rows, program.columns)
    wide = sparse.hstack([program.matrix, sparse.csr_array((program.matrix.shape[0], new))])
    return replace(
        program,
        cost=np.append(program.cost, give.cost),
        matrix=sparse.vstack([wide, sparse.hstack([extra, give.slack])], format="csr"),
        row_low=np.append(program.row_low, low),
        row_high=np.append(program.row_high, high),
        low=np.append(program.low, np.zeros(new)),
        high=np.append(program.high, np.full(new, np.inf)),
        whole=np.append(program.whole, np.full(new, give.whole)),
    )


def _output(frame: Frame, columns: Columns, x: Floats) -> Floats:
    total: Floats = sum((x[columns.of("output", p)] for p in range(len(frame.names))), np.zeros(frame.count))
    return total


# ---------------------------------------------------------------------------------------------------- limit by limit
def give_of(limit: Limit, strict: Frame, frame: Loosened) -> Give | None:
    """How a limit may give; None for one that cannot, or only altogether.

    Args:
        strict: with the limit; ``frame`` is without it.
    """
    maker = GIVES.get(limit.what)
    return None if maker is None else maker(limit, strict, frame)


def _power(_limit: Limit, strict: Frame, frame: Loosened) -> Give:
    """Kilowatts over the contract or the peak, the same all the time."""
    rows = power(frame)
    over = Rows(rows.blocks, -np.inf, strict.limit_kw - frame.fixed_kw)
    return Give((over,), _one_for_all(frame.count), np.ones(1))


def _hall(_limit: Limit, strict: Frame, frame: Loosened) -> Give:
    """Kilowatts of cold that are missing in the worst slot in which the line then runs."""
    airs = (s.air for s in strict.problem.slots)
    missing = np.array([max(0.0, -cold_margin_kw(air, strict.problem.plant)) for air in airs])
    blocks = {("on", p): by_slot(missing) for p in range(len(frame.names))}
    return Give((Rows(blocks, -np.inf, 0.0),), _one_for_all(frame.count), np.ones(1))


def _crew(_limit: Limit, strict: Frame, frame: Loosened) -> Give:
    """Hours of crew where there is none, next to a shift rather than far from it."""
    conches = frame.problem.plant.conches
    if conches.unattended and frame.options.night_work:
        return _hours(frame, ~strict.crew)
    return _hours(frame, ~strict.crew, frame.conche_slots, conches.count)


def _quiet(_limit: Limit, strict: Frame, frame: Loosened) -> Give:
    """Hours of work in what are quiet hours."""
    return _hours(frame, strict.quiet)


def _hours(frame: Frame, barred: Bools, attended: Sequence[int] | None = None, at_once: int = 1) -> Give:
    """One column for each barred slot in which there is work all the same, on the line or for a batch.

    Args:
        attended: slots of a batch, by product, that count as work; its fill by default.
        at_once: so many batches at a time are work for one column.
    """
    where = np.flatnonzero(barred)
    work = attended or (frame.fill_slots,) * len(frame.names)
    rows = (
        Rows({("on", p): lag(frame.count, 0).picked(where) for p in range(len(work))}, -np.inf, 0.0),
        Rows(
            {("begin", p): recent(frame.count, n).picked(where) * (1 / at_once) for p, n in enumerate(work)},
            -np.inf,
            0.0,
        ),
    )
    free = np.flatnonzero(~barred)
    away_h = np.array([np.abs(free - t).min(initial=frame.count) for t in where]) * frame.step
    slack = sparse.vstack([-sparse.eye_array(where.size)] * 2, format="csr")
    return Give(rows, slack, frame.step * (1 + AWAY * away_h), whole=True)


def _conches(_limit: Limit, strict: Frame, frame: Loosened) -> Give:
    """More conches."""
    return Give((conches(strict),), _one_for_all(frame.count), np.ones(1), whole=True)


def _tank(limit: Limit, strict: Frame, frame: Loosened) -> Give:
    """More room in a product's tanks, kg."""
    return Give((tanks(strict, strict.names.index(limit.which)),), _one_for_all(frame.count), np.ones(1))


def _end(limit: Limit, strict: Frame, frame: Loosened) -> Give:
    """What a product's tanks may hold less at the end than at the start, kg."""
    p = strict.names.index(limit.which)
    last = one_row(frame.count - 1, frame.count, 1.0)
    return Give((Rows({("stock", p): last}, strict.end_kg[p], np.inf),), sparse.csr_array([[1.0]]), np.ones(1))


def _one_for_all(rows: int) -> Matrix:
    """One column that every row may use."""
    return sparse.csr_array(np.full((rows, 1), -1.0))


GIVES: Mapping[str, Callable[[Limit, Frame, Loosened], Give]] = {
    "contract": _power,
    "peak": _power,
    "hall": _hall,
    "crew": _crew,
    "quiet": _quiet,
    "conches": _conches,
    "tank": _tank,
    "end": _end,
}
