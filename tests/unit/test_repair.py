"""Fill what is missing, the most urgent first, by whichever route gives it."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from fakes import AIR, PRICES, at, live_feeds, span
from repair_world import NOW, resting_plant, run

from chocolate_factory.domain.catalogue import CATALOGUE
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, HOUR, Interval, madrid_day, madrid_month_start
from chocolate_factory.domain.work import GapState

plant = pytest.fixture(resting_plant)


# ---------------------------------------------------------------------- filling
def test_a_hole_between_two_windows_is_filled_and_nothing_else_is_asked_for(plant):
    feed = plant.feed("ree.prices", PRICES)
    for series in PRICES:
        plant.fill(series, span("2026-11-14", "2026-11-16"))
        plant.fill(series, span("2026-11-17T06:00", "2026-11-21"))
    recovery = run(plant, "pvpc", "spot", window=span("2026-11-14", "2026-11-21"))
    assert feed.calls == [span("2026-11-16", "2026-11-17T06:00")]
    assert (recovery.expected, recovery.filled, recovery.requests) == (30 + 120, 150, 1)
    assert plant.detect(span("2026-11-14", "2026-11-21"), ["pvpc", "spot"]) == []
    assert [(r.state, r.filled, r.route) for r in plant.rows()] == [
        (GapState.FILLED, 30, "ree.prices"),
        (GapState.FILLED, 120, "ree.prices"),
    ]


def test_a_second_run_asks_nobody(plant):
    live_feeds(plant)
    assert run(plant).requests > 0
    asked, rows = plant.calls(), plant.rows()
    recovery = run(plant)
    assert (plant.calls(), recovery.requests, recovery.expected) == (asked, 0, 0)
    assert (recovery.success_rate, recovery.summary) == (None, "Nothing was missing.")
    assert plant.rows() == rows


@pytest.mark.parametrize("day", [date(2026, 10, 25), date(2026, 3, 29)])
def test_a_day_of_the_clocks_change_is_filled_whole(plant, day):
    plant.feed("ree.prices", PRICES)
    window = madrid_day(day)
    hours = window.duration // HOUR
    recovery = run(plant, "pvpc", "spot", window=window)
    assert recovery.filled == hours + 4 * hours
    assert plant.missing("spot", window) == []
    assert plant.detect(window, ["pvpc", "spot"]) == []


def test_chunks_without_a_hole_are_not_asked_for(plant):
    feed = plant.feed("esios.pvpc", {"pvpc"}, longest=DAY)
    holes = [at("2026-11-03T05:00"), at("2026-11-09T23:00")]
    plant.fill("pvpc", span("2026-11-02", "2026-11-21"), but=holes)
    run(plant, "pvpc", window=span("2026-11-02", "2026-11-21"))
    assert feed.calls == [Interval(hole, hole + HOUR) for hole in reversed(holes)], "the newest first"


def test_a_month_by_a_feed_of_one_day_is_a_request_a_day(plant):
    feed = plant.feed("esios.pvpc", {"pvpc"}, longest=DAY)
    recovery = run(plant, "pvpc", window=span("2026-09-01", "2026-10-01"))
    assert (len(feed.calls), recovery.filled) == (30, 720)


def test_what_one_series_brings_for_another_counts_for_it_even_in_part(plant):
    """The recovery must not say "missing upstream" of slots that the first task's answer held."""
    plant.feed("ree.prices", PRICES, holes=lambda series, start: series == "spot" and start == at("2026-11-18T04:15"))
    plant.feed("omie.spot", {"spot"}, longest=DAY)
    recovery = run(plant, "pvpc", "spot", window=span("2026-11-18", "2026-11-19"))
    assert recovery.summary == "24 of 24 pvpc, 96 of 96 spot."
    assert recovery.by_route == {"ree.prices": 24 + 95, "omie.spot": 1}
    assert (recovery.filled, recovery.success_rate) == (120, 1.0)
    assert [(r.series, r.route) for r in plant.rows()] == [("pvpc", "ree.prices"), ("spot", "ree.prices + omie.spot")]
    assert recovery.requests == 2, "what ree.prices said of that day for pvpc it would say again for spot"


def test_what_was_filled_meanwhile_is_closed_without_a_request(plant):
    feed = plant.feed("ree.prices", {"pvpc"})
    window = span("2026-11-18", "2026-11-19")
    feed.when_called = lambda _w: plant.fill("demand", window)
    plant.feed("ree.demand", {"demand"})
    recovery = run(plant, "pvpc", "demand", window=window)
    assert plant.feeds["ree.demand"].calls == []
    assert [(r.series, r.route) for r in plant.rows()] == [("demand", "already there"), ("pvpc", "ree.prices")]
    assert (recovery.filled, recovery.by_route["already there"]) == (48, 24)


def test_forecasts_fill_nothing(plant):
    plant.feed("open_meteo.forecast", AIR, kind=Kind.FORECAST)
    recovery = run(plant, "temperature", window=span("2026-11-18", "2026-11-19"))
    assert (recovery.filled, recovery.success_rate) == (0, 0.0)
    assert len(plant.missing("temperature", span("2026-11-18", "2026-11-19"))) == 24


# ---------------------------------------------------------------------- the order of work
def test_thirty_mixed_gaps_are_filled_in_the_order_of_their_priority(plant):
    for series in ("pvpc", "temperature", "demand", "temperature_max"):
        name = {"pvpc": "ree.prices", "temperature": "open_meteo.archive", "demand": "ree.demand"}
        plant.feed(name.get(series, "datosclima.daily"), {series}, longest=DAY * 31).seconds = 1.0
    window = span("2026-08-01", "2026-11-20T08:00")
    holes = {
        "pvpc": [at(f"2026-11-{d:02d}T0{d % 7}:00") for d in (20, 19, 18, 17, 16, 10, 9, 8, 5, 3)],
        "temperature": [at(f"2026-11-{d:02d}T0{d % 7}:00") for d in (20, 18, 17, 15, 14, 12, 11, 4)],
        "demand": [at(f"2026-11-{d:02d}T0{d % 7}:00") for d in (20, 17, 15, 13, 6, 2)],
        "temperature_max": [at(f"2026-10-{d:02d}") for d in (3, 7, 11, 15, 20, 30)],
    }
    for series, missing in holes.items():
        plant.fill(series, window, but=missing)
    recovery = run(plant, *holes, window=Interval(window.start, at("2026-11-13")), insist=True, worth=lambda _g: False)
    assert recovery.expected == 0, "a first look, that only opens rows"
    assert run(plant, *holes, window=window).filled == 30
    rows = sorted(plant.rows(), key=lambda r: r.closed_at)
    assert len(rows) == 30
    assert [r.priority for r in rows] == sorted(r.priority for r in rows)
    assert {1, 2, 3, 4} == {r.priority for r in rows}
    for a, b in pairwise(rows):
        assert a.priority < b.priority or a.window.end >= b.window.end, "within a priority the newest first"
    assert all(r.priority_reason for r in rows)


def test_an_unfillable_gap_starves_nobody(plant):
    never = span("2026-11-19", "2026-11-20")
    plant.feed("ree.prices", {"pvpc"}, holes=lambda _, start: start in never)
    window = span("2026-11-05", "2026-11-20T09:00")
    plant.fill("pvpc", window, but=CATALOGUE["pvpc"].slots(never))
    for _ in range(6):
        run(plant, "pvpc", window=window, insist=True)
        plant.clock.sleep(DAY.total_seconds())
    plant.store.forget("pvpc", plant.filling, at("2026-11-09"))
    assert run(plant, "pvpc", window=window, insist=True).filled == 4 * 24
    (row,) = plant.gaps.open_gaps()
    assert (row.window, row.attempts) == (never, 7)


def test_a_gap_that_has_waited_for_days_comes_before_a_fresh_one_of_better_priority(plant):
    feed = plant.feed("ree.prices", {"pvpc"})
    old, new = span("2026-10-05", "2026-10-06"), span("2026-11-20", "2026-11-21")
    run(plant, "pvpc", window=old, worth=lambda _g: False)
    plant.clock.set(NOW + 3 * DAY)
    plant.fill("pvpc", span("2026-10-06", "2026-11-20"))
    run(plant, "pvpc", window=Interval(old.start, new.end))
    assert feed.calls == [old, new], "four less three days' waiting: one; the fresh one is of the last week: two"


# ---------------------------------------------------------------------- routes
def test_forty_days_off_across_a_months_end_the_ledger_shows_which_route_filled_what(plant):
    live_feeds(plant)
    plant.clock.set(at("2026-12-10T10:20"))
    off = at("2026-10-31T10:00")
    recovery = plant.repair(
        dict.fromkeys(AIR | {"temperature_max"}, Interval(off, at("2026-12-12"))),
        trigger="start",
        off_since=off,
    )
    assert recovery.failed == 0
    assert recovery.summary.startswith("40 days off: ")
    month = madrid_month_start(plant.clock.now())
    routes = {(r.series, r.window.end <= month): set() for r in plant.rows()}
    for row in plant.rows():
        assert row.state is GapState.FILLED
        assert row.window.end <= month or row.window.start >= month, "no row crosses the month's beginning"
        routes[row.series, row.window.end <= month] |= set(row.route.split(" + "))
    assert routes["temperature", True] == routes["humidity", True] == {"open_meteo.archive"}
    assert routes["temperature", False] == {"open_meteo.forecast", "aemet.observations"}
    assert routes["temperature_max", True] == {"datosclima.daily"}
    assert routes["temperature_max", False] == {"aemet.daily"}
    assert sum(recovery.by_route.values()) == recovery.filled == recovery.expected


def test_the_second_route_fills_what_the_first_lacks(plant):
    plant.feed("ree.prices", PRICES, holes=lambda _series, start: start.hour == 3)
    plant.feed("esios.pvpc", {"pvpc"}, longest=DAY)
    run(plant, "pvpc", window=span("2026-11-18", "2026-11-19"))
    (row,) = plant.rows()
    assert (row.state, row.route) == (GapState.FILLED, "ree.prices + esios.pvpc")
