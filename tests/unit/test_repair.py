"""Fill what is missing, the most urgent first, whatever the upstreams do, and prove what was filled."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from fakes import AIR, PRICES, Plant, at, expected_specs, live_feeds, span, truth
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.catalogue import CATALOGUE
from chocolate_factory.domain.errors import (
    StoppedError,
    UpstreamDownError,
    UpstreamLiedError,
    UpstreamRefusedError,
)
from chocolate_factory.domain.series import Kind, Query
from chocolate_factory.domain.time import DAY, HOUR, Interval, madrid_day, madrid_month_start
from chocolate_factory.domain.work import AlertState, GapState, Outcome
from chocolate_factory.scheduler.jobs import Context, auto_backfill_check, daily_backfill
from chocolate_factory.usecases.campaign import summary
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.usecases.repair import RECOVERY_FAILED

NOW = at("2026-11-20T10:20")
TODAY = at("2026-11-20")
DOWN = UpstreamDownError("ree", "no answer in time")


@pytest.fixture
def plant():
    plant = Plant(NOW)
    yield plant
    plant.close()


def run(plant, *series: str, window: Interval | None = None, **how):
    """A repair of these series, or of all."""
    names = series or [s.name for s in expected_specs()]
    windows = dict.fromkeys(names, window) if window else {n: plant.detect.own_windows()[n] for n in names}
    return plant.repair(windows, trigger="test", **how)


def open_slots(plant) -> Counter:
    """Slots that the ledger's open rows hold."""
    rows = [r for r in plant.gaps.open_gaps() if r.source is None]
    return Counter((r.series, s) for r in rows for s in CATALOGUE[r.series].slots(r.window))


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


# ---------------------------------------------------------------------- upstreams in trouble
def test_one_upstream_down_the_others_go_on_and_after_it_everything_is_filled(plant):
    live_feeds(plant)
    for name in ("ree.prices", "ree.demand", "ree.generation"):
        plant.feeds[name].fault = DOWN
    recovery = run(plant)
    assert recovery.failed > 0
    assert plant.missing("temperature", span("2026-11-11", "2026-11-20T08:00")) == []
    assert plant.missing("pvpc", span("2026-11-11", "2026-11-20")) == [], "by the second route"
    assert len(plant.missing("demand", span("2026-11-11", "2026-11-20"))) == 9 * 24
    assert "ree (no answer in time)" in recovery.summary
    assert RECOVERY_FAILED in plant.causes()
    for feed in plant.feeds.values():
        feed.fault = None
    plant.clock.sleep(7200)
    assert run(plant).failed == 0
    assert plant.detect(plant.detect.window(9)) == []
    assert plant.gaps.open_gaps() == []
    assert RECOVERY_FAILED not in plant.causes()


def test_an_upstream_that_fails_twice_is_left_alone_for_the_run(plant):
    feed = plant.feed("ree.demand", {"demand"}, longest=DAY)
    feed.fault = DOWN
    other = plant.feed("ree.generation", {"renewable_share"})
    recovery = run(plant, "demand", "renewable_share", window=span("2026-11-14", "2026-11-19"))
    assert (len(feed.calls), len(other.calls)) == (2, 0)
    assert recovery.failed == 2
    assert all((r.state, r.why.count("no answer")) == (GapState.OPEN, 1) for r in plant.gaps.open_gaps())
    run(plant, "demand", window=span("2026-11-14", "2026-11-19"))
    assert len(feed.calls) == 4, "the next run tries again"


def test_a_refused_key_is_tried_once_and_the_keyless_route_fills(plant):
    plant.feed("aemet.observations", AIR, longest=13 * HOUR, back=13 * HOUR, ahead=timedelta(0))
    plant.feeds["aemet.observations"].fault = UpstreamRefusedError("aemet", "it refuses the key (401)")
    plant.feed("open_meteo.forecast", AIR)
    recovery = run(plant, "temperature", "humidity", window=span("2026-11-19", "2026-11-20T08:00"))
    assert len(plant.feeds["aemet.observations"].calls) == 1
    assert (recovery.filled, recovery.failed) == (64, 0)
    assert recovery.summary == "32 of 32 temperature, 32 of 32 humidity."


def test_one_failure_does_not_cost_the_rest_of_a_long_task(plant):
    feed = plant.feed("ree.demand", {"demand"}, longest=DAY)
    feed.faults = [(span("2026-11-15", "2026-11-16"), DOWN)]
    recovery = run(plant, "demand", window=span("2026-11-14", "2026-11-19"))
    assert (len(feed.calls), recovery.filled, recovery.failed) == (5, 96, 1)
    (row,) = plant.gaps.open_gaps()
    assert (row.missing, row.filled, row.state) == (24, 96, GapState.OPEN)
    feed.faults = []
    assert run(plant, "demand", window=span("2026-11-14", "2026-11-19")).filled == 24
    (row,) = plant.rows()
    assert (row.state, row.filled) == (GapState.FILLED, 120)


def test_an_empty_answer_is_tried_again_ever_later(plant):
    feed = plant.feed("ree.prices", {"pvpc"}, holes=lambda *_: True)
    window = span("2026-11-18", "2026-11-19")
    tried = []
    for _ in range(40):
        if run(plant, "pvpc", window=window).requests:
            tried.append((plant.clock.now() - NOW) // HOUR)
        plant.clock.sleep(3600)
    assert tried == [0, 1, 3, 7, 15, 31]
    (row,) = plant.gaps.open_gaps()
    assert (row.state, row.attempts) == (GapState.UPSTREAM_EMPTY, 6)
    assert "have nothing" in row.why
    asked = len(feed.calls)
    run(plant, "pvpc", window=window, insist=True)
    assert len(feed.calls) == asked + 1, "asked by hand it does not wait"


def test_values_come_late_and_the_gap_closes_by_itself(plant):
    feed = plant.feed("ree.prices", {"pvpc"}, holes=lambda *_: True)
    window = span("2026-11-18", "2026-11-19")
    run(plant, "pvpc", window=window)
    feed.holes = lambda _series, start: start.hour == 3
    plant.clock.sleep(3600)
    assert run(plant, "pvpc", window=window).filled == 23
    (row,) = plant.gaps.open_gaps()
    assert (row.attempts, row.missing, row.filled) == (1, 1, 23), "a try that filled something was not in vain"


def test_a_gap_given_up_is_left_alone_until_somebody_asks_by_hand(plant):
    feed = plant.feed("ree.prices", {"pvpc"}, holes=lambda *_: True)
    window = span("2026-10-01", "2026-10-02")
    for _ in range(20):
        run(plant, "pvpc", window=window)
        plant.clock.sleep(DAY.total_seconds())
    assert len(feed.calls) == 8
    (row,) = plant.gaps.open_gaps()
    assert (row.state, row.attempts) == (GapState.UNFILLABLE, 8)
    feed.holes = lambda *_: False
    assert run(plant, "pvpc", window=window).expected == 0
    assert run(plant, "pvpc", window=window, insist=True).filled == 24


def test_a_corrupt_month_costs_that_month_alone_and_is_named(plant):
    days = {"temperature_max", "temperature_min"}
    feed = plant.feed("datosclima.daily", days, longest=31 * DAY + HOUR)
    month = span("2026-03-01", "2026-04-01")
    corrupt = UpstreamLiedError("datosclima", "Aemet2026-03.rar: its body is no RAR archive")
    feed.faults = [(month, corrupt)]
    progress = Progress()
    window = span("2026-01-01", "2026-11-01")
    recovery = run(plant, *sorted(days), window=window, insist=True, progress=progress)
    assert recovery.filled == 2 * (304 - 31)
    assert plant.missing("temperature_max", window) == list(CATALOGUE["temperature_max"].slots(month))
    assert len(progress.problems) == 1
    assert "Aemet2026-03.rar" in progress.problems[0]
    assert feed.calls.count(month) == 1, "the same answer would come for the minima"
    assert "Aemet2026-03.rar" in recovery.summary
    assert {r.window for r in plant.gaps.open_gaps()} == {month}


def test_values_that_were_kept_out_are_the_reason_given(plant):
    wrong = {"pvpc": 99_999.0, "spot": 50.0}
    hole = at("2026-11-18T03:00")
    plant.feed("ree.prices", PRICES, value=lambda s, _: wrong[s], holes=lambda s, t: s == "spot" and t == hole)
    recovery = run(plant, "pvpc", "spot", window=span("2026-11-18", "2026-11-19"))
    assert recovery.summary == "0 of 24 pvpc, 95 of 96 spot, 25 missing upstream."
    why = {r.series: r.why for r in plant.gaps.open_gaps()}
    assert why["pvpc"].startswith("what came was kept out (99999 EUR/MWh is outside")
    assert why["spot"] == "the sources answered and have nothing"


def test_without_any_source_a_gap_is_unfillable_until_there_is_one(plant):
    window = span("2026-11-18", "2026-11-19")
    run(plant, "pvpc", window=window)
    (row,) = plant.gaps.open_gaps()
    assert (row.state, row.why) == (GapState.UNFILLABLE, "no source is configured")
    plant.feed("ree.prices", {"pvpc"}, back=HOUR)
    plant.clock.sleep(3600)
    assert run(plant, "pvpc", window=window, insist=True).filled == 0
    assert "reaches" in plant.gaps.open_gaps()[0].why
    plant.feed("ree.prices", {"pvpc"})
    assert run(plant, "pvpc", window=window).filled == 24, "nobody needs to ask by hand"


# ---------------------------------------------------------------------- a source without history
def test_openweathermaps_own_holes_are_on_record_once_and_grow_without_overlap(plant):
    plant.feed("openweathermap.current", AIR, back=HOUR)
    plant.fill("temperature", span("2026-11-18", "2026-11-20T04:00"), source="openweathermap")
    for hours in (0, 2, 4):
        plant.clock.set(NOW + hours * HOUR)
        plant.repair.record_own_holes([g for g in plant.detect(plant.detect.window(10)) if g.source])
    (row,) = plant.rows()
    assert (row.source, row.state, row.why) == ("openweathermap", GapState.UNFILLABLE, "no history on this plan")
    assert row.window == span("2026-11-20T04:00", "2026-11-20T13:00")
    assert row.missing == 9


def test_openweathermaps_own_holes_are_never_tasks_and_the_others_fill_the_slot(plant):
    plant.feed("openweathermap.current", AIR, back=HOUR)
    plant.feed("open_meteo.forecast", AIR)
    window = span("2026-11-18", "2026-11-20T08:00")
    hole = list(CATALOGUE["temperature"].slots(span("2026-11-18T08:00", "2026-11-18T12:00")))
    plant.fill("temperature", window, source="openweathermap", but=hole)
    plant.repair.record_own_holes([g for g in plant.detect(window) if g.source])
    recovery = run(plant, "temperature", window=window, insist=True)
    assert (recovery.filled, plant.feeds["openweathermap.current"].calls) == (4, [])
    assert plant.missing("temperature", window) == []
    own = [r for r in plant.gaps.open_gaps() if r.source]
    assert [(r.missing, r.state) for r in own] == [(4, GapState.UNFILLABLE)]


# ---------------------------------------------------------------------- cut off
def test_stopped_in_the_middle_nothing_is_lost_and_the_rest_comes_later(plant):
    feed = plant.feed("ree.demand", {"demand"}, longest=DAY)
    window = span("2026-11-09", "2026-11-19")
    stop = Progress(stopping=lambda: len(feed.calls) >= 3)
    with pytest.raises(StoppedError):
        run(plant, "demand", window=window, progress=stop)
    assert len(feed.calls) == 3
    assert len(plant.missing("demand", window)) == 7 * 24
    assert GapState.FILLING in {r.state for r in plant.gaps.open_gaps()}
    plant.repair = plant.new_repair()
    recovery = run(plant, "demand", window=window)
    assert (recovery.filled, len(feed.calls)) == (7 * 24, 10), "only what was still missing"
    assert plant.gaps.open_gaps() == []


def test_work_that_is_done_is_not_called_stopped(plant):
    feed = plant.feed("ree.demand", {"demand"})
    stop = Progress(stopping=lambda: bool(feed.calls))
    assert run(plant, "demand", window=span("2026-11-18", "2026-11-19"), progress=stop).filled == 24


# ---------------------------------------------------------------------- which gaps are worth it
def test_gaps_that_are_not_worth_it_are_on_record_and_stay(plant):
    feed = plant.feed("ree.demand", {"demand"})
    short, long = span("2026-11-15T05:00", "2026-11-15T07:00"), span("2026-11-17T05:00", "2026-11-17T20:00")
    window = span("2026-11-14", "2026-11-19")
    plant.fill("demand", window, but=[s for s in CATALOGUE["demand"].slots(window) if s in short or s in long])
    recovery = run(plant, "demand", window=window, worth=lambda g: g.window.duration > 6 * HOUR)
    assert (recovery.expected, feed.calls) == (15, [long])
    assert [(r.window, r.state) for r in plant.rows()] == [(short, GapState.OPEN), (long, GapState.FILLED)]


def test_a_long_gap_is_worth_it_in_all_its_pieces(plant):
    plant.feed("ree.prices", {"pvpc"})
    window = span("2026-10-20", "2026-11-20T09:00")
    recovery = run(plant, "pvpc", window=window, worth=lambda g: g.window.duration > 20 * DAY)
    assert recovery.filled == recovery.expected == window.duration // HOUR
    assert len(plant.rows(GapState.FILLED)) == 4


# ---------------------------------------------------------------------- what it proved
def test_the_sentence_says_how_long_off_what_came_and_what_did_not(plant):
    plant.feed("ree.prices", {"pvpc"})
    window = span("2026-11-13T08:00", "2026-11-20T08:00")
    plant.feed("open_meteo.forecast", AIR, holes=lambda _s, start: start.hour == 3)
    recovery = run(plant, "pvpc", "temperature", window=window, off_since=NOW - 7 * DAY)
    assert recovery.summary == "7 days off: 168 of 168 pvpc, 161 of 168 temperature, 7 missing upstream."
    assert (recovery.expected, recovery.filled, recovery.failed) == (336, 329, 0)
    assert recovery.success_rate == pytest.approx(329 / 336)
    assert recovery.by_route == {"ree.prices": 168, "open_meteo.forecast": 161}
    assert plant.gaps.last_recovery() == recovery
    (alert,) = plant.alerts.alerts()
    assert (alert.state, alert.message) == (AlertState.CLOSED, f"Recovery done. {recovery.summary}")


@pytest.mark.parametrize(
    ("expected", "filled", "failures", "off", "text"),
    [
        ({}, {}, {}, 7 * DAY, "Nothing was missing."),
        ({"pvpc": 24}, {"pvpc": 24}, {}, None, "24 of 24 pvpc."),
        ({"pvpc": 24}, {"pvpc": 30}, {}, timedelta(minutes=59), "24 of 24 pvpc."),
        ({"pvpc": 24}, {"pvpc": 24}, {}, 30 * HOUR, "30 h off: 24 of 24 pvpc."),
        (
            {"pvpc": 24},
            {},
            {"ree": "silence"},
            40 * DAY,
            "40 days off: 0 of 24 pvpc, 24 missing upstream; ree (silence).",
        ),
        ({"pvpc": 24}, {"pvpc": 24}, {"ree": "silence"}, None, "24 of 24 pvpc."),
    ],
)
def test_sentences(expected, filled, failures, off, text):
    assert summary(expected, filled, failures, off) == text


def test_seconds_and_requests_are_measured(plant):
    plant.feed("ree.demand", {"demand"}, longest=DAY).seconds = 2.0
    recovery = run(plant, "demand", window=span("2026-11-14", "2026-11-19"))
    assert (recovery.requests, recovery.seconds, recovery.at) == (5, 10.0, NOW)


def test_a_failure_stays_an_alert_until_what_failed_is_there(plant):
    plant.feed("ree.prices", {"pvpc"}).fault = DOWN
    demand = plant.feed("ree.demand", {"demand"})
    window = span("2026-11-18", "2026-11-19")
    run(plant, "pvpc", window=window)
    demand.upstream = "other"
    run(plant, "demand", window=window)
    assert RECOVERY_FAILED in plant.causes(), "another series' success says nothing of it"
    plant.fill("pvpc", window)
    run(plant, "pvpc", window=window)
    assert plant.causes() == set(), "ingestion brought it: nothing is left to recover"


def test_progress_never_falls_counts_and_ends_at_one(plant):
    plant.feed("ree.prices", PRICES, longest=DAY, holes=lambda _s, start: start.hour == 3)
    plant.feed("esios.pvpc", {"pvpc"}, longest=DAY)
    heard: list[tuple[float, dict[str, float]]] = []
    run(
        plant,
        "pvpc",
        "spot",
        window=span("2026-11-14", "2026-11-19"),
        progress=Progress(lambda share, _m, counts: heard.append((share, counts))).part(0.5, 0.75),
    )
    shares = [share for share, _ in heard]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.5, 0.75)
    assert heard[-1][1] == {"expected": 5 * 120, "filled": 5 * (24 + 92)}


# ---------------------------------------------------------------------- how long it will take
def test_an_estimate_grows_with_the_requests_and_shares_them_between_series(plant):
    plant.feed("ree.prices", PRICES)
    one = plant.detect(span("2026-11-18", "2026-11-19"), ["pvpc"])
    both = plant.detect(span("2026-11-18", "2026-11-19"), ["pvpc", "spot"])
    many = plant.detect(span("2026-06-01", "2026-11-19"), ["pvpc"])
    assert plant.repair.estimate_seconds(one) == plant.repair.estimate_seconds(both) == 0.5
    assert 3 < plant.repair.estimate_seconds(many) < 10
    assert plant.repair.estimate_seconds([]) == 0.0


def test_an_estimate_knows_what_requests_took_here_and_what_pacing_allows(plant):
    plant.feed("esios.pvpc", {"pvpc"}, longest=DAY).seconds = 0.1
    quick = plant.detect(span("2026-11-15", "2026-11-19"), ["pvpc"])
    run(plant, "pvpc", window=span("2026-11-14", "2026-11-15"))
    assert plant.repair.estimate_seconds(quick) == pytest.approx(0.4)
    long = plant.detect(span("2026-06-01", "2026-10-01"), ["pvpc"])
    assert plant.repair.estimate_seconds(long) == 240.0, "122 requests at 30 a minute"


def test_what_cannot_be_filled_takes_no_time(plant):
    gaps = plant.detect(span("2026-11-18", "2026-11-19"), ["pvpc"])
    assert plant.repair.estimate_seconds(gaps) == 0.0


# ---------------------------------------------------------------------- by law
@settings(max_examples=12, deadline=None)
@given(st.data())
def test_after_any_runs_the_open_rows_are_exactly_what_is_missing(data):
    plant = Plant(NOW)
    window = span("2026-11-12", "2026-11-14")  # a week ago, where the urgency changes, in the middle
    demand = list(CATALOGUE["demand"].slots(window))
    lacking: set = set()
    feed = plant.feed("ree.demand", {"demand"}, longest=12 * HOUR, holes=lambda _s, start: start in lacking)
    slots = st.integers(0, len(demand) - 1)
    for _ in range(data.draw(st.integers(1, 4))):
        lacking.clear()
        lacking.update(demand[i] for i in data.draw(st.sets(slots, max_size=12)))
        a, b = sorted(data.draw(st.tuples(slots, slots)))
        feed.faults = data.draw(st.sampled_from([[], [(Interval(demand[a], demand[b] + HOUR), DOWN)]]))
        run(plant, "demand", window=window, insist=True)
        held = open_slots(plant)
        assert set(held) == {("demand", s) for s in plant.missing("demand", window)}
        assert max(held.values(), default=1) == 1, "no slot is on two rows"
        plant.clock.sleep(600)
    lacking.clear()
    feed.faults = []
    run(plant, "demand", window=window, insist=True)
    assert plant.gaps.open_gaps() == []
    assert sum(r.filled for r in plant.rows(GapState.FILLED)) == len(demand)
    plant.close()


# ---------------------------------------------------------------------- the timetable's deeds
def house(plant) -> SimpleNamespace:
    return SimpleNamespace(
        clock=plant.clock,
        ingest=plant.ingest,
        detect=plant.detect,
        repair=plant.repair,
        feeds=plant.feeds,
        bring=plant.bring,
        jobs=plant.jobs,
        optimise=SimpleNamespace(outdated=lambda: ""),  # plans have tests of their own
    )


def context(note: str = "", off_since=None) -> Context:
    return Context(note, off_since, lambda: False)


def test_after_a_week_off_the_start_fills_it_unasked_and_says_so(plant):
    live_feeds(plant)
    run(plant)
    plant.clock.set(NOW + 7 * DAY)
    result = auto_backfill_check(house(plant), context("after start", NOW))
    assert result.outcome is Outcome.DONE
    assert result.counts["filled"] == result.counts["expected"] > 500
    recovery = plant.gaps.last_recovery()
    assert recovery.trigger == "start"
    assert recovery.summary.startswith("7 days off: ")
    assert plant.detect(plant.detect.window(10)) == []
    asked = plant.calls()
    for note in ("after start", ""):
        assert auto_backfill_check(house(plant), context(note, NOW)).counts["expected"] == 0
    assert plant.calls() <= asked + 3, "two restarts within a minute: at most what is asked every time for the present"


def test_the_check_leaves_what_is_younger_than_three_hours_to_ingestion(plant):
    live_feeds(plant)
    run(plant)
    plant.clock.set(NOW + HOUR)
    assert auto_backfill_check(house(plant), context()).counts["expected"] == 0
    assert plant.detect(plant.detect.window(1)) != []
    plant.clock.set(NOW + 6 * HOUR)
    assert auto_backfill_check(house(plant), context()).counts["filled"] > 0


def test_a_check_that_fails_says_what_and_one_that_finds_nothing_upstream_brought_nothing(plant):
    plant.feed("ree.demand", {"demand"}).fault = DOWN
    result = auto_backfill_check(house(plant), context())
    assert result.outcome is Outcome.FAILED
    assert "ree (no answer in time)" in result.error
    plant.feeds["ree.demand"].fault = None
    plant.feeds["ree.demand"].holes = lambda *_: True
    plant.clock.sleep(7200)
    assert auto_backfill_check(house(plant), context()).outcome is Outcome.NOTHING


def test_the_nightly_run_reads_prices_again_and_keeps_both_values(plant):
    feed = plant.feed("ree.prices", PRICES)
    run(plant, "pvpc", "spot", window=span("2026-11-11", "2026-11-21"))
    feed.calls.clear()
    plant.clock.set(at("2026-11-21T01:00"))
    feed.value = lambda series, start: truth(series, start) + (series == "pvpc" and start < at("2026-11-14"))
    result = daily_backfill(house(plant), context())
    assert feed.calls[:2] == [madrid_day(date(2026, 11, 20)), madrid_day(date(2026, 11, 13))]
    assert result.counts["revised"] == 24
    first = at("2026-11-13T05:00")
    kept = plant.store.revisions(Query("pvpc", Interval(first, first + HOUR)))
    assert [o.value - truth("pvpc", first) for o in kept] == pytest.approx([0.0, 1.0])
    assert TODAY in plant.feeds["ree.prices"].calls[0]


def test_nights_on_which_the_machine_was_off_are_read_again_too(plant):
    feed = plant.feed("ree.prices", PRICES)
    run(plant, "pvpc", "spot", window=span("2026-11-01", "2026-11-21"))
    for day in ("2026-11-17", "2026-11-18"):
        claimed = plant.jobs.claim_run("daily_backfill", at(f"{day}T01:00"))
        plant.jobs.end_run(claimed, Outcome.DONE if day == "2026-11-17" else Outcome.FAILED, {})
    feed.calls.clear()
    plant.clock.set(at("2026-11-21T01:00"))
    daily_backfill(house(plant), context())
    assert feed.calls[:2] == [span("2026-11-17", "2026-11-21"), span("2026-11-10", "2026-11-14")]
