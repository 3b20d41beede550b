"""The gap ledger's rows: brought up to date with what the store misses, and which of them are due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.time import Interval
from chocolate_factory.domain.work import Gap, GapState
from chocolate_factory.ports import Clock, Feed, GapLedger
from chocolate_factory.quality.gaps import GIVE_UP_ATTEMPTS, in_order, is_due, reconcile
from chocolate_factory.usecases.detect import Detect
from chocolate_factory.usecases.routes import NO_HISTORY, route


class Rows:
    """The rows with the ports that they need."""

    def __init__(self, ledger: GapLedger, detect: Detect, clock: Clock, feeds: Mapping[str, Feed]) -> None:
        self._ledger = ledger
        self._detect = detect
        self._clock = clock
        self._feeds = feeds

    def due(self, windows: Mapping[str, Interval], worth: Callable[[Gap], bool], *, insist: bool) -> list[Gap]:
        """Look at every series in its window, update its rows, and name those to be filled, in the order of work.

        Args:
            worth: which gaps, as long as they are, to fill.
            insist: also those that wait for their next try or were given up.
        """
        tasks: list[Gap] = []
        for series, window in windows.items():
            found = self._detect.missing(spec_of(series), window)
            chosen = [gap.window for gap in found if worth(gap)]
            self._update(found, series, None, window)
            rows = (row for row in self._held(series, None) if any(row.window.overlap(w) for w in chosen))
            tasks += [row for row in rows if insist or self._is_due(row)]
        return in_order(tasks, self._clock.now())

    def record_own_holes(self, holes: list[Gap]) -> None:
        """Rows for holes in a source's own series that no archive can close, as what they are."""
        own: defaultdict[tuple[str, str], list[Gap]] = defaultdict(list)
        for hole in holes:
            if hole.source in NO_HISTORY:
                own[hole.series, hole.source].append(hole)
        for (series, source), found in own.items():
            seen = Interval(min(g.window.start for g in found), max(g.window.end for g in found))
            self._update(found, series, source, seen)

    def _held(self, series: str, source: str | None) -> list[Gap]:
        return [row for row in self._ledger.open_gaps() if row.series == series and row.source == source]

    def _update(self, found: list[Gap], series: str, source: str | None, seen: Interval) -> None:
        for row in reconcile(found, self._held(series, source), seen, self._clock.now()):
            self._ledger.save_gap(row)

    def _is_due(self, row: Gap) -> bool:
        """Whether it may be tried unasked: also where nobody could be asked before (and it was not given up)."""
        now = self._clock.now()
        lacked = row.state is GapState.UNFILLABLE and row.attempts < GIVE_UP_ATTEMPTS
        return is_due(row, now) or (lacked and bool(route(row.series, row.window, self._feeds, now)))
