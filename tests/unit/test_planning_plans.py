"""Plans of the packaged plant: every limit held, never dearer than a rule, and right at the edges."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from plan_checker import violations
from planning_problems import MONDAY, PLANT, order, problem, small_plant, with_contract

from chocolate_factory.domain.plan import Batch, Level, Options, Status
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.thermal import Air, line_may_run
from chocolate_factory.planning.baselines import compact_block, constant_rate, fixed_block
from chocolate_factory.planning.solve import make_plan

QUICK = Options(gap=0.01, time_limit_s=20)


def sound(plan):
    assert violations(plan) == []
    return plan


@pytest.fixture(scope="module")
def day_and_night():
    return problem(orders=(order(2000, 22), order(1900, 46)), stocks={"dark": 1500.0})


@pytest.fixture(scope="module")
def plan(day_and_night):
    return make_plan(day_and_night, QUICK)


def test_a_plan_keeps_every_limit_and_is_on_time(plan):
    sound(plan)
    assert plan.status is Status.OPTIMAL
    assert plan.late_kg_h == 0
    assert plan.kg >= 3900


def test_gap_and_bound_are_of_the_whole_objective(plan):
    assert plan.solver.bound_eur <= plan.objective_eur
    assert plan.solver.gap == pytest.approx(1 - plan.solver.bound_eur / plan.objective_eur)
    assert plan.solver.gap <= QUICK.gap + 1e-6
    assert 0 < plan.solver.build_seconds < 2


@pytest.mark.parametrize("rule", [compact_block, fixed_block])
def test_a_plan_is_never_dearer_than_a_rule(plan, day_and_night, rule):
    ruled = sound(rule(day_and_night))
    assert plan.objective_eur <= ruled.objective_eur + 1e-6


def test_the_compact_block_starts_with_the_crew_and_ignores_prices(day_and_night):
    block = compact_block(day_and_night)
    runs = [b for b in block.batches if b.stage == "line"]
    assert (runs[0].start - MONDAY) == timedelta(hours=6)
    dearer = replace(
        day_and_night, slots=tuple(replace(s, energy_eur_kwh=1 - s.energy_eur_kwh) for s in day_and_night.slots)
    )
    assert [(b.id, b.kg) for b in compact_block(dearer).batches] == [(b.id, b.kg) for b in block.batches]


def test_the_fixed_block_runs_from_12_to_18_only(day_and_night):
    hours = {i % 24 for i, s in enumerate(fixed_block(day_and_night).slots) if s.line_product}
    assert hours <= set(range(12, 18))
    assert hours


def test_the_constant_rate_keeps_the_line_on_while_the_crew_is_there(day_and_night):
    plan = constant_rate(replace(day_and_night, stocks_kg={"dark": 1900.0}))
    assert violations(plan, least_rate=False) == []
    assert sum(s.line_product is not None for s in plan.slots[:24]) >= 14


def test_three_products_keep_their_pauses_and_cleanings():
    plan = sound(make_plan(problem(orders=(order(500, 22), order(600, 22, "milk"), order(400, 46, "white"))), QUICK))
    assert {b.product for b in plan.batches if b.stage == "line"} == {"dark", "milk", "white"}
    assert plan.late_kg_h == 0


def test_the_valley_is_used_and_each_batch_says_why(plan):
    assert all("EUR/kWh" in b.reason["es"] and "hour earlier" in b.reason["en"] for b in plan.batches)
    mean = sum(s.input.energy_eur_kwh for s in plan.slots) / len(plan.slots)
    assert plan.cost_eur / plan.kwh < mean


def test_at_a_flat_price_an_hour_either_way_costs_nothing():
    plan = sound(make_plan(problem(prices=lambda hour: 0.2, orders=(order(800, 40),)), QUICK))
    line = next(b for b in plan.batches if b.stage == "line")
    assert line.reason["en"] == "At 0.2000 EUR/kWh; an hour earlier +0.00 EUR, later +0.00 EUR."
    assert line.reason["es"] == "A 0,2000 EUR/kWh; una hora antes +0,00 EUR, después +0,00 EUR."


def test_nights_halt_for_the_crew_and_nothing_else_does(plan):
    halted = [s for s in plan.slots if s.level is Level.HALT]
    assert halted
    assert all("crew" in s.reasons and not s.input.crew for s in halted)


def test_quarter_hours_keep_every_limit():
    p = problem(hours=24, step=0.25, orders=(order(1000, 22),))
    plan = sound(make_plan(p, Options(gap=0.02, time_limit_s=15)))
    assert plan.late_kg_h == 0
    assert len(plan.slots) == 96


@pytest.mark.slow
def test_quarter_hours_of_three_products_go_through_an_hourly_master():
    p = problem(step=0.25, orders=(order(900, 22), order(800, 46, "milk"), order(300, 46, "white")))
    plan = sound(make_plan(p, Options(gap=0.02, time_limit_s=25)))
    assert plan.solver.bound_eur <= plan.objective_eur
    assert plan.late_kg_h == 0


@pytest.mark.slow
def test_a_week_is_solved_in_pieces_and_is_whole():
    due = tuple(order(1500, 22 + 24 * day) for day in range(6))
    plan = sound(make_plan(problem(hours=168, orders=due, stocks={"dark": 1500.0}), Options(time_limit_s=25)))
    assert plan.solver.bound_eur <= plan.objective_eur
    assert plan.owed_kg == 0


# -------------------------------------------------------------------------------------------------------------- edges
SPRING, AUTUMN = datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_days_of_23_and_25_hours(day, hours):
    monday = problem(start=day, hours=hours + 24, orders=(order(700, hours + 22, start=day),))
    plan = sound(make_plan(monday, QUICK))
    assert plan.late_kg_h == 0
    first = min(b.start for b in plan.batches if b.stage == "line")
    assert first >= day + timedelta(hours=hours + 6)


@pytest.mark.parametrize("price", [0.0, -0.05])
def test_free_and_negative_prices(price):
    plan = sound(make_plan(problem(prices=lambda hour: price, orders=(order(800, 22),), hours=24), QUICK))
    assert plan.late_kg_h == 0
    assert plan.cost_eur <= 0


def test_a_heat_wave_stops_the_line_where_the_hall_cannot_be_held():
    def air(hour):
        return Air(45.0 if 10 <= hour % 24 < 22 else 27.0, 30.0)

    plan = sound(make_plan(problem(air=air, orders=(order(1500, 22),), hours=24), QUICK))
    hot = [s for s in plan.slots if not line_may_run(s.input.air, PLANT)]
    assert hot
    assert not any(s.line_product for s in hot)
    assert any(s.level is Level.HALT and s.reasons == ("hall",) for s in hot)


def test_what_the_plant_cannot_make_is_late_and_not_lost():
    plan = sound(make_plan(problem(orders=(order(20_000, 22),), stocks={"dark": 1900.0}), QUICK))
    assert plan.owed_kg > 0
    assert plan.kg >= 2000
    assert plan.late_eur > 0


@pytest.mark.parametrize("stock", [0.0, 50.0, 100.0, 2000.0])
def test_empty_and_full_tanks(stock):
    plan = sound(make_plan(problem(orders=(order(800, 46),), stocks={"dark": stock}), QUICK))
    assert plan.late_kg_h == 0


def test_a_contract_below_the_plant_at_rest_has_no_plan():
    plan = make_plan(problem(with_contract(PLANT, 15), hours=24), QUICK)
    assert plan.status is Status.INFEASIBLE
    assert plan.batches == ()
    assert "contracted power" in plan.note


def test_a_low_contract_is_kept_and_what_it_cannot_carry_is_late():
    plan = sound(make_plan(problem(with_contract(PLANT, 75), orders=(order(1000, 22),), hours=24), QUICK))
    assert max(plan.peak_kw().values()) <= 75.01
    assert plan.owed_kg == pytest.approx(1000 / 0.981, rel=1e-3)


def test_without_time_the_best_rule_answers_and_says_so(day_and_night):
    plan = sound(make_plan(day_and_night, Options(time_limit_s=1e-6)))
    assert plan.status is not Status.INFEASIBLE
    assert plan.note.startswith("B")


def test_without_orders_the_plant_rests():
    plan = sound(make_plan(problem(orders=(), hours=24), QUICK))
    assert plan.batches == ()
    assert plan.kg == 0


def test_fixed_batches_stay(plan, day_and_night):
    held = (next(b for b in plan.batches if b.stage == "conche"), next(b for b in plan.batches if b.stage == "line"))
    upside_down = replace(
        day_and_night, slots=tuple(replace(s, energy_eur_kwh=0.3 - s.energy_eur_kwh) for s in day_and_night.slots)
    )
    again = sound(make_plan(upside_down, replace(QUICK, fixed=held)))
    kept = {(b.stage, b.product, b.start, b.end) for b in again.batches}
    assert {(b.stage, b.product, b.start, b.end) for b in held} <= kept


def test_batches_begun_before_hold_their_conche_and_fill_their_tank():
    begun = Batch("c", "dark", "conche", "conche-2", MONDAY - timedelta(hours=4), MONDAY + timedelta(hours=8), 1000.0)
    plan = sound(make_plan(problem(orders=(order(900, 22),), stocks={"dark": 100.0}, running=(begun,)), QUICK))
    assert plan.late_kg_h == 0
    assert plan.slots[8].stocks_kg["dark"] > 100


def test_no_night_work_keeps_conches_inside_crew_hours():
    p = problem(orders=(order(900, 46),), stocks={"dark": 100.0})
    plan = sound(make_plan(p, replace(QUICK, night_work=False)))
    crew = {s.input.slot.start for s in plan.slots if s.input.crew}
    assert any(b.stage == "conche" for b in plan.batches)
    for b in plan.batches:
        assert all(b.start + timedelta(hours=h) in crew for h in range(round((b.end - b.start).total_seconds() / 3600)))


def test_a_carbon_price_counts_in_the_choice_and_not_in_the_energy_bill(day_and_night):
    green = sound(make_plan(day_and_night, replace(QUICK, carbon_eur_t=100, carbon_kg_kwh=0.2)))
    assert green.solver.bound_eur > green.objective_eur
    assert green.status is Status.OPTIMAL


@pytest.fixture
def guessed_later():
    """The second day's prices are forecast, and a little lower; one order at its end."""
    p = problem(orders=(order(900, 46),), stocks={"dark": 1000.0}, prices=lambda hour: 0.10 if hour < 24 else 0.09)
    kinds = [Kind.OBSERVED if i < 24 else Kind.FORECAST for i in range(48)]
    return replace(p, slots=tuple(replace(s, price_kind=k) for s, k in zip(p.slots, kinds, strict=True)))


def line_slots(plan):
    return [i for i, s in enumerate(plan.slots) if s.output_kg > 0]


def test_caution_brings_work_to_hours_whose_price_is_known_and_bills_none_of_it(guessed_later):
    bold, cautious = (sound(make_plan(guessed_later, replace(QUICK, caution_eur_mwh=c))) for c in (0.0, 40.0))
    assert min(line_slots(bold)) >= 24 > max(line_slots(cautious))
    for plan in (bold, cautious):
        assert plan.cost_eur == pytest.approx(sum(s.energy_kwh * s.input.energy_eur_kwh for s in plan.slots))
    guessed_kwh = sum(s.energy_kwh for s in cautious.slots[24:])
    weighed = cautious.weighed_eur(Options(caution_eur_mwh=40.0))
    assert weighed == pytest.approx(cautious.objective_eur + 0.04 * guessed_kwh)
    assert cautious.solver.bound_eur <= weighed + 1e-6


def test_caution_changes_nothing_where_every_price_is_published(day_and_night):
    plain, cautious = (make_plan(day_and_night, replace(QUICK, caution_eur_mwh=c)) for c in (0.0, 40.0))
    assert (plain.batches, plain.cost_eur) == (cautious.batches, cautious.cost_eur)


def test_what_a_batch_is_told_to_cost_is_what_is_expected(guessed_later):
    """Caution is for deciding alone: no sentence has it in its price."""
    later = tuple(replace(s, price_kind=Kind.FORECAST) for s in guessed_later.slots)
    plan = sound(make_plan(replace(guessed_later, slots=later), replace(QUICK, caution_eur_mwh=40.0)))
    told = [b.reason["en"] for b in plan.batches]
    assert told
    assert all(t.startswith(("At 0.1000", "At 0.09")) for t in told)


def test_finished_stock_goes_towards_the_orders():
    plan = sound(make_plan(problem(orders=(order(800, 22),), hours=24, finished_kg={"dark": 800.0}), QUICK))
    assert plan.kg == 0


def test_the_checker_sees_what_is_wrong(plan):
    assert violations(replace(plan, starts_eur=plan.starts_eur + 1))
    assert violations(replace(plan, batches=plan.batches[1:]))
    hotter = tuple(replace(s, power_kw=s.power_kw + 1) for s in plan.slots)
    assert violations(replace(plan, slots=hotter))


def test_a_small_line_has_its_own_limits():
    p = problem(small_plant(), hours=14, crew=lambda hour: True, orders=(order(600, 12),), stocks={"dark": 700.0})
    assert sound(make_plan(p, Options(gap=0.0))).late_kg_h == 0
