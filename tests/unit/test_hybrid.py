"""Whom to believe about the weather, hour by hour and now, and the reason that is given."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from fakes import at

from chocolate_factory.domain.catalogue import observation
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import HOUR
from chocolate_factory.quality.hybrid import (
    SENTENCES,
    Choice,
    HybridRules,
    Why,
    bridge_holes,
    choose_hour,
    choose_now,
    follow,
    interpolate,
)

OFFICIAL, SECOND, GRID = "aemet", "openweathermap", "open_meteo_analysis"
DAY = "2026-07-15T"


def reading(source: str, start: datetime, value: float, series: str = "temperature") -> Observation:
    kind = Kind.REANALYSIS if source.startswith("open_meteo") else Kind.OBSERVED
    return observation(series, source, kind, start, value, start + 2 * HOUR)


def hours(source: str, values: dict[str, float], series: str = "temperature") -> dict[datetime, Observation]:
    return {at(DAY + clock): reading(source, at(DAY + clock), value, series) for clock, value in values.items()}


def readings(series: str = "temperature", **by_source: dict[str, float]):
    return {source: hours(source, values, series) for source, values in by_source.items()}


def now(clock: str) -> datetime:
    return at(DAY + clock)


# ---------------------------------------------------------------------- now
def test_a_fresh_and_plausible_official_reading_is_taken():
    choice = choose_now(readings(aemet={"10:00": 24.0}, openweathermap={"11:00": 26.0}), now("11:40"))
    assert choice is not None
    assert (choice.reading.source, choice.reading.value, choice.why) == (OFFICIAL, 24.0, Why.OFFICIAL)
    assert (choice.official_c, choice.second_c) == (24.0, 26.0)


def test_official_for_the_night_only_then_openweathermap_with_its_reason():
    """The station's habit: 00 to 07, and nothing until midnight."""
    night = {f"{h:02d}:00": 18.0 + h / 10 for h in range(8)}
    day = {f"{h:02d}:00": 20.0 + h / 2 for h in range(8, 24)}
    told = readings(aemet=night, openweathermap=day)
    for h in range(24):
        choice = choose_hour(told, now(f"{h:02d}:00"))
        assert choice is not None
        assert choice.reading.source == (OFFICIAL if h < 8 else SECOND)
        assert choice.why == (Why.OFFICIAL if h < 8 else Why.OFFICIAL_MISSING)
    choice = choose_now(told, now("16:20"))
    assert choice is not None
    assert (choice.reading.source, choice.why) == (SECOND, Why.OFFICIAL_STALE)
    assert "07:00" in choice.sentence("en")
    assert "07:00" in choice.sentence("es")


def test_a_station_that_never_spoke_is_missing_not_stale():
    choice = choose_now(readings(openweathermap={"16:00": 30.0}), now("16:20"))
    assert choice is not None
    assert (choice.why, choice.official_c) == (Why.OFFICIAL_MISSING, None)


def test_ten_degrees_apart_in_a_heat_wave_is_openweathermaps_and_both_are_named():
    told = readings(aemet={"15:00": 25.6}, openweathermap={"15:00": 35.6, "16:00": 35.6})
    for choice in (choose_now(told, now("16:20")), choose_hour(told, now("15:00"))):
        assert choice is not None
        assert (choice.reading.source, choice.reading.value, choice.why) == (SECOND, 35.6, Why.DISAGREEMENT)
        assert "25.6" in choice.sentence("en")
        assert "35.6" in choice.sentence("en")


@pytest.mark.parametrize(
    ("official", "second", "believed"),
    [
        (25.6, 35.6, False),
        (31.0, 36.0, True),  # five apart is allowed
        (30.9, 36.0, False),
        (36.0, 30.9, False),  # whichever of the two is hot
        (15.0, 25.0, True),  # no heat: a valley's cold night is not the grid's
    ],
)
def test_a_disagreement_counts_in_heat_and_beyond_the_set_amount(official, second, believed):
    told = readings(aemet={"15:00": official}, openweathermap={"15:00": second})
    choice = choose_hour(told, now("15:00"))
    assert choice is not None
    assert (choice.reading.source == OFFICIAL) is believed


def test_readings_of_different_hours_may_differ_by_what_the_air_drifts():
    told = readings(aemet={"13:00": 28.0}, openweathermap={"15:00": 35.5})
    choice = choose_now(told, now("15:30"))
    assert choice is not None
    assert choice.why is Why.OFFICIAL, "7.5 apart, 5 + 2 h of 1.5 allowed"


def test_ages_are_counted_from_the_beginning_of_the_hour():
    rules = HybridRules()
    told = readings(aemet={"10:00": 24.0})
    assert choose_now(told, now("10:00") + rules.official_age) is not None
    assert choose_now(told, now("10:00") + rules.official_age + timedelta(minutes=1)) is None
    told = readings(openweathermap={"10:00": 24.0})
    assert choose_now(told, now("10:00") + rules.second_age) is not None
    assert choose_now(told, now("10:00") + rules.second_age + timedelta(minutes=1)) is None


def test_without_keys_open_meteo_speaks_and_says_why():
    told = readings(open_meteo_analysis={"11:00": 27.0})
    choice = choose_now(told, now("11:40"))
    assert choice is not None
    assert (choice.reading.source, choice.why) == (GRID, Why.NO_STATION)
    assert "Open-Meteo" in choice.sentence("es")


def test_era5_supersedes_the_analysis_of_the_same_hour():
    told = readings(open_meteo_analysis={"11:00": 27.0}, open_meteo={"11:00": 26.0})
    choice = choose_hour(told, now("11:00"))
    assert choice is not None
    assert choice.reading.source == "open_meteo"


def test_nobody_is_nobody():
    assert choose_now({}, now("11:40")) is None
    assert choose_hour(readings(aemet={"10:00": 20.0}), now("11:00")) is None


# ---------------------------------------------------------------------- a station that is not believed
def test_a_jump_is_not_believed_and_someone_else_is_asked():
    told = readings(aemet={"09:00": 20.0, "10:00": 33.0}, open_meteo={"10:00": 22.0})
    choice = choose_hour(told, now("10:00"))
    assert choice is not None
    assert (choice.reading.source, choice.why, choice.official_c) == ("open_meteo", Why.OFFICIAL_JUMP, 33.0)
    assert "33.0" in choice.sentence("en")


def test_the_way_back_from_a_lone_spike_is_believed():
    told = readings(aemet={"08:00": 19.0, "09:00": 40.0, "10:00": 21.0}, open_meteo={"10:00": 22.0})
    choice = choose_hour(told, now("10:00"))
    assert choice is not None
    assert choice.why is Why.OFFICIAL


def test_a_fall_that_lasts_is_a_jump_at_its_first_hour_alone():
    told = readings(aemet={"08:00": 33.0, "09:00": 33.5, "10:00": 20.0, "11:00": 20.5}, open_meteo={"10:00": 21.0})
    first, second = choose_hour(told, now("10:00")), choose_hour(told, now("11:00"))
    assert first is not None
    assert second is not None
    assert (first.why, second.why) == (Why.OFFICIAL_JUMP, Why.OFFICIAL)


def test_eight_equal_hours_are_a_stuck_sensor_and_seven_are_not():
    stuck = {f"{h:02d}:00": 21.3 for h in range(3, 11)}
    told = readings(aemet=stuck, openweathermap={"09:00": 23.0, "10:00": 24.0})
    believed, doubted = choose_hour(told, now("09:00")), choose_hour(told, now("10:00"))
    assert believed is not None
    assert doubted is not None
    assert (believed.why, doubted.why) == (Why.OFFICIAL, Why.OFFICIAL_FLAT)
    assert doubted.reading.source == SECOND


def test_a_doubted_station_is_not_taken_for_want_of_another():
    assert choose_hour(readings(aemet={"09:00": 20.0, "10:00": 33.0}), now("10:00")) is None


# ---------------------------------------------------------------------- humidity
def test_humidity_comes_from_where_the_temperature_does():
    choice = choose_hour(readings(openweathermap={"10:00": 24.0}), now("10:00"))
    assert choice is not None
    damp = follow(choice, readings("humidity", aemet={"10:00": 40.0}, openweathermap={"10:00": 55.0}))
    assert damp is not None
    assert (damp.reading.value, damp.why) == (55.0, Why.FOLLOWS)


@pytest.mark.parametrize(
    ("other", "why"),
    [(OFFICIAL, Why.OFFICIAL), (SECOND, Why.OFFICIAL_MISSING), ("open_meteo", Why.NO_STATION)],
)
def test_humidity_from_elsewhere_names_that_elsewhere(other, why):
    choice = choose_hour(readings(open_meteo_analysis={"10:00": 24.0}), now("10:00"))
    assert choice is not None
    damp = follow(choice, readings("humidity", **{other: {"10:00": 55.0}}))
    assert damp is not None
    assert (damp.reading.source, damp.why) == (other, why)


def test_humidity_of_another_hour_is_not_taken():
    choice = choose_hour(readings(aemet={"10:00": 24.0}), now("10:00"))
    assert choice is not None
    assert follow(choice, readings("humidity", aemet={"09:00": 55.0})) is None


# ---------------------------------------------------------------------- interpolation
def chosen(**values: float) -> dict[datetime, Choice]:
    return {
        now(clock.replace("h", "") + ":00"): Choice(
            reading(OFFICIAL, now(clock.replace("h", "") + ":00"), v), Why.OFFICIAL
        )
        for clock, v in values.items()
    }


def test_an_interpolation_is_a_straight_line_and_only_an_estimate():
    made_at = now("20:00")
    before, after = reading(OFFICIAL, now("10:00"), 20.0), reading(OFFICIAL, now("14:00"), 28.0)
    choice = interpolate(before, after, now("11:00"), made_at)
    guess = choice.reading
    assert (guess.value, guess.kind, guess.source, guess.start) == (22.0, Kind.ESTIMATED, "hybrid", now("11:00"))
    assert guess.published_at == guess.received_at == made_at
    assert choice.why is Why.INTERPOLATED


@pytest.mark.parametrize(("last", "bridged"), [(12, 1), (13, 2), (14, 3), (15, 0), (16, 0)])
def test_holes_of_up_to_three_hours_are_bridged_and_longer_ones_stay(last, bridged):
    ends = chosen(h10=20.0, **{f"h{last}": 28.0})
    every = [now("10:00") + n * HOUR for n in range(last - 10 + 1)]
    full = bridge_holes(ends, every, now("20:00"))
    assert len(full) == 2 + bridged
    assert all(full[h].reading.kind is Kind.ESTIMATED for h in full if h not in ends)


def test_a_hole_at_the_edge_has_one_neighbour_and_stays():
    ends = chosen(h10=20.0)
    assert bridge_holes(ends, [now("09:00"), now("10:00"), now("11:00")], now("20:00")) == ends


# ---------------------------------------------------------------------- reasons
@pytest.mark.parametrize("why", list(Why))
def test_every_reason_has_a_sentence_in_both_languages(why):
    choice = Choice(reading(SECOND, now("10:00"), 24.0), why, 25.6, 35.6, now("07:00"))
    said = {language: choice.sentence(language) for language in ("es", "en")}
    assert said["es"] != said["en"]
    assert all(text.endswith(".") and "{" not in text and "None" not in text for text in said.values())
    assert set(SENTENCES) == {"es", "en"}
