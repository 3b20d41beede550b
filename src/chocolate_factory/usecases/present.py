"""The hours around now with what is known of them, and where the three numbers of a question come from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Final

import numpy as np

from chocolate_factory.domain.errors import NotYetError
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.series import Kind, Query
from chocolate_factory.domain.time import DAY, HOUR, Interval, Resolution, floor, madrid_date, madrid_midnight
from chocolate_factory.learning.features import Rows
from chocolate_factory.learning.history import PUBLIC_AFTER_H, STALE_H, History
from chocolate_factory.learning.places import nearest_place
from chocolate_factory.learning.rows import NAMES, REACH_H, columns
from chocolate_factory.modelling.numbers import Floats
from chocolate_factory.ports import TimeSeriesStore
from chocolate_factory.quality.select import best_per_slot
from chocolate_factory.usecases.hours import HourReader

#: A question's numbers: name, the series they are of, and what the series is divided by.
ASKED: Final = {
    "price_eur_kwh": ("pvpc", 1000.0),
    "temperature": ("temperature", 1.0),
    "humidity": ("humidity", 1.0),
}


@dataclass(frozen=True, slots=True)
class Conditions:
    """What somebody names instead of what is known: PVPC in EUR/kWh, °C, %; None for what is to be filled."""

    price_eur_kwh: float | None = None
    temperature: float | None = None
    humidity: float | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """One of a question's numbers as it was used.

    Attributes:
        given: whether the asker named it; else it is the store's.
        source, kind, start: of the value in the store; None where it was given.
    """

    name: str
    value: float
    given: bool
    source: str | None = None
    kind: Kind | None = None
    start: datetime | None = None


@dataclass(frozen=True)
class Present:
    """The hours around now, as the store knows them.

    Attributes:
        hour: the present one.
        values: of the present hour, filled from the store; a number that nobody knows is not among them.
    """

    history: History
    hour: datetime
    values: tuple[Value, ...]

    @cached_property
    def is_whole(self) -> bool:
        """Whether every feature of the present hour is known."""
        return not np.isnan(columns(self.rows(self.hour))).any()

    def rows(self, start: datetime) -> Rows:
        """One hour as known."""
        return Rows.of(self.history, np.array([self.history.hours.row_of(start)]))

    def asked(self, conditions: Conditions) -> tuple[Rows, tuple[Value, ...]]:
        """The present hour under conditions that somebody names, and what was given and filled.

        Raises:
            NotYetError: a number that was not given is not in the store.
        """
        named = {name: getattr(conditions, name) for name in ASKED}
        stored = {value.name: value for value in self.values}
        if missing := [name for name in ASKED if named[name] is None and name not in stored]:
            raise NotYetError(unknown(missing))
        used = tuple(stored[name] if given is None else Value(name, given, given=True) for name, given in named.items())
        rows = self.rows(self.hour)
        if conditions.temperature is not None or conditions.humidity is not None:
            rows = rows.in_air(used[1].value, used[2].value)
        if conditions.price_eur_kwh is not None:
            rows = rows.at_price(conditions.price_eur_kwh, self._energy_at(conditions.price_eur_kwh))
        return rows, used

    def _energy_at(self, pvpc_eur_kwh: float) -> float:
        """The plant's all-in price to go with a PVPC, which is not the plant's price but follows the same market.

        The hour's own, moved by as much as lies between the prices that stand where the named and the real PVPC stand
        among the last seven public days; where the hour has none, the price that stands there.
        """
        number = np.array([self.history.hours.row_of(self.hour)])
        week = self.history.week_numbers(number)[0]
        week = week[week >= 0]
        pvpc, energy = self.history.hours.pvpc_eur_kwh[week], self.history.hours.energy_eur_kwh[week]
        both = ~(np.isnan(pvpc) | np.isnan(energy))
        if not both.any():
            raise NotYetError(unknown(["the prices of the last seven days"]))
        row, place = self.rows(self.hour), partial(nearest_place, among=pvpc[both], into=energy[both])
        own_pvpc, own = float(row.pvpc_eur_kwh[0]), float(row.energy_eur_kwh[0])
        if math.isnan(own_pvpc + own):
            return place(pvpc_eur_kwh)
        return own + place(pvpc_eur_kwh) - place(own_pvpc)


@dataclass(frozen=True)
class PresentReader:
    """Reads the store for ``Present``."""

    store: TimeSeriesStore
    filling: frozenset[Kind]

    def __call__(self, plant: Plant, now: datetime) -> Present:
        """The hours around a moment."""
        hour = floor(now, Resolution.HOUR)
        window = Interval(hour - (REACH_H + 24) * HOUR, madrid_midnight(madrid_date(now) + 2 * DAY))
        hours, _ = HourReader(self.store, self.filling).read(plant, window, now)
        return Present(History(hours, plant), hour, tuple(self._values(hour, now)))

    def _values(self, hour: datetime, now: datetime) -> list[Value]:
        found = []
        for name, (series, divisor) in ASKED.items():
            freshest = Interval(hour - (STALE_H - 1) * HOUR, hour - (PUBLIC_AFTER_H - 1) * HOUR)
            window = Interval(hour, hour + HOUR) if series == "pvpc" else freshest
            read = best_per_slot(self.store.read(Query(series, window, kinds=self.filling, published_by=now)))
            if read:
                last = read[-1]
                value = last.value / divisor
                found.append(Value(name, value, given=False, source=last.source, kind=last.kind, start=last.start))
        return found


def unknown(names: Sequence[str]) -> str:
    """The sentence for what the store does not know."""
    what = f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"
    return (
        f"No prediction for now: {what} not known yet. GET /gaps/summary tells what is missing; "
        "POST /ingest-now or `chocolate-factory ingest` asks for it."
    )


def named(features: Floats) -> dict[str, float]:
    """One row of features by name."""
    return dict(zip(NAMES, features.tolist(), strict=True))
