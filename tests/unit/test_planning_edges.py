"""The edges: odd days, odd prices, heat, empty and full tanks, too much asked, too little power, prices not known yet.

Each gives a plan that keeps every limit, or the conflict with its way out. And each option is kept, and never cheaper.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from plan_checker import violations
from planning_problems import MONDAY, PLANT, order, problem, two_peaks, with_contract

from chocolate_factory.domain.plan import Level, Options, Status
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.thermal import Air, line_may_run
from chocolate_factory.domain.time import DAY, HOUR, MADRID, Interval, Resolution, madrid_day
from chocolate_factory.planning.arrays.quiet import quiet_slots
from chocolate_factory.planning.conflicts.core import conflicts_of
from chocolate_factory.planning.solve import make_plan
from chocolate_factory.usecases.problem import problem_of

QUICK = Options(gap=0.01, time_limit_s=10)
QUARTERS = replace(QUICK, gap=0.03)
STEPS = pytest.mark.parametrize(
    ("step", "options"),
    [pytest.param(1.0, QUICK, id="hours"), pytest.param(0.25, QUARTERS, id="quarters", marks=pytest.mark.slow)],
)


def sound(p, options=QUICK):
    plan = make_plan(p, options)
    assert plan.status is not Status.INFEASIBLE
    assert violations(plan) == []
    return plan


def conflicts(p, options=QUICK):
    plan = make_plan(p, options)
    assert plan.status is Status.INFEASIBLE or violations(plan) == []
    return plan, conflicts_of(p, options, plan)


# ----------------------------------------------------------------------------------------------------------- odd days
SHORT, LONG = date(2026, 3, 29), date(2026, 10, 25)


@STEPS
@pytest.mark.parametrize(("day", "hours"), [(SHORT, 23), (LONG, 25)])
def test_a_sunday_of_23_or_25_hours_and_the_monday_after(day, hours, step, options):
    start, monday = madrid_day(day).start, madrid_day(day + DAY)
    p = problem(start=start, hours=hours + 24, step=step, orders=(order(700, hours + 22, start=start),))
    plan = sound(p, options)
    assert p.horizon == Interval(start, monday.end)
    assert plan.late_kg_h == 0
    work = [b.start.astimezone(MADRID).hour for b in plan.batches]
    assert work
    assert all(6 <= hour < 22 for hour in work)
    assert all(b.start >= monday.start for b in plan.batches)


@pytest.mark.parametrize("step", [1.0, 0.25])
@pytest.mark.parametrize(("day", "hours"), [(SHORT, 23), (LONG, 25)])
def test_a_plant_that_works_through_the_odd_night_itself(day, hours, step):
    start = madrid_day(day).start
    asked = (order(800, 8, start=start),)
    p = problem(start=start, hours=hours, step=step, orders=asked, crew=lambda hour: True, prices=lambda hour: 0.1)
    plan = sound(p, replace(QUICK, gap=0.05))
    assert len(plan.slots) == hours / step
    assert plan.late_kg_h == 0


# ---------------------------------------------------------------------------------------------------------- odd prices
@STEPS
@pytest.mark.parametrize(
    "prices",
    [lambda hour: 0.0, lambda hour: -0.05, lambda hour: two_peaks(hour) - 0.12],
    ids=["zero", "negative", "both"],
)
def test_zero_and_negative_prices(prices, step, options):
    plan = sound(problem(prices=prices, hours=24, step=step, orders=(order(800, 22),)), options)
    assert plan.late_kg_h == 0
    assert plan.cost_eur == pytest.approx(sum(s.energy_kwh * s.input.energy_eur_kwh for s in plan.slots))
    assert plan.solver.bound_eur <= plan.objective_eur + 1e-6


# ---------------------------------------------------------------------------------------------------------------- heat
def hot_day(hour):
    return Air(45.0 if 10 <= hour % 24 < 20 else 24.0, 25.0)


@STEPS
def test_a_heat_wave_halts_the_line_while_the_hall_cannot_be_held(step, options):
    plan = sound(problem(air=hot_day, hours=24, step=step, orders=(order(900, 22),)), options)
    hot = [s for s in plan.slots if not line_may_run(s.input.air, PLANT)]
    assert {s.input.air.temperature_c for s in hot} == {45.0}
    assert not any(s.line_product for s in hot)
    idle = [s for s in hot if s.reasons != ("works",) and "works" not in s.reasons]
    assert idle
    assert all(s.level is Level.HALT and s.reasons == ("hall",) for s in idle)
    assert plan.late_kg_h == 0


@STEPS
def test_heat_without_end_is_a_conflict_with_the_cold_that_lacks(step, options):
    plan, (conflict,) = conflicts(
        problem(air=lambda hour: Air(45.0, 25.0), hours=24, step=step, orders=(order(1000, 22),)), options
    )
    assert not any(s.line_product for s in plan.slots)
    assert {c.what for c in conflict.clashes} == {"order", "hall"}
    assert any("more cold for the hall" in way.text["en"] for way in conflict.ways_out)


# --------------------------------------------------------------------------------------------------------------- tanks
@STEPS
@pytest.mark.parametrize("stock", [0.0, 50.0, 100.0, 2000.0, 2500.0])
def test_empty_full_and_overfull_tanks(stock, step, options):
    plan = sound(problem(step=step, orders=(order(800, 46),), stocks={"dark": stock}), options)
    assert plan.late_kg_h == 0
    assert plan.slots[-1].stocks_kg["dark"] >= stock - 0.01


# ------------------------------------------------------------------------------------------------------- too much asked
@STEPS
def test_demand_beyond_capacity_makes_what_it_can_and_says_what_lacks(step, options):
    p = problem(hours=24, step=step, orders=(order(9000, 22),), stocks={"dark": 1900.0})
    plan, (conflict,) = conflicts(p, options)
    assert plan.kg > 1000
    assert plan.owed_kg > 6000
    assert "order" in {c.what for c in conflict.clashes}
    later = next(way for way in conflict.ways_out if "dark-22 after the plan's end" in way.text["en"])
    assert later.eur == pytest.approx(plan.late_eur, rel=1e-3)


# ----------------------------------------------------------------------------------------------------- too little power
@STEPS
def test_a_contract_too_low_for_the_line_is_a_conflict_with_the_kilowatts_that_lack(step, options):
    p = problem(with_contract(PLANT, 70), hours=24, step=step, orders=(order(900, 22),))
    plan, (conflict,) = conflicts(p, options)
    assert max(s.power_kw for s in plan.slots) <= 70.01
    assert {c.what for c in conflict.clashes} == {"order", "contract"}
    assert any("more contracted power" in way.text["en"] for way in conflict.ways_out)


def test_a_contract_below_the_plant_at_rest_has_no_plan_and_says_why():
    plan, (conflict,) = conflicts(problem(with_contract(PLANT, 10), hours=24))
    assert plan.status is Status.INFEASIBLE
    assert plan.batches == ()
    assert [c.what for c in conflict.clashes] == ["contract"]
    assert "at rest the plant already takes" in conflict.clashes[0].text["en"]


# ------------------------------------------------------------------------------------------------------ prices to come
@pytest.mark.parametrize("resolution", [Resolution.HOUR, pytest.param(Resolution.QUARTER, marks=pytest.mark.slow)])
def test_prices_that_are_not_known_yet_are_the_last_known_days_and_marked(resolution):
    start = datetime(2026, 2, 9, tzinfo=UTC) - HOUR
    spot = {start + i * HOUR: 1000 * two_peaks(i) for i in range(24)}
    air = {start + i * HOUR: Air(12.0, 60.0) for i in range(48)}
    p, notes = problem_of(
        PLANT, Interval(start, start + 2 * DAY), resolution, spot, air, (order(1500, 46, start=start),)
    )
    plan = sound(p, QUARTERS)
    half = len(p.slots) // 2
    kinds = [s.input.price_kind for s in plan.slots]
    assert set(kinds[half:]) == {Kind.ESTIMATED}
    assert Kind.ESTIMATED not in kinds[:half]
    assert any("rices" in note and "estimated" in note for note in notes)
    assert plan.late_kg_h == 0


# ------------------------------------------------------------------------------------------------------------- options
@pytest.fixture(scope="module")
def two_days():
    return problem(orders=(order(1000, 22), order(900, 46)), stocks={"dark": 1500.0})


@pytest.fixture(scope="module")
def plain(two_days):
    return sound(two_days)


def test_a_peak_below_the_contract_is_kept_and_not_cheaper(two_days, plain):
    peak_kw = max(plain.peak_kw().values()) - 15
    plan = sound(two_days, replace(QUICK, peak_kw=peak_kw))
    assert max(plan.peak_kw().values()) <= peak_kw + 0.01
    assert plan.objective_eur >= plain.solver.bound_eur
    assert plan.late_kg_h == 0


def test_in_quiet_hours_neither_line_nor_refining_group_works(two_days, plain):
    busy = next(b for b in plain.batches if b.stage == "line").start.astimezone(MADRID).hour
    plan = sound(two_days, replace(QUICK, quiet=((busy, busy + 2),)))
    fill = timedelta(hours=PLANT.fill_h)
    for slot in plan.slots:
        window = slot.input.slot
        if busy <= window.start.astimezone(MADRID).hour < busy + 2:
            assert slot.line_product is None
            assert not any(
                b.stage == "conche" and b.start < window.end and window.start < b.start + fill for b in plan.batches
            )
    assert plan.objective_eur >= plain.solver.bound_eur
    assert plan.late_kg_h == 0


def test_without_night_work_no_batch_is_in_a_conche_without_crew(two_days, plain):
    plan = sound(two_days, replace(QUICK, night_work=False))
    absent = [s.input.slot.start for s in plan.slots if not s.input.crew]
    assert not [b.id for b in plan.batches if any(b.start <= at < b.end for at in absent)]
    assert plan.objective_eur >= plain.solver.bound_eur


def test_a_price_on_carbon_is_weighed_and_not_billed(two_days, plain):
    green = sound(two_days, replace(QUICK, carbon_eur_t=200, carbon_kg_kwh=0.2))
    carbon_eur = 0.04 * green.kwh
    assert green.solver.bound_eur <= green.objective_eur + carbon_eur
    assert green.objective_eur >= plain.solver.bound_eur
    assert green.kwh <= plain.kwh * 1.001


@pytest.mark.parametrize(
    ("window", "hours"),
    [
        ((22, 6), {22, 23, 0, 1, 2, 3, 4, 5}),
        ((13, 15), {13, 14}),
        ((13.5, 14), {13}),
        ((4, 4), set()),
        ((0, 24), set(range(24))),
    ],
)
def test_which_hours_are_quiet(window, hours):
    p = problem(hours=24)
    assert {i for i, quiet in enumerate(quiet_slots(p.slots, (window,))) if quiet} == hours


def test_quiet_quarters_follow_the_wall_clock_on_the_long_night():
    start = madrid_day(LONG).start
    p = problem(start=start, hours=25, step=0.25)
    quiet = quiet_slots(p.slots, ((2, 3),))
    assert quiet.sum() == 8  # two o'clock comes twice
    assert {s.slot.start.astimezone(MADRID).hour for s, q in zip(p.slots, quiet, strict=True) if q} == {2}


def test_options_together_are_kept_together(two_days):
    options = replace(QUICK, peak_kw=125.0, quiet=((6, 8),), night_work=False)
    plan = sound(two_days, options)
    assert max(plan.peak_kw().values()) <= 125.01
    assert not [s for s in plan.slots if s.line_product and s.input.slot.start.astimezone(MADRID).hour in {6, 7}]
    assert plan.problem.horizon.start == MONDAY
