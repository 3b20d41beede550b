"""Broken data are called broken, and what the world may do is not."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from chocolate_factory.domain.time import HOUR
from chocolate_factory.learning.drift import DriftKind, Remedy
from chocolate_factory.learning.sensors import flat_line, flat_runs, frozen_clock, lone_jumps

T = datetime(2026, 8, 3, tzinfo=UTC)


def hours(count: int, value=lambda n: 20.0 + 8.0 * math.sin(n / 24 * 2 * math.pi) + 0.1 * (n % 7)):
    return [(T + n * HOUR, value(n)) for n in range(count)]


def test_a_thermometer_that_stands_still_is_broken():
    frozen = hours(48) + [(T + n * HOUR, 31.4) for n in range(48, 72)]
    found = flat_line("temperature", "aemet", frozen)
    assert found is not None
    assert (found.kind, found.what, found.remedy) == (DriftKind.SENSOR, "temperature/aemet", Remedy.LEAVE_OUT)
    assert found.statistic == 24.0
    assert found.since == (T + 48 * HOUR).date()
    assert "Nothing is trained" in found.action


def test_a_fault_that_is_over_is_known_but_raises_nothing():
    mended = [(T + n * HOUR, 31.4) for n in range(24)] + hours(48)[24:]
    assert flat_line("temperature", "aemet", mended) is None
    assert [run.duration / HOUR for run in flat_runs("temperature", mended)] == [24.0]


@pytest.mark.parametrize(
    ("series", "value", "count"),
    [("humidity", 100.0, 60), ("spot", 0.0, 60), ("temperature", 12.0, 12), ("wind_speed", 0.0, 60)],
)
def test_what_the_world_may_do_is_no_fault(series, value, count):
    assert flat_line(series, "any", hours(count, lambda _n: value)) is None


def test_quarter_hours_count_by_their_length():
    quarters = [(T + n * HOUR / 4, 55.5) for n in range(60)]
    assert flat_line("spot", "ree", quarters) is None  # 15 hours
    assert flat_line("spot", "ree", quarters + [(T + n * HOUR / 4, 55.5) for n in range(60, 80)]) is not None


def test_a_hole_ends_a_run():
    assert flat_line("temperature", "aemet", [(T + n * HOUR, 20.0) for n in (*range(12), *range(20, 32))]) is None


def test_no_readings_are_no_fault():
    assert flat_line("temperature", "aemet", []) is None
    assert frozen_clock("temperature", "aemet", []) is None


def test_a_source_that_goes_on_talking_of_one_hour_has_a_standing_clock():
    alive = [(T + n * HOUR, T + (n + 1) * HOUR) for n in range(10)]
    stuck = [(T + 9 * HOUR, T + (11 + n) * HOUR) for n in range(8)]
    found = frozen_clock("temperature", "aemet", alive + stuck)
    assert found is not None
    assert found.kind is DriftKind.SENSOR
    assert "its clock stands still" in found.why
    assert frozen_clock("temperature", "aemet", alive) is None
    assert frozen_clock("temperature", "aemet", alive + stuck[:2]) is None


def test_prices_of_tomorrow_read_again_and_again_are_no_standing_clock():
    read = [(T + 36 * HOUR, T + n * HOUR) for n in range(12)]
    assert frozen_clock("pvpc", "ree", read) is None


def three(change=None, at=600):
    """Three thermometers that agree, one of which may change from an hour on."""
    truth = dict(hours(624))
    sources = {name: {s: v + 0.3 * k for s, v in truth.items()} for k, name in enumerate(("aemet", "owm", "grid"))}
    if change is not None:
        sources["aemet"] = {s: change(v) if s >= T + at * HOUR else v for s, v in sources["aemet"].items()}
    return sources, T + 623 * HOUR


def test_one_thermometer_that_jumps_alone_is_broken():
    found = lone_jumps("temperature", *three(lambda v: v + 9.0))
    assert [(f.kind, f.what) for f in found] == [(DriftKind.SENSOR, "temperature/aemet")]
    assert found[0].statistic == pytest.approx(9.0, abs=0.5)


def test_of_two_it_is_the_one_that_moved():
    sources, last = three(lambda v: v + 9.0)
    found = lone_jumps("temperature", {n: sources[n] for n in ("aemet", "owm")}, last)
    assert [f.what for f in found] == ["temperature/aemet"]


def test_a_heat_wave_that_all_feel_is_no_jump():
    sources, last = three()
    hot = {n: {s: v + 9.0 if s >= T + 600 * HOUR else v for s, v in each.items()} for n, each in sources.items()}
    assert lone_jumps("temperature", hot, last) == []


def test_a_source_that_was_always_apart_has_not_jumped():
    sources, last = three(lambda v: v + 9.0, at=0)
    assert lone_jumps("temperature", sources, last) == []


def test_a_series_without_neighbours_and_a_lone_source_are_not_compared():
    sources, last = three(lambda v: v + 9.0)
    assert lone_jumps("demand", sources, last) == []
    assert lone_jumps("temperature", {"aemet": sources["aemet"]}, last) == []
    assert lone_jumps("temperature", sources, last + timedelta(days=3)) == []
