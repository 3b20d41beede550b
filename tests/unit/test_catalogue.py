"""What the catalogue promises about every series: when it is known, how long its slots are, what is possible."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.catalogue import CATALOGUE, RENEWABLE, TECHNOLOGIES, expected_series, observation, spec_of
from chocolate_factory.domain.errors import NotFoundError
from chocolate_factory.domain.series import DEFAULT_SITE, Kind
from chocolate_factory.domain.series_spec import QUARTER_HOUR_MARKET
from chocolate_factory.domain.time import (
    HOUR,
    Interval,
    Resolution,
    isoformat_madrid,
    madrid_day,
    madrid_midnight,
    slots,
)

LONG_AFTER = datetime(2030, 1, 1, tzinfo=UTC)
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("series", "day", "published"),
    [
        ("spot", date(2026, 1, 15), "2026-01-14T14:00:00+01:00"),
        ("spot", date(2026, 7, 15), "2026-07-14T14:00:00+02:00"),
        ("spot", SPRING, "2026-03-28T14:00:00+01:00"),
        ("spot", date(2026, 3, 30), "2026-03-29T14:00:00+02:00"),
        ("pvpc", date(2026, 1, 15), "2026-01-14T20:20:00+01:00"),
        ("pvpc", SPRING, "2026-03-28T20:20:00+01:00"),
        ("pvpc", date(2026, 3, 30), "2026-03-29T20:20:00+02:00"),
        ("pvpc", AUTUMN, "2026-10-24T20:20:00+02:00"),
        ("pvpc", date(2026, 10, 26), "2026-10-25T20:20:00+01:00"),
        ("demand_forecast", date(2026, 7, 15), "2026-07-14T10:00:00+02:00"),
        ("demand_scheduled", date(2026, 7, 15), "2026-07-14T14:00:00+02:00"),
    ],
)
def test_a_day_ahead_value_is_published_at_one_local_time_for_the_whole_day(series, day, published):
    spec = spec_of(series)
    moments = {isoformat_madrid(spec.published(start)) for start in slots(madrid_day(day), spec.finest)}
    assert moments == {published}


@pytest.mark.parametrize("series", ["demand", "temperature", "humidity", "dew_point", "pressure", "wind_speed"])
def test_a_measured_hour_is_known_an_hour_after_its_end(series):
    assert spec_of(series).published(utc(2026, 10, 25, 0)) == utc(2026, 10, 25, 2)


def test_five_minutes_of_demand_are_known_at_their_end():
    assert spec_of("demand_5min").published(utc(2026, 6, 1, 10, 55)) == utc(2026, 6, 1, 11)


@pytest.mark.parametrize(
    ("series", "lag"), [("renewable_share", timedelta(hours=12)), ("temperature_max", timedelta(6))]
)
@pytest.mark.parametrize("day", [SPRING, date(2026, 6, 10), AUTUMN])
def test_a_day_is_known_a_lag_after_its_own_end(series, lag, day):
    assert spec_of(series).published(madrid_midnight(day)) == madrid_day(day).end + lag


@given(st.sampled_from(sorted(CATALOGUE)), st.sampled_from(list(Kind)), MOMENTS, MOMENTS)
@settings(deadline=None)
def test_nothing_is_known_after_it_was_received(series, kind, start, received_at):
    assert spec_of(series).known_at(kind, start, received_at) <= received_at


@pytest.mark.parametrize("kind", [Kind.OBSERVED, Kind.REANALYSIS, Kind.SIMULATED])
def test_loaded_history_counts_as_known_by_rule(kind):
    start = utc(2026, 1, 15, 10)
    assert spec_of("spot").known_at(kind, start, LONG_AFTER) == utc(2026, 1, 14, 13)


def test_what_came_early_is_known_when_it_came():
    start, early = utc(2026, 1, 15, 10), utc(2026, 1, 14, 12, 7)
    assert spec_of("spot").known_at(Kind.OBSERVED, start, early) == early


@pytest.mark.parametrize("kind", [Kind.FORECAST, Kind.ESTIMATED])
def test_a_guess_is_known_when_it_is_made(kind):
    assert spec_of("spot").known_at(kind, utc(2026, 1, 15, 10), LONG_AFTER) == LONG_AFTER


def test_spot_changes_to_quarters_at_madrids_midnight_of_october_2025():
    spot = spec_of("spot")
    assert utc(2025, 9, 30, 22) == QUARTER_HOUR_MARKET
    assert spot.resolution(QUARTER_HOUR_MARKET - HOUR) is Resolution.HOUR
    assert spot.resolution(QUARTER_HOUR_MARKET) is Resolution.QUARTER
    assert spec_of("pvpc").resolution(QUARTER_HOUR_MARKET) is Resolution.HOUR


def test_slots_and_their_ends_follow_the_change():
    spot, day = spec_of("spot"), date(2025, 9, 30)
    starts = list(spot.slots(Interval(madrid_midnight(day), madrid_midnight(date(2025, 10, 2)))))
    assert len(starts) == 24 + 96
    assert [spot.end(a) for a in starts[:-1]] == starts[1:]
    assert spot.end(starts[-1]) == madrid_midnight(date(2025, 10, 2))


@pytest.mark.parametrize(("day", "quarters"), [(SPRING, 92), (date(2026, 6, 10), 96), (AUTUMN, 100)])
def test_a_day_of_spot_has_its_quarters(day, quarters):
    assert len(list(spec_of("spot").slots(madrid_day(day)))) == quarters


def test_a_slot_is_due_no_earlier_than_it_is_published():
    start = utc(2026, 6, 10, 10)
    assert spec_of("spot").due(start) == spec_of("spot").published(start)
    assert spec_of("demand_forecast").due(start) == utc(2026, 6, 9, 8) + timedelta(hours=38)
    assert all(spec.due(start) >= spec.published(start) for spec in CATALOGUE.values())


def test_an_observation_takes_its_times_and_length_from_the_rules():
    before = observation("spot", "omie", Kind.OBSERVED, utc(2025, 9, 30, 21), 51.5, LONG_AFTER)
    after = observation("spot", "omie", Kind.OBSERVED, utc(2025, 9, 30, 22), 52.5, LONG_AFTER, site="elsewhere")
    assert (before.resolution_minutes, before.published_at, before.site) == (60, utc(2025, 9, 29, 12), DEFAULT_SITE)
    assert (after.resolution_minutes, after.published_at, after.site) == (15, utc(2025, 9, 30, 12), "elsewhere")
    assert (after.value, after.received_at, after.kind, after.source) == (52.5, LONG_AFTER, Kind.OBSERVED, "omie")


def test_an_unknown_series_is_named_with_those_there_are():
    with pytest.raises(NotFoundError, match=r"'price' is not allowed; one of .*pvpc.*spot"):
        spec_of("price")


def test_every_technology_has_its_series_and_the_total_none():
    assert {f"generation_{t}" for t in TECHNOLOGIES.values()} == {n for n in CATALOGUE if n.startswith("generation_")}
    assert set(TECHNOLOGIES.values()) > RENEWABLE
    assert "10296" not in TECHNOLOGIES


def test_names_and_ranges_hold_together():
    for name, spec in CATALOGUE.items():
        assert spec.name == name
        assert spec.low < spec.high


def test_gaps_are_looked_for_in_what_the_plant_lives_on():
    assert {spec.name for spec in expected_series()} == {
        *("pvpc", "spot", "demand", "demand_forecast", "renewable_share"),
        *("temperature", "humidity", "temperature_max", "temperature_min"),
    }
