"""Hours as days: a series as one row of 24 local hours for each Madrid day.

A model of the day-ahead market thinks in days of 24 hours. Of 25 hours the repeated one is averaged, of 23 the missing
one is the mean of its neighbours; both are inputs of models only, and forecasts go out for each hour that really comes.

Invariants:
    No hour enters that was not published at the moment of forecasting: ``days_known_at`` refuses it.
    Only days with every hour are known; the others are rows without values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.time import DAY, HOUR, MADRID, Resolution, madrid_day, slots
from chocolate_factory.modelling.numbers import Floats

#: A missing day is stood in for by the same weekday of a week before, so many weeks back at most.
WEEKS_BACK = 2


@dataclass(frozen=True)
class Days:
    """Consecutive Madrid days.

    Attributes:
        first: the day of row 0.
        values: days x 24 local hours; a day that is not wholly known is a row of NaN.
    """

    first: date
    values: Floats

    def __len__(self) -> int:
        return len(self.values)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which days are there."""
        return np.asarray(~np.isnan(self.values).any(axis=1))

    @property
    def last(self) -> date:
        """The last known day.

        Raises:
            InputError: none is known.
        """
        if not self.known.any():
            raise InputError("prices", "no whole day", "a forecast needs the prices of the weeks before")
        return self.first + int(np.flatnonzero(self.known)[-1]) * DAY

    def between(self, first: date, last: date) -> Days:
        """The rows from one day to another, both inclusive; what is not there is not known."""
        values = np.full(((last - first).days + 1, 24), np.nan)
        begin, end = max(first, self.first), min(last, self.first + (len(self) - 1) * DAY)
        if begin <= end:
            own = self.values[(begin - self.first).days : (end - self.first).days + 1]
            values[(begin - first).days : (end - first).days + 1] = own
        return Days(first, values)

    def filled(self) -> Floats:
        """The values, a missing day stood in for by the same weekday of one or two weeks before, where that is known.

        For lagged inputs only: no missing day becomes something to learn or to be scored on.
        """
        values = self.values.copy()
        for row in np.flatnonzero(~self.known):
            earlier = [row - 7 * weeks for weeks in range(1, WEEKS_BACK + 1) if row >= 7 * weeks]
            donor = next((r for r in earlier if self.known[r]), None)
            if donor is not None:
                values[row] = self.values[donor]
        return values


def days_known_at(at: datetime, hours: Mapping[datetime, float], published: Callable[[datetime], datetime]) -> Days:
    """A series as it was known at a moment.

    Args:
        hours: value by start of hour, aware.
        published: when the world could know the hour that begins at its argument, e.g. the catalogue's rule.

    Raises:
        InputError: an hour was published only later, is no start of an hour, or there is none at all.
    """
    if not hours:
        raise InputError("prices", "none", "a forecast needs the prices of the weeks before")
    refuse_later(at, hours, published)
    local: dict[tuple[date, int], list[float]] = {}
    for start, value in hours.items():
        wall = start.astimezone(MADRID)
        if wall.minute or wall.second or wall.microsecond:
            raise InputError("prices", start.isoformat(), "the start of an hour")
        local.setdefault((wall.date(), wall.hour), []).append(value)
    return _rows(local)


def refuse_later(at: datetime, starts: Iterable[datetime], published: Callable[[datetime], datetime]) -> None:
    """What keeps the future out.

    Raises:
        InputError: a slot was published only after ``at``.
    """
    for start in starts:
        known = published(start)
        if known > at:
            allowed = f"it was published at {known:%Y-%m-%d %H:%MZ} only, after {at:%Y-%m-%d %H:%MZ}"
            raise InputError("prices", start.isoformat(), allowed)


def _rows(local: Mapping[tuple[date, int], list[float]]) -> Days:
    by_day: dict[date, dict[int, list[float]]] = {}
    for (day, hour), found in local.items():
        by_day.setdefault(day, {})[hour] = found
    first, last = min(by_day), max(by_day)
    values = np.full(((last - first).days + 1, 24), np.nan)
    for day, hours in by_day.items():
        if sum(map(len, hours.values())) * HOUR == madrid_day(day).duration:
            values[(day - first).days] = _whole_day(hours)
    return Days(first, values)


def _whole_day(hours: Mapping[int, list[float]]) -> Floats:
    """All that a day has, as 24 hours: what comes twice is averaged, what spring skips lies between its neighbours."""
    row = np.array([np.mean(hours[hour]) if hour in hours else np.nan for hour in range(24)])
    for skipped in np.flatnonzero(np.isnan(row)):
        row[skipped] = (row[skipped - 1] + row[skipped + 1]) / 2
    return row


def hours_of(day: date, row: Floats) -> list[tuple[datetime, float]]:
    """A row as the hours that the day really has, by their start in UTC: 23, 24 or 25."""
    starts = slots(madrid_day(day), Resolution.HOUR)
    return [(start, float(row[start.astimezone(MADRID).hour])) for start in starts]
