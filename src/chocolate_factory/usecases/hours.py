"""Hours for features, labels and predictions, out of the store as the world knew them; month by month.

Invariants:
    Of a slot that was revised the value published first counts, whenever it is read, so that what is learnt from and
    what is predicted from are the same.
    Only the kinds that fill a slot enter: nothing is learnt from a forecast or a guess.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from statistics import fmean
from typing import Final

import numpy as np

from chocolate_factory.billing.marginal import taxed_terms
from chocolate_factory.billing.tables import tolls_at
from chocolate_factory.domain.plant import Contract, Plant
from chocolate_factory.domain.series import Kind, Observation, Query
from chocolate_factory.domain.tariff import EnergyTerms, Tariff, TariffPrices, energy_eur_kwh, period, prices_at
from chocolate_factory.domain.time import (
    Interval,
    Resolution,
    floor,
    madrid_date,
    madrid_midnight,
    madrid_month_starts,
    slots,
)
from chocolate_factory.learning.hours import Hours
from chocolate_factory.modelling.numbers import Floats
from chocolate_factory.ports import TimeSeriesStore
from chocolate_factory.quality.hybrid import OFFICIAL, SECOND, Choice, Readings, choose_hour, follow
from chocolate_factory.quality.select import best_per_slot
from chocolate_factory.usecases.problem import STAND_IN_TABLES

#: No calendar of periods holds before.
EARLIEST: Final = madrid_midnight(date(2021, 6, 1))
#: An hour's weather is judged by those before it.
_BESIDE: Final = timedelta(hours=12)
Values = Mapping[datetime, float]


@dataclass(frozen=True)
class Sky:
    """What was said of each hour's weather, °C and %: by the station or an archive, and by the second source."""

    temp_observed: Floats
    temp_realtime: Floats
    humidity_observed: Floats
    humidity_realtime: Floats


@dataclass(frozen=True)
class HourReader:
    """Reads the store.

    Attributes:
        filling: the kinds of truth that count.
    """

    store: TimeSeriesStore
    filling: frozenset[Kind]

    def read(self, plant: Plant, window: Interval, published_by: datetime | None = None) -> tuple[Hours, Sky]:
        """The whole hours of a window, NaN where nobody knows; what begins before the first calendar is left out.

        Args:
            published_by: only what was public then; None for all.
        """
        start, end = (floor(max(m, EARLIEST), Resolution.HOUR) for m in (window.start, window.end))
        months = Interval(start, max(start, end)).partition(madrid_month_starts(Interval(start, max(start, end))))
        parts = [self._month(plant, month, published_by) for month in months]
        columns = [np.concatenate([part[i] for part in parts]) if parts else np.empty(0) for i in range(9)]
        return Hours(start, plant.contract.tariff, *columns[:5]), Sky(*columns[5:])

    def _month(self, plant: Plant, month: Interval, by: datetime | None) -> tuple[Floats, ...]:
        hours = list(slots(month, Resolution.HOUR))
        spot = hourly(self._first(Query("spot", month, kinds=self.filling, published_by=by)))
        energy = {start: energy_price(plant.contract, start, value) for start, value in spot.items()}
        pvpc, demand = (
            hourly(self._first(Query(series, month, kinds=self.filling, published_by=by)))
            for series in ("pvpc", "demand")
        )
        sky = self._sky(month, hours, by)
        prices = ({start: value / 1000 for start, value in pvpc.items()}, energy, demand)
        return tuple(_column(values, hours) for values in (*prices, *sky))

    def _first(self, query: Query) -> list[Observation]:
        """Of each slot the best source's value, as first published."""
        first: dict[tuple[datetime, str, str, int], Observation] = {}
        for o in self.store.revisions(query):
            first.setdefault((o.start, o.source, o.kind, o.resolution_minutes), o)
        return best_per_slot(first.values())

    # ---------------------------------------------------------------------------------------------------------- sky
    def _sky(self, month: Interval, hours: Sequence[datetime], by: datetime | None) -> Iterator[Values]:
        """Chosen temperature and humidity, then what was observed and what the second source said of each."""
        wide = Interval(month.start - _BESIDE, month.end)
        warm, damp = (self._readings(series, wide, by) for series in ("temperature", "humidity"))
        chosen = {h: choice for h in hours if (choice := choose_hour(warm, h)) is not None}
        followed = {h: other for h, choice in chosen.items() if (other := follow(choice, damp)) is not None}
        yield _told(chosen)
        yield _told(followed)
        for readings in (warm, damp):
            yield _of_stations(readings)
            yield {start: o.value for start, o in readings.get(SECOND, {}).items()}

    def _readings(self, series: str, window: Interval, by: datetime | None) -> Readings:
        found: defaultdict[str, dict[datetime, Observation]] = defaultdict(dict)
        for o in self.store.revisions(Query(series, window, kinds=self.filling, published_by=by)):
            found[o.source].setdefault(o.start, o)
        return found


def hourly(rows: Iterable[Observation]) -> dict[datetime, float]:
    """Hours as they are, and those of four quarters as their mean."""
    values: dict[datetime, float] = {}
    quarters: defaultdict[datetime, list[float]] = defaultdict(list)
    for o in rows:
        if o.resolution_minutes == Resolution.HOUR:
            values[o.start] = o.value
        else:
            quarters[floor(o.start, Resolution.HOUR)].append(o.value)
    return values | {start: fmean(four) for start, four in quarters.items() if len(four) == 4}


def energy_price(contract: Contract, start: datetime, spot_eur_mwh: float) -> float:
    """The plant's all-in marginal price, EUR/kWh, by the day's own tables, or by those that stand in for them."""
    prices, terms = _tables(madrid_date(start), contract.tariff, contract.supplier_fee_eur_mwh)
    return energy_eur_kwh(spot_eur_mwh, period(start, contract.tariff), prices, terms)


@lru_cache(maxsize=4096)
def _tables(day: date, tariff: Tariff, fee_eur_mwh: float) -> tuple[TariffPrices, EnergyTerms]:
    known = day if prices_at(day, tariff) is not None else STAND_IN_TABLES
    return tolls_at(known, tariff), taxed_terms(known, EnergyTerms(supplier_fee_eur_mwh=fee_eur_mwh))


def _column(values: Values, hours: Sequence[datetime]) -> Floats:
    return np.array([values.get(hour, np.nan) for hour in hours], dtype=float)


def _told(choices: Mapping[datetime, Choice]) -> dict[datetime, float]:
    return {start: choice.reading.value for start, choice in choices.items()}


def _of_stations(readings: Readings) -> dict[datetime, float]:
    """The official station's values, and an archive's or the demo's where it is silent."""
    others = [o for source, hours in readings.items() if source not in {OFFICIAL, SECOND} for o in hours.values()]
    official = readings.get(OFFICIAL, {})
    return {o.start: o.value for o in best_per_slot(others)} | {start: o.value for start, o in official.items()}
