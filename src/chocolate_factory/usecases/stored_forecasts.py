"""Price forecasts as they lie in a store, under the name of the model and version that made them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chocolate_factory.domain.forecast import LEADS, ExpectedPrice, PriceForecast
from chocolate_factory.domain.series import Kind, Observation, Query
from chocolate_factory.domain.time import DAY, HOUR, Interval, madrid_date, madrid_midnight
from chocolate_factory.ports import TimeSeriesStore

#: The series that a forecast is kept in, after the name of the price.
QUANTILES: Final = ("p10", "p50", "p90")


@dataclass(frozen=True)
class StoredForecasts:
    """Reads the store.

    Attributes:
        kind: of forecasts in this world.
    """

    store: TimeSeriesStore
    kind: Kind

    def hourly(self, series: str, source: str, now: datetime, made_at: datetime | None = None) -> PriceForecast | None:
        """What a version says from today on; None where it says nothing.

        Args:
            made_at: None for when the newest of it was received.
        """
        window = forecast_window(now)
        quantiles = [self._by_start(f"{series}_{quantile}", source, window) for quantile in QUANTILES]
        starts = sorted(set.intersection(*map(set, quantiles)))
        if not starts:
            return None
        p10, p50, p90 = ([found[start].value for start in starts] for found in quantiles)
        slots = (Interval(start, start + HOUR) for start in starts)
        made_at = made_at or max(o.received_at for found in quantiles for o in found.values())
        return PriceForecast(series, made_at, source, tuple(map(ExpectedPrice, slots, p10, p50, p90)))

    def _by_start(self, series: str, source: str, window: Interval) -> dict[datetime, Observation]:
        query = Query(series, window, frozenset({source}), frozenset({self.kind}))
        return {o.start: o for o in self.store.read(query)}


def forecast_window(now: datetime) -> Interval:
    """From today's midnight to the end of the farthest day that is forecast."""
    today = madrid_date(now)
    return Interval(madrid_midnight(today), madrid_midnight(today + (LEADS[-1] + 2) * DAY))
