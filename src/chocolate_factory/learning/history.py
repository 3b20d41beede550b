"""Hours with what follows from them by rule: what could be known of the air and of the prices when an hour begins.

Publication rules (``domain/catalogue``): PVPC 20:20 and spot 14:00 of the day before; demand and weather an hour after
their hour's end, so that the freshest reading known at 10:00 is of 08:00 to 09:00.

Invariants:
    What a row is given here was published when its hour began (``leaks`` looks for what was not).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from chocolate_factory.domain.plant import Plant
from chocolate_factory.learning.hours import WEEK_H, Hours
from chocolate_factory.learning.physics import cold_share, humidity_at, line_kwh_kg
from chocolate_factory.modelling.numbers import Floats, Ints

#: Hours from a reading's start until it is public, and from which on it stands for nothing.
PUBLIC_AFTER_H: Final = 2
STALE_H: Final = 8


@dataclass(frozen=True)
class History:
    """Hours and the plant that they are judged for."""

    hours: Hours
    plant: Plant

    @cached_property
    def demand_mw(self) -> Floats:
        """The freshest demand known when each hour begins, MW."""
        return freshest(self.hours.demand_mw)

    @cached_property
    def temperature_c(self) -> Floats:
        """The freshest temperature known when each hour begins, °C."""
        return freshest(self.hours.temperature_c)

    @cached_property
    def humidity_pct(self) -> Floats:
        """The freshest relative humidity known when each hour begins, %."""
        return freshest(self.hours.humidity_pct)

    @cached_property
    def expected_c(self) -> Floats:
        """The temperature to expect of each hour, °C: yesterday's at that hour, and as much more as it was last read.

        On Linares' 2021 to 2024 it errs by 1.9 °C (root mean square), the reading of two hours before by 3.1.
        """
        read = self.temperature_c
        return earlier(self.hours.temperature_c, 24) + read - earlier(read, 24)

    @cached_property
    def expected_pct(self) -> Floats:
        """The relative humidity to expect of each hour, %: the water last read, at the expected temperature."""
        return humidity_at(self.expected_c, self.temperature_c, self.humidity_pct)

    @cached_property
    def possible(self) -> Floats:
        """1 for each hour in which there is crew and the hall can be held in the expected air, else 0."""
        crew = np.array([self.plant.crew.present(start) for start in self.hours.starts], dtype=bool)
        held = cold_share(self.plant, self.expected_c, self.expected_pct) <= 1.0
        return (crew & held).astype(float)

    @cached_property
    def kwh_kg(self) -> Floats:
        """What a line hour took in the air that came, kWh/kg."""
        return line_kwh_kg(self.plant, self.hours.temperature_c, self.hours.humidity_pct)

    @property
    def eur_kg(self) -> Floats:
        """Energy of a line hour at its own price and in the air that came, EUR/kg."""
        return self.hours.energy_eur_kwh * self.kwh_kg

    @cached_property
    def _eur_kg_expected(self) -> tuple[Floats, Floats, Floats]:
        """EUR/kg in the air that came, in yesterday's, and in that of the day before."""
        price, kwh = self.hours.energy_eur_kwh, self.kwh_kg
        return price * kwh, price * earlier(kwh, 24), price * earlier(kwh, 48)

    # ------------------------------------------------------------------------------------------------ public at a row
    def day_prices(self, rows: Ints) -> Floats:
        """All-in prices of the other hours of each row's Madrid day, rows x 25; NaN where the day has no such hour."""
        first = np.searchsorted(self.hours.day, self.hours.day[rows], side="left")
        numbers = first[:, None] + np.arange(25)
        inside = np.minimum(numbers, len(self.hours) - 1)
        other = (self.hours.day[inside] == self.hours.day[rows][:, None]) & (numbers != rows[:, None])
        return np.where(other & (numbers < len(self.hours)), self.hours.energy_eur_kwh[inside], np.nan)

    def week_numbers(self, rows: Ints) -> Ints:
        """Numbers of the 168 hours that end with the last public price, rows x 168; those before row 0 are below 0."""
        return self.hours.public_until[rows][:, None] + np.arange(-WEEK_H, 0)

    def week_prices(self, rows: Ints) -> Floats:
        """All-in prices of those hours but the row's own."""
        numbers = self.week_numbers(rows)
        return np.where(numbers == rows[:, None], np.nan, _weeks(self.hours.energy_eur_kwh, self.hours, rows))

    def week_eur_kg(self, rows: Ints) -> Floats:
        """EUR/kg of those hours but the row's own: where the air was not read yet, with that of the days before."""
        came, day_old, two_days_old = (_weeks(values, self.hours, rows) for values in self._eur_kg_expected)
        ahead = self.week_numbers(rows) - rows[:, None]
        expected = np.where(ahead <= 24 - PUBLIC_AFTER_H, day_old, two_days_old)
        return np.where(ahead == 0, np.nan, np.where(ahead <= -PUBLIC_AFTER_H, came, expected))


def freshest(readings: Floats) -> Floats:
    """For each hour the newest reading that was public when it began; NaN where that is too old or there is none."""
    found = np.full(len(readings), np.nan)
    for lag in range(PUBLIC_AFTER_H, STALE_H):
        found = np.where(np.isnan(found), earlier(readings, lag), found)
    return found


def earlier(values: Floats, hours: int) -> Floats:
    """The values of so many rows before."""
    return np.concatenate([np.full(min(hours, len(values)), np.nan), values[: max(len(values) - hours, 0)]])


def _weeks(values: Floats, hours: Hours, rows: Ints) -> Floats:
    padded = np.concatenate([np.full(WEEK_H, np.nan), values])
    return np.asarray(sliding_window_view(padded, WEEK_H)[hours.public_until[rows]])
