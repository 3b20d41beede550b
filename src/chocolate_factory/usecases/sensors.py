"""The newest readings of every source, looked at for faults."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from chocolate_factory.domain.series import Kind, Query
from chocolate_factory.domain.time import DAY, HOUR, Interval
from chocolate_factory.learning.drift import DriftFinding
from chocolate_factory.learning.sensors import FLAT, JUMPS, flat_line, frozen_clock, lone_jumps
from chocolate_factory.ports import TimeSeriesStore

#: How far back flat lines and standing clocks are looked for, and jumps.
LATELY: Final = 3 * DAY
WEEKS: Final = 30 * DAY

#: Values by start of slot, by source.
_Sources = Mapping[str, dict[datetime, float]]


def broken_sensors(store: TimeSeriesStore, now: datetime, filling: frozenset[Kind]) -> list[DriftFinding]:
    """What is broken now, as known now; three days of each series are read, and a month of the weather."""
    found: list[DriftFinding] = []
    for series in FLAT:
        found += _of_series(store, series, now, filling)
    return found


def _of_series(store: TimeSeriesStore, series: str, now: datetime, filling: frozenset[Kind]) -> list[DriftFinding]:
    sources = _by_source(store, _query(series, now, WEEKS if series in JUMPS else LATELY, filling))
    flat = (flat_line(series, name, _since(values, now - LATELY)) for name, values in sources.items())
    clocks = (frozen_clock(series, name, said) for name, said in _arrivals(store, series, now, filling).items())
    found = [f for f in (*flat, *clocks) if f is not None]
    newest = max((start for values in sources.values() for start in values), default=None)
    return found if newest is None else found + lone_jumps(series, sources, newest)


def _by_source(store: TimeSeriesStore, query: Query) -> _Sources:
    sources: dict[str, dict[datetime, float]] = defaultdict(dict)
    for o in store.read(query):
        sources[o.source][o.start] = o.value
    return sources


def _since(values: Mapping[datetime, float], begin: datetime) -> list[tuple[datetime, float]]:
    return sorted((start, value) for start, value in values.items() if start >= begin)


def _arrivals(
    store: TimeSeriesStore, series: str, now: datetime, filling: frozenset[Kind]
) -> dict[str, list[tuple[datetime, datetime]]]:
    """Slot and receipt of what came lately of recent slots, by source, in order of receipt."""
    arrivals: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    rows = store.revisions(_query(series, now, LATELY, filling))
    for o in sorted(rows, key=lambda o: o.received_at):
        arrivals[o.source].append((o.start, o.received_at))
    return arrivals


def _query(series: str, now: datetime, back: timedelta, filling: frozenset[Kind]) -> Query:
    ahead = 2 * DAY + HOUR  # prices are published ahead
    return Query(series, Interval(now - back, now + ahead), kinds=filling, published_by=now)
