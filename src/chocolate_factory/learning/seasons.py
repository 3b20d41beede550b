"""Season-matched windows: the last fortnight, and the same weeks of earlier years.

August is compared with Augusts, so that summer is no drift. How far an ordinary fortnight lies from the same weeks of
*other* years is measured on the earlier years themselves: a fixed limit (PSI 0.25, as banks use it) supposes
independent values, and the 336 hours of two weeks of one weather are worth about a dozen.

Invariants:
    An earlier year lies whole multiples of 364 days back: weekdays face weekdays.
    A day that is not wholly known counts nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

import numpy as np

from chocolate_factory.domain.time import DAY
from chocolate_factory.modelling.numbers import Floats

#: Days that are judged together: two weeks hold each weekday twice.
WINDOW: Final = 14
#: Days before and after the same date of an earlier year that belong to the season.
REACH: Final = 28
YEAR: Final = 364
#: Days that must be whole: of the window, and of an earlier year's season.
FEWEST_NOW, FEWEST_THEN = 10, 42
#: Earlier years; with one alone nothing says how much years differ.
FEWEST_YEARS, MOST_YEARS = 2, 5
#: Days by which ordinary windows of an earlier year are shifted against the date.
_SHIFTS = range(-21, 22, 7)


class DayTable(Protocol):
    """Consecutive Madrid days: row 0 is ``first``, 24 local hours each, NaN where a day is not wholly known."""

    @property
    def first(self) -> date:
        """The day of row 0."""
        ...

    @property
    def values(self) -> Floats:
        """Days x 24."""
        ...


@dataclass(frozen=True)
class Season:
    """The same weeks of earlier years.

    Attributes:
        years: for each, its days within four weeks of the date, whole days x 24.
        windows: for each, its ordinary fortnights, whole days x 24 each.
    """

    years: tuple[Floats, ...]
    windows: tuple[tuple[Floats, ...], ...]

    @property
    def all_days(self) -> Floats:
        """Those of every year."""
        return np.vstack(self.years)

    def others(self, year: int) -> Floats:
        """Those of every year but one."""
        return np.vstack([days for n, days in enumerate(self.years) if n != year])


def days_between(table: DayTable, first: date, end: date) -> Floats:
    """The whole days of [first, end); those outside the table are not there."""
    row = (first - table.first).days
    rows = table.values[max(row, 0) : max(row + (end - first).days, 0)]
    return rows[~np.isnan(rows).any(axis=1)]


def window_to(table: DayTable, last: date) -> Floats | None:
    """The fortnight that ends with a day; None where too few of its days are whole."""
    rows = days_between(table, last - (WINDOW - 1) * DAY, last + DAY)
    return rows if len(rows) >= FEWEST_NOW else None


def season_of(table: DayTable, last: date) -> Season | None:
    """What the fortnight that ends with a day is compared with; None where there are too few years of it."""
    years, windows = [], []
    for back in range(1, MOST_YEARS + 1):
        same = last - back * YEAR * DAY
        middle = same - WINDOW // 2 * DAY
        days = days_between(table, middle - REACH * DAY, middle + REACH * DAY)
        if len(days) >= FEWEST_THEN:
            years.append(days)
            shifted = (window_to(table, same + shift * DAY) for shift in _SHIFTS)
            windows.append(tuple(w for w in shifted if w is not None))
    return Season(tuple(years), tuple(windows)) if len(years) >= FEWEST_YEARS else None
