"""Every missing slot is named, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from fakes import AIR, FOREVER, Plant, at, expected_specs, span

from chocolate_factory.domain.catalogue import CATALOGUE
from chocolate_factory.domain.errors import NotFoundError
from chocolate_factory.domain.series import Kind, Query
from chocolate_factory.domain.time import DAY, HOUR, Interval, madrid_day
from chocolate_factory.domain.work import Gap, GapState
from chocolate_factory.quality.gaps import reconcile
from chocolate_factory.usecases.detect import PIECE, behind_hours

NOW = at("2026-11-20T10:20")


@pytest.fixture
def plant():
    plant = Plant(NOW)
    yield plant
    plant.close()


def test_an_empty_store_lacks_every_expected_series_and_no_other(plant):
    window = plant.detect.window(10)
    found = plant.detect(window)
    assert {g.series for g in found} == {s.name for s in expected_specs()}
    assert all(g.missing == len(list(CATALOGUE[g.series].slots(g.window))) for g in found)


def test_the_window_ends_with_tomorrow(plant):
    assert plant.detect.window(10) == Interval(NOW - 10 * DAY, at("2026-11-22"))


def test_two_windows_with_a_hole_between_exactly_that_hole(plant):
    for series in ("pvpc", "spot"):
        plant.fill(series, span("2026-11-12", "2026-11-14"))
        plant.fill(series, span("2026-11-15T06:00", "2026-11-22"))
    found = plant.detect(span("2026-11-12", "2026-11-22"), ["pvpc", "spot"])
    hole = span("2026-11-14", "2026-11-15T06:00")
    assert [(g.series, g.window, g.missing) for g in found] == [("pvpc", hole, 30), ("spot", hole, 120)]


def test_history_is_looked_through_a_year_at_a_time_and_its_gaps_are_whole(plant, monkeypatch):
    asked: list[Interval] = []
    starts = plant.store.starts
    monkeypatch.setattr(plant.store, "starts", lambda query: asked.append(query.window) or starts(query))
    window = span("2016-11-20", "2026-11-20")
    plant.fill("pvpc", span("2026-11-10", "2026-11-20"))
    (gap,) = plant.detect.missing(CATALOGUE["pvpc"], window)
    assert gap.window == span("2016-11-20", "2026-11-10")
    assert gap.missing == gap.window.duration / HOUR
    assert max(piece.duration for piece in asked) <= PIECE
    assert (asked[0].start, asked[-1].end) == (window.start, window.end)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 10, 25), 25), (date(2026, 3, 29), 23)])
def test_nothing_is_a_gap_in_a_whole_day_of_the_clocks_change(plant, day, hours):
    window = madrid_day(day)
    for spec in expected_specs():
        plant.fill(spec.name, window)
    assert len(plant.store.starts(Query("pvpc", window))) == hours
    assert len(plant.store.starts(Query("spot", window))) == 4 * hours
    assert plant.detect(window) == []


@pytest.mark.parametrize("kind", [Kind.FORECAST, Kind.ESTIMATED])
def test_a_forecast_and_an_estimate_fill_nothing(plant, kind):
    window = span("2026-11-17", "2026-11-18")
    plant.fill("temperature", window, kind=kind)
    assert [g.missing for g in plant.detect(window, ["temperature"])] == [24]
    plant.fill("temperature", window, source="open_meteo", kind=Kind.REANALYSIS)
    assert plant.detect(window, ["temperature"]) == []


def test_the_most_urgent_comes_first_and_what_cannot_be_filled_last(plant):
    plant.feed("openweathermap.current", AIR)
    plant.fill("temperature", span("2026-11-19T10:00", "2026-11-20T07:00"), source="openweathermap")
    plant.store.forget("temperature", frozenset({Kind.OBSERVED}), at("2026-11-19T11:00"))
    plant.fill("temperature", span("2026-11-18T10:00", "2026-11-18T11:00"), source="openweathermap")
    found = plant.detect(span("2026-11-18", "2026-11-22"))
    lost = [g.state is GapState.UNFILLABLE for g in found]
    assert lost == sorted(lost)
    assert any(lost)
    alive = [g.priority for g in found if g.state is not GapState.UNFILLABLE]
    assert alive == sorted(alive)


def test_an_unknown_series_is_named(plant):
    with pytest.raises(NotFoundError, match="chocolate"):
        plant.detect(FOREVER, ["chocolate"])


# ---------------------------------------------------------------------- a source without history
def test_openweathermaps_own_holes_are_unfillable_and_closed_by_others(plant):
    plant.feed("openweathermap.current", AIR)
    window = span("2026-11-17", "2026-11-19")
    hole = span("2026-11-17T08:00", "2026-11-17T12:00")
    plant.fill("temperature", window, source="openweathermap", but=list(CATALOGUE["temperature"].slots(hole)))
    plant.fill("temperature", hole, source="open_meteo", kind=Kind.REANALYSIS)
    (gap,) = plant.detect(window, ["temperature"])
    assert (gap.source, gap.window, gap.state) == ("openweathermap", hole, GapState.UNFILLABLE)
    assert (gap.why, gap.priority) == ("no history on this plan", 4)


def test_a_source_is_watched_from_its_first_reading_and_only_while_it_is_configured(plant):
    plant.fill("temperature", span("2026-11-18T12:00", "2026-11-18T13:00"), source="openweathermap")
    plant.fill("temperature", span("2026-11-18", "2026-11-19"), source="aemet")
    window = span("2026-11-18", "2026-11-19")
    assert plant.detect(window, ["temperature"]) == []
    plant.feed("openweathermap.current", AIR)
    (gap,) = plant.detect(window, ["temperature"])
    assert gap.window.start == at("2026-11-18T13:00")


# ---------------------------------------------------------------------- what the ledger knows of a gap
def keep(plant, window, series="pvpc", **past) -> Gap:
    row = reconcile([Gap(series, window, len(list(CATALOGUE[series].slots(window))))], [], window, NOW)[0]
    return plant.gaps.save_gap(replace(row, **past))


def test_a_gap_has_the_state_and_the_past_of_its_row(plant):
    window = span("2026-11-17", "2026-11-18")
    row = keep(plant, window, state=GapState.UPSTREAM_EMPTY, attempts=3, next_try_at=NOW + HOUR, why="not yet")
    (gap,) = plant.detect(window, ["pvpc"])
    assert (gap.id, gap.state, gap.attempts, gap.next_try_at, gap.why) == (
        row.id, GapState.UPSTREAM_EMPTY, 3, NOW + HOUR, "not yet",
    )  # fmt: skip


def test_of_several_rows_the_most_alive_speaks(plant):
    keep(plant, span("2026-11-16", "2026-11-17"), state=GapState.UNFILLABLE)
    keep(plant, span("2026-11-17", "2026-11-18"), state=GapState.FILLING)
    (gap,) = plant.detect(span("2026-11-16", "2026-11-18"), ["pvpc"])
    assert (gap.state, gap.missing) == (GapState.FILLING, 48)


def test_a_gap_is_given_up_only_when_all_of_it_is(plant):
    keep(plant, span("2026-11-16", "2026-11-17"), state=GapState.UNFILLABLE)
    window = span("2026-11-16", "2026-11-18")
    assert plant.detect(window, ["pvpc"])[0].state is GapState.OPEN
    keep(plant, span("2026-11-17", "2026-11-18"), state=GapState.UNFILLABLE)
    assert plant.detect(window, ["pvpc"])[0].state is GapState.UNFILLABLE


# ---------------------------------------------------------------------- where a run on its own looks
def test_an_own_window_begins_with_the_first_stored_slot_or_ten_days_ago(plant):
    plant.fill("pvpc", span("2025-06-01", "2025-06-02"))
    plant.fill("spot", span("2026-11-18", "2026-11-19"))
    plant.fill("temperature", span("2024-01-01", "2024-01-02"), kind=Kind.FORECAST)
    windows = plant.detect.own_windows()
    assert set(windows) == {s.name for s in expected_specs()}
    assert windows["pvpc"].start == at("2025-06-01")
    assert windows["spot"].start == windows["temperature"].start == NOW - 10 * DAY


def test_a_gap_that_was_left_behind_is_looked_at_for_as_long_as_it_is_alive(plant):
    """An upstream down for more than ten days, or a first load cut off: nothing older is stored."""
    row = keep(plant, span("2026-10-01", "2026-10-05"))
    assert plant.detect.own_windows()["pvpc"].start == at("2026-10-01")
    plant.gaps.save_gap(replace(row, state=GapState.UNFILLABLE))
    assert plant.detect.own_windows()["pvpc"].start == NOW - 10 * DAY


def test_behind_is_never_negative():
    assert behind_hours(NOW - timedelta(minutes=90), NOW) == 1.5
    assert behind_hours(NOW + DAY, NOW) == 0.0
