"""Real weeks of 2024 where the shared data is: every limit holds, the bound is near, the simulator agrees."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from plan_checker import violations
from planning_problems import DATA, PLANT, SEASONS, one_product_plant, real_problem

from chocolate_factory.domain.plan import Options, Status
from chocolate_factory.domain.time import madrid_midnight
from chocolate_factory.planning.baselines import compact_block, fixed_block
from chocolate_factory.planning.carry import good_by_slot, standing
from chocolate_factory.planning.solve import make_plan, relaxed_tail
from chocolate_factory.simulation.run import run

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"there is no {DATA}")
#: A day of each week of the year; the weekday changes from week to week.
DAYS = [date(2024, 1, 1) + timedelta(days=7 * week + week % 5) for week in range(52)]
#: Mondays over the seasons: a plain week, 23 hours, the year's heat, a holiday, 25 hours, two holidays. All 52 of them:
#: benchmarks/weeks.py.
WEEKS = [date(2024, month, day) for month, day in ((1, 15), (3, 25), (7, 22), (8, 12), (10, 21), (12, 2))]


def three_products(day, hours=48):
    return real_problem(PLANT, madrid_midnight(day), hours)


def good_kg(plan):
    return sum(sum(good_by_slot(plan, p.name)) for p in plan.problem.plant.products)


# --------------------------------------------------------------------------------------------------- every limit holds
def sound_and_no_dearer_than_rules(problem, seconds):
    plan = make_plan(problem, Options(gap=0.02, time_limit_s=seconds))
    assert violations(plan) == []
    for rule in (compact_block, fixed_block):
        ruled = rule(problem)
        if ruled.status is not Status.INFEASIBLE:
            assert violations(ruled) == []
            assert plan.objective_eur <= ruled.objective_eur + 1e-6


@pytest.mark.parametrize("day", [date(2024, 3, 30), date(2024, 8, 6)])
def test_a_plan_of_three_products_keeps_every_limit(day):
    sound_and_no_dearer_than_rules(three_products(day), 2)


@pytest.mark.slow
@pytest.mark.parametrize("day", DAYS, ids=str)
def test_52_weeks_of_three_products_keep_every_limit(day):
    sound_and_no_dearer_than_rules(three_products(day), 5)


@pytest.mark.slow
@pytest.mark.parametrize("monday", WEEKS, ids=str)
def test_a_whole_week_of_three_products_keeps_every_limit(monday):
    start, end = madrid_midnight(monday), madrid_midnight(monday + timedelta(days=7))
    plan = make_plan(
        real_problem(PLANT, start, round((end - start) / timedelta(hours=1))), Options(gap=0.05, time_limit_s=12)
    )
    assert violations(plan) == []
    assert plan.solver.bound_eur is None or plan.solver.bound_eur <= plan.objective_eur + 1e-6


# -------------------------------------------------------------------------------------------------------- gap and bound
@pytest.mark.slow
@pytest.mark.parametrize("season", SEASONS)
def test_a_season_s_week_is_within_one_percent_of_its_bound(season):
    """In one piece and with time: the bound is of the same problem as the plan."""
    plan = make_plan(
        real_problem(one_product_plant(), SEASONS[season], 168), Options(gap=0.009, time_limit_s=300, whole_h=168)
    )
    assert violations(plan) == []
    assert plan.solver.gap <= 0.01
    assert plan.objective_eur <= plan.solver.bound_eur * 1.0101


@pytest.mark.slow
@pytest.mark.parametrize("season", SEASONS)
def test_the_relaxed_tail_gives_a_bound_of_the_whole_plan_s_cost(season):
    problem = real_problem(one_product_plant(), SEASONS[season], 168)
    tail = relaxed_tail(problem, Options(gap=0.005, time_limit_s=30))
    plan = make_plan(problem, Options(gap=0.005, time_limit_s=60))
    assert violations(plan) == []
    assert tail.gap <= 0.005
    assert max(tail.bound_eur, plan.solver.bound_eur) <= plan.objective_eur + 1e-6
    assert plan.objective_eur <= compact_block(problem).objective_eur + 1e-6


# ------------------------------------------------------------------------------------------------------- the simulator
@pytest.mark.slow
@pytest.mark.parametrize("season", SEASONS)
@pytest.mark.parametrize("product", ["dark", "milk", "white"])
def test_a_calm_run_costs_and_gives_what_the_plan_says(season, product):
    """Within two percent; in the heat the room is a little above its set point, and a little more is rejected."""
    weekly = {weekday: {product: 700.0} for weekday in PLANT.demand.weekly}
    plant = replace(PLANT, demand=replace(PLANT.demand, weekly=weekly))
    plan = make_plan(real_problem(plant, SEASONS[season], 48), Options(gap=0.02, time_limit_s=20))
    calm = run(plan, 1, random=False)
    assert calm.cost_eur == pytest.approx(plan.cost_eur, rel=0.02)
    assert calm.good_kg == pytest.approx(good_kg(plan), rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("season", SEASONS)
def test_a_calm_week_of_three_products_too(season):
    plan = make_plan(real_problem(PLANT, SEASONS[season], 168), Options(gap=0.02, time_limit_s=40))
    calm = run(plan, 1, random=False)
    assert calm.cost_eur == pytest.approx(plan.cost_eur, rel=0.02)
    assert calm.good_kg == pytest.approx(good_kg(plan), rel=0.02)


# ------------------------------------------------------------------------------------------------------- week by week
@pytest.mark.slow
def test_the_next_plan_begins_with_what_the_last_one_leaves():
    first = make_plan(real_problem(one_product_plant(), SEASONS["spring"], 48), Options(gap=0.02, time_limit_s=20))
    left = standing(first, first.problem.horizon.end)
    second = real_problem(one_product_plant(), first.problem.horizon.end, 48)
    second = replace(second, stocks_kg=left.stocks_kg, finished_kg=left.finished_kg, running=left.running)
    plan = make_plan(second, Options(gap=0.02, time_limit_s=20))
    assert violations(plan) == []
    asked = sum(o.kg for o in (*first.problem.orders, *second.orders))
    assert left.finished_kg["dark"] == pytest.approx(good_kg(first) - sum(o.kg for o in first.problem.orders))
    assert good_kg(first) + good_kg(plan) >= asked - 1
