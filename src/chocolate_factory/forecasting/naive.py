"""The forecasts that need no model, and that a model must beat.

Invariants:
    None looks at a day after the origin: of lead L, only rows ``target - L`` and earlier.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

import numpy as np

from chocolate_factory.domain.time import DAY
from chocolate_factory.modelling.numbers import Floats, Ints

#: Days that the EPF naive takes from last week: Monday, Saturday, Sunday.
_FROM_LAST_WEEK = (0, 5, 6)
#: Forecasts of the target rows: (values by day, first day, target rows, lead) to targets x 24.
Naive = Callable[[Floats, date, Ints, int], Floats]


def yesterday(values: Floats, _first: date, targets: Ints, lead: int) -> Floats:
    """The last known day again."""
    return values[targets - lead]


def last_week(values: Floats, _first: date, targets: Ints, _lead: int) -> Floats:
    """The same weekday of the week before, known for every lead up to seven days."""
    return values[targets - 7]


def epf_naive(values: Floats, first: date, targets: Ints, lead: int) -> Floats:
    """Monday, Saturday and Sunday as last week, else as the last known day (Lago et al. 2021, there of lead 1)."""
    weekdays = np.array([(first + int(row) * DAY).weekday() for row in targets])
    weekly = np.isin(weekdays, _FROM_LAST_WEEK)[:, None]
    return np.where(weekly, last_week(values, first, targets, lead), yesterday(values, first, targets, lead))


def week_profile(values: Floats, _first: date, targets: Ints, lead: int) -> Floats:
    """Each hour's mean over the last known week: days ahead, harder to beat than any single day."""
    profile: Floats = np.mean([values[targets - lag] for lag in range(lead, lead + 7)], axis=0)
    return profile


#: By the name under which they are scored.
NAIVES: Final[Mapping[str, Naive]] = {
    "yesterday": yesterday, "last week": last_week, "EPF naive": epf_naive, "the week's mean": week_profile,
}  # fmt: skip
