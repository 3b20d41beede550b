from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.domain.crew import Shift, Weekday, wall_time
from chocolate_factory.domain.errors import InputError, NotFoundError
from chocolate_factory.domain.plant import Order, Plant, Quality
from chocolate_factory.domain.plant_checks import CHECKS, PlantError, flaws, require_sound
from chocolate_factory.domain.plant_figures import figures
from chocolate_factory.domain.plant_parts import Stage
from chocolate_factory.domain.plant_units import Range
from chocolate_factory.domain.tariff import Period, Tariff
from chocolate_factory.domain.time import HOUR, MADRID, Interval, madrid_day

PLANT = read_plant()
MONDAY = date(2026, 9, 14)
ALL_DAYS = tuple(Weekday)


def with_shifts(*shifts: Shift) -> Plant:
    return replace(PLANT, crew=replace(PLANT.crew, shifts=shifts))


def with_product(**changes: object) -> Plant:
    return replace(PLANT, products=(replace(PLANT.products[0], **changes), *PLANT.products[1:]))


def with_tank(**changes: object) -> Plant:
    return replace(PLANT, tanks=(replace(PLANT.tanks[0], **changes), *PLANT.tanks[1:]))


def told(plant: Plant) -> dict[str, str]:
    return {flaw.field: flaw.allowed for flaw in flaws(plant)}


# --------------------------------------------------------------------------------------------------------- vocabulary
def test_a_range_knows_its_ends_and_says_them():
    assert 0 in Range(0, 5, "kW")
    assert 0 not in Range(0, 5, "kW", above=True)
    assert (str(Range(0, 5, "kW")), str(Range(1, 1))) == ("a number from 0 to 5 kW", "only 1")
    assert str(Range(0, 5, "kW", above=True)) == "a number above 0 and at most 5 kW"


def test_the_machines_in_the_order_of_the_process():
    names = [m.name for m in PLANT.machines]
    assert names == ["refining", "conche-1", "conche-2", "tank-dark", "tank-milk", "tank-white", "line"]
    assert [m.stage for m in PLANT.machines if m.name.startswith("conche")] == [Stage.CONCHING] * 2


def test_what_follows_from_the_figures():
    assert (PLANT.fill_h, PLANT.tanks_kw) == (2.0, 3.0)
    assert PLANT.product("milk").allergens == ("milk", "soya")
    assert [t.name for t in PLANT.tanks_of("white")] == ["tank-white"]
    with pytest.raises(NotFoundError, match="dark, milk, white"):
        PLANT.product("ruby")


@pytest.mark.parametrize(
    ("before", "after", "hours"), [("dark", "dark", 1), ("milk", "white", 1), ("dark", "milk", 1), ("milk", "dark", 3)]
)
def test_the_pause_between_runs_is_the_changeover_less_the_set_up(before, after, hours):
    assert PLANT.pause_h(before, after) == hours


@pytest.mark.parametrize(("room_c", "share"), [(21, 0.015), (20, 0.019), (24, 0.051), (60, 1.0)])
def test_rejects_grow_with_the_square_of_the_distance(room_c, share):
    assert Quality(0.015, 0.004, 21).reject_share(room_c) == pytest.approx(share)


# --------------------------------------------------------------------------------------------------------------- crew
def test_the_crew_works_six_to_ten_of_local_time():
    day = madrid_day(MONDAY)
    pieces = list(PLANT.crew.hours(day))
    assert [p.duration / HOUR for p in pieces] == [8, 8]
    assert pieces[0].start == datetime(2026, 9, 14, 4, tzinfo=UTC)  # summer: 06:00 is 04:00 UTC
    assert PLANT.crew.present(datetime(2026, 9, 14, 21, 59, tzinfo=MADRID))
    assert not PLANT.crew.present(datetime(2026, 9, 14, 22, 0, tzinfo=MADRID))


@pytest.mark.parametrize("off", [date(2026, 9, 13), date(2026, 12, 25), date(2031, 2, 28)])
def test_nobody_works_on_sundays_and_holidays(off):
    assert not PLANT.crew.works_on(off)
    assert not list(PLANT.crew.hours(madrid_day(off)))


def test_a_single_day_off_is_that_year_s_alone():
    crew = replace(PLANT.crew, holidays=(date(2026, 4, 3),))
    assert not crew.works_on(date(2026, 4, 3))
    assert crew.works_on(date(2025, 4, 3))


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (MONDAY, 24)])
def test_round_the_clock_is_as_long_as_the_day(day, hours):
    shift = Shift("always", ALL_DAYS, 0, 24)
    assert shift.on(day).duration / HOUR == hours
    assert shift.on(day) == madrid_day(day)


def test_half_hours_on_the_wall():
    assert wall_time(MONDAY, 6.5) == datetime(2026, 9, 14, 4, 30, tzinfo=UTC)


# ------------------------------------------------------------------------------------------------------------- demand
def test_a_week_of_the_pattern_is_twelve_tonnes_each_due_in_the_evening():
    week = Interval(madrid_day(MONDAY).start, madrid_day(date(2026, 9, 20)).end)
    orders = PLANT.orders(week)
    by_day = {d: sum(o.kg for o in orders if o.due.astimezone(MADRID).date().day == d) for d in range(14, 21)}
    assert by_day == {14: 2000, 15: 2000, 16: 2000, 17: 2000, 18: 2000, 19: 2000, 20: 0}
    assert {o.due.astimezone(MADRID).hour for o in orders} == {22}
    assert orders[0].id == "2026-09-14-dark"


def test_nothing_is_due_on_a_holiday_and_orders_by_hand_come_on_top():
    window = madrid_day(date(2026, 12, 8))
    extra = Order("rush", "white", 50, datetime(2026, 12, 8, 12))  # noqa: DTZ001  Madrid's time is the point
    plant = replace(PLANT, demand=replace(PLANT.demand, orders=(extra,)))
    assert PLANT.orders(window) == ()
    assert plant.orders(window) == (extra,)
    assert extra.due == datetime(2026, 12, 8, 11, tzinfo=UTC)


def test_windows_side_by_side_have_each_order_once():
    plant = replace(PLANT, demand=replace(PLANT.demand, weekly_due_h=24))
    today, tomorrow = madrid_day(MONDAY), madrid_day(date(2026, 9, 15))
    assert [o.id for o in plant.orders(today)] == ["2026-09-14-dark"]
    assert [o.id for o in plant.orders(tomorrow)] == ["2026-09-15-dark"]
    assert len(plant.orders(Interval(today.start, tomorrow.end))) == 2


# ------------------------------------------------------------------------------------------------------------- checks
def test_the_packaged_plant_is_sound():
    assert flaws(PLANT) == []
    assert require_sound(PLANT) is PLANT


def test_figures_have_units_and_say_which_are_estimates():
    by_path = {f.path: f for f in figures(PLANT)}
    assert by_path["line.power_kw"].range.unit == "kW"
    assert by_path["line.power_kw"].estimated
    assert not by_path["products.dark.conche_hours"].estimated
    assert by_path["products.dark.conche_kw.3"].value == 16
    assert by_path["crew.shifts.early.end_h"].value == 14
    assert by_path["base_kw"].estimated


def test_a_number_out_of_range_is_named_with_what_is_allowed():
    plant = replace(PLANT, line=replace(PLANT.line, power_kw=-1, rate_min_kg_h=0), base_kw=math.nan)
    found = told(plant)
    assert found["line.power_kw"] == found["base_kw"] == "a number from 0 to 10000 kW"
    assert found["line.rate_min_kg_h"] == "a number above 0 and at most 100000 kg/h"


DARK_ROW = {"dark": 0.0, "milk": 120.0, "white": 120.0}


def with_minutes(**rows: dict[str, float]) -> Plant:
    changeover = replace(PLANT.changeover, minutes={**PLANT.changeover.minutes, **rows})
    return replace(PLANT, changeover=changeover)


def with_contract(**changes: object) -> Plant:
    return replace(PLANT, contract=replace(PLANT.contract, **changes))


SIX = dict.fromkeys(Period, 150.0)
CASES = {
    "profile": (with_product(conche_kw=(8.0, 10.0)), "products.dark.conche_kw", "12 conche_hours"),
    "recipe": (with_product(recipe={"sugar": 0.9}), "products.dark.recipe", "add up to 1"),
    "tempering": (
        with_product(tempering=replace(PLANT.products[0].tempering, work_c=46)),
        "products.dark.tempering",
        "cool < work < melt",
    ),
    "fill": (
        replace(PLANT, refining=replace(PLANT.refining, rate_kg_h=50)),
        "products.milk.conche_hours",
        "the fill alone takes 20 h",
    ),
    "heel": (with_tank(heel_kg=2000), "tanks.tank-dark.heel_kg", "less than its capacity"),
    "batch": (with_tank(capacity_kg=900), "tanks.tank-dark.capacity_kg", "at least 1100 kg"),
    "tank's product": (with_tank(product="ruby"), "tanks.tank-dark.product", "one of dark, milk, white"),
    "no tank": (with_tank(product="milk"), "tanks", "a tank for every product"),
    "pair missing": (with_minutes(dark={"dark": 0.0, "milk": 60.0}), "changeover.minutes.dark.white", "every pair"),
    "same product": (with_minutes(dark={**DARK_ROW, "dark": 5.0}), "changeover.minutes.dark.dark", "0 for the same"),
    "unknown pair": (with_minutes(dark={**DARK_ROW, "ruby": 5.0}), "changeover.minutes.dark", "one of dark"),
    "allergens": (
        with_minutes(milk={"dark": 60.0, "milk": 0.0, "white": 60.0}),
        "changeover.minutes.milk.dark",
        "at least 240",
    ),
    "rates": (
        replace(PLANT, line=replace(PLANT.line, rate_min_kg_h=451)),
        "line.rate_min_kg_h",
        "at most line.rate_max_kg_h, which is 450",
    ),
    "set point": (replace(PLANT, hall=replace(PLANT.hall, set_point_c=21)), "hall.set_point_c", "limits.room_max_c"),
    "too damp": (
        replace(PLANT, hall=replace(PLANT.hall, humidity_ratio_g_kg=9)),
        "hall.humidity_ratio_g_kg",
        "relative humidity of 59",
    ),
    "dew": (
        replace(PLANT, limits=replace(PLANT.limits, dew_point_max_c=9)),
        "hall.humidity_ratio_g_kg",
        "a dew point of 10.0",
    ),
    "overlap": (
        with_shifts(Shift("a", ALL_DAYS, 6, 14), Shift("b", (Weekday.SUN,), 13.5, 22)),
        "crew.shifts.b",
        "apart from those of a, 6 to 14",
    ),
    "night": (with_shifts(Shift("n", ALL_DAYS, 22, 6)), "crew.shifts.n", "a night shift is two"),
    "day twice": (with_shifts(Shift("n", (Weekday.MON, Weekday.MON), 6, 9)), "crew.shifts.n.days", "each once"),
    "no shift": (with_shifts(), "crew.shifts", "at least one"),
    "holiday": (
        replace(PLANT, crew=replace(PLANT.crew, yearly_holidays=("01-01", "25-12"))),
        "crew.yearly_holidays.1",
        "MM-DD",
    ),
    "decreasing": (with_contract(contracted_kw={**SIX, Period.P4: 140.0}), "contract.contracted_kw.P4", "P3's 150 kW"),
    "period missing": (with_contract(contracted_kw={Period.P1: 150.0}), "contract.contracted_kw", "P1, P2, P3"),
    "2.0TD": (
        with_contract(tariff=Tariff.TD20, contracted_kw={Period.P1: 20.0, Period.P2: 14.0}),
        "contract.contracted_kw",
        "at most 15 kW",
    ),
    "stock": (
        replace(PLANT, stocks=replace(PLANT.stocks, tanks_kg={**PLANT.stocks.tanks_kg, "tank-milk": 2001.0})),
        "stocks.tanks_kg.tank-milk",
        "at most its capacity",
    ),
    "stock missing": (
        replace(PLANT, stocks=replace(PLANT.stocks, tanks_kg={"tank-dark": 1.0})),
        "stocks.tanks_kg.tank-white",
        "kg for every tank",
    ),
    "order": (
        replace(
            PLANT, demand=replace(PLANT.demand, orders=(Order("o1", "ruby", 5, datetime(2026, 9, 14, tzinfo=UTC)),))
        ),
        "demand.orders.o1.product",
        "one of dark, milk, white",
    ),
    "weekly": (
        replace(PLANT, demand=replace(PLANT.demand, weekly={Weekday.MON: {"ruby": 5.0}})),
        "demand.weekly.mon",
        "one of dark, milk, white",
    ),
    "estimate": (replace(PLANT, estimated=("line.colour",)), "estimated.0", "the path of a figure"),
    "name twice": (with_product(name="milk"), "products", "each name once"),
    "dotted name": (with_tank(name="tank.dark"), "tanks", "without dots"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_does_not_fit_together_is_named_by_its_path(case):
    plant, path, allowed = CASES[case]
    assert allowed in told(plant)[path]


def test_an_error_holds_every_flaw_and_is_an_input_error():
    plant = replace(with_tank(heel_kg=2000), estimated=("line.colour",))
    with pytest.raises(PlantError, match=r"my\.yaml is wrong") as caught:
        require_sound(plant, "my.yaml")
    assert isinstance(caught.value, InputError)
    assert [flaw.field for flaw in caught.value.flaws] == ["tanks.tank-dark.heel_kg", "estimated.0"]
    assert all(flaw.field in str(caught.value) for flaw in caught.value.flaws)


def test_2_0td_s_two_power_periods_need_no_order():
    assert flaws(with_contract(tariff=Tariff.TD20, contracted_kw={Period.P1: 15.0, Period.P2: 10.0})) == []


def test_no_check_breaks_on_an_empty_plant():
    bare = replace(PLANT, products=(), tanks=(), crew=replace(PLANT.crew, shifts=()))
    assert all(isinstance(flaw, InputError) for check in CHECKS for flaw in check(bare))
    assert {"products", "tanks", "crew.shifts"} <= set(told(bare))
