"""Bring in what is new: prices, demand, generation, weather. No call for what is stored and final."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from chocolate_factory.domain.catalogue import CATALOGUE
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.series import Kind, Query
from chocolate_factory.domain.time import DAY, HOUR, MADRID, Interval, Resolution, floor, madrid_date, madrid_day
from chocolate_factory.ports import Clock, Feed, Memo, TimeSeriesStore
from chocolate_factory.usecases.bring import Bring, Brought

#: Local times from which tomorrow's prices are asked for until they are there (contract, timetable).
SPOT_FROM = time(13, 0)
PVPC_FROM = time(20, 15)

FIRST_ROUTE = ("demo.prices", "ree.prices")
SECOND_ROUTE = ("esios.pvpc", "omie.spot")
#: So long after their publication prices that the first route does not have are late.
LATE = timedelta(minutes=15)

#: A feed whose answer changes slowly is asked at most this often when nobody insists.
PACE: dict[str, timedelta] = {
    "ree.demand": timedelta(minutes=4),
    "ree.generation": timedelta(hours=1),
    "aemet.observations": timedelta(minutes=10),
    "aemet.forecast": timedelta(hours=3),
    "openweathermap.current": timedelta(minutes=4),
    "openweathermap.forecast": timedelta(hours=1),
    "open_meteo.forecast": timedelta(minutes=50),
}
SOURCES = ("ree", "aemet", "openweather", "hybrid", "all")


@dataclass(frozen=True, slots=True)
class Manner:
    """How to ask: ``insist`` even where the values are there; ``patience`` in seconds for each request."""

    insist: bool
    patience: float


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingestion brought."""

    source: str
    parts: tuple[Brought, ...]

    @property
    def found(self) -> int:
        """Values that upstreams gave."""
        return sum(p.found for p in self.parts)

    @property
    def written(self) -> int:
        """Rows that the store gained."""
        return sum(p.count.written for p in self.parts)

    @property
    def errors(self) -> list[str]:
        """One sentence for each feed that failed."""
        return [f"{p.feed}: {p.error}" for p in self.parts if p.failed]


class Ingest:
    """The deed, with its ports."""

    def __init__(
        self,
        store: TimeSeriesStore,
        clock: Clock,
        feeds: Mapping[str, Feed],
        bring: Bring,
        filling: frozenset[Kind],
        memo: Memo,
    ) -> None:
        self._store = store
        self._clock = clock
        self._feeds = feeds
        self._bring = bring
        self._filling = filling
        self._memo = memo

    def __call__(self, source: str, *, insist: bool = False, patience: float = 30.0) -> IngestReport:
        """Bring in what is new.

        Args:
            source: ``ree``, ``aemet``, ``openweather``, ``hybrid`` (all weather) or ``all``.
            insist: ask even where a feed was asked a moment ago or its values are there.
            patience: seconds that one request may take with its retries and waits.

        Raises:
            InputError: no such source.
            StoreError: the store cannot take it. What upstreams failed to give is in the report.
        """
        if source not in SOURCES:
            raise InputError("source", source, f"one of {', '.join(SOURCES)}")
        branches: dict[str, list[Callable[[Manner], list[Brought]]]] = {
            "ree": [self._prices_and_grid],
            "aemet": [self._aemet],
            "openweather": [self._openweather],
            "hybrid": [self._aemet, self._openweather, self._grids],
            "all": [self._prices_and_grid, self._aemet, self._openweather, self._grids],
        }
        with ThreadPoolExecutor(4, thread_name_prefix="ingest") as pool:
            waiting = [pool.submit(branch, Manner(insist, patience)) for branch in branches[source]]
            parts = [part for future in waiting for part in future.result()]
        return IngestReport(source, tuple(parts))

    # ------------------------------------------------------------------ prices and grid
    def _prices_and_grid(self, how: Manner) -> list[Brought]:
        parts = self._prices(how)
        now = self._clock.now()
        day = madrid_day(madrid_date(now - 2 * HOUR))  # just after midnight the last hours of yesterday come too
        parts += self._ask("ree.demand", Interval(day.start, madrid_day(madrid_date(now)).end), how)
        parts += self._ask("demo.demand", Interval(now - 3 * HOUR, now), how)
        parts += self._generation(how)
        return parts

    def _prices(self, how: Manner) -> list[Brought]:
        parts: list[Brought] = []
        for name in (*FIRST_ROUTE, *SECOND_ROUTE):
            feed = self._feeds.get(name)
            wanted = self._missing_prices(feed.series) if feed is not None else None
            if how.insist and name in FIRST_ROUTE:
                wanted = self._price_window()
            if feed is None or wanted is None:
                continue
            first_failed = any(p.failed and p.feed in FIRST_ROUTE for p in parts)
            if name in FIRST_ROUTE or first_failed or self._is_late(feed.series, wanted):
                parts += self._all_of(feed, wanted, how)
        return parts

    def _all_of(self, feed: Feed, wanted: Interval, how: Manner) -> list[Brought]:
        """Today and tomorrow, also from a feed that gives a day at a time; no more once it fails."""
        parts: list[Brought] = []
        for chunk in wanted.chunks(feed.longest):
            parts.append(self._bring(feed, chunk, how.patience))
            if parts[-1].failed:
                break
        return parts

    def _is_late(self, series: frozenset[str], wanted: Interval) -> bool:
        """Whether the first route should have had them by now: no use in asking for what nobody has published."""
        late = self._clock.now() - LATE
        return any(CATALOGUE[name].published(wanted.start) <= late for name in series)

    def _price_window(self) -> Interval:
        """Today, and tomorrow once its prices may be there."""
        now = self._clock.now()
        today = madrid_date(now)
        last = today + DAY if now.astimezone(MADRID).time() >= SPOT_FROM else today
        return Interval(madrid_day(today).start, madrid_day(last).end)

    def _missing_prices(self, series: frozenset[str]) -> Interval | None:
        """From the first to the last slot of today (and tomorrow) that should be there and is not."""
        now = self._clock.now()
        today, local = madrid_date(now), now.astimezone(MADRID).time()
        missing: list[Interval] = []
        for name, since in (("spot", SPOT_FROM), ("pvpc", PVPC_FROM)):
            if name not in series:
                continue
            last = today + DAY if local >= since else today
            window = Interval(madrid_day(today).start, madrid_day(last).end)
            query = Query(name, window, kinds=self._filling)
            present = {start for start, _ in self._store.starts(query)}
            spec = CATALOGUE[name]
            missing += [Interval(s, spec.end(s)) for s in spec.slots(window) if s not in present]
        return Interval(min(m.start for m in missing), max(m.end for m in missing)) if missing else None

    def _generation(self, how: Manner) -> list[Brought]:
        today = madrid_date(self._clock.now())
        window = Interval(madrid_day(today - DAY).start, madrid_day(today).end)
        parts = self._ask("ree.generation", window, how)
        return parts + self._ask("demo.generation", window, how)

    # ------------------------------------------------------------------ weather
    def _aemet(self, how: Manner) -> list[Brought]:
        now = self._clock.now()
        parts: list[Brought] = []
        if how.insist or self._official_hour_is_due():
            parts += self._ask("aemet.observations", Interval(now - 13 * HOUR, now), how)
        return parts + self._ask("aemet.forecast", Interval(now, now + 3 * DAY), how)

    def _official_hour_is_due(self) -> bool:
        """Whether the newest hour that the station should have reported (a quarter-hour after its end) is missing."""
        newest = floor(self._clock.now() - HOUR / 4, Resolution.HOUR) - HOUR
        query = Query("temperature", Interval(newest, newest + HOUR), sources=frozenset({"aemet"}), kinds=self._filling)
        return not self._store.starts(query)

    def _openweather(self, how: Manner) -> list[Brought]:
        now = self._clock.now()
        hour = floor(now, Resolution.HOUR)
        parts = self._ask("openweathermap.current", Interval(hour, hour + HOUR), how)
        return parts + self._ask("openweathermap.forecast", Interval(hour, now + 5 * DAY), how)

    def _grids(self, how: Manner) -> list[Brought]:
        now = self._clock.now()
        parts = self._ask("open_meteo.forecast", Interval(now - DAY, now + 7 * DAY), how)
        parts += self._ask("demo.weather", Interval(now - 3 * HOUR, now), how)
        return parts + self._ask("demo.weather_forecast", Interval(now, now + 7 * DAY), how)

    # ------------------------------------------------------------------ one feed
    def _ask(self, name: str, window: Interval, how: Manner) -> list[Brought]:
        feed = self._feeds.get(name)
        now = self._clock.now()
        asked = self._memo.recall(f"asked:{name}")
        soon = asked is not None and timedelta(0) <= now - datetime.fromisoformat(asked) < PACE.get(name, timedelta(0))
        if feed is None or (soon and not how.insist):
            return []
        brought = self._bring(feed, window, how.patience)
        if not brought.failed:
            self._memo.note(f"asked:{name}", now.isoformat())
        return [brought]
