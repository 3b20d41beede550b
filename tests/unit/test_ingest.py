"""What is asked for at which hour, whom, and what is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes import AIR, PRICES, Plant, at, live_feeds, span

from chocolate_factory.domain.errors import (
    InputError,
    StoreError,
    UpstreamDownError,
    UpstreamEmptyError,
    UpstreamRefusedError,
)
from chocolate_factory.domain.series import Kind, Query
from chocolate_factory.domain.time import DAY, HOUR
from chocolate_factory.domain.work import Outcome
from chocolate_factory.scheduler.jobs import _of_report

DOWN = UpstreamDownError("ree", "no answer in time")
MINUTES = timedelta(minutes=1)


def plant_at(clock: str) -> Plant:
    return Plant(at(f"2026-11-20T{clock}"))


@pytest.fixture
def plant():
    plant = plant_at("10:20")
    yield plant
    plant.close()


def priced(clock: str, *series: str) -> Plant:
    """A plant with the prices' three routes, which holds today's."""
    plant = plant_at(clock)
    plant.feed("ree.prices", PRICES)
    plant.feed("esios.pvpc", {"pvpc"}, longest=DAY)
    plant.feed("omie.spot", {"spot"}, longest=DAY)
    for name in series or sorted(PRICES):
        plant.fill(name, span("2026-11-20", "2026-11-21"))
    return plant


def asked(plant: Plant, name: str) -> int:
    return len(plant.feeds[name].calls)


# ---------------------------------------------------------------------- prices
def test_no_call_for_prices_that_are_stored():
    plant = priced("12:59")
    plant.ingest("ree")
    assert plant.calls() == 0


def test_an_empty_store_gets_today_at_once():
    plant = plant_at("00:05")
    feed = plant.feed("ree.prices", PRICES)
    report = plant.ingest("ree")
    assert feed.calls == [span("2026-11-20", "2026-11-21")]
    assert (report.found, report.written, report.errors) == (120, 120, [])


@pytest.mark.parametrize(("clock", "calls"), [("12:59", 0), ("13:00", 1), ("13:59", 1)])
def test_tomorrows_spot_is_asked_from_one_oclock(clock, calls):
    plant = priced(clock)
    plant.ingest("ree")
    assert asked(plant, "ree.prices") == calls
    assert asked(plant, "omie.spot") == asked(plant, "esios.pvpc") == 0


def test_tomorrows_spot_is_asked_until_it_is_there_and_then_no_more():
    plant = priced("13:00")
    for _ in range(24):
        plant.ingest("ree")
        plant.clock.sleep(300)
    assert asked(plant, "ree.prices") == 13, "from 13:00 to 14:00, when it came"
    assert plant.missing("spot", span("2026-11-21", "2026-11-22")) == []


def test_pvpc_is_asked_from_a_quarter_past_eight_until_it_is_there():
    plant = priced("19:50")
    plant.fill("spot", span("2026-11-21", "2026-11-22"))
    for _ in range(12):
        plant.ingest("ree")
        plant.clock.sleep(300)
    assert asked(plant, "ree.prices") == 2, "at 20:15 in vain and at 20:20"
    assert plant.missing("pvpc", span("2026-11-21", "2026-11-22")) == []
    assert asked(plant, "esios.pvpc") == 0


@pytest.mark.parametrize(("clock", "calls"), [("20:15", 0), ("20:34", 0), ("20:35", 1)])
def test_esios_is_asked_when_pvpc_is_late(clock, calls):
    plant = priced(clock)
    plant.fill("spot", span("2026-11-21", "2026-11-22"))
    plant.feeds["ree.prices"].holes = lambda _series, start: start >= at("2026-11-21")
    plant.ingest("ree")
    assert (asked(plant, "ree.prices"), asked(plant, "esios.pvpc"), asked(plant, "omie.spot")) == (1, calls, 0)
    assert (not plant.missing("pvpc", span("2026-11-21", "2026-11-22"))) is bool(calls)


@pytest.mark.parametrize(("clock", "calls"), [("14:14", 0), ("14:15", 1)])
def test_omie_is_asked_when_spot_is_late(clock, calls):
    plant = priced(clock)
    plant.feeds["ree.prices"].holes = lambda *_: True
    plant.ingest("ree")
    assert (asked(plant, "omie.spot"), asked(plant, "esios.pvpc")) == (calls, 0)


def test_the_second_routes_stand_in_at_once_when_the_first_fails():
    plant = plant_at("10:20")
    live_feeds(plant)
    plant.feeds["ree.prices"].fault = DOWN
    report = plant.ingest("ree")
    assert plant.missing("pvpc", span("2026-11-20", "2026-11-21")) == []
    assert plant.missing("spot", span("2026-11-20", "2026-11-21")) == []
    assert report.errors == ["ree.prices: no answer in time"]
    sources = {source for _, source in plant.store.starts(Query("pvpc", span("2026-11-20", "2026-11-21")))}
    assert sources == {"esios"}


def test_a_route_of_a_day_at_a_time_brings_today_and_tomorrow_in_one_run():
    plant = plant_at("14:30")
    live_feeds(plant)
    plant.feeds["ree.prices"].fault = DOWN
    plant.ingest("ree")
    assert plant.feeds["omie.spot"].calls == [span("2026-11-20", "2026-11-21"), span("2026-11-21", "2026-11-22")]
    assert plant.missing("spot", span("2026-11-20", "2026-11-22")) == []
    plant.store.forget("spot", plant.filling, at("2026-11-30"))
    plant.feeds["omie.spot"].fault = UpstreamDownError("omie", "silence")
    plant.ingest("ree")
    assert asked(plant, "omie.spot") == 3, "a failing one is not asked for the second day"


def test_a_second_route_that_fails_calls_nobody_else():
    plant = priced("20:40")
    plant.feeds["ree.prices"].holes = lambda series, start: start >= at("2026-11-21T12:00") and series == "spot"
    plant.feeds["esios.pvpc"].fault = UpstreamDownError("esios", "silence")
    plant.fill("spot", span("2026-11-21", "2026-11-22"))
    plant.ingest("ree")
    assert asked(plant, "omie.spot") == 0


@pytest.mark.parametrize(("today", "hours"), [("2026-10-25", 25), ("2026-03-29", 23)])
def test_a_day_of_the_clocks_change_is_asked_for_whole_and_no_other(today, hours):
    plant = Plant(at(f"{today}T10:20"))
    feed = plant.feed("ree.prices", PRICES)
    report = plant.ingest("ree")
    (window,) = feed.calls
    assert (window.duration, report.found) == (hours * HOUR, 5 * hours)


def test_insisting_asks_for_what_is_there():
    plant = priced("15:00")
    plant.fill("spot", span("2026-11-21", "2026-11-22"))
    report = plant.ingest("ree", insist=True)
    assert plant.feeds["ree.prices"].calls == [span("2026-11-20", "2026-11-22")]
    assert (report.found, report.written) == (24 + 192, 0)
    assert asked(plant, "omie.spot") == asked(plant, "esios.pvpc") == 0


# ---------------------------------------------------------------------- demand and generation
def test_demand_is_asked_at_every_run_and_just_after_midnight_for_yesterday_too():
    plant = plant_at("00:30")
    feed = plant.feed("ree.demand", {"demand", "demand_forecast"})
    plant.ingest("ree")
    plant.clock.set(at("2026-11-20T02:05"))
    plant.ingest("ree")
    assert [w.start for w in feed.calls] == [at("2026-11-19"), at("2026-11-20")]


def test_each_feed_is_asked_at_its_own_pace():
    plant = plant_at("03:00")
    plant.feed("ree.generation", {"renewable_share"})
    plant.feed("ree.demand", {"demand"})
    plant.feed("openweathermap.forecast", {"temperature"}, kind=Kind.FORECAST, longest=5 * DAY, ahead=5 * DAY)
    plant.feed("aemet.forecast", {"temperature"}, kind=Kind.FORECAST, longest=4 * DAY, ahead=4 * DAY)
    plant.feed("open_meteo.forecast", {"temperature"}, kind=Kind.REANALYSIS, ahead=8 * DAY)
    plant.feed("openweathermap.current", {"temperature"}, kind=Kind.FORECAST, longest=2 * HOUR)
    for _ in range(6 * 12):
        plant.ingest("all")
        plant.clock.sleep(300)
    counted = {name: len(feed.calls) for name, feed in plant.feeds.items()}
    assert counted == {
        "ree.generation": 6,
        "ree.demand": 72,
        "openweathermap.forecast": 6,
        "openweathermap.current": 72,
        "aemet.forecast": 2,
        "open_meteo.forecast": 8,
    }


def test_after_a_failure_the_pace_does_not_hold_and_after_nothing_yet_it_does(plant):
    feed = plant.feed("ree.generation", {"renewable_share"})
    feed.fault = DOWN
    plant.ingest("ree")
    plant.clock.sleep(300)
    feed.fault = UpstreamEmptyError("ree", "not yet")
    plant.ingest("ree")
    plant.clock.sleep(300)
    plant.ingest("ree")
    assert len(feed.calls) == 2
    plant.ingest("ree", insist=True)
    assert len(feed.calls) == 3


# ---------------------------------------------------------------------- weather
def test_the_station_is_asked_until_its_newest_hour_is_there():
    plant = plant_at("10:05")
    feed = plant.feed("aemet.observations", AIR, longest=13 * HOUR, back=13 * HOUR, ahead=timedelta(0))
    times = []
    for _ in range(24):
        before = len(feed.calls)
        plant.ingest("aemet")
        times += [f"{plant.clock.now() - at('2026-11-20T10:00')}"] if len(feed.calls) > before else []
        plant.clock.sleep(300)
    # An hour is published an hour after its end: 08-09 is there at 10:05; 09-10 is due at 10:15, comes at 11:00.
    assert times == [
        "0:05:00", "0:15:00", "0:25:00", "0:35:00", "0:45:00", "0:55:00", "1:05:00",
        "1:15:00", "1:25:00", "1:35:00", "1:45:00", "1:55:00",
    ]  # fmt: skip


def test_a_station_that_is_up_to_date_is_left_alone(plant):
    feed = plant.feed("aemet.observations", AIR, longest=13 * HOUR, back=13 * HOUR, ahead=timedelta(0))
    plant.fill("temperature", span("2026-11-20T09:00", "2026-11-20T10:00"), source="aemet")
    plant.ingest("aemet")
    assert feed.calls == []
    plant.ingest("aemet", insist=True)
    assert len(feed.calls) == 1


def test_another_sources_hour_does_not_pass_for_the_stations(plant):
    feed = plant.feed("aemet.observations", AIR, longest=13 * HOUR, back=13 * HOUR, ahead=timedelta(0))
    plant.fill("temperature", span("2026-11-20T09:00", "2026-11-20T10:00"), source="openweathermap")
    plant.ingest("aemet")
    assert len(feed.calls) == 1


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("ree", {"ree.prices", "ree.demand", "ree.generation"}),
        ("aemet", {"aemet.observations"}),
        ("openweather", set()),
        ("hybrid", {"aemet.observations", "open_meteo.forecast"}),
        ("all", {"ree.prices", "ree.demand", "ree.generation", "aemet.observations", "open_meteo.forecast"}),
    ],
)
def test_a_source_names_its_feeds(plant, source, names):
    live_feeds(plant)
    report = plant.ingest(source)
    assert {p.feed for p in report.parts} == {name for name, f in plant.feeds.items() if f.calls} == names
    assert report.source == source


def test_an_unknown_source_is_named_with_those_there_are(plant):
    with pytest.raises(InputError, match="openweather"):
        plant.ingest("siar")


def test_one_upstream_in_trouble_does_not_stop_the_others(plant):
    live_feeds(plant)
    plant.feeds["aemet.observations"].fault = UpstreamRefusedError("aemet", "it refuses the key (401)")
    plant.feeds["ree.demand"].fault = DOWN
    report = plant.ingest("all")
    assert sorted(report.errors) == ["aemet.observations: it refuses the key (401)", "ree.demand: no answer in time"]
    assert plant.missing("temperature", span("2026-11-20T00:00", "2026-11-20T08:00")) == []


def test_a_store_that_fails_is_raised(plant):
    live_feeds(plant)

    def broken(_observations):
        raise StoreError("the disk is full")

    plant.store.write = broken
    with pytest.raises(StoreError, match="full"):
        plant.ingest("ree")


# ---------------------------------------------------------------------- how a run ends
def test_a_run_that_brought_nothing_is_no_success(plant):
    plant.clock.set(at("2026-11-20T12:00"))
    feed = plant.feed("ree.generation", {"renewable_share"})
    assert _of_report(plant.ingest("ree")).outcome is Outcome.DONE
    feed.holes = lambda *_: True
    assert _of_report(plant.ingest("ree", insist=True)).outcome is Outcome.NOTHING
    feed.fault = DOWN
    failed = _of_report(plant.ingest("ree", insist=True))
    assert (failed.outcome, failed.error) == (Outcome.FAILED, "ree.generation: no answer in time")
    assert _of_report(plant.ingest("openweather")).outcome is Outcome.DONE, "nobody was to be asked"
