"""Three years of history: loaded once, resumed, run again without harm."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes import PRICES, Plant, at, live_feeds, span

from chocolate_factory.domain.catalogue import CATALOGUE
from chocolate_factory.domain.errors import InputError, StoppedError, StoreError, UpstreamDownError, UpstreamLiedError
from chocolate_factory.domain.time import DAY, Interval
from chocolate_factory.usecases.initialise import PARTS, SHARES, Initialise
from chocolate_factory.usecases.progress import Progress

NOW = at("2026-11-20T10:20")
WEEKS = span("2026-10-01", "2026-11-20")


@pytest.fixture
def plant():
    plant = Plant(NOW)
    plant.initialise = Initialise(plant.store, plant.clock, plant.detect, plant.repair, plant.ingest, plant.filling)
    yield plant
    plant.close()


@pytest.fixture
def quickly(monkeypatch):
    """The status of a quarter of a year; three whole years take seconds here."""
    monkeypatch.setattr("chocolate_factory.usecases.initialise.YEARS", 0.25)


def test_years_back_begin_at_a_midnight_of_madrid_and_end_with_tomorrow(plant):
    assert plant.initialise.years_back(3) == Interval(at("2023-11-20"), at("2026-11-22"))


@pytest.mark.parametrize("years", [0, -1, 15.5])
def test_so_many_years_are_refused_with_the_fields_name(plant, years):
    with pytest.raises(InputError, match="years_: "):
        plant.initialise.years_back(years, "years_")


def test_an_unknown_part_is_refused(plant):
    with pytest.raises(InputError, match="daily_weather"):
        plant.initialise("chocolate", WEEKS, Progress())


def test_a_part_loads_its_own_series_and_again_asks_nobody(plant):
    live_feeds(plant)
    recovery = plant.initialise("ree", WEEKS, Progress())
    assert recovery.filled == recovery.expected
    assert (recovery.trigger, recovery.failed) == ("init", 0)
    for series in ("pvpc", "spot", "demand", "demand_forecast", "renewable_share"):
        window = Interval(WEEKS.start, at("2026-11-19"))
        assert plant.missing(series, window) == []
    assert plant.store.inventory()
    assert {s.series for s in plant.store.inventory()}.isdisjoint({"temperature", "temperature_max"})
    assert plant.initialise("ree", WEEKS, Progress()).requests == 0


def test_cut_off_it_goes_on_where_it_was(plant):
    feed = plant.feed("ree.prices", PRICES)
    with pytest.raises(StoppedError):
        plant.initialise("ree", WEEKS, Progress(stopping=lambda: len(feed.calls) >= 2))
    held = len(plant.missing("pvpc", WEEKS))
    assert 0 < held < WEEKS.duration // timedelta(hours=1)
    asked = list(feed.calls)
    plant.initialise("ree", WEEKS, Progress())
    assert not any(a.overlap(b) for a in asked for b in feed.calls[len(asked) :]), "nothing is asked for twice"
    assert plant.missing("pvpc", WEEKS) == []


def test_cut_off_the_next_check_goes_on_by_itself(plant):
    """What somebody asked for is on record; a restart does not make him ask again."""
    feed = plant.feed("ree.prices", PRICES)
    with pytest.raises(StoppedError):
        plant.initialise("ree", WEEKS, Progress(stopping=lambda: len(feed.calls) >= 2))
    plant.repair(plant.detect.own_windows(), trigger="start")
    assert plant.missing("pvpc", WEEKS) == plant.missing("spot", WEEKS) == []


def test_everything_reports_each_part_and_ends_at_one(plant):
    live_feeds(plant)
    plant.feeds["ree.generation"].fault = UpstreamDownError("ree", "no answer in time")
    heard: list[float] = []
    progress = Progress(lambda share, _message, _counts: heard.append(share))
    text = plant.initialise.everything(WEEKS, progress)
    assert all(f"{part}: " in text for part in PARTS)
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(1.0)
    assert progress.counts["reached.ree.generation"] == 0.0
    assert progress.counts["reached.ree.prices"] == 1.0
    for part in PARTS:
        assert progress.counts[f"{part}.expected"] >= progress.counts[f"{part}.filled"] > 0
    assert progress.counts["weather.expected"] == progress.counts["weather.filled"]
    assert any("ree.generation" in problem for problem in progress.problems)


def test_shares_of_the_work_follow_each_other_to_the_end():
    edges = [edge for part in PARTS for edge in SHARES[part]]
    assert edges == sorted(edges)
    assert edges[-1] == 1.0


def test_a_damaged_store_is_not_filled(plant):
    plant.store.verify = lambda: ["page 7 is torn"]
    with pytest.raises(StoreError, match="page 7"):
        plant.initialise.everything(WEEKS, Progress())


# ---------------------------------------------------------------------- is the history there
def test_days_of_weather_are_counted_once_whoever_gave_them(plant, quickly):
    plant.fill("temperature_max", span("2026-01-01", "2026-03-01"), source="datosclima")
    plant.fill("temperature_max", span("2026-02-01", "2026-04-01"), source="aemet")
    plant.fill("temperature_min", span("2026-01-01", "2026-12-01"), source="siar")
    assert plant.initialise.status().weather_days == 90


def test_an_empty_store_is_told_what_to_call_for_each_part(plant, quickly):
    status = plant.initialise.status()
    assert (status.weather_days, status.ree_records, status.is_initialized) == (0, 0, False)
    assert len(status.recommendations) == len(PARTS)
    assert status.missing_records > 91 * (24 + 96)


def test_a_full_store_needs_nothing(plant, quickly):
    window = plant.initialise.years_back(0.25)
    for spec in (s for s in CATALOGUE.values() if s.expected):
        plant.fill(spec.name, window)
    status = plant.initialise.status()
    assert (status.missing_records, status.is_initialized) == (0, True)
    assert (status.weather_days, status.ree_records) == (93, 93 * (24 + 96 + 24 + 24) + 7), "October has an hour more"


def test_a_corrupt_month_costs_that_month_and_is_named(plant):
    feed = plant.feed("datosclima.daily", {"temperature_max", "temperature_min"}, longest=32 * DAY)
    feed.faults = [(span("2026-10-01", "2026-11-01"), UpstreamLiedError("datosclima", "Aemet2026-10.rar is damaged"))]
    progress = Progress()
    recovery = plant.initialise("daily_weather", WEEKS, progress)
    assert [p for p in progress.problems if "Aemet2026-10.rar" in p] == progress.problems
    assert plant.missing("temperature_max", Interval(WEEKS.start, at("2026-11-13"))) == list(
        CATALOGUE["temperature_max"].slots(span("2026-10-01", "2026-11-01"))
    )
    assert recovery.failed == 2, "the maxima's and the minima's"
