"""Sums of products that are the same on every processor.

BLAS adds in the order that its processor likes best, and a last digit that differs can send the solver another way to
another plan: a decision would not be made again elsewhere as it was (``docs/replay.md``).
"""

from __future__ import annotations

from math import fsum

import numpy as np

from chocolate_factory.planning.arrays.types import Floats


def dot(one: Floats, other: Floats) -> float:
    """The sum of products, rounded once."""
    return fsum((one * other).tolist())


def ahead(profile: Floats, values: Floats) -> Floats:
    """At each place the profile times the values from there on; what lies behind the last value is nothing."""
    found = np.zeros(values.size)
    for by, weight in enumerate(profile[: values.size].tolist()):
        found[: values.size - by] += weight * values[by:]
    return found
