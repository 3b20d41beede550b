"""What predictions are held against: what was said in time, what came, and what the naive forecast would have said.

Invariants:
    A prediction counts as it stood when it was of use: a price as at 12:00 of the day before, a score or a
    recommendation as at the beginning of its hour. What was said later counts nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from statistics import fmean
from typing import Final, TypeAlias

import numpy as np

from chocolate_factory.domain.models import PRICE_MODELS, ModelName
from chocolate_factory.domain.series import Observation, Query
from chocolate_factory.domain.time import (
    DAY,
    MADRID,
    Interval,
    Resolution,
    floor,
    madrid_day,
    madrid_days,
    slots,
)
from chocolate_factory.forecasting.days import Days, days_known_at, hours_of
from chocolate_factory.forecasting.naive import epf_naive
from chocolate_factory.ports import Clock, TimeSeriesStore
from chocolate_factory.usecases.price_history import PriceHistory

#: Values by start of hour.
Hourly: TypeAlias = Mapping[datetime, float]
#: The targets of score and recommendation, as far as they have come, or what a yardstick would have said of them.
Targets: TypeAlias = Callable[[ModelName, Interval], Hourly]

#: The series that a model's predictions are stored as; of prices the middle one.
OUTPUTS: Final[Mapping[ModelName, str]] = {
    ModelName.SPOT_PRICE: "spot_p50",
    ModelName.PVPC_PRICE: "pvpc_p50",
    ModelName.ENERGY_OPTIMIZATION: "energy_optimization_score",
    ModelName.PRODUCTION_RECOMMENDATION: "production_recommendation",
}
_PRICES: Final = {name: series for series, name in PRICE_MODELS.items()}
#: When tomorrow's prices are decided upon, Madrid's time.
NOON: Final = time(12)
#: Hours of a day that must have been predicted, and have come, for it to count; of prices all.
FEWEST_HOURS: Final = 12
#: Prices read before a window: the naive forecast looks back a week, and stands in for missing days.
_LAGS: Final = 22 * DAY


def is_price(name: ModelName) -> bool:
    """Whether it forecasts a price."""
    return name in _PRICES


def said_in_time(
    store: TimeSeriesStore, name: ModelName, source: str | None, window: Interval
) -> dict[datetime, float]:
    """By hour, what a version had said of the window when it was of use; hours of which it had not are left out.

    Args:
        source: the version's, or None for the mean of all versions.
    """
    said: dict[datetime, list[float]] = {}
    for day in madrid_days(window):
        for start, value in _said_of_day(store, name, source, day):
            if start in window:
                said.setdefault(floor(start, Resolution.HOUR), []).append(value)
    return {start: fmean(values) for start, values in said.items()}


def common_days(name: ModelName, window: Interval, *values: Hourly) -> dict[date, list[datetime]]:
    """The Madrid days that lie in the window and count, with their hours that all of the values have."""
    found = {}
    for day in madrid_days(window):
        hours = list(slots(madrid_day(day), Resolution.HOUR))
        shared = [start for start in hours if all(start in each for each in values)]
        if len(shared) >= (len(hours) if is_price(name) else FEWEST_HOURS):
            found[day] = shared
    return found


def mean_loss(said: Hourly, came: Hourly, hours: list[datetime]) -> float:
    """Mean absolute error of some hours; of a recommendation, how many classes it was off."""
    return fmean(abs(said[start] - came[start]) for start in hours)


def _said_of_day(
    store: TimeSeriesStore, name: ModelName, source: str | None, day: date
) -> list[tuple[datetime, float]]:
    """Day by day: a week's forecasts, made anew each half hour, are hundreds of values for each slot."""
    query = Query(OUTPUTS[name], madrid_day(day), sources=None if source is None else frozenset({source}))
    if is_price(name):
        noon = datetime.combine(day - DAY, NOON, MADRID).astimezone(UTC)
        return [(o.start, o.value) for o in store.read(replace(query, received_by=noon))]
    in_time = {(o.source, o.start): o.value for o in store.revisions(query) if o.received_at <= o.start}
    return [(start, value) for (_, start), value in in_time.items()]


@dataclass(frozen=True)
class Outcomes:
    """What came, and the naive forecast of it.

    Attributes:
        targets: of score and recommendation, once what they look ahead to is over.
        yardstick: what their baseline would have said, e.g. the trailing percentile.
    """

    history: PriceHistory
    clock: Clock
    targets: Targets
    yardstick: Targets

    def came(self, name: ModelName, window: Interval) -> Hourly:
        """By hour, as far as it has come."""
        if not is_price(name):
            return self.targets(name, window)
        return {o.start: o.value for o in self.history.slots(_PRICES[name], window, self.clock.now())}

    def naive(self, name: ModelName, window: Interval) -> Hourly:
        """By hour: of prices the EPF naive, decided the day before; of the others the yardstick."""
        if not is_price(name):
            return self.yardstick(name, window)
        now = self.clock.now()
        prices = self.history.slots(_PRICES[name], Interval(window.start - _LAGS, window.end), now)
        return _epf_naive(days_of(prices, now), window) if prices else {}


def days_of(hours: Sequence[Observation], at: datetime) -> Days:
    """Hours known at a moment as days. Raises ``InputError`` where there is none, or one was published later."""
    published = {o.start: o.published_at for o in hours}
    return days_known_at(at, {o.start: o.value for o in hours}, published.__getitem__)


def _epf_naive(known: Days, window: Interval) -> dict[datetime, float]:
    rows = np.array([(day - known.first).days for day in madrid_days(window)])
    rows = rows[(rows >= 7) & (rows <= len(known))]
    values = epf_naive(known.filled(), known.first, rows, lead=1)
    found: dict[datetime, float] = {}
    for row, day in zip(values, rows.tolist(), strict=True):
        if not np.isnan(row).any():
            found |= hours_of(known.first + day * DAY, row)
    return {start: value for start, value in found.items() if start in window}
