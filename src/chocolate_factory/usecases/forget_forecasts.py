"""Old forecasts and predictions: slots whose time is over go whole, with every revision.

Until then each can be read as it was known at any moment. What was true of a slot stays, and so does a mean of
five-minute demand, which nobody else has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chocolate_factory.domain.catalogue import CATALOGUE
from chocolate_factory.domain.retention import Kept, kept_since
from chocolate_factory.domain.series import Kind, StreamSummary
from chocolate_factory.domain.series_spec import Family
from chocolate_factory.domain.time import Interval
from chocolate_factory.ports import TimeSeriesStore
from chocolate_factory.usecases.hourly_means import HOURS
from chocolate_factory.usecases.progress import Progress

#: What is dropped at a time.
PIECE: Final = timedelta(days=28)


@dataclass(frozen=True)
class ForgetForecasts:
    """The deed, with its port."""

    store: TimeSeriesStore

    def __call__(self, now: datetime, progress: Progress) -> dict[str, float]:
        """Drop what is too old; how many revisions that were.

        Raises:
            StoreError: the store cannot serve; what went is gone, the rest is whole.
            StoppedError: the service is stopping; the same.
        """
        dropped, old = 0, _old(self.store.inventory(), now)
        for i, (series, span) in enumerate(sorted(old.items())):
            for piece in span.chunks(PIECE):
                progress.step(i / len(old), f"{series} before {piece.end:%Y-%m-%d}")
                dropped += self.store.forget(series, passing_kinds(series), piece.end)
        return {"forecast_rows_dropped": dropped}


def passing_kinds(series: str) -> frozenset[Kind]:
    """The kinds of a series that go some day: none that is, or stands for, the truth."""
    if _is_ours(series):
        return frozenset(Kind)
    return frozenset({Kind.FORECAST} if series == HOURS else {Kind.FORECAST, Kind.ESTIMATED})


def _is_ours(series: str) -> bool:
    """Whether our models say it, who tell no truth in either world."""
    spec = CATALOGUE.get(series)
    return spec is not None and spec.family is Family.MODELS


def _old(held: Iterable[StreamSummary], now: datetime) -> dict[str, Interval]:
    """By series, from the first slot that is too old to the end of that age."""
    firsts: defaultdict[str, list[datetime]] = defaultdict(list)
    for stream in held:
        if stream.kind in passing_kinds(stream.series):
            firsts[stream.series].append(stream.first)
    ends = {series: kept_since(Kept.PREDICTIONS if _is_ours(series) else Kept.FORECASTS, now) for series in firsts}
    return {series: Interval(min(firsts[series]), end) for series, end in ends.items() if min(firsts[series]) < end}
