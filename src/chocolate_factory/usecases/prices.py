"""Prices as people and plans read them: from the store, asking upstream for what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.series import Kind, Observation, Query
from chocolate_factory.domain.tariff import Period, Tariff
from chocolate_factory.domain.time import Interval
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
        self._asked: dict[tuple[str, Interval], datetime] = {}

    def __call__(self, series: str, window: Interval, tariff: Tariff) -> list[Price]:
        """What the store holds, the most credible source for each slot."""
        rows = best_per_slot(self._store.read(Query(series, window, kinds=self._filling)))
        return [Price(o, period_or_none(o.start, tariff)) for o in rows]

    def ensure(self, window: Interval, series: tuple[str, ...] = PRICE_SERIES, patience: float = 4.0) -> list[str]:
        """Ask upstream for what is due and missing, once; returns what could not be had.

        Args:
            patience: seconds that each request may take: somebody is waiting.
        """
        troubles: list[str] = []
        for name in series:
            for feed in ("ree.prices", "demo.prices"):
                wanted = self._missing(name, window)
                if wanted is not None and feed in self._feeds and self._may_ask(feed, wanted):
                    troubles += self._fetch(self._feeds[feed], wanted, patience)
        return troubles

    def _fetch(self, feed: Feed, wanted: Interval, patience: float) -> list[str]:
        for chunk in wanted.chunks(feed.longest):
            brought = self._bring(feed, chunk, patience)
            if brought.failed:
                return [f"{brought.feed}: {brought.error}"]
        return []

    def _missing(self, series: str, window: Interval) -> Interval | None:
        spec = spec_of(series)
        present = {start for start, _ in self._store.starts(Query(series, window, kinds=self._filling))}
        missing = missing_slots(spec, window, present, self._clock.now())
        return Interval(missing[0], spec.end(missing[-1])) if missing else None

    def _may_ask(self, feed: str, wanted: Interval) -> bool:
        now = self._clock.now()
        self._asked = {k: at for k, at in self._asked.items() if now - at < ASK_AGAIN}
        return self._asked.setdefault((feed, wanted), now) == now
