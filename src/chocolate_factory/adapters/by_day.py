"""Windows out of upstreams that answer one Madrid day at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from chocolate_factory.domain.errors import UpstreamEmptyError
from chocolate_factory.domain.series import Observation
from chocolate_factory.domain.time import DAY, Interval, madrid_date, madrid_days, madrid_midnight
from chocolate_factory.ports import Clock

#: A day's observations, in so many seconds at most.
OneDay = Callable[[date, float], list[Observation]]


def reach_since(first: date, now: datetime) -> Interval:
    """From a first day to the end of tomorrow."""
    return Interval(madrid_midnight(first), madrid_midnight(madrid_date(now) + 2 * DAY))


def day_by_day(
    upstream: str, window: Interval, reach: Interval, one_day: OneDay, clock: Clock, patience: float
) -> list[Observation]:
    """What each day gives that the window touches; a day that is empty does not take the others' away.

    Args:
        reach: what lies outside is not asked for.
        patience: seconds for all of them together.

    Raises:
        UpstreamEmptyError: nothing lies in the window; it says why the last day was empty.
        UpstreamError: as ``one_day`` raises it.
    """
    deadline = clock.monotonic() + patience
    asked = window.overlap(reach)
    found: list[Observation] = []
    why = f"it lies outside what {upstream} can have"
    for day in madrid_days(asked) if asked else []:
        try:
            found += one_day(day, max(deadline - clock.monotonic(), 0.0))
        except UpstreamEmptyError as e:
            why = e.why
    inside = [o for o in found if o.start in window]
    if not inside:
        raise UpstreamEmptyError(upstream, f"nothing for {window}: {why}")
    return inside
