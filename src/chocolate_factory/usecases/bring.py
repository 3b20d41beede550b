"""Fetch from one feed, keep out what cannot be, store the rest, and say what happened."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from chocolate_factory.domain.errors import UpstreamEmptyError, UpstreamError, UpstreamLiedError, UpstreamRefusedError
from chocolate_factory.domain.series import WriteCount
from chocolate_factory.domain.time import Interval
from chocolate_factory.ports import Clock, Feed, TimeSeriesStore
from chocolate_factory.quality.checks import Rejection, screen

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Brought:
    """What one fetch brought.

    Attributes:
        feed, upstream: where it came from.
        window: what was asked for.
        found: values that the upstream gave.
        count: what the store gained.
        rejected: values kept out, with the reason.
        error: why nothing came; empty when the upstream answered.
        empty: it answered that it has nothing (yet).
        refused: it refuses the key.
        lied: it answered with something that cannot be read.
        seconds: how long it took.
    """

    feed: str
    upstream: str
    window: Interval
    found: int = 0
    count: WriteCount = field(default_factory=WriteCount)
    rejected: tuple[Rejection, ...] = ()
    error: str = ""
    empty: bool = False
    refused: bool = False
    lied: bool = False
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether the upstream did not answer as it should; an honest "nothing yet" is no failure."""
        return bool(self.error) and not self.empty


class Bring:
    """The deed, with its ports."""

    def __init__(self, store: TimeSeriesStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def __call__(self, feed: Feed, window: Interval, patience: float) -> Brought:
        """One fetch, clamped to what the feed reaches and takes.

        Args:
            patience: seconds that retries and waits may take.

        Raises:
            StoreError: the store could not take it. An upstream's failure is in the answer, not raised.
        """
        asked = clamp(feed, window, self._clock.now())
        if asked is None:
            reach = feed.reach(self._clock.now())
            return Brought(feed.name, feed.upstream, window, error=f"it reaches {reach} alone", empty=True)
        started = self._clock.monotonic()
        try:
            observations = feed.fetch(asked, patience)
        except UpstreamError as e:
            return Brought(
                feed.name,
                feed.upstream,
                asked,
                error=e.why,
                empty=isinstance(e, UpstreamEmptyError),
                refused=isinstance(e, UpstreamRefusedError),
                lied=isinstance(e, UpstreamLiedError),
                seconds=self._clock.monotonic() - started,
            )
        accepted, rejected = screen(observations)
        if rejected:
            reasons = Counter(f"{r.observation.series}: {r.reason}" for r in rejected)
            log.warning("values kept out", feed=feed.name, count=len(rejected), reasons=dict(reasons.most_common(3)))
        count = self._store.write(accepted)
        empty = not observations
        return Brought(
            feed.name,
            feed.upstream,
            asked,
            len(observations),
            count,
            tuple(rejected),
            "it has nothing for that window" if empty else "",
            empty,
            seconds=self._clock.monotonic() - started,
        )


def clamp(feed: Feed, window: Interval, now: datetime) -> Interval | None:
    """The part of the window that one request can get, the earliest first; None when it is out of reach."""
    within = window.overlap(feed.reach(now))
    if within is None:
        return None
    return Interval(within.start, min(within.end, within.start + feed.longest))
