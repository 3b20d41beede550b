"""What a series of the catalogue is: unit, resolution, plausible range, when it is published and when it is late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import (
    DAY,
    HOUR,
    MADRID,
    Interval,
    Resolution,
    madrid_date,
    madrid_midnight,
    slot_end,
    slots,
)

#: The market trades quarter-hours from this delivery day on.
QUARTER_HOUR_MARKET = madrid_midnight(date(2025, 10, 1))


class Family(StrEnum):
    """Series that are fetched, repaired and shown together."""

    PRICES = "prices"
    DEMAND = "demand"
    GENERATION = "generation"
    WEATHER = "weather"
    DAILY_WEATHER = "daily_weather"
    METER = "meter"
    MODELS = "models"


Rule = Callable[[datetime], datetime]


def day_before_at(hour: int, minute: int) -> Rule:
    """The moment of a local time on the day before a slot's Madrid day."""

    @lru_cache(maxsize=2048)  # a day has up to a hundred slots
    def on_eve_of(day: date) -> datetime:
        return datetime.combine(day - DAY, time(hour, minute), MADRID).astimezone(UTC)

    return lambda start: on_eve_of(madrid_date(start))


def after_end(resolution: Resolution, lag: timedelta) -> Rule:
    """So long after a slot's end."""
    return lambda start: slot_end(start, resolution) + lag


@dataclass(frozen=True, slots=True)
class SeriesSpec:
    """One series.

    Attributes:
        name: as in the contract.
        unit: as shown.
        family: what it is fetched with.
        finest: resolution today.
        published: when the world can know the value of the slot that begins at its argument.
        low, high: values outside are refused as impossible, in the series' unit.
        expected: whether a missing slot is a gap.
        finest_since: before this moment the resolution was an hour (spot only).
        late: a missing slot is a gap once this has passed since its publication.
        also: another length that a slot may have; what is held then says which it is.
    """

    name: str
    unit: str
    family: Family
    finest: Resolution
    published: Rule
    low: float
    high: float
    expected: bool = True
    finest_since: datetime | None = None
    late: timedelta = timedelta(0)
    also: Resolution | None = None

    def due(self, start: datetime) -> datetime:
        """When a missing value of the slot that begins at ``start`` becomes a gap."""
        return self.published(start) + self.late

    def end(self, start: datetime) -> datetime:
        """The end of that slot."""
        return slot_end(start, self.resolution(start))

    def slots(self, window: Interval) -> Iterator[datetime]:
        """The start of every slot that begins inside the window, across a change of resolution."""
        cuts = [self.finest_since] if self.finest_since is not None else []
        for part in window.partition(cuts):
            yield from slots(part, self.resolution(part.start))

    def resolution(self, start: datetime) -> Resolution:
        """Length of the slot that begins at ``start``."""
        if self.finest_since is not None and start < self.finest_since:
            return Resolution.HOUR
        return self.finest

    def known_at(self, kind: Kind, start: datetime, received_at: datetime) -> datetime:
        """When the world could know a value: by rule, and never after we had it.

        A forecast or an estimate is known when it is made, and that is when we receive it.
        """
        if kind is Kind.FORECAST or kind is Kind.ESTIMATED:
            return received_at
        return min(self.published(start), received_at)


_HOURLY_LAG = after_end(Resolution.HOUR, HOUR)


def hourly(name: str, unit: str, family: Family, low: float, high: float, *, expected: bool) -> SeriesSpec:
    """One value an hour, an hour after its end."""
    return SeriesSpec(name, unit, family, Resolution.HOUR, _HOURLY_LAG, low, high, expected)


def daily(
    name: str, unit: str, family: Family, high: float, *, low: float = 0.0, late_days: float, expected: bool
) -> SeriesSpec:
    """One value a Madrid day, so many days after its end."""
    rule = after_end(Resolution.DAY, timedelta(days=late_days))
    return SeriesSpec(name, unit, family, Resolution.DAY, rule, low, high, expected)


def own(name: str, unit: str, low: float, high: float) -> SeriesSpec:
    """What we make ourselves: known when it is made, and never a gap."""
    return hourly(name, unit, Family.MODELS, low, high, expected=False)
