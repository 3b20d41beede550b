"""Windows of time as request parameters."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import Query

from chocolate_factory.domain.time import DAY, Interval, isoformat_madrid, madrid_date, madrid_day, parse_window
from chocolate_factory.ports import Clock

Start = Annotated[
    str | None,
    Query(description="ISO 8601; without an offset it is Europe/Madrid", examples=["2026-03-29"], max_length=40),
]
End = Annotated[
    str | None,
    Query(description="ISO 8601, exclusive; a bare date is included whole", examples=["2026-03-29"], max_length=40),
]
YEAR = timedelta(days=366)


def window_of(start: str | None, end: str | None, clock: Clock, longest: timedelta = YEAR, days: int = 2) -> Interval:
    """The window asked for; from today on so many days where nothing is said, a day where one edge is.

    Raises:
        InputError: naming ``start`` or ``end``.
    """
    if start is None and end is None:
        today = madrid_day(madrid_date(clock.now()))
        return Interval(today.start, madrid_day(madrid_date(clock.now()) + (days - 1) * DAY).end)
    if start is None and end is not None:
        edge = parse_window("1998-01-02", end, timedelta(days=40000)).end
        return Interval(edge - DAY, edge)
    if start is not None and end is None:
        edge = parse_window(start, "2099-12-31", timedelta(days=40000)).start
        return Interval(edge, edge + DAY)
    return parse_window(str(start), str(end), longest)


def text(window: Interval) -> str:
    """For people."""
    return f"{isoformat_madrid(window.start)} to {isoformat_madrid(window.end)}"
