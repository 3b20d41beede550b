"""Columns of the program and the few sparse blocks that its constraints are made of.

A family of constraints is some rows: for each variable and product a block of rows by slots, and bounds. Blocks are
bare lists of entries, for SciPy's sparse matrices take longer to make than everything else here together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from chocolate_factory.planning.arrays.types import Floats, Matrix

Places: TypeAlias = NDArray[np.int64]
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
class Block:
    """Entries of a sparse matrix of ``height`` rows by slots; entries in one place add up."""

    height: int
    row: Places
    col: Places
    value: Floats

    #: NumPy's numbers leave their product with a block to the block.
    __array_ufunc__ = None

    def __mul__(self, factor: float) -> Block:
        return replace(self, value=self.value * factor)

    __rmul__ = __mul__

    def __neg__(self) -> Block:
        return self * -1.0

    def __add__(self, other: Block) -> Block:
        row, col = np.append(self.row, other.row), np.append(self.col, other.col)
        return Block(self.height, row, col, np.append(self.value, other.value))

    def __sub__(self, other: Block) -> Block:
        return self + -other

    def scaled(self, factors: Floats) -> Block:
        """Each row times its own factor."""
        return replace(self, value=self.value * factors[self.row])

    def picked(self, rows: Places) -> Block:
        """These rows alone, each picked once."""
        there = np.full(self.height, -1)
        there[rows] = np.arange(rows.size)
        kept = there[self.row] >= 0
        return Block(rows.size, there[self.row[kept]], self.col[kept], self.value[kept])


@dataclass(frozen=True)
class Rows:
    """A family: ``low <= sum of blocks <= high``."""

    blocks: Mapping[tuple[str, int], Block]
    low: Floats | float
    high: Floats | float

    @property
    def height(self) -> int:
        """Number of rows."""
        return next(iter(self.blocks.values())).height


def lag(slots: int, by: int) -> Block:
    """``x[t - by]`` of each slot t; nothing before the first."""
    row = np.arange(by, slots)
    return Block(slots, row, row - by, np.ones(row.size))


def recent(slots: int, length: int) -> Block:
    """The sum of ``x`` over each slot and those before it, ``length`` in all."""
    return weighted(slots, np.ones(length))


def coming(slots: int, length: int) -> Block:
    """The sum of ``x`` over the ``length`` slots after each slot."""
    row, by = _inside(slots, np.arange(1, length + 1), later=True)
    return Block(slots, row, row + by, np.ones(row.size))


def weighted(slots: int, weights: Floats) -> Block:
    """``sum over k of weights[k] x[t - k]`` of each slot t."""
    row, by = _inside(slots, np.arange(weights.size), later=False)
    return Block(slots, row, row - by, weights[by])


def _inside(slots: int, reach: Places, *, later: bool) -> tuple[Places, Places]:
    """Each slot with each distance that stays inside the horizon."""
    row, by = np.repeat(np.arange(slots), reach.size), np.tile(reach, slots)
    kept = row + by < slots if later else row >= by
    return row[kept], by[kept]


def by_slot(values: Floats) -> Block:
    """Each slot's own factor."""
    every = np.arange(values.size)
    return Block(values.size, every, every, values)


def one_row(first: int, end: int, value: Floats | float) -> Block:
    """One row with these values, or the same one, in the slots ``first`` to ``end``."""
    col = np.arange(first, end)
    return Block(1, np.zeros_like(col), col, np.broadcast_to(np.asarray(value, dtype=float), col.shape))


def stacked(families: Iterable[Rows], columns: Columns) -> tuple[Matrix, Floats, Floats]:
    """All families as one matrix with its bounds."""
    found = list(families)
    ends = np.cumsum([family.height for family in found])
    rows, cols, values = [], [], []
    for family, end in zip(found, ends, strict=True):
        for place, block in family.blocks.items():
            rows.append(block.row + (end - block.height))
            cols.append(block.col + columns.of(*place).start)
            values.append(block.value)
    where = (np.concatenate(rows), np.concatenate(cols))
    matrix = sparse.csr_array((np.concatenate(values), where), shape=(int(ends[-1]), columns.width))
    matrix.eliminate_zeros()
    low = np.concatenate([np.broadcast_to(family.low, family.height) for family in found])
    return matrix, low, np.concatenate([np.broadcast_to(family.high, family.height) for family in found])
