"""What the models read: prices, and series that guide them, on the same rows of days.

A *guide* is another series that is already published for the first day ahead: the demand forecast at noon, or the
spot price for PVPC in the afternoon. It serves lead 1 alone; of later days nobody has published it.

Invariants:
    A model of lead L sees of a target day the prices of ``target - L`` and earlier, and of the guides nothing later
    than the target itself. ``until`` makes what lies after an origin NaN, so that a slip shows as NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.forecast import LEADS
from chocolate_factory.domain.time import DAY
from chocolate_factory.forecasting.days import Days
from chocolate_factory.modelling.numbers import Floats, Ints

#: Days before a target that features reach back to, beyond its lead.
REACH = 28
#: Lags of a guide, in days (Lago et al. 2021).
GUIDE_LAGS = (0, 1, 7)
#: With fewer days to learn from nothing is trained.
FEWEST_DAYS = 84


@dataclass(frozen=True)
class Panel:
    """Prices and guides by day.

    Attributes:
        first: the day of row 0.
        prices: rows x 24, EUR/MWh; missing days stood in for, NaN after the origin.
        real: which rows were all published: those alone are learnt from and scored on.
        guides: rows x 24 each, by name of their series; a day not wholly known is NaN, nothing stands in for it.
    """

    first: date
    prices: Floats
    real: NDArray[np.bool_]
    guides: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def origin(self) -> int:
        """The row of the last known day."""
        return int(np.flatnonzero(self.real)[-1])

    def day(self, row: int) -> date:
        """The day of a row, also of one beyond the panel."""
        return self.first + row * DAY

    def until(self, origin: int) -> Panel:
        """The panel as it was with another, earlier origin: guides end with the day after it."""
        prices, real = self.prices.copy(), self.real.copy()
        prices[origin + 1 :], real[origin + 1 :] = np.nan, False
        return replace(self, prices=prices, real=real, guides={n: _cut(g, origin + 2) for n, g in self.guides.items()})

    def without_guides(self) -> Panel:
        """Prices alone."""
        return replace(self, guides={})

    def targets(self, lead: int, days: int) -> Ints:
        """The rows of the last ``days`` days that a model of that lead can learn from.

        Raises:
            InputError: they are too few.
        """
        rows = np.arange(max(lead + REACH, self.origin - days + 1), self.origin + 1)
        rows = rows[self.real[rows] & self.has_inputs(rows, lead)]
        if len(rows) < FEWEST_DAYS:
            missing = FEWEST_DAYS - len(rows)
            raise InputError("prices", f"{len(rows)} days to learn from", f"{missing} more whole days are needed")
        return rows

    def has_inputs(self, rows: Ints, lead: int) -> NDArray[np.bool_]:
        """Which target rows have all that a model of that lead reads: lagged prices, and guides where there are any."""
        there: NDArray[np.bool_] = rows >= lead + REACH - 1
        inside = rows[there]
        lagged = [self.prices[inside - lag] for lag in range(lead, lead + REACH)]
        lagged += [guide[inside - lag] for guide in self.guides.values() for lag in GUIDE_LAGS]
        there[there] = ~np.isnan(np.stack(lagged)).any(axis=(0, 2))
        return there


def panel_of(prices: Days, guides: Mapping[str, Days] | None = None) -> Panel:
    """The series of one forecast on common rows, from the first price to the last day that may be forecast.

    Raises:
        InputError: no day's prices are known.
    """
    last = prices.last + LEADS[-1] * DAY
    on_rows = prices.between(prices.first, last)
    filled = on_rows.filled()
    filled[(prices.last - prices.first).days + 1 :] = np.nan
    beside = {name: days.between(prices.first, last).values for name, days in (guides or {}).items()}
    return Panel(prices.first, filled, on_rows.known, beside)


def _cut(rows: Floats, end: int) -> Floats:
    kept = rows.copy()
    kept[end:] = np.nan
    return kept
