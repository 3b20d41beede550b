"""Places among others: the share that is lower, with missing values left out.

Equal values count half, so a flat day is all 0.5 and no order is made up.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from chocolate_factory.modelling.numbers import Floats, Ints

#: So many of a week's hours must be known for a place among them to mean something.
FEWEST_H: Final = 84


def place(values: Floats, others: Floats, fewest: int = FEWEST_H) -> Floats:
    """Share of each row of ``others`` below the row's value, equal ones counted half; 0 to 1.

    Args:
        others: rows x n, NaN where there is none.
        fewest: with fewer others than this the place is NaN.
    """
    own, known = values[:, None], (~np.isnan(others)).sum(axis=1)
    below = (others < own).sum(axis=1) + 0.5 * (others == own).sum(axis=1)
    return np.where(np.isnan(values) | (known < fewest), np.nan, below / np.maximum(known, 1))


def rank(values: Floats, others: Floats) -> Floats:
    """The same among the hours of a day: 0 where all others are higher, 1 where all are lower."""
    return place(values, others, fewest=1)


def place_within(values: Floats, groups: Ints, fewest: int) -> Floats:
    """Each value's place in its own group, itself counted as equal; NaN in groups with fewer known than that.

    Args:
        groups: never falling, e.g. the number of each hour's week.
    """
    found = np.full(len(values), np.nan)
    for group in np.unique(groups):
        inside = np.flatnonzero((groups == group) & ~np.isnan(values))
        if len(inside) >= fewest:
            found[inside] = _places(values[inside])
    return found


def _places(values: Floats) -> Floats:
    ordered = np.sort(values)
    below, upto = np.searchsorted(ordered, values, "left"), np.searchsorted(ordered, values, "right")
    return (below + upto) / (2 * len(ordered))


def nearest_place(value: float, among: Floats, into: Floats) -> float:
    """The value of ``into`` that stands where ``value`` would among ``among``; beyond the ends as far beyond.

    Of two series that rise and fall together it tells what one would be, were the other at ``value``.
    """
    first, second = np.sort(among[~np.isnan(among)]), np.sort(into[~np.isnan(into)])
    shares = np.linspace(0, 1, len(first)), np.linspace(0, 1, len(second))
    beyond = min(0.0, value - first[0]) + max(0.0, value - first[-1])
    return float(np.interp(np.interp(value, first, shares[0]), shares[1], second) + beyond)
