"""domain/thermal.py by law: what holds for every weather, room, rate and batch."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.domain.thermal import (
    Air,
    chiller_capacity_kw,
    chiller_cop,
    cold_margin_kw,
    conche_energy_kwh,
    conche_power_kw,
    dew_point_c,
    gains_kw,
    hall_load_kw,
    humidity_ratio,
    line_may_run,
    load,
    plant_power_kw,
    relative_humidity_pct,
    room_after_c,
)
from chocolate_factory.domain.time import DAY, Interval, madrid_midnight

law = settings(max_examples=200, deadline=None)
PLANT = read_plant()
TEMPERATURES = st.floats(-25, 52)
HUMIDITIES = st.floats(1, 100)
AIRS = st.builds(Air, TEMPERATURES, HUMIDITIES)
RATES = st.floats(0, 450)
AGES = st.floats(-5, 20)
TINY = 1e-9


@law
@given(TEMPERATURES, HUMIDITIES)
def test_the_dew_point_is_never_above_the_air_and_holds_the_same_water(t, rh):
    dew = dew_point_c(t, rh)
    assert dew <= t + TINY
    assert humidity_ratio(dew, 100) == pytest.approx(humidity_ratio(t, rh))
    assert relative_humidity_pct(t, humidity_ratio(t, rh)) == pytest.approx(rh)


@law
@given(TEMPERATURES, TEMPERATURES, HUMIDITIES, HUMIDITIES)
def test_warmer_or_damper_air_holds_more_water(t1, t2, rh1, rh2):
    (cold, warm), (dry, damp) = sorted((t1, t2)), sorted((rh1, rh2))
    assert humidity_ratio(cold, dry) <= humidity_ratio(warm, dry) + TINY
    assert humidity_ratio(cold, dry) <= humidity_ratio(cold, damp) + TINY
    assert dew_point_c(cold, dry) <= dew_point_c(cold, damp) + TINY


@law
@given(TEMPERATURES, TEMPERATURES)
def test_the_chiller_is_worse_in_the_heat_and_within_its_bounds(t1, t2):
    cold, warm = sorted((t1, t2))
    assert 5 >= chiller_cop(cold, PLANT.chiller) >= chiller_cop(warm, PLANT.chiller) >= 1.8
    most, least = (chiller_capacity_kw(t, PLANT.chiller) for t in (cold, warm))
    assert 1.15 * 110 + TINY >= most >= least >= 0.8 * 110 - TINY


@law
@given(TEMPERATURES, TEMPERATURES, HUMIDITIES, st.booleans())
def test_more_heat_outdoors_never_means_less_cold_or_power(t1, t2, rh, producing):
    cool, hot = (Air(t, rh) for t in sorted((t1, t2)))
    assert hall_load_kw(cool, PLANT.hall, producing=producing) <= hall_load_kw(hot, PLANT.hall, producing=producing)
    assert plant_power_kw(PLANT, cool, line_on=producing) <= plant_power_kw(PLANT, hot, line_on=producing) + TINY


@law
@given(st.floats(25.01, 52), st.floats(0.1, 10), HUMIDITIES, st.booleans())
def test_above_the_set_point_every_degree_counts(t, more, rh, producing):
    cool, hot = (hall_load_kw(Air(x, rh), PLANT.hall, producing=producing) for x in (t, t + more))
    assert hot - cool >= PLANT.hall.ua_kw_k * more - 1e-6


@law
@given(AIRS, st.floats(0, 40), st.booleans(), st.booleans(), RATES)
def test_no_power_is_negative_and_the_stages_add_up(air, conching, filling, on, rate):
    rate = rate if on else 0.0
    stages = load(PLANT, air, conching_kw=conching, filling=filling, line_on=on, rate_kg_h=rate)
    parts = (stages.base_kw, stages.tanks_kw, stages.refining_kw, stages.conching_kw, stages.line_kw, stages.cold_kw)
    assert min(parts) >= 0
    assert stages.total_kw == pytest.approx(sum(parts))


@law
@given(AIRS, RATES, RATES)
def test_power_is_a_straight_line_in_output(air, a, b):
    """What lets a linear program price a kg."""
    p = [plant_power_kw(PLANT, air, line_on=True, rate_kg_h=q) for q in (a, b, (a + b) / 2)]
    assert p[2] == pytest.approx((p[0] + p[1]) / 2)
    each = 0.012 + 0.060 / chiller_cop(air.temperature_c, PLANT.chiller)
    assert p[1] - p[0] == pytest.approx(each * (b - a), abs=1e-6)


@law
@given(AIRS, st.floats(0, 20))
def test_where_the_line_may_run_it_may_in_cooler_air_too(air, cooler):
    milder = Air(air.temperature_c - cooler, air.humidity_pct)
    assert line_may_run(milder, PLANT) or not line_may_run(air, PLANT)
    assert line_may_run(air, PLANT) == (cold_margin_kw(air, PLANT) >= 0)


@law
@given(st.floats(10, 35), AIRS, st.booleans(), st.floats(0, 130), st.floats(0, 24), st.floats(0, 24))
def test_two_steps_of_the_room_are_one(room, air, producing, cold, first, second):
    def step(start: float, hours: float) -> float:
        return room_after_c(start, air, PLANT.hall, producing=producing, cold_kw=cold, hours=hours)

    assert step(step(room, first), second) == pytest.approx(step(room, first + second), abs=1e-6)


@law
@given(st.floats(10, 35), AIRS, st.booleans(), st.floats(0, 130))
def test_the_rooms_heat_is_what_came_in_less_the_cold(room, air, producing, cold):
    hours = 1e-4
    after = room_after_c(room, air, PLANT.hall, producing=producing, cold_kw=cold, hours=hours)
    net_kw = PLANT.hall.ua_kw_k * (air.temperature_c - room) + gains_kw(PLANT.hall, producing=producing) - cold
    assert PLANT.hall.heat_capacity_kwh_k * (after - room) == pytest.approx(net_kw * hours, rel=1e-3, abs=1e-7)


@law
@given(st.lists(st.floats(0, 50), min_size=1, max_size=24), AGES, AGES, AGES)
def test_a_batch_takes_the_same_energy_however_it_is_cut(profile, a, b, c):
    a, b, c = sorted((a, b, c))
    whole, parts = (
        conche_energy_kwh(profile, a, c),
        (conche_energy_kwh(profile, a, b), conche_energy_kwh(profile, b, c)),
    )
    assert whole == pytest.approx(sum(parts), abs=1e-6)
    assert whole >= 0
    assert conche_energy_kwh(profile, -1, 30) == pytest.approx(sum(profile))


@law
@given(st.lists(st.floats(0, 50), min_size=1, max_size=24), st.integers(-8, 120))
def test_in_a_quarter_energy_is_power_times_time(profile, quarter):
    age = quarter / 4
    assert conche_energy_kwh(profile, age, age + 0.25) == pytest.approx(conche_power_kw(profile, age) / 4)


@law
@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.integers(1, 20), st.integers(0, 240))
def test_crew_hours_are_where_the_crew_is_present(day, days, quarter_hours):
    start = madrid_midnight(day) + quarter_hours * timedelta(minutes=15)
    window = Interval(start, start + days * DAY)
    inside = list(PLANT.crew.hours(window))
    moment = datetime(day.year, day.month, day.day, 12, 7, tzinfo=UTC) + days * DAY / 2
    assert inside == sorted(inside)
    assert moment not in window or PLANT.crew.present(moment) == any(moment in piece for piece in inside)
