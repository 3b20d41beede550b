"""Look at the store and name every missing slot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from chocolate_factory.domain.catalogue import CATALOGUE, expected_series, spec_of
from chocolate_factory.domain.series import TRUE_KINDS, Kind, Query
from chocolate_factory.domain.series_spec import SeriesSpec
from chocolate_factory.domain.time import DAY, Interval, madrid_date, madrid_day
from chocolate_factory.domain.work import Gap, GapState
from chocolate_factory.ports import Clock, Feed, GapLedger, TimeSeriesStore
from chocolate_factory.quality.gaps import find_gaps, joined, missing_slots, prioritise
from chocolate_factory.usecases.routes import NO_HISTORY

DEFAULT_DAYS_BACK = 10
#: So much of a series is in memory at a time.
PIECE = 366 * DAY


class Detect:
    """The deed, with its ports.

    Args:
        filling: the kinds that fill a slot (the demo's world: ``simulated``).
        feeds: by name; a source without history is watched where its feed is configured.
    """

    def __init__(
        self,
        store: TimeSeriesStore,
        ledger: GapLedger,
        clock: Clock,
        feeds: Mapping[str, Feed],
        filling: frozenset[Kind] = TRUE_KINDS,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._clock = clock
        self._feeds = feeds
        self.filling = filling

    def window(self, days_back: float) -> Interval:
        """From so many days ago to the last slot that can be known: the end of tomorrow."""
        now = self._clock.now()
        return Interval(now - timedelta(days=days_back), madrid_day(madrid_date(now) + DAY).end)

    def own_windows(self, days_back: float = DEFAULT_DAYS_BACK) -> dict[str, Interval]:
        """For each expected series: from its first stored slot or its first gap that can still be filled.

        At least so many days: a gap that an upstream in trouble left behind is not forgotten when its days have passed.
        """
        window = self.window(days_back)
        first = dict.fromkeys((spec.name for spec in expected_series()), window.start)
        stored = [(s.series, s.first) for s in self._store.inventory() if s.kind in self.filling]
        awaited = [(r.series, r.window.start) for r in self._ledger.open_gaps() if r.state is not GapState.UNFILLABLE]
        for series, start in stored + awaited:
            if series in first:
                first[series] = min(start, first[series])
        return {series: Interval(start, window.end) for series, start in first.items()}

    def missing(self, spec: SeriesSpec, window: Interval) -> list[Gap]:
        """The gaps of one series in a window, as long as possible, without the ledger's knowledge."""
        now = self._clock.now()
        return joined(spec, (slot for piece in window.chunks(PIECE) for slot in self._missing(spec, piece, now)))

    def _missing(self, spec: SeriesSpec, window: Interval, now: datetime) -> list[datetime]:
        present = {start for start, _ in self._store.starts(Query(spec.name, window, kinds=self.filling))}
        return missing_slots(spec, window, present, now)

    def __call__(self, window: Interval, series: Iterable[str] | None = None) -> list[Gap]:
        """Every gap in the window, with its priority and what the ledger knows of it, the most urgent first."""
        now = self._clock.now()
        specs = expected_series() if series is None else [spec_of(name) for name in series]
        found = [gap for spec in specs for gap in self.missing(spec, window)]
        found += self._own_holes(window, {spec.name for spec in specs})
        rows = self._ledger.open_gaps()
        known = [_with_ledger(prioritise(gap, now), rows) for gap in found]
        return sorted(known, key=lambda g: (g.state is GapState.UNFILLABLE, g.priority, g.series, g.window))

    def _own_holes(self, window: Interval, wanted: set[str]) -> list[Gap]:
        """Holes in the own series of a source that has no archive, since its first reading."""
        holes: list[Gap] = []
        for source, why in NO_HISTORY.items():
            if not any(f.upstream == source for f in self._feeds.values()):
                continue
            for name in ("temperature", "humidity"):
                if name in wanted:
                    holes += self._own_holes_of(CATALOGUE[name], source, why, window)
        return holes

    def _own_holes_of(self, spec: SeriesSpec, source: str, why: str, window: Interval) -> list[Gap]:
        query = Query(spec.name, window, sources=frozenset({source}), kinds=self.filling)
        present = {start for start, _ in self._store.starts(query)}
        if not present:
            return []
        since = Interval(min(present), window.end)
        gaps = find_gaps(spec, since, present, self._clock.now(), source)
        return [replace(g, state=GapState.UNFILLABLE, why=why) for g in gaps]


def behind_hours(last_end: datetime, now: datetime) -> float:
    """Hours since the end of the last slot held; none for one that reaches into the future."""
    return max(0.0, round((now - last_end).total_seconds() / 3600, 2))


def _with_ledger(gap: Gap, rows: list[Gap]) -> Gap:
    """The gap with the state that the ledger's rows inside it share, or the most alive of them."""
    inside = [
        r
        for r in rows
        if r.series == gap.series and r.source == gap.source and r.window.overlap(gap.window) is not None
    ]
    if not inside or gap.state is GapState.UNFILLABLE:
        return gap
    order = [GapState.FILLING, GapState.OPEN, GapState.UPSTREAM_EMPTY, GapState.UNFILLABLE]
    chief = min(inside, key=lambda r: order.index(r.state) if r.state in order else len(order))
    covered = sum(r.missing for r in inside)
    if chief.state is GapState.UNFILLABLE and covered < gap.missing:
        return gap
    return replace(
        gap,
        id=chief.id,
        state=chief.state,
        attempts=chief.attempts,
        next_try_at=chief.next_try_at,
        route=chief.route,
        why=chief.why,
        opened_at=chief.opened_at,
    )
