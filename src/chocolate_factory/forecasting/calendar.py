"""What the calendar says of a delivery day: weekday, days off, season. Known for ever, so it leaks nothing."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from chocolate_factory.domain.time import DAY
from chocolate_factory.modelling.numbers import Floats, Ints

#: Month and day of Spain's national holidays of a fixed date. The tariff's list holds by law from June 2021 on;
#: prices are learnt from further back, and on these days demand is low whatever the tolls say.
FIXED_HOLIDAYS: Final = frozenset({(1, 1), (1, 6), (5, 1), (8, 15), (10, 12), (11, 1), (12, 6), (12, 8), (12, 25)})
_SUNDAY = 6
_YEAR_DAYS = 365.25


@lru_cache(maxsize=256)
def good_friday(year: int) -> date:
    """Two days before Easter (Gauss's rule as corrected by Meeus, Jones and Butcher, for the Gregorian calendar)."""
    golden, (century, rest) = year % 19, divmod(year, 100)
    skipped_leaps = century - century // 4 - (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + skipped_leaps + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    month, day = divmod(moon + weekday - 7 * ((golden + 11 * moon + 22 * weekday) // 451) + 114, 31)
    return date(year, month, day + 1) - timedelta(days=2)


def is_day_off(day: date) -> bool:
    """A national holiday; Sundays are told apart by their weekday."""
    return (day.month, day.day) in FIXED_HOLIDAYS or day == good_friday(day.year)


@lru_cache(maxsize=16384)
def day_columns(day: date) -> tuple[float, ...]:
    """Weekday (a holiday counts as Sunday), whether it is a holiday, sine and cosine of the year.

    The half-year's waves, tried on 2024, made LEAR worse on every lead: a short window takes them for a trend.
    """
    off = is_day_off(day)
    angle = 2 * np.pi * day.timetuple().tm_yday / _YEAR_DAYS
    return float(_SUNDAY if off else day.weekday()), float(off), float(np.sin(angle)), float(np.cos(angle))


def calendar_of(first: date, rows: Ints) -> Floats:
    """``day_columns`` of days counted from ``first``."""
    return np.array([day_columns(first + int(row) * DAY) for row in rows])
