"""What may enter the store, and the reason for what may not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fakes import at
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.domain.catalogue import observation, spec_of
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.quality.checks import screen, why_not

NOW = datetime(2026, 11, 20, 10, 20, tzinfo=UTC)


def made(series: str, start: datetime, value: float, kind: Kind = Kind.OBSERVED) -> Observation:
    return observation(series, "ree", kind, start, value, NOW)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_stays_out(value):
    assert "no number" in why_not(made("pvpc", at("2026-11-20T10:00"), value))


@pytest.mark.parametrize("series", ["pvpc", "temperature", "humidity", "demand"])
def test_a_range_includes_its_ends_and_nothing_beyond(series):
    spec, start = spec_of(series), at("2026-11-20T10:00")
    assert why_not(made(series, start, spec.low)) == why_not(made(series, start, spec.high)) == ""
    assert "outside" in why_not(made(series, start, spec.low - 0.01))
    assert spec.unit in why_not(made(series, start, spec.high + 0.01))


def test_zero_and_negative_prices_are_prices():
    assert not why_not(made("spot", at("2026-11-20T10:15"), 0.0))
    assert not why_not(made("spot", at("2026-11-20T10:30"), -9.5))


def test_a_value_begins_where_a_slot_begins():
    assert "start of a slot of hour" in why_not(made("temperature", at("2026-11-20T09:30"), 12.0))
    assert "day" in why_not(made("temperature_max", at("2026-11-10T01:00"), 12.0))
    assert not why_not(made("temperature_max", at("2026-03-29"), 12.0))
    assert not why_not(made("temperature_max", at("2026-10-25"), 12.0))


def test_spot_is_hourly_before_october_2025_and_quarter_hourly_since():
    assert why_not(made("spot", at("2025-09-30T23:15"), 50.0))
    assert not why_not(made("spot", at("2025-09-30T23:00"), 50.0))
    assert not why_not(made("spot", at("2025-10-01T00:15"), 50.0))


@pytest.mark.parametrize("kind", [Kind.OBSERVED, Kind.REANALYSIS])
def test_nobody_has_measured_what_is_to_come(kind):
    assert "ahead" in why_not(made("temperature", at("2026-11-20T14:00"), 12.0, kind))
    assert not why_not(made("temperature", at("2026-11-20T11:00"), 12.0, kind)), "the hour under way has a reading"


def test_an_upstreams_clock_may_be_a_little_ahead():
    reading = made("temperature", at("2026-11-20T12:00"), 12.0)._replace(received_at=at("2026-11-20T11:58"))
    assert not why_not(reading)


def test_prices_are_known_before_their_slot_and_not_a_week_before():
    assert not why_not(made("spot", at("2026-11-21T23:45"), 50.0))
    assert not why_not(made("demand_forecast", at("2026-11-21T23:00"), 25000.0))
    assert "ahead" in why_not(made("spot", at("2026-11-25T00:00"), 50.0))


def test_a_forecast_is_of_what_is_to_come():
    assert not why_not(made("temperature", at("2026-11-26T00:00"), 12.0, Kind.FORECAST))


@given(st.lists(st.tuples(st.integers(0, 90), st.floats(-50, 60) | st.just(float("nan"))), max_size=20))
def test_every_value_goes_in_or_is_named(minutes_and_values):
    start = at("2026-11-19T00:00")
    offered = [made("temperature", start + timedelta(minutes=m), v) for m, v in minutes_and_values]
    accepted, rejected = screen(offered)
    assert len(accepted) + len(rejected) == len(offered)
    assert all(not why_not(o) for o in accepted)
    assert all(r.reason for r in rejected)
