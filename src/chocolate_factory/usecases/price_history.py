"""Prices, and what guides them, out of the store as the world knew them at a moment."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from typing import Final

import numpy as np

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.series import Kind, Observation, Query
from chocolate_factory.domain.time import DAY, Interval, Resolution, floor, madrid_date, madrid_midnight
from chocolate_factory.forecasting.days import Days, days_known_at
from chocolate_factory.forecasting.panel import Panel, panel_of
from chocolate_factory.forecasting.quarters import WEEKS, Shape, shape_known_at
from chocolate_factory.ports import TimeSeriesStore
from chocolate_factory.quality.select import best_per_slot

#: What is published before a price and tells of it: the demand forecast in the morning before, spot from 14:00.
GUIDES: Final[Mapping[str, tuple[str, ...]]] = {"spot": ("demand_forecast",), "pvpc": ("spot",)}
#: Days that a model learns from at most.
THREE_YEARS: Final = 3 * 365
#: Days that a forecast needs: the lags of the farthest lead, and two weeks that may stand in for missing days.
RECENT: Final = 70


@dataclass(frozen=True)
class PriceHistory:
    """Reads the store.

    Attributes:
        filling: the kinds of truth that count; none other is learnt from or forecast with.
    """

    store: TimeSeriesStore
    filling: frozenset[Kind]

    def panel(self, series: str, at: datetime, days: int = RECENT) -> Panel:
        """The last days' prices with their guides, as published by ``at``; a guide that is missing is left out.

        Raises:
            InputError: no day's prices are known.
        """
        beside = {name: self.slots(name, _back(at, days), at) for name in GUIDES[series]}
        guides = {name: _days(found, at) for name, found in beside.items() if found}
        return panel_of(_days(self.slots(series, _back(at, days), at), at), guides)

    def shape(self, series: str, at: datetime) -> Shape | None:
        """How quarter-hours lay in their hours lately; None where none were traded, or too few."""
        found = self.slots(series, _back(at, WEEKS.days + 1), at, Resolution.QUARTER)
        quarters = [o for o in found if o.resolution_minutes == Resolution.QUARTER]
        try:
            return shape_known_at(at, _values(quarters), _since(quarters).__getitem__)
        except InputError:
            return None

    def slots(
        self, series: str, window: Interval, at: datetime, resolution: Resolution = Resolution.HOUR
    ) -> list[Observation]:
        """What was known of each slot at a moment, in order; in hours, an hour of quarters is their mean."""
        found = best_per_slot(self.store.read(Query(series, window, kinds=self.filling, published_by=at)))
        return found if resolution is Resolution.QUARTER else sorted(_hours(found), key=lambda o: o.start)


def _back(at: datetime, days: int) -> Interval:
    """From so many days ago to the end of tomorrow, after which nothing is published."""
    return Interval(madrid_midnight(madrid_date(at - days * DAY)), madrid_midnight(madrid_date(at) + 2 * DAY))


def _hours(found: Iterable[Observation]) -> Iterator[Observation]:
    """Hours as they are, and those whose four quarters are there."""
    quarters = defaultdict[datetime, list[Observation]](list)
    for o in found:
        if o.resolution_minutes == Resolution.HOUR:
            yield o
        else:
            quarters[floor(o.start, Resolution.HOUR)].append(o)
    for start, four in quarters.items():
        if len(four) == 4:
            value, published = fmean(o.value for o in four), max(o.published_at for o in four)
            yield four[0]._replace(
                start=start, value=value, published_at=published, resolution_minutes=int(Resolution.HOUR)
            )


def _values(found: Iterable[Observation]) -> dict[datetime, float]:
    return {o.start: o.value for o in found}


def _since(found: Iterable[Observation]) -> dict[datetime, datetime]:
    return {o.start: o.published_at for o in found}


def _days(hours: list[Observation], at: datetime) -> Days:
    return days_known_at(at, _values(hours), _since(hours).__getitem__)


def fingerprint(panel: Panel) -> str:
    """sha256 of all that a panel says."""
    digest = hashlib.sha256(f"{panel.first}".encode() + panel.real.tobytes())
    for name, rows in {"": panel.prices, **panel.guides}.items():
        digest.update(name.encode() + np.round(rows, 6).tobytes())
    return digest.hexdigest()
