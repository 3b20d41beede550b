"""Fill what is missing, whatever the upstreams do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes import AIR, PRICES, at, live_feeds, span
from repair_world import DOWN, NOW, resting_plant, run

from chocolate_factory.domain.catalogue import CATALOGUE
from chocolate_factory.domain.errors import StoppedError, UpstreamLiedError, UpstreamRefusedError
from chocolate_factory.domain.time import DAY, HOUR
from chocolate_factory.domain.work import GapState
from chocolate_factory.usecases.progress import Progress

plant = pytest.fixture(resting_plant)


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
    assert "recovery-failed" in plant.causes()
    for feed in plant.feeds.values():
        feed.fault = None
    plant.clock.sleep(7200)
    assert run(plant).failed == 0
    assert plant.detect(plant.detect.window(9)) == []
    assert plant.gaps.open_gaps() == []
    assert "recovery-failed" not in plant.causes()


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
