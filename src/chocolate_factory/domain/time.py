"""Instants, intervals and slots.

Everything inside is half-open intervals of aware UTC; Europe/Madrid exists for people and tariffs. A Madrid day has
23, 24 or 25 hours.

Invariants:
    An ``Interval`` is aware, in UTC, and its start is not after its end.
    Slots of 5, 15 and 60 minutes are aligned to UTC (Madrid's offsets are whole hours, so they are aligned there too);
    a slot of a day starts at Madrid's midnight.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from chocolate_factory.domain.errors import InputError

MADRID = ZoneInfo("Europe/Madrid")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# What a request may name: before the first there is no Spanish market, after the last nobody plans.
EARLIEST = datetime(1998, 1, 1, tzinfo=MADRID).astimezone(UTC)
LATEST = datetime(2100, 1, 1, tzinfo=MADRID).astimezone(UTC)


class Resolution(IntEnum):
    """Length of a slot in minutes."""

    FIVE_MINUTES = 5
    QUARTER = 15
    HOUR = 60
    DAY = 1440

    @property
    def span(self) -> timedelta:
        """Nominal length; a Madrid day may be an hour shorter or longer."""
        return timedelta(minutes=int(self))


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """[start, end) in aware UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for name, moment in (("start", self.start), ("end", self.end)):
            if moment.tzinfo is None:
                raise InputError(name, moment.isoformat(), "a moment needs its offset from UTC")
            object.__setattr__(self, name, moment.astimezone(UTC))
        # Compared in UTC: two moments of one zone compare by the wall, which is wrong in October's repeated hour.
        if self.start > self.end:
            raise InputError("start", self.start.isoformat(), f"it must not be after the end, {self.end.isoformat()}")

    @property
    def duration(self) -> timedelta:
        """Elapsed time."""
        return self.end - self.start

    @property
    def is_empty(self) -> bool:
        """Whether it holds no instant."""
        return self.start == self.end

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def overlap(self, other: Interval) -> Interval | None:
        """The instants of both, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Interval(start, end) if start < end else None

    def gap(self, other: Interval) -> Interval | None:
        """The instants between two intervals that do not touch, or None."""
        start, end = min(self.end, other.end), max(self.start, other.start)
        return Interval(start, end) if start < end else None

    def partition(self, cuts: Iterable[datetime]) -> list[Interval]:
        """The interval cut at each moment that lies inside it, in order; together they are the whole."""
        inside = sorted({c.astimezone(UTC) for c in cuts if self.start < c < self.end})
        edges = [self.start, *inside, self.end]
        return [Interval(a, b) for a, b in pairwise(edges) if a < b]

    def chunks(self, length: timedelta) -> list[Interval]:
        """Consecutive pieces of at most that length."""
        count = int(self.duration / length) + 1
        return self.partition(self.start + i * length for i in range(1, count + 1))

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%dT%H:%MZ}/{self.end:%Y-%m-%dT%H:%MZ}"


def madrid_midnight(day: date) -> datetime:
    """The UTC instant at which that day begins in Madrid."""
    return datetime.combine(day, time(), MADRID).astimezone(UTC)


def madrid_date(moment: datetime) -> date:
    """The calendar day in Madrid of an aware moment."""
    return moment.astimezone(MADRID).date()


def madrid_day(day: date) -> Interval:
    """The 23, 24 or 25 hours of a Madrid day."""
    return Interval(madrid_midnight(day), madrid_midnight(day + DAY))


def madrid_days(window: Interval) -> Iterator[date]:
    """Each Madrid day that the window touches, in order."""
    if window.is_empty:
        return
    day, last = madrid_date(window.start), madrid_date(window.end - timedelta(microseconds=1))
    while day <= last:
        yield day
        day += DAY


def madrid_month_start(moment: datetime) -> datetime:
    """The UTC instant at which the moment's calendar month begins in Madrid."""
    return madrid_midnight(madrid_date(moment).replace(day=1))


def madrid_month_starts(window: Interval) -> Iterator[datetime]:
    """Each beginning of a Madrid month inside the window."""
    for day in madrid_days(window):
        if day.day == 1 and madrid_midnight(day) in window:
            yield madrid_midnight(day)


def floor(moment: datetime, resolution: Resolution) -> datetime:
    """The start of the slot that holds the moment."""
    if resolution is Resolution.DAY:
        return madrid_midnight(madrid_date(moment))
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    into = utc.minute % int(resolution)
    if not (into or utc.second or utc.microsecond):
        return utc
    return utc.replace(minute=utc.minute - into, second=0, microsecond=0)


def slot_end(start: datetime, resolution: Resolution) -> datetime:
    """The end of the slot that begins at ``start``."""
    if resolution is Resolution.DAY:
        return madrid_midnight(madrid_date(start) + DAY)
    return start.astimezone(UTC) + resolution.span


def slots(window: Interval, resolution: Resolution) -> Iterator[datetime]:
    """The start of every slot that begins inside the window, in order."""
    if resolution is Resolution.DAY:
        for day in madrid_days(window):
            midnight = madrid_midnight(day)
            if midnight in window:
                yield midnight
        return
    step = resolution.span
    start = floor(window.start, resolution)
    if start < window.start:
        start += step
    while start < window.end:
        yield start
        start += step


def parse_moment(text: str, field: str) -> datetime:
    """An ISO 8601 date or time as aware UTC; without an offset it is Madrid's local time.

    A local time that comes twice means the first; one that does not exist means the same distance after the jump.

    Raises:
        InputError: it is no date or lies outside 1998 to 2100.
    """
    allowed = "give an ISO 8601 date or time, e.g. 2026-03-29 or 2026-03-29T10:00+02:00, from 1998 to 2100"
    try:
        moment = datetime.fromisoformat(text.strip().replace(" ", "+") if _lost_plus(text) else text.strip())
    except ValueError:
        raise InputError(field, text, allowed) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=MADRID)
    try:
        utc = moment.astimezone(UTC)
    except (OverflowError, ValueError):
        raise InputError(field, text, allowed) from None
    if not EARLIEST <= utc <= LATEST:
        raise InputError(field, text, allowed)
    return utc


def _lost_plus(text: str) -> bool:
    """Whether a query string's '+' arrived as a space before the offset, as in ``2026-01-01T00:00 01:00``."""
    head, _, tail = text.strip().partition(" ")
    return "T" in head and tail.count(":") == 1 and len(tail) == 5


def _is_bare_date(text: str) -> bool:
    """Whether it names a day and no hour, in any of ISO 8601's spellings (``2026-03-29``, ``20260329``)."""
    try:
        date.fromisoformat(text.strip())
    except ValueError:
        return False
    return True


def parse_window(start: str, end: str, longest: timedelta) -> Interval:
    """A window from two texts. An ``end`` that is a bare date is inclusive: the whole of that day.

    Raises:
        InputError: naming ``start`` or ``end``.
    """
    a, b = parse_moment(start, "start"), parse_moment(end, "end")
    if _is_bare_date(end):
        b = madrid_midnight(madrid_date(b) + DAY)
    if a >= b:
        raise InputError("start", start, f"it must lie before the end, {end}")
    if b - a > longest:
        raise InputError("end", end, f"at most {longest.days} days after the start, {start}")
    return Interval(a, b)


def isoformat_madrid(moment: datetime) -> str:
    """ISO 8601 with Madrid's offset, to the second."""
    return moment.astimezone(MADRID).isoformat(timespec="seconds")
