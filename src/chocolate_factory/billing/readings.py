"""Meter readings and market prices as quarter-hours.

Invariants:
    Nothing is filled in: a quarter-hour without a row has no value. An hourly row stands for its own four
    quarter-hours, an energy in equal parts, a price as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.time import Interval, Resolution, floor

Row = tuple[datetime, Decimal]

#: Beyond these a number is a slip of the unit: kWh in a slot, EUR/MWh.
MOST_KWH = 1_000_000
MOST_EUR_MWH = 100_000


@dataclass(frozen=True)
class Readings:
    """Values by the start of their quarter-hour, aware UTC.

    Attributes:
        resolution: of the rows that they were read from.
    """

    by_quarter: Mapping[datetime, Decimal]
    resolution: Resolution


def energy_readings(rows: Iterable[Row], window: Interval) -> Readings:
    """Energy drawn in each quarter-hour of the window, kWh.

    Raises:
        InputError: a start off the quarter-hours or given twice, an energy below zero or beyond all measure.
    """
    readings = _readings("energy_kwh", rows, window, Decimal(0), Decimal(MOST_KWH))
    if readings.resolution is Resolution.QUARTER:
        return readings
    return Readings({start: kwh / 4 for start, kwh in readings.by_quarter.items()}, readings.resolution)


def price_readings(rows: Iterable[Row], window: Interval) -> Readings:
    """Market price of each quarter-hour of the window, EUR/MWh; zero and negative ones are legal.

    Raises:
        InputError: a start off the quarter-hours or given twice, a price beyond all measure.
    """
    return _readings("price_eur_mwh", rows, window, Decimal(-MOST_EUR_MWH), Decimal(MOST_EUR_MWH))


def _readings(name: str, rows: Iterable[Row], window: Interval, least: Decimal, most: Decimal) -> Readings:
    inside: dict[datetime, Decimal] = {}
    for start, value in rows:
        if start not in window:
            continue
        if start != floor(start, Resolution.QUARTER) or start in inside:
            raise InputError(
                "start_utc", start.isoformat(), "each quarter-hour or hour begins once, at :00, :15, :30, :45"
            )
        if not value.is_finite() or not least <= value <= most:
            raise InputError(name, value, f"a number from {least} to {most}, at {start.isoformat()}")
        inside[start] = value
    resolution = _resolution(inside)
    if resolution is Resolution.HOUR:
        inside = {start + i * Resolution.QUARTER.span: v for start, v in inside.items() for i in range(4)}
    return Readings(inside, resolution)


def _resolution(starts: Iterable[datetime]) -> Resolution:
    """Quarter-hours as soon as one begins off the hour: then a lone :00 is a quarter-hour beside missing ones."""
    return Resolution.QUARTER if any(start.minute for start in starts) else Resolution.HOUR
