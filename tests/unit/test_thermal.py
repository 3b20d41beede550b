from __future__ import annotations

from dataclasses import replace

import pytest

from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.thermal import (
    Air,
    chiller_capacity_kw,
    chiller_cop,
    cold_margin_kw,
    conche_energy_kwh,
    conche_power_kw,
    dew_point_c,
    hall_load_kw,
    humidity_ratio,
    line_may_run,
    load,
    plant_power_kw,
    relative_humidity_pct,
    room_after_c,
    saturation_pressure_pa,
)

PLANT = read_plant()
MILD, HOT = Air(20.0, 50.0), Air(35.0, 30.0)


# ---------------------------------------------------------------------------------------------------------- moist air
@pytest.mark.parametrize(("t_c", "steam_table_pa"), [(0, 611.2), (10, 1228), (20, 2339), (30, 4247), (40, 7384)])
def test_saturation_pressure_is_that_of_steam_tables(t_c, steam_table_pa):
    assert saturation_pressure_pa(t_c) == pytest.approx(steam_table_pa, rel=0.004)


def test_humidity_ratio_of_a_room_at_twenty_degrees_and_half_humidity():
    # p_w = 0.5 x 2333 Pa = 1.1665 kPa; 0.622 x 1.1665 / (96.6 - 1.1665) = 7.60 g/kg
    assert humidity_ratio(20, 50) == pytest.approx(0.00760, abs=0.00001)


def test_thinner_air_holds_more_water_for_each_kg():
    assert humidity_ratio(20, 50, 90.0) > humidity_ratio(20, 50) > humidity_ratio(20, 50, 101.3)


def test_saturated_air_is_at_its_dew_point():
    assert dew_point_c(17.0, 100) == pytest.approx(17.0)
    assert dew_point_c(20, 50) == pytest.approx(9.26, abs=0.02)  # a psychrometric chart's 9.3


def test_dry_air_has_no_dew_point():
    with pytest.raises(InputError, match="humidity_pct"):
        dew_point_c(20, 0)


def test_what_the_hall_is_held_at_is_52_percent_and_ten_degrees_of_dew_point():
    humidity = relative_humidity_pct(20, 0.008)
    assert humidity == pytest.approx(52.6, abs=0.1)
    assert dew_point_c(20, humidity) == pytest.approx(10.0, abs=0.05)


# --------------------------------------------------------------------------------------------------------------- cold
@pytest.mark.parametrize(("t_out_c", "cop"), [(20, 4.13), (35, 2.75), (42, 2.38)])
def test_cop_is_the_one_of_the_facts(t_out_c, cop):
    assert chiller_cop(t_out_c, PLANT.chiller) == pytest.approx(cop, abs=0.005)


@pytest.mark.parametrize(("t_out_c", "cop"), [(-30, 5.0), (-10, 5.0), (10, 5.0), (60, 1.8)])
def test_cop_stays_within_its_bounds(t_out_c, cop):
    assert chiller_cop(t_out_c, PLANT.chiller) == cop


@pytest.mark.parametrize(("t_out_c", "kw"), [(35, 110), (45, 101.2), (0, 126.5), (-20, 126.5), (60, 88)])
def test_capacity_falls_with_heat_and_is_clipped(t_out_c, kw):
    assert chiller_capacity_kw(t_out_c, PLANT.chiller) == pytest.approx(kw)


# --------------------------------------------------------------------------------------------------------------- hall
def test_hall_load_term_by_term():
    # producing: 1.2 x (35 - 20) + 34 + 9 + 8 = 69; 30 % of 5608 Pa: w_out = 11.03 g/kg
    w_out = humidity_ratio(35, 30, 96.6)
    assert w_out == pytest.approx(0.01103, abs=0.00002)
    assert hall_load_kw(HOT, PLANT.hall, producing=True) == pytest.approx(69 + 0.67 * (w_out - 0.008) * 2500)
    # at rest: 1.2 x (35 - 25) + 9 + 8 = 29, and no fresh air
    assert hall_load_kw(HOT, PLANT.hall, producing=False) == pytest.approx(29)


def test_a_cold_night_asks_for_no_cold_and_dry_air_gives_none_back():
    assert hall_load_kw(Air(-10, 80), PLANT.hall, producing=False) == 0
    assert hall_load_kw(Air(20, 5), PLANT.hall, producing=True) == pytest.approx(51)


def test_a_heat_wave_stops_the_line_and_a_mild_day_does_not():
    assert line_may_run(MILD, PLANT)
    assert not line_may_run(Air(45, 15), PLANT)


def test_the_margin_is_capacity_less_hall_and_product():
    expected = 110 - hall_load_kw(HOT, PLANT.hall, producing=True) - 0.060 * 450
    assert cold_margin_kw(HOT, PLANT) == pytest.approx(expected)
    exact = replace(PLANT, chiller=replace(PLANT.chiller, capacity_kw=110 - expected))
    assert line_may_run(HOT, replace(exact, chiller=replace(exact.chiller, capacity_kw=110 - expected + 1e-6)))
    assert not line_may_run(HOT, replace(exact, chiller=replace(exact.chiller, capacity_kw=110 - expected - 1e-6)))


def test_the_room_stays_where_cold_and_heat_balance_and_drifts_where_they_do_not():
    balance = hall_load_kw(Air(35, 5), PLANT.hall, producing=True)
    held = room_after_c(20, Air(35, 5), PLANT.hall, producing=True, cold_kw=balance, hours=7)
    assert held == pytest.approx(20)
    # 20 kWh/K and 69 kW without any cold: 0.69 kWh in the first hundredth of an hour warm it by 0.0345 K
    assert room_after_c(20, HOT, PLANT.hall, producing=True, cold_kw=0, hours=0.01) == pytest.approx(20.0345, abs=1e-4)


# -------------------------------------------------------------------------------------------------------------- power
def test_a_batch_takes_131_kwh():
    profile = PLANT.products[0].conche_kw
    assert conche_energy_kwh(profile, 0, 12) == 131
    assert conche_energy_kwh(profile, 1.5, 2.25) == pytest.approx(0.5 * 10 + 0.25 * 16)
    assert conche_energy_kwh(profile, -3, 0) == conche_energy_kwh(profile, 12, 20) == 0


@pytest.mark.parametrize(("age_h", "kw"), [(-0.1, 0), (0, 8), (1.99, 10), (2, 16), (11.5, 4), (12, 0)])
def test_a_conche_takes_the_power_of_its_hour(age_h, kw):
    assert conche_power_kw(PLANT.products[0].conche_kw, age_h) == kw


def test_the_plants_power_is_the_formula_of_the_facts():
    q_hall, cop = hall_load_kw(HOT, PLANT.hall, producing=True), chiller_cop(35, PLANT.chiller)
    by_hand = 14 + 3 + (16 + 10) + 55 + 48 + (0.012 + 0.060 / cop) * 400 + q_hall / cop
    told = plant_power_kw(PLANT, HOT, conching_kw=26, filling=True, line_on=True, rate_kg_h=400)
    assert told == pytest.approx(by_hand)


def test_stages_at_rest_and_at_set_up():
    rest = load(PLANT, MILD, line_on=False)
    assert (rest.base_kw, rest.tanks_kw, rest.refining_kw, rest.conching_kw, rest.line_kw) == (14, 3, 0, 0, 0)
    assert rest.cold_kw == pytest.approx((1.2 * (20 - 25) + 17) / chiller_cop(20, PLANT.chiller))
    assert load(PLANT, MILD, line_on=True).line_kw == 48


def test_output_of_a_line_that_is_off_is_refused():
    with pytest.raises(InputError, match="rate_kg_h"):
        load(PLANT, MILD, line_on=False, rate_kg_h=300)
