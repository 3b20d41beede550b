"""Consecutive hours as arrays: what rows of features, labels and scores are made from.

Invariants:
    Row ``i`` is the hour that begins ``i`` hours after ``first``; what nobody knows is NaN.
    What was published is taken as it was first published, so that a later revision changes no row of the past.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final

import numpy as np

from chocolate_factory.domain.tariff import Tariff, is_working_day, period
from chocolate_factory.domain.time import DAY, HOUR, MADRID, Interval, madrid_date
from chocolate_factory.modelling.numbers import Floats, Ints

WEEK_H: Final = 168
#: Spot prices of tomorrow are public from this local hour on (``domain/catalogue``: 14:00).
SPOT_PUBLIC_H: Final = 14


@dataclass(frozen=True)
class Hours:
    """What is known of some hours.

    Attributes:
        first: start of row 0, aware UTC.
        tariff: whose periods they have.
        pvpc_eur_kwh: the PVPC.
        energy_eur_kwh: the plant's all-in marginal price.
        demand_mw, temperature_c, humidity_pct: as read.
    """

    first: datetime
    tariff: Tariff
    pvpc_eur_kwh: Floats
    energy_eur_kwh: Floats
    demand_mw: Floats
    temperature_c: Floats
    humidity_pct: Floats

    def __len__(self) -> int:
        return len(self.pvpc_eur_kwh)

    @property
    def window(self) -> Interval:
        """From the first hour's start to the last one's end."""
        return Interval(self.first, self.first + len(self) * HOUR)

    @cached_property
    def starts(self) -> list[datetime]:
        """The start of each hour, UTC."""
        return [self.first + i * HOUR for i in range(len(self))]

    @cached_property
    def _wall(self) -> list[datetime]:
        return [start.astimezone(MADRID) for start in self.starts]

    @cached_property
    def hour(self) -> Ints:
        """Madrid's hour of the day, 0 to 23."""
        return np.array([wall.hour for wall in self._wall])

    @cached_property
    def month(self) -> Ints:
        """Madrid's month, 1 to 12."""
        return np.array([wall.month for wall in self._wall])

    @cached_property
    def period(self) -> Ints:
        """Tariff period, 1 to 6."""
        return np.array([int(period(start, self.tariff)[1:]) for start in self.starts])

    @cached_property
    def working(self) -> Ints:
        """1 on the tariff's working days, else 0."""
        return np.array([int(is_working_day(wall.date())) for wall in self._wall])

    @cached_property
    def day(self) -> Ints:
        """Madrid's day as a number that rises by one each day; 1970-01-05, a Monday, is 0."""
        return np.array([(wall.date() - _MONDAY).days for wall in self._wall])

    @property
    def week(self) -> Ints:
        """Madrid's calendar week, Monday to Sunday, as a number."""
        return self.day // 7

    @cached_property
    def public_until(self) -> Ints:
        """Of each hour, the row of the first price that was not public when it began (spot's rule of publication)."""
        ahead = self.day + np.where(self.hour >= SPOT_PUBLIC_H, 1, 0)
        return np.searchsorted(self.day, ahead, side="right")

    def row_of(self, start: datetime) -> int:
        """The row of the hour that begins then; outside where there is none."""
        return int((start - self.first) / HOUR)


VALUES: Final = ("pvpc_eur_kwh", "energy_eur_kwh", "demand_mw", "temperature_c", "humidity_pct")
_MONDAY: Final = date(1970, 1, 5)


def week_starts(hours: Hours) -> list[date]:
    """The Mondays of the calendar weeks that lie wholly inside."""
    first, last = madrid_date(hours.window.start), madrid_date(hours.window.end - timedelta.resolution)
    monday = first + (-first.weekday() % 7) * DAY
    found = []
    while monday + 6 * DAY <= last:
        found.append(monday)
        monday += 7 * DAY
    return found
