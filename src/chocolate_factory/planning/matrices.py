"""Columns of the program and the few sparse matrices that its constraints are made of.

A family of constraints is a block of rows: for each variable and product a matrix of slots by slots, and bounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from chocolate_factory.planning.frame import Floats, Matrix

#: What is decided, each by product and slot: a batch begins, the line is on, a run begins, output in kg, mass in the
#: tanks at the slot's end, output until then without rework, and what is late then.
#: Begins and runs of a day stand in its last slot; nothing follows from them, but to branch on a sum settles more at
#: once than to branch on its parts. A start is whole where ``on`` is.
VARIABLES = ("begin", "on", "start", "output", "stock", "made", "late", "begins of day", "runs of day")
WHOLE = frozenset({"begin", "on", "begins of day", "runs of day"})


@dataclass(frozen=True)
class Columns:
    """Where each variable stands; the last column is the constant 1, which carries the cost nobody decides."""

    products: int
    slots: int

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(VARIABLES) * self.products * self.slots + 1

    def of(self, variable: str, product: int) -> slice:
        """The columns of one variable and product, by slot."""
        first = (VARIABLES.index(variable) * self.products + product) * self.slots
        return slice(first, first + self.slots)


@dataclass(frozen=True)
class Rows:
    """A family: ``low <= sum of blocks <= high``."""

    blocks: Mapping[tuple[str, int], Matrix]
    low: Floats | float
    high: Floats | float

    @property
    def height(self) -> int:
        """Number of rows."""
        return int(next(iter(self.blocks.values())).shape[0])


def lag(slots: int, by: int) -> Matrix:
    """``x[t - by]`` of each slot t; nothing before the first."""
    return sparse.eye_array(slots, k=-by, format="csr")


def recent(slots: int, length: int) -> Matrix:
    """The sum of ``x`` over each slot and those before it, ``length`` in all."""
    return weighted(slots, np.ones(length))


def coming(slots: int, length: int) -> Matrix:
    """The sum of ``x`` over the ``length`` slots after each slot."""
    reach = range(1, min(length, slots - 1) + 1)
    return sparse.diags_array([np.ones(slots - k) for k in reach], offsets=list(reach), shape=(slots, slots))


def weighted(slots: int, weights: Floats) -> Matrix:
    """``sum over k of weights[k] x[t - k]`` of each slot t."""
    kept = weights[:slots]
    if not kept.size:
        return sparse.csr_array((slots, slots))
    return sparse.diags_array(
        [np.full(slots - k, w) for k, w in enumerate(kept)],
        offsets=[-k for k in range(len(kept))],
        shape=(slots, slots),
    )


def by_slot(values: Floats) -> Matrix:
    """Each slot's own factor."""
    return sparse.diags_array(values, format="csr")


def stacked(families: Iterable[Rows], columns: Columns) -> tuple[Matrix, Floats, Floats]:
    """All families as one matrix with its bounds."""
    rows: list[Floats] = []
    cols: list[Floats] = []
    values: list[Floats] = []
    lows, highs, height = [], [], 0
    for family in families:
        for (variable, product), block in family.blocks.items():
            coo = block.tocoo()
            rows.append(coo.row + height)
            cols.append(coo.col + columns.of(variable, product).start)
            values.append(coo.data)
        lows.append(np.broadcast_to(family.low, family.height))
        highs.append(np.broadcast_to(family.high, family.height))
        height += family.height
    where = (np.concatenate(rows), np.concatenate(cols))
    matrix = sparse.csr_array((np.concatenate(values), where), shape=(height, columns.width))
    return matrix, np.concatenate(lows), np.concatenate(highs)
