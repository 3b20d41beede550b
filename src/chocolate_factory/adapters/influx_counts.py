"""How many slots and revisions each stream of an InfluxDB holds, without counting all of them every time.

The server counts by reading every point: of 25 years that takes it a quarter of a minute. They are counted in pieces of
a quarter of a year; the newest ones anew each time, the older ones when this process has changed them, and once a day.
What another process changes in old ones is counted within a day.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from chocolate_factory.adapters import influx_query as ql
from chocolate_factory.adapters.influx_lines import GONE, is_ours, key_from
from chocolate_factory.adapters.stream_keys import MICROSECOND, StreamKey
from chocolate_factory.domain.time import DAY

#: A piece, and how far back from the newest slot one is lively, in microseconds.
PIECE: Final = 91 * DAY // MICROSECOND
LIVELY: Final = 45 * DAY // MICROSECOND
#: Seconds for which what was counted of an old piece stands.
STANDS_S: Final = 86_400.0

Ask = Callable[[str], list[dict[str, Any]]]


class Count(NamedTuple):
    """Of one stream: slots, revisions that have not fallen away, and the newest receipt in microseconds."""

    slots: int
    revisions: int
    newest: int


Counts = dict[StreamKey, Count]
NOTHING: Final = Count(0, 0, GONE)


class InfluxCounts:
    """What was counted. Thread-safe.

    Args:
        ask: the series that a statement finds.
        monotonic: seconds that never go back.
    """

    def __init__(self, ask: Ask, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._settled: dict[int, tuple[float, Counts]] = {}
        self._changes = 0

    @contextmanager
    def changing(self, *spans: tuple[int, int]) -> Iterator[None]:
        """While slots from one to the other of each span (microseconds) become others, also where that fails."""
        try:
            yield
        finally:
            for first, last in spans:
                self._changed(first, last)

    def _changed(self, first: int, last: int) -> None:
        with self._lock:
            self._changes += 1
            for piece in [p for p in self._settled if first // PIECE <= p <= last // PIECE]:
                del self._settled[piece]

    def settle(self, first: int, last: int) -> None:
        """Count the old pieces between the first slot and the last, so that ``of`` need not: it may take a while."""
        for piece in _old(first, last):
            self._of_old(piece)

    def of(self, first: int, last: int) -> Counts:
        """Every stream's, from the first slot to the last."""
        old = _old(first, last)
        counts: Counts = {}
        for piece in [*map(self._of_old, old), self._counted(old.stop * PIECE, last + 1)]:
            for key, count in piece.items():
                _add(counts, key, count)
        return counts

    # ------------------------------------------------------------------ inside
    def _of_old(self, piece: int) -> Counts:
        with self._lock:
            at, counts = self._settled.get(piece, (float("-inf"), {}))
            changes = self._changes
        now = self._monotonic()
        if now - at > STANDS_S:
            counts = self._counted(piece * PIECE, (piece + 1) * PIECE)
            with self._lock:
                if changes == self._changes:  # else it may have been counted before the change
                    self._settled[piece] = now, counts
        return counts

    def _counted(self, start: int, end: int) -> Counts:
        counts: Counts = {}
        found = [series for series in self._ask(ql.points_counted(start, end)) if is_ours(series)]
        for series in found:
            _, points, newest, _ = series["values"][0]
            slots = points if series["tags"]["rev"] == "0" else 0
            _add(counts, key_from(series), Count(slots, points, newest))
        if any(series["values"][0][3] == GONE for series in found):
            for series in self._ask(ql.gone_counted(start, end)):
                _add(counts, key_from(series), Count(0, -series["values"][0][1], GONE))
        return counts


def pieces(first: int, last: int) -> Iterator[tuple[int, int]]:
    """Begin and end of those from the first slot to the last: what the server reads at a time."""
    for piece in range(first // PIECE, last // PIECE + 1):
        yield piece * PIECE, (piece + 1) * PIECE


def _old(first: int, last: int) -> range:
    """The pieces from the first slot's on that are not lively."""
    return range(first // PIECE, max(first, last - LIVELY) // PIECE)


def _add(counts: Counts, key: StreamKey, more: Count) -> None:
    held = counts.get(key, NOTHING)
    counts[key] = Count(held.slots + more.slots, held.revisions + more.revisions, max(held.newest, more.newest))
