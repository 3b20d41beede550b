"""REE: demand and generation out of its bodies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ree_bodies import AUTUMN, DAY, MINUTES, RECEIVED, SPRING, demand, entry, flat, mix, of, ramp, starts, values

from chocolate_factory.adapters.ree import parse_demand, parse_generation, renewable_share
from chocolate_factory.domain.catalogue import CATALOGUE
from chocolate_factory.domain.errors import UpstreamEmptyError, UpstreamLiedError
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import HOUR, Resolution, madrid_day, madrid_midnight


# ---------------------------------------------------------------------- demand
def test_hours_of_the_past_are_the_hours_demand():
    body = demand(*(ramp(DAY, Resolution.HOUR, first) for first in (30000, 31000, 32000)))
    found = parse_demand(body, RECEIVED)
    assert values(found, "demand")[:2] == [30000.0, 30001.0]
    assert values(found, "demand_forecast")[:2] == [31000.0, 31001.0]
    assert values(found, "demand_scheduled")[:2] == [32000.0, 32001.0]
    assert of(found, "demand_5min") == []
    assert {len(of(found, series)) for series in ("demand", "demand_forecast", "demand_scheduled")} == {24}


def test_forecast_and_schedule_are_facts_known_the_day_before():
    body = demand(*(ramp(DAY, Resolution.HOUR, first) for first in (30000, 31000, 32000)))
    found = parse_demand(body, RECEIVED)
    assert {o.kind for o in found} == {Kind.OBSERVED}
    assert of(found, "demand_forecast")[0].published_at == datetime(2026, 5, 3, 8, tzinfo=UTC)
    assert of(found, "demand_scheduled")[0].published_at == datetime(2026, 5, 3, 12, tzinfo=UTC)


def test_today_comes_by_five_minutes_though_hours_were_asked():
    now = madrid_midnight(DAY) + 150 * MINUTES
    day = ramp(DAY, Resolution.FIVE_MINUTES, 30000)
    found = parse_demand(demand([p for p in day if p[0] <= now], day, day), now)
    assert values(found, "demand") == [30005.5, 30017.5], "the third hour is not over"
    assert len(of(found, "demand_5min")) == 31
    assert (of(found, "demand_5min")[0].resolution_minutes, of(found, "demand_5min")[0].value) == (5, 30000.0)
    assert values(found, "demand_forecast") == [30005.5 + 12 * i for i in range(24)]
    assert len(of(found, "demand_scheduled")) == 24


def test_an_hour_is_written_when_it_is_over_and_not_a_second_before():
    hour = [(madrid_midnight(DAY) + 5 * i * MINUTES, 30000) for i in range(12)]
    over = madrid_midnight(DAY) + HOUR
    assert values(parse_demand(demand(hour), over), "demand") == [30000.0]
    assert values(parse_demand(demand(hour), over - timedelta(seconds=1)), "demand") == []


@pytest.mark.parametrize(("there", "written"), [(12, 1), (9, 1), (8, 0), (2, 0)])
def test_nine_of_twelve_points_make_an_hour(there, written):
    hour = [(madrid_midnight(DAY) + 5 * i * MINUTES, 30000) for i in range(12)][-there:]
    found = parse_demand(demand(hour, hour, hour), RECEIVED)
    for series in ("demand", "demand_forecast", "demand_scheduled"):
        assert values(found, series) == [30000.0] * written
    assert len(of(found, "demand_5min")) == there


def test_an_hour_of_the_past_that_is_not_over_is_not_written():
    now = madrid_midnight(DAY) + 10 * HOUR + 20 * MINUTES
    found = parse_demand(demand(ramp(DAY, Resolution.HOUR, 30000)), now)
    assert len(of(found, "demand")) == 10


def test_the_first_point_of_a_day_is_nobodys_hour():
    """At 00:04 today's body has one point; hours later it may still be the only one, when REE is stuck."""
    stuck = [*ramp(SPRING, Resolution.FIVE_MINUTES, 30000), (madrid_midnight(SPRING + timedelta(days=1)), 1.0)]
    found = parse_demand(demand(stuck), RECEIVED)
    assert len(of(found, "demand")) == 23
    assert 1.0 not in values(found, "demand")


def test_yesterday_by_hours_beside_today_by_five_minutes():
    today = DAY + timedelta(days=1)
    body = demand([*ramp(DAY, Resolution.HOUR, 30000), *ramp(today, Resolution.FIVE_MINUTES, 40000)[:24]])
    found = parse_demand(body, madrid_midnight(today) + 2 * HOUR)
    assert values(found, "demand")[-3:] == [30023.0, 40005.5, 40017.5]
    assert len(of(found, "demand_5min")) == 24


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25)])
@pytest.mark.parametrize("step", [Resolution.HOUR, Resolution.FIVE_MINUTES])
def test_demand_through_the_clock_change(day, hours, step):
    found = parse_demand(demand(ramp(day, step, 30000)), RECEIVED)
    assert starts(found, "demand") == [madrid_midnight(day) + i * HOUR for i in range(hours)]


# ---------------------------------------------------------------------- generation
def test_a_day_of_generation_by_technology():
    found = parse_generation(mix((DAY, {"10291": 300, "1446": 600.5, "1458": 99.5, "10296": 1000})), RECEIVED)
    by_name = {o.series: o for o in found}
    assert {name: o.value for name, o in by_name.items()} == {
        "generation_wind": 300.0,
        "generation_nuclear": 600.5,
        "generation_solar_pv": 99.5,
        "renewable_share": pytest.approx(39.95),
    }
    wind = by_name["generation_wind"]
    assert (wind.start, wind.resolution_minutes, wind.kind) == (madrid_midnight(DAY), 1440, Kind.OBSERVED)
    assert all(name in CATALOGUE for name in by_name)


@pytest.mark.parametrize("day", [SPRING, DAY, AUTUMN])
def test_a_day_that_is_not_over_is_an_estimate(day):
    body, end = mix((day, {"10291": 300, "1446": 600})), madrid_day(day).end
    over, partial = parse_generation(body, end), parse_generation(body, end - timedelta(seconds=1))
    assert {o.kind for o in over} == {Kind.OBSERVED}
    assert {o.kind for o in partial} == {Kind.ESTIMATED}
    assert {o.published_at for o in partial} == {end - timedelta(seconds=1)}


def test_a_technology_that_is_absent_on_a_day_is_not_zero():
    after = DAY + timedelta(days=1)
    found = parse_generation(mix((DAY, {"10289": 50, "10291": 50}), (after, {"1446": 10, "10291": 30})), RECEIVED)
    assert starts(found, "generation_coal") == [madrid_midnight(DAY)]
    assert values(found, "generation_wind") == [50.0, 30.0]
    assert values(found, "renewable_share") == [50.0, 75.0]


def test_totals_and_strangers_are_skipped():
    found = parse_generation(mix((DAY, {"10296": 900, "99999": 5, "10291": 30, "1446": 70})), RECEIVED)
    assert {o.series for o in found} == {"generation_wind", "generation_nuclear", "renewable_share"}
    with pytest.raises(UpstreamEmptyError):
        parse_generation(mix((DAY, {"10296": 900})), RECEIVED)


def test_negative_energy_is_kept_and_counts_for_no_share():
    found = parse_generation(mix((DAY, {"1459": -4, "10291": 30, "1446": 90, "1454": -1})), RECEIVED)
    assert values(found, "generation_solar_thermal") == [-4.0]
    assert values(found, "generation_combined_cycle") == [-1.0]
    assert values(found, "renewable_share") == [25.0]


@pytest.mark.parametrize("energies", [{"10291": 30}, {"1446": 30}, {"10291": 0, "1446": 0}, {"10291": -1, "1446": 5}])
def test_where_one_side_is_absent_there_is_no_share(energies):
    assert of(parse_generation(mix((DAY, energies)), RECEIVED), "renewable_share") == []


def test_a_day_must_begin_at_midnight():
    body = flat(entry("10291", [(madrid_midnight(DAY) + HOUR, 30.0)]))
    with pytest.raises(UpstreamLiedError, match="midnight"):
        parse_generation(body, RECEIVED)


@given(st.dictionaries(st.sampled_from(["wind", "hydro", "nuclear", "coal"]), st.floats(-1e5, 1e6, allow_nan=False)))
@example({"wind": 721484.69, "nuclear": 5e-324})  # 100 * r / (r + o) is more than 100 here
def test_a_share_is_a_share(energies):
    share = renewable_share(energies)
    assert share is None or 0.0 <= share <= 100.0
