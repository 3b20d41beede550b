"""Five-minute demand, once it is old: what it says of an hour stays, where nobody else says it.

REE's own hour is the truth of an hour, and nearly always there. Where it is not, the mean of the hour's points is kept
as ``demand`` from the source ``demand_5min``, of kind ``estimated``: it fills no gap and trains no model, and REE's
hour goes before it whenever it comes.

Invariants:
    No point goes before the store has shown an hour for it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import Final

from chocolate_factory.domain.catalogue import observations
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.series import Kind, Observation, Query
from chocolate_factory.domain.time import Interval, Resolution, floor
from chocolate_factory.ports import Clock, TimeSeriesStore
from chocolate_factory.quality.select import best_per_slot
from chocolate_factory.usecases.progress import Progress

POINTS: Final = "demand_5min"
HOURS: Final = "demand"
#: What is read, and dropped, at a time.
PIECE: Final = timedelta(days=7)


@dataclass(frozen=True)
class HourlyMeans:
    """The deed, with its ports."""

    store: TimeSeriesStore
    clock: Clock
    filling: frozenset[Kind]

    def __call__(self, before: datetime, progress: Progress) -> dict[str, float]:
        """Replace what is older than a moment, a full hour; how many means were made, how many points went.

        Raises:
            StoreError: the store cannot serve; what was not replaced is still there.
            StoppedError: the service is stopping; the same.
        """
        held = [stream for stream in self.store.inventory() if stream.series == POINTS and stream.first < before]
        if not held:
            return _counts(0, 0)
        whole = Interval(floor(min(stream.first for stream in held), Resolution.HOUR), before)
        made = dropped = 0
        for piece in whole.chunks(PIECE):
            progress.step((piece.start - whole.start) / whole.duration, f"five-minute demand of {piece.start:%Y-%m-%d}")
            made += sum(self._keep_hours(piece, site) for site in sorted({stream.site for stream in held}))
            dropped += self.store.forget(POINTS, frozenset(Kind), piece.end)
        return _counts(made, dropped)

    def _keep_hours(self, piece: Interval, site: str) -> int:
        """See to it that each hour of the points is there; how many had to be made."""
        hours = self._means(piece, site)
        lacking = sorted(hours.keys() - self._there(piece, site))
        if lacking:
            self.store.write(self._observations([(hour, hours[hour]) for hour in lacking], site))
            if lost := hours.keys() - self._there(piece, site):
                raise StoreError(f"The store does not show {len(lost)} hourly means of {POINTS}; nothing was dropped.")
        return len(lacking)

    def _means(self, piece: Interval, site: str) -> dict[datetime, float]:
        points: defaultdict[datetime, list[float]] = defaultdict(list)
        for o in best_per_slot(self.store.read(Query(POINTS, piece, site=site))):
            points[floor(o.start, Resolution.HOUR)].append(o.value)
        return {hour: round(fmean(values), 1) for hour, values in points.items()}

    def _there(self, piece: Interval, site: str) -> set[datetime]:
        kinds = self.filling | {Kind.ESTIMATED}
        return {start for start, _ in self.store.starts(Query(HOURS, piece, kinds=kinds, site=site))}

    def _observations(self, means: list[tuple[datetime, float]], site: str) -> list[Observation]:
        kind = Kind.SIMULATED if Kind.SIMULATED in self.filling else Kind.ESTIMATED
        return observations(HOURS, POINTS, kind, means, self.clock.now(), site)


def _counts(made: int, dropped: int) -> dict[str, float]:
    return {"hourly_means": made, "five_minute_rows_dropped": dropped}
