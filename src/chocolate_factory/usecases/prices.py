"""Prices as people and plans read them: from the store, asking upstream for what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.series import Kind, Observation, Query
from chocolate_factory.domain.tariff import Period, Tariff
from chocolate_factory.domain.time import Interval, Resolution, floor
from chocolate_factory.ports import Clock, Feed, TimeSeriesStore
from chocolate_factory.quality.gaps import missing_slots
from chocolate_factory.quality.select import best_per_slot
from chocolate_factory.usecases.bring import Bring
from chocolate_factory.usecases.tariff import period_or_none

PRICE_SERIES = ("pvpc", "spot")
#: A window that was asked for in vain is not asked for again at once.
ASK_AGAIN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Price:
    """One price with its tariff period (None before the tariff's first table), in EUR/MWh and EUR/kWh."""

    observation: Observation
    period: Period | None

    @property
    def eur_kwh(self) -> float:
        """EUR/kWh."""
        return round(self.observation.value / 1000.0, 6)


class Prices:
    """The deed, with its ports."""

    def __init__(
        self,
        store: TimeSeriesStore,
        clock: Clock,
        feeds: Mapping[str, Feed],
        bring: Bring,
        filling: frozenset[Kind],
    ) -> None:
        self._store = store
        self._clock = clock
        self._feeds = feeds
        self._bring = bring
        self._filling = filling
        self._said: dict[tuple[str, datetime, datetime], tuple[datetime, list[str]]] = {}

    def __call__(self, series: str, window: Interval, tariff: Tariff) -> list[Price]:
        """What the store holds, the most credible source for each slot."""
        rows = best_per_slot(self._store.read(Query(series, window, kinds=self._filling)))
        return [Price(o, period_or_none(o.start, tariff)) for o in rows]

    def known_until(self, series: str) -> datetime:
        """The end of the last slot that has a price; long ago where none has."""
        last = self._store.last(series, self._filling)
        return spec_of(series).end(last.start) if last is not None else datetime.min.replace(tzinfo=UTC)

    def ensure(self, window: Interval, series: tuple[str, ...] = PRICE_SERIES, patience: float = 4.0) -> list[str]:
        """Ask upstream for what is due and missing, once; returns what could not be had.

        Args:
            patience: seconds that each request may take: somebody is waiting.
        """
        troubles: list[str] = []
        for name in series:
            for feed in ("ree.prices", "demo.prices"):
                missing = self._missing(name, window)
                if missing and feed in self._feeds:
                    troubles += self._ask(self._feeds[feed], name, missing, patience)
        return list(dict.fromkeys(troubles))

    def _ask(self, feed: Feed, series: str, missing: list[datetime], patience: float) -> list[str]:
        """What went wrong, also where it was asked a moment ago: for that hole, for any series of the feed."""
        now = self._clock.now()
        hole = (feed.name, floor(missing[0], Resolution.HOUR), floor(missing[-1], Resolution.HOUR))
        self._said = {k: said for k, said in self._said.items() if now - said[0] < ASK_AGAIN}
        if hole not in self._said:
            self._said[hole] = now, self._fetch(feed, series, missing, patience)
        return self._said[hole][1]

    def _fetch(self, feed: Feed, series: str, missing: list[datetime], patience: float) -> list[str]:
        """Ask for the chunks in which something is missing, until one fails: somebody is waiting."""
        whole = Interval(missing[0], spec_of(series).end(missing[-1]))
        for chunk in (c for c in whole.chunks(feed.longest) if any(m in c for m in missing)):
            brought = self._bring(feed, chunk, patience)
            if brought.failed:
                return [f"{brought.feed}: {brought.error}"]
        return []

    def _missing(self, series: str, window: Interval) -> list[datetime]:
        present = {start for start, _ in self._store.starts(Query(series, window, kinds=self._filling))}
        return missing_slots(spec_of(series), window, present, self._clock.now())
