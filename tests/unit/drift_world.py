"""A made-up climate and market by day, whose rules are known, for whole years."""

from __future__ import annotations

from datetime import date

import numpy as np

from chocolate_factory.domain.time import DAY
from chocolate_factory.learning.shifts import Rows

FIRST = date(2021, 1, 1)
#: An August.
LAST = date(2024, 8, 20)
DAYS = (LAST - FIRST).days + 1


def temperature(seed: int = 1, first: date = FIRST, last: date = LAST) -> Rows:
    """A year's wave, a day's wave, weather that lasts some days; °C."""
    chance, count = np.random.default_rng(seed), (last - first).days + 1
    return Rows(first, 17.0 + 10.0 * _season(first, count) + 6.0 * _hours() + _weather(chance, count, 2.5))


def prices(seed: int = 2, scale: float = 90.0, first: date = FIRST, last: date = LAST) -> Rows:
    """Dear in winter, cheap at noon, calm weeks and windy ones; EUR/MWh."""
    chance, count = np.random.default_rng(seed), (last - first).days + 1
    level = 1.0 - 0.15 * _season(first, count) + 0.01 * _weather(chance, count, 8.0)
    return Rows(first, scale * np.maximum(level - 0.25 * _hours(), 0.05))


def from_day(table: Rows, day: date, change) -> Rows:
    """The table as it would be if its values had been changed from a day on."""
    values = table.values.copy()
    row = (day - table.first).days
    values[row:] = change(values[row:])
    return Rows(table.first, values)


def before(days: int, last: date = LAST) -> date:
    """So many days before the last."""
    return last - days * DAY


def _season(first: date, count: int):
    days = np.array([(first + n * DAY).timetuple().tm_yday for n in range(count)])
    return -np.cos((days - 20) / 365.25 * 2 * np.pi)[:, None]


def _hours():
    return np.sin((np.arange(24) - 9) / 24 * 2 * np.pi)[None, :]


def _weather(chance, count: int, size: float):
    state, found = 0.0, np.empty((count, 1))
    for n in range(count):
        state = 0.7 * state + chance.normal(0.0, size * 0.7)
        found[n] = state
    return found
