"""Numbers, times and ages as each language writes them.

Invariants:
    ``static/figures.js`` writes the same characters for the same input; the page would flicker otherwise.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal

from chocolate_factory.domain.time import MADRID
from chocolate_factory.web.dashboard.texts import Texts

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 86400

# Spanish groups from five digits on (RAE: 4321, 54 321); the dot is what Spanish software prints.
_GROUPS_FROM = {"es": 10_000, "en": 1_000}


def number(value: float, digits: int, texts: Texts) -> str:
    """Rounded half up to that many decimals, e.g. ``0,123`` or ``27.000``; minus is U+2212, and there is no -0."""
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    grouped = abs(rounded) >= _GROUPS_FROM[texts.language]
    plain = f"{abs(rounded):,.{digits}f}" if grouped else f"{abs(rounded):.{digits}f}"
    if texts.language == "es":
        plain = plain.translate(str.maketrans(",.", ".,"))
    return f"−{plain}" if rounded < 0 else plain


def moment(text: str) -> datetime:
    """An ISO 8601 time with offset as Madrid's wall time.

    Its offset is fixed, because Python compares two times of one zone by their wall clocks, blind to the repeated hour.
    """
    local = datetime.fromisoformat(text).astimezone(MADRID)
    return local.replace(tzinfo=timezone(local.utcoffset() or timedelta(0)), fold=0)


def clock(when: datetime) -> str:
    """Hour and minute."""
    return f"{when:%H:%M}"


def date(when: datetime, now: datetime, texts: Texts) -> str:
    """Day and month, and the year where it is another one than now's."""
    key = "date.short" if when.year == now.year else "date.long"
    month = texts.say("months").split()[when.month - 1]
    return texts.say(key, d=when.day, dd=f"{when:%d}", mm=f"{when:%m}", mon=month, yyyy=when.year)


def date_and_clock(when: datetime, now: datetime, texts: Texts) -> str:
    """The time of day, with its date unless that is today."""
    if when.date() == now.date():
        return clock(when)
    return texts.say("date.with_time", date=date(when, now, texts), time=clock(when))


def at(when: datetime, now: datetime, texts: Texts) -> str:
    """A moment inside a sentence: *las 18:00*, or *el 25/11 a las 08:00*."""
    if when.date() == now.date():
        return texts.say("date.at", time=clock(when))
    return texts.say("date.at_with_date", date=date(when, now, texts), time=clock(when))


def weekday(when: datetime, texts: Texts) -> str:
    """Its name."""
    return texts.say("weekdays").split()[when.weekday()]


def duration(seconds: float, texts: Texts) -> str:
    """A length of time in the unit that matters: minutes, hours with minutes, from two days on days."""
    if seconds < MINUTE_S:
        return texts.say("duration.moment")
    if seconds < HOUR_S:
        return texts.say("duration.minutes", m=int(seconds // MINUTE_S))
    if seconds >= 2 * DAY_S:
        return texts.say("duration.days", d=int(seconds // DAY_S))
    hours, minutes = int(seconds // HOUR_S), int(seconds % HOUR_S // MINUTE_S)
    return texts.say("duration.hours_minutes" if minutes else "duration.hours", h=hours, m=minutes)


def age(seconds: float, texts: Texts) -> str:
    """How long ago, or how far ahead where it is negative."""
    key = "age.past" if seconds >= 0 else "age.ahead"
    return texts.say(key, duration=duration(abs(seconds), texts))
