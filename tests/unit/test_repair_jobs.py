"""Fill what is missing: the timetable's deeds."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest
from fakes import PRICES, at, expected_specs, live_feeds, span, truth
from repair_world import DOWN, NOW, resting_plant, run

from chocolate_factory.domain.series import Query
from chocolate_factory.domain.time import DAY, HOUR, Interval, madrid_day
from chocolate_factory.domain.work import Outcome
from chocolate_factory.scheduler.jobs import auto_backfill_check, daily_backfill
from chocolate_factory.scheduler.spec import Context

plant = pytest.fixture(resting_plant)
TODAY = at("2026-11-20")


def house(plant) -> SimpleNamespace:
    return SimpleNamespace(
        clock=plant.clock,
        ingest=plant.ingest,
        detect=plant.detect,
        repair=plant.repair,
        feeds=plant.feeds,
        bring=plant.bring,
        jobs=plant.jobs,
        optimise=SimpleNamespace(outdated=lambda: ""),  # plans have tests of their own, savings too
        savings=SimpleNamespace(settle=lambda _progress: {"days_settled": 0.0}),
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


def test_a_night_that_brings_nothing_is_no_success_and_one_with_nothing_to_ask_for_is(plant):
    plant.clock.set(at("2026-11-21T01:00"))
    assert daily_backfill(house(plant), context()).outcome is Outcome.NOTHING  # gaps, and no source at all
    feed = plant.feed("ree.prices", PRICES, holes=lambda _series, _start: True)
    assert daily_backfill(house(plant), context()).outcome is Outcome.NOTHING  # it answers that it has nothing
    feed.holes = lambda _series, _start: False
    assert daily_backfill(house(plant), context()).outcome is Outcome.DONE
    del plant.feeds["ree.prices"]
    for spec in expected_specs():
        plant.fill(spec.name, span("2026-11-01", "2026-11-22"))
    result = daily_backfill(house(plant), context())
    assert (result.outcome, result.counts["expected"]) == (Outcome.DONE, 0)
