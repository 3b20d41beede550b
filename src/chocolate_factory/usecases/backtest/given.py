"""What a backtest is given: what came, hour by hour, and when the world could know it.

Invariants:
    Who decides at a moment is shown nothing published later: ``published_spot`` and ``observed_air`` go by the
    catalogue's rules, and nothing else here is shown to a strategy that does not see the future.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.crew import wall_time
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import DAY, HOUR, Interval, Resolution, isoformat_madrid, slots

#: When each day is decided, on Madrid's wall clock of the day before: the crew goes, so nothing is cut in two, and
#: tomorrow's prices have been out for eight hours.
DECIDED_H = 22


def working_day(day: date) -> Interval:
    """The hours that one decision commits: from its own moment to the next one's, 23 to 25 of them."""
    return Interval(wall_time(day - DAY, DECIDED_H), wall_time(day, DECIDED_H))


@dataclass(frozen=True)
class History:
    """What came.

    Attributes:
        spot: EUR/MWh by the start of its hour or quarter-hour.
        air: by the start of its hour.
        demand_mw: REE's forecast of the system's demand, by the start of its hour; empty where nobody gave one.
    """

    spot: Mapping[datetime, float]
    air: Mapping[datetime, Air]
    demand_mw: Mapping[datetime, float] = field(default_factory=dict)

    def published_spot(self, window: Interval, at: datetime) -> dict[datetime, float]:
        """The window's prices that were out at a moment."""
        published = spec_of("spot").published
        return {t: price for t, price in self.spot_in(window).items() if published(t) <= at}

    def observed_air(self, window: Interval, at: datetime) -> dict[datetime, Air]:
        """The window's weather that had been read at a moment."""
        published = spec_of("temperature").published
        return {t: air for t, air in self.air_in(window).items() if published(t) <= at}

    def spot_in(self, window: Interval) -> dict[datetime, float]:
        """The window's prices as they came."""
        return {t: self.spot[t] for t in slots(window, Resolution.QUARTER) if t in self.spot}

    def air_in(self, window: Interval) -> dict[datetime, Air]:
        """The window's weather as it came."""
        return {t: self.air[t] for t in slots(window, Resolution.HOUR) if t in self.air}

    def between(self, window: Interval) -> History:
        """A part of it, to be sent elsewhere; without the demand, which forecasts alone read."""
        return History(self.spot_in(window), self.air_in(window))

    def checksums(self) -> dict[str, str]:
        """sha256 of what was given, by what it is."""
        rows = {
            "prices": (f"{t.isoformat()},{price!r}" for t, price in sorted(self.spot.items())),
            "weather": (f"{t.isoformat()},{a.temperature_c!r},{a.humidity_pct!r}" for t, a in sorted(self.air.items())),
            "demand": (f"{t.isoformat()},{mw!r}" for t, mw in sorted(self.demand_mw.items())),
        }
        return {name: _sha256(lines) for name, lines in rows.items()}


def _sha256(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


@dataclass(frozen=True)
class Given:
    """All that a backtest rests on.

    Attributes:
        first, last: days that are walked through, both of them.
        seed: of all chance: what breaks down, how forecasts of the weather err.
    """

    plant: Plant
    history: History
    first: date
    last: date
    seed: int = 1

    @property
    def period(self) -> Interval:
        """From the first decision to the end of what the last one commits."""
        return Interval(working_day(self.first).start, working_day(self.last).end)

    @property
    def days(self) -> list[date]:
        """In order."""
        return [self.first + n * DAY for n in range((self.last - self.first).days + 1)]

    def horizon(self, day: date, hours: int) -> Interval:
        """What a day's decision looks at; nobody plans beyond the backtest's end."""
        start = working_day(day).start
        return Interval(start, min(start + hours * HOUR, self.period.end))

    def require_whole(self) -> None:
        """That the period can be billed.

        Raises:
            InputError: naming the first hour without its price or weather; nothing is filled in.
        """
        for name, missing in (("prices", self._without_price()), ("weather", self._without_air())):
            first = next(missing, None)
            if first is not None:
                allowed = "every hour of the period: what was paid and how warm it was is never filled in"
                raise InputError(name, f"nothing at {isoformat_madrid(first)}", allowed)

    def _without_price(self) -> Iterator[datetime]:
        spot = self.history.spot
        for hour in slots(self.period, Resolution.HOUR):
            later = (hour + n * Resolution.QUARTER.span for n in range(1, 4))
            quarters = [t in spot for t in later]
            if hour not in spot or any(quarters) != all(quarters):
                yield hour

    def _without_air(self) -> Iterator[datetime]:
        return (hour for hour in slots(self.period, Resolution.HOUR) if hour not in self.history.air)
