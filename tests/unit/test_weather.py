"""The hybrid as it is read from the store: now, past hours, forecasts apart."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes import Plant, at, span

from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, HOUR, Interval
from chocolate_factory.quality.hybrid import Why
from chocolate_factory.usecases.weather import Weather

NOW = at("2026-07-15T16:20")
TODAY = span("2026-07-15", "2026-07-16")


@pytest.fixture
def plant():
    plant = Plant(NOW)
    plant.weather = Weather(plant.store, plant.clock, plant.filling)
    yield plant
    plant.close()


def put(plant, source: str, window: Interval, value: float, series: str = "temperature", step: float = 0.1) -> None:
    """An hour after the other a little warmer, so that no sensor seems stuck."""
    kind = Kind.REANALYSIS if source.startswith("open_meteo") else Kind.OBSERVED
    plant.fill(series, window, source=source, kind=kind, value=lambda _, s: value + step * s.hour)


def forecast(plant, source: str, window: Interval, value: float, series: str = "temperature") -> None:
    plant.fill(series, window, source=source, kind=Kind.FORECAST, value=lambda *_: value)


def hour(clock: str) -> Interval:
    return Interval(at(f"2026-07-15T{clock}"), at(f"2026-07-15T{clock}") + HOUR)


# ---------------------------------------------------------------------- the acceptance, from the store
def test_official_readings_for_the_night_only_then_openweathermap_with_its_reason(plant):
    put(plant, "aemet", span("2026-07-15T00:00", "2026-07-15T08:00"), 18.0)
    put(plant, "openweathermap", span("2026-07-15T08:00", "2026-07-15T17:00"), 24.0)
    told = plant.weather.hours(TODAY)
    assert [h.temperature.reading.source for h in told] == ["aemet"] * 8 + ["openweathermap"] * 9
    assert [h.temperature.why for h in told] == [Why.OFFICIAL] * 8 + [Why.OFFICIAL_MISSING] * 9
    now = plant.weather.now().temperature
    assert (now.reading.source, now.why, now.reading.start) == (
        "openweathermap",
        Why.OFFICIAL_STALE,
        at("2026-07-15T16:00"),
    )


def test_ten_degrees_low_in_a_heat_wave_is_openweathermaps(plant):
    put(plant, "aemet", hour("15:00"), 25.6, step=0.0)
    put(plant, "openweathermap", span("2026-07-15T15:00", "2026-07-15T17:00"), 35.6, step=0.0)
    now = plant.weather.now()
    assert (now.temperature.reading.value, now.temperature.why) == (35.6, Why.DISAGREEMENT)
    assert "25.6" in now.temperature.sentence("es")
    assert plant.weather.hours(hour("15:00"))[0].temperature.why is Why.DISAGREEMENT


def test_aemet_down_falls_back(plant):
    put(plant, "openweathermap", hour("16:00"), 30.0)
    assert plant.weather.now().temperature.why is Why.OFFICIAL_MISSING


def test_without_any_key_open_meteo(plant):
    put(plant, "open_meteo_analysis", span("2026-07-15T00:00", "2026-07-15T17:00"), 28.0)
    put(plant, "open_meteo_analysis", span("2026-07-15T00:00", "2026-07-15T17:00"), 40.0, "humidity")
    now = plant.weather.now()
    assert (now.temperature.reading.source, now.temperature.why) == ("open_meteo_analysis", Why.NO_STATION)
    assert (now.humidity.reading.source, now.humidity.why) == ("open_meteo_analysis", Why.FOLLOWS)
    assert now.start == at("2026-07-15T16:00")


def test_openweathermaps_own_hole_is_closed_in_the_hybrid_by_others(plant):
    put(plant, "openweathermap", span("2026-07-15T00:00", "2026-07-15T05:00"), 20.0)
    put(plant, "openweathermap", span("2026-07-15T09:00", "2026-07-15T17:00"), 20.0)
    put(plant, "open_meteo_analysis", TODAY, 21.0)
    told = plant.weather.hours(TODAY)
    assert len(told) == 17, "up to the hour under way"
    assert {h.temperature.reading.source for h in told[5:9]} == {"open_meteo_analysis"}
    assert {h.temperature.reading.source for h in told[9:]} == {"openweathermap"}


# ---------------------------------------------------------------------- now
def test_with_nothing_there_is_nothing(plant):
    now = plant.weather.now()
    assert (now.start, now.temperature, now.humidity) == (at("2026-07-15T16:00"), None, None)
    assert plant.weather.hours(TODAY) == []


def test_a_forecast_for_now_is_the_last_resort_and_marked(plant):
    forecast(plant, "open_meteo", TODAY, 33.0)
    forecast(plant, "open_meteo", TODAY, 22.0, "humidity")
    now = plant.weather.now()
    assert (now.temperature.reading.kind, now.temperature.why) == (Kind.FORECAST, Why.FORECAST)
    assert (now.humidity.reading.value, now.humidity.why) == (22.0, Why.FORECAST)
    put(plant, "open_meteo_analysis", hour("15:00"), 31.0, step=0.0)
    assert plant.weather.now().temperature.reading.value == 31.0, "a reading comes first"


def test_a_forecast_is_no_past_hour(plant):
    forecast(plant, "open_meteo", TODAY, 33.0)
    assert plant.weather.hours(TODAY) == []


# ---------------------------------------------------------------------- past hours
def test_short_holes_are_interpolated_and_marked_and_long_ones_stay(plant):
    put(plant, "aemet", span("2026-07-15T00:00", "2026-07-15T03:00"), 20.0)
    put(plant, "aemet", span("2026-07-15T06:00", "2026-07-15T08:00"), 20.0)
    put(plant, "aemet", span("2026-07-15T12:00", "2026-07-15T14:00"), 20.0)
    told = {h.start: h.temperature for h in plant.weather.hours(TODAY)}
    guessed = [s for s, c in told.items() if c.reading.kind is Kind.ESTIMATED]
    assert guessed == [at(f"2026-07-15T0{h}:00") for h in (3, 4, 5)]
    assert all(told[s].why is Why.INTERPOLATED for s in guessed)
    assert at("2026-07-15T10:00") not in told
    assert len(told) == 3 + 3 + 2 + 2


def test_an_hour_is_judged_the_same_whatever_window_it_is_asked_in(plant):
    put(plant, "aemet", span("2026-07-14T20:00", "2026-07-15T04:00"), 21.3, step=0.0)  # eight equal hours: stuck
    put(plant, "aemet", span("2026-07-15T06:00", "2026-07-15T12:00"), 22.0)
    put(plant, "open_meteo_analysis", hour("03:00"), 17.0, step=0.0)
    whole = {h.start: h for h in plant.weather.hours(span("2026-07-14", "2026-07-16"))}
    assert whole[at("2026-07-15T03:00")].temperature.why is Why.OFFICIAL_FLAT
    assert whole[at("2026-07-15T04:00")].temperature.why is Why.INTERPOLATED
    for start, expected in whole.items():
        assert plant.weather.hours(Interval(start, start + HOUR)) == [expected]


def test_humidity_follows_the_temperature(plant):
    put(plant, "openweathermap", TODAY, 24.0)
    put(plant, "openweathermap", TODAY, 50.0, "humidity")
    put(plant, "aemet", TODAY, 40.0, "humidity")
    told = plant.weather.hours(TODAY)
    assert {(h.humidity.reading.source, h.humidity.why) for h in told} == {("openweathermap", Why.FOLLOWS)}
    assert all(h.humidity.reading.start == h.temperature.reading.start for h in told)


def test_nothing_is_said_of_hours_to_come(plant):
    put(plant, "openweathermap", TODAY, 24.0)
    told = plant.weather.hours(span("2026-07-15T15:00", "2026-07-15T23:00"))
    assert [h.start for h in told] == [at("2026-07-15T15:00"), at("2026-07-15T16:00")]


def test_a_day_of_25_hours_has_25(plant):
    plant.clock.set(at("2026-10-27"))
    day = span("2026-10-25", "2026-10-26")
    put(plant, "aemet", day, 12.0)
    assert len(plant.weather.hours(day)) == 25


# ---------------------------------------------------------------------- forecasts
def test_forecasts_are_apart_the_newest_of_the_best_source(plant):
    ahead = span("2026-07-16", "2026-07-17")
    forecast(plant, "open_meteo", ahead, 30.0)
    forecast(plant, "aemet", span("2026-07-16T00:00", "2026-07-16T12:00"), 31.0)
    plant.clock.set(NOW + timedelta(hours=3))
    forecast(plant, "open_meteo", ahead, 32.0)
    told = plant.weather.forecast("temperature", ahead)
    assert [o.value for o in told] == [31.0] * 12 + [32.0] * 12
    assert {o.kind for o in told} == {Kind.FORECAST}


def test_in_the_simulated_world_what_is_simulated_speaks():
    plant = Plant(NOW, frozenset({Kind.SIMULATED}))
    weather = Weather(plant.store, plant.clock, plant.filling)
    plant.fill("temperature", hour("15:00"), source="demo", kind=Kind.SIMULATED)
    plant.fill("temperature", span("2026-07-15T15:00", "2026-07-18"), source="demo_forecast", kind=Kind.SIMULATED)
    assert weather.now().temperature.reading.source == "demo"
    ahead = weather.forecast("temperature", Interval(NOW, NOW + DAY))
    assert {o.source for o in ahead} == {"demo_forecast"}
    plant.close()


def test_a_forecast_that_has_stood_for_a_day_gives_way_to_a_younger_one(plant):
    ahead = span("2026-07-17", "2026-07-18")
    forecast(plant, "aemet", ahead, 40.0)
    plant.clock.sleep(23 * 3600)
    forecast(plant, "open_meteo", ahead, 35.0)
    assert {o.source for o in plant.weather.forecast("temperature", ahead)} == {"aemet"}
    plant.clock.sleep(2 * 3600)
    forecast(plant, "open_meteo", ahead, 36.0)
    assert {(o.source, o.value) for o in plant.weather.forecast("temperature", ahead)} == {("open_meteo", 36.0)}
