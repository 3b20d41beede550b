"""The years 2023 and 2024 as they were: how often drift is told of them, and what is done to them on purpose.

Of the 366 days of 2024 drift is told of 14 in a row, 17 to 30 September: another shape of spot's day. The data end
with 2024, so August 2025 cannot be looked at.
"""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest
from drift_world import from_day

from chocolate_factory.domain.time import DAY
from chocolate_factory.forecasting.days import Days, days_known_at
from chocolate_factory.learning.sensors import flat_line, flat_runs
from chocolate_factory.learning.shifts import PRICE_MARGIN, moved, scale_changed, without_level

DATA = Path(__file__).resolve().parents[3] / "shared" / "upstreams" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/upstreams/data is not here")

FILES = {
    "spot": ("spot_hourly.csv.gz", "eur_mwh"),
    "pvpc": ("pvpc_hourly.csv.gz", "eur_mwh"),
    "demand": ("demand_hourly.csv.gz", "actual_mw"),
    "temperature": ("linares_weather_hourly.csv.gz", "temperature_c"),
    "humidity": ("linares_weather_hourly.csv.gz", "humidity_pct"),
}
LONG_AFTER = datetime(2030, 1, 1, tzinfo=UTC)


@cache
def hours(series: str) -> dict[datetime, float]:
    file, column = FILES[series]
    with gzip.open(DATA / file, "rt") as lines:
        return {datetime.fromisoformat(row["start_utc"]): float(row[column]) for row in csv.DictReader(lines)}


@cache
def table(series: str) -> Days:
    return days_known_at(LONG_AFTER, hours(series), lambda start: start)


@cache
def shape(series: str):
    return without_level(table(series))


def prices_changed(day: date, factor: float):
    return {name: from_day(table(name), day, lambda v: factor * v) for name in ("spot", "pvpc")}


def told(day: date) -> list[str]:
    """What is told on a day."""
    both = {name: table(name) for name in ("spot", "pvpc")}
    inputs = [moved(name, table(name), day) for name in ("temperature", "humidity", "demand")]
    shapes = [moved(name, shape(name), day, PRICE_MARGIN) for name in both]
    return [f.what for f in (scale_changed(both, day), *inputs, *shapes) if f is not None]


@pytest.mark.parametrize("year", [2023, 2024])
def test_an_ordinary_august_raises_nothing(year):
    assert [told(date(year, 8, day)) for day in (3, 13, 23, 31)] == [[], [], [], []]


@pytest.mark.slow
@pytest.mark.parametrize("year", [2023, 2024])
def test_nor_does_any_day_of_it(year):
    augusts = {date(year, 8, day): told(date(year, 8, day)) for day in range(1, 32)}
    assert {day: what for day, what in augusts.items() if what} == {}


@pytest.mark.parametrize("year", [2023, 2024])
@pytest.mark.parametrize("series", FILES)
def test_no_sensor_of_august_is_called_broken(series, year):
    window = [(s, v) for s, v in hours(series).items() if (s.year, s.month) == (year, 8)]
    assert flat_runs(series, window) == []
    assert flat_line(series, "replay", window) is None


@pytest.mark.slow
def test_false_alarms_over_the_weeks_of_2024():
    """All that is told of 2024 is a new shape of spot's day: of its weeks, one in twenty at most."""
    weeks = {day: told(day) for day in (date(2024, 1, 1) + n * 7 * DAY for n in range(53))}
    alarms = {day: what for day, what in weeks.items() if what}
    assert len(alarms) / len(weeks) <= 0.05, alarms
    assert {what for found in alarms.values() for what in found} <= {"spot"}, alarms


@pytest.mark.parametrize("day", [date(2023, 9, 5), date(2024, 5, 5), date(2024, 7, 5), date(2024, 8, 5)])
def test_prices_scaled_by_1_6_are_called_a_change_of_the_price_level_within_two_weeks(day):
    scaled = prices_changed(day, 1.6)
    found = next(f for n in range(15) if (f := scale_changed(scaled, day + n * DAY)) is not None)
    assert found.what == "price level"
    assert found.since >= day


def test_demand_larger_by_a_quarter_is_told_within_three_weeks():
    day = date(2024, 7, 1)
    grown = from_day(table("demand"), day, lambda v: 1.25 * v)
    assert moved("demand", grown, day + 20 * DAY) is not None


def test_a_frozen_thermometer_of_august_is_called_one():
    noon = datetime(2024, 8, 14, 12, tzinfo=UTC)
    window = [(s, 37.2 if s >= noon else v) for s, v in hours("temperature").items() if (s.year, s.month) == (2024, 8)]
    until = [(s, v) for s, v in window if s < datetime(2024, 8, 15, 12, tzinfo=UTC)]
    found = flat_line("temperature", "aemet", until)
    assert found is not None
    assert found.statistic == 24.0
