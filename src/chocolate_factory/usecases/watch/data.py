"""What did not come, came late or stands still, series by series and source by source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from chocolate_factory.domain.alarms import Trouble
from chocolate_factory.domain.alarms.data import PRICES_MISSING, SENSOR_BROKEN, SERIES_LATE, SOURCE_SILENT
from chocolate_factory.domain.catalogue import expected_series, spec_of
from chocolate_factory.domain.series import Kind, Query
from chocolate_factory.domain.series_spec import Family, SeriesSpec
from chocolate_factory.domain.time import DAY, HOUR, MADRID, Interval, madrid_date, madrid_day
from chocolate_factory.domain.work import UpstreamHealth
from chocolate_factory.learning.sensors import fallen_silent
from chocolate_factory.ports import TimeSeriesStore
from chocolate_factory.usecases.detect import behind_hours
from chocolate_factory.usecases.drift_causes import trouble_of
from chocolate_factory.usecases.sensors import LATELY, broken_sensors
from chocolate_factory.usecases.tell import Look

#: From then on the prices of tomorrow must be there, Madrid's wall clock.
PRICES_BY: Final = time(22, 0)
PRICES: Final = ("spot", "pvpc")
#: A series is late when its next slot is overdue by more than this.
LATE_AFTER: Final = 3 * HOUR
FRESH, LATE, MISSING = "fresh", "late", "missing"


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh one series is.

    Attributes:
        last: end of the last slot held, or None.
        behind_hours: hours since then, none for one that lies ahead; None when nothing is held.
        status: ``fresh``, ``late`` (the next slot should have been there for three hours) or ``missing``.
    """

    series: str
    last: datetime | None
    behind_hours: float | None
    status: str
    source: str | None = None


@dataclass(frozen=True)
class Data:
    """The store, looked at.

    Attributes:
        filling: the kinds of truth that count.
    """

    store: TimeSeriesStore
    filling: frozenset[Kind]

    # ------------------------------------------------------------------ series
    def freshness(self, now: datetime) -> list[Freshness]:
        """Each expected series: how far behind."""
        return [self._freshness_of(spec, now) for spec in expected_series()]

    def _freshness_of(self, spec: SeriesSpec, now: datetime) -> Freshness:
        # only prices are known before their slot; what else lies ahead is a forecast (in the demo it has no kind)
        ahead = spec.family is Family.PRICES or spec.name == "demand_forecast"
        last = self.store.last(spec.name, self.filling, before=None if ahead else now)
        if last is None:
            return Freshness(spec.name, None, None, MISSING)
        end = spec.end(last.start)
        status = LATE if spec.due(end) + LATE_AFTER < now else FRESH  # of the first slot that is not there
        return Freshness(spec.name, end, behind_hours(end, now), status, last.source)

    def late(self, now: datetime, offered: Collection[str]) -> Iterator[Trouble]:
        """Series that are late, and those that some feed offers and of which nothing ever came."""
        for fresh in self.freshness(now):
            if fresh.last is not None and fresh.status == LATE:
                message = f"{fresh.series} is late: it ends at {fresh.last:%Y-%m-%dT%H:%MZ}."
                yield SERIES_LATE.trouble(message, fresh.series)
            elif fresh.last is None and fresh.series in offered:
                yield SERIES_LATE.trouble(f"Nothing of {fresh.series} ever came.", fresh.series)

    def missing_prices(self, now: datetime) -> Iterator[Trouble]:
        """Prices of today, and of tomorrow from ``PRICES_BY`` on, that are not there."""
        today = madrid_date(now)
        days = (today, today + DAY) if now.astimezone(MADRID).time() >= PRICES_BY else (today,)
        for series in PRICES:
            lacking = [f"{n} of {of} of {day}" for day in days for n, of in [self._holes(series, madrid_day(day))] if n]
            if lacking:
                yield PRICES_MISSING.trouble(f"Prices of {series} are missing: {', '.join(lacking)}.", series)

    def _holes(self, series: str, window: Interval) -> tuple[int, int]:
        """Slots without a value, and all slots, of a day of 23, 24 or 25 hours."""
        present = {start for start, _ in self.store.starts(Query(series, window, kinds=self.filling))}
        slots = list(spec_of(series).slots(window))
        return sum(slot not in present for slot in slots), len(slots)

    # ------------------------------------------------------------------ sources
    def broken(self, now: datetime) -> Iterator[Trouble]:
        """Sources whose values stand still, speak of one old hour, or have jumped alone."""
        return (trouble_of(finding) for finding in broken_sensors(self.store, now, self.filling))

    def silent(self, now: datetime, upstreams: Sequence[UpstreamHealth]) -> Iterator[Trouble]:
        """Weather sources that answer, and say nothing new; one that does not answer is down, and told as such."""
        spoken: dict[str, list[datetime]] = defaultdict(list)
        query = Query("temperature", Interval(now - LATELY, now), kinds=self.filling)
        for start, source in self.store.starts(query):
            spoken[source].append(start)
        for source, starts in spoken.items():
            answers = any(h.up and source.startswith(h.name) for h in upstreams)
            if answers and fallen_silent(starts, now):
                message = f"{source} answers, and its newest hour is that of {max(starts):%Y-%m-%dT%H:%MZ}."
                yield SOURCE_SILENT.trouble(message, source)

    # ------------------------------------------------------------------ all of it
    def look(self, now: datetime, offered: Collection[str], upstreams: Sequence[UpstreamHealth]) -> Look:
        """All of it. Where the prices of a day are missing, that their series is late is no further news.

        Raises:
            StoreError: the store cannot serve.
        """
        prices = list(self.missing_prices(now))
        told = {SERIES_LATE.about(series) for series in PRICES if PRICES_MISSING.about(series) in _causes(prices)}
        late = [trouble for trouble in self.late(now, offered) if trouble.cause not in told]
        found = (*prices, *late, *self.broken(now), *self.silent(now, upstreams))
        return Look((PRICES_MISSING, SERIES_LATE, SENSOR_BROKEN, SOURCE_SILENT), found)


def _causes(troubles: Sequence[Trouble]) -> set[str]:
    return {trouble.cause for trouble in troubles}
