"""Windows of time as request parameters."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import Query

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.tariff import Tariff, period
from chocolate_factory.domain.time import (
    DAY,
    EARLIEST,
    LATEST,
    Interval,
    isoformat_madrid,
    madrid_date,
    madrid_day,
    madrid_days,
    parse_moment,
    parse_window,
)
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
    if start is not None and end is not None:
        return parse_window(start, end, longest)
    if start is not None:
        edge = parse_moment(start, "start")
        return Interval(edge, edge + DAY)
    if end is not None:
        edge = end_of(end)
        return Interval(edge - DAY, edge)
    today = madrid_date(clock.now())
    return Interval(madrid_day(today).start, madrid_day(today + (days - 1) * DAY).end)


def end_of(end: str) -> datetime:
    """The moment that an ``end`` means: of a bare date the midnight after it.

    Raises:
        InputError: naming ``end``.
    """
    if parse_moment(end, "end") <= EARLIEST:
        raise InputError("end", end, f"it must lie after {isoformat_madrid(EARLIEST)}")
    return parse_window(isoformat_madrid(EARLIEST), end, LATEST - EARLIEST + DAY).end


def days_of(start: str | None, end: str | None, clock: Clock, longest: timedelta, days: int) -> tuple[date, date]:
    """The first and the last day asked for: the last so many where nothing is said, so many up to an ``end`` alone.

    From a ``start`` alone up to today. A day of which a part is asked for is a day.

    Raises:
        InputError: naming ``start`` or ``end``.
    """
    today = madrid_date(clock.now())
    if start is None:
        last = today if end is None else madrid_date(end_of(end) - timedelta(microseconds=1))
        return last - (days - 1) * DAY, last
    until = end or max(today, madrid_date(parse_moment(start, "start"))).isoformat()
    touched = list(madrid_days(parse_window(start, until, longest)))
    return touched[0], touched[-1]


def tariff_window_of(start: str | None, end: str | None, clock: Clock, longest: timedelta, tariff: Tariff) -> Interval:
    """As ``window_of``, of days for which the tariff has periods.

    Raises:
        InputError: naming ``start`` or ``end``.
    """
    window = window_of(start, end, clock, longest)
    try:
        period(window.start, tariff)
    except InputError as e:
        field, value = ("end", end) if start is None else ("start", start)
        raise InputError(field, value, e.allowed) from e
    return window
