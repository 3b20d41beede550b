"""The hybrid weather, read from the store: the best reading for now and each past hour, and the forecasts apart."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from chocolate_factory.domain.series import Kind, Observation, Query
from chocolate_factory.domain.time import HOUR, Interval, Resolution, floor, slots
from chocolate_factory.ports import Clock, TimeSeriesStore
from chocolate_factory.quality.hybrid import (
    Choice,
    HybridRules,
    Readings,
    Why,
    bridge_holes,
    choose_hour,
    choose_now,
    follow,
)
from chocolate_factory.quality.select import best_per_slot

#: A forecast that has stood unchanged for so long gives way to a younger one of another source.
STALE_FORECAST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class HybridHour:
    """One hour's chosen temperature and humidity; either may be missing."""

    start: datetime
    temperature: Choice | None
    humidity: Choice | None


class Weather:
    """The deed, with its ports."""

    def __init__(self, store: TimeSeriesStore, clock: Clock, filling: frozenset[Kind]) -> None:
        self._store = store
        self._clock = clock
        self._filling = filling

    def now(self) -> HybridHour:
        """The best reading for now; a forecast made earlier for this hour where nobody has read anything."""
        now = self._clock.now()
        window = Interval(now - 26 * HOUR, now + timedelta(microseconds=1))
        temperatures, humidities = self._readings("temperature", window), self._readings("humidity", window)
        choice = choose_now(temperatures, now) or self._forecast_for("temperature", now)
        if choice is None:
            return HybridHour(floor(now, Resolution.HOUR), None, None)
        humid = follow(choice, humidities) or self._forecast_for("humidity", now)
        return HybridHour(choice.reading.start, choice, humid)

    def hours(self, window: Interval) -> list[HybridHour]:
        """Each hour of the window that somebody read, short holes interpolated and marked.

        An hour is judged by its neighbours too, so what is said of it does not depend on the window's edges.
        """
        now, rules = self._clock.now(), HybridRules()
        wide = Interval(window.start - rules.flat_hours * HOUR - rules.bridge, window.end + rules.bridge)
        temperatures, humidities = self._readings("temperature", wide), self._readings("humidity", wide)
        hours = [h for h in slots(wide, Resolution.HOUR) if h <= now]
        warm = {h: c for h in hours if (c := choose_hour(temperatures, h)) is not None}
        damp = {h: c for h in hours if h in warm and (c := follow(warm[h], humidities)) is not None}
        warm, damp = bridge_holes(warm, hours, now), bridge_holes(damp, hours, now)
        return [HybridHour(h, warm.get(h), damp.get(h)) for h in hours if h in window and h in warm]

    def forecast(self, series: str, window: Interval) -> list[Observation]:
        """The forecast of each hour of the window: the best source's, unless another's is a day younger."""
        kinds = frozenset({Kind.FORECAST}) if Kind.SIMULATED not in self._filling else self._filling
        found = self._store.read(Query(series, window, kinds=kinds))
        newest: dict[datetime, datetime] = {}
        for o in found:
            newest[o.start] = max(o.published_at, newest.get(o.start, o.published_at))
        return best_per_slot(o for o in found if newest[o.start] - o.published_at < STALE_FORECAST)

    def _readings(self, series: str, window: Interval) -> Readings:
        by_source: defaultdict[str, dict[datetime, Observation]] = defaultdict(dict)
        for o in self._store.read(Query(series, window, kinds=self._filling)):
            by_source[o.source][o.start] = o
        return by_source

    def _forecast_for(self, series: str, now: datetime) -> Choice | None:
        hour = floor(now, Resolution.HOUR)
        found = self.forecast(series, Interval(hour, hour + HOUR))
        return Choice(found[0], Why.FORECAST) if found else None
