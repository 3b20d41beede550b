"""What a start sends back, what the line ran before, the tanks at the end, 2.0TD; and cuts that cut nothing off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_checker import violations
from planning_problems import MONDAY, PLANT, one_product_plant, order, problem, small_plant, with_contract
from scipy.optimize import linprog

from chocolate_factory.domain.plan import Options, Status
from chocolate_factory.domain.tariff import Period, Tariff, power_period, power_periods
from chocolate_factory.planning.baselines import compact_block, fixed_block
from chocolate_factory.planning.carry import good_by_slot, standing
from chocolate_factory.planning.program import program as program_module
from chocolate_factory.planning.program.cuts import batches_before_rest, sums_of_days
from chocolate_factory.planning.program.matrices import by_slot, coming, lag, one_row, recent, weighted
from chocolate_factory.planning.solve import make_plan
from chocolate_factory.simulation.run import run

QUICK = Options(gap=0.01, time_limit_s=20)


def first_run(plan):
    return min((b for b in plan.batches if b.stage == "line"), key=lambda b: b.start)


# --------------------------------------------------------------------------------------------------------------- rework
def test_what_a_start_sends_back_is_made_again():
    plan = make_plan(problem(orders=(order(800, 22),), hours=24), QUICK)
    assert violations(plan) == []
    assert plan.late_kg_h == 0
    assert sum(good_by_slot(plan, "dark")) >= 800 - 1e-3
    assert plan.kg >= 800 / 0.981 + PLANT.line.rework_kg - 1e-3


def test_an_order_that_the_plan_has_in_time_is_in_time_without_chance():
    plan = make_plan(problem(orders=(order(800, 22), order(700, 46))), QUICK)
    assert run(plan, 1, random=False).late_orders == 0


def test_rules_make_it_again_too():
    plan = compact_block(problem(orders=(order(800, 22), order(700, 46))))
    assert violations(plan) == []
    assert plan.late_kg_h == 0


def test_what_is_finished_is_counted_without_rework():
    plan = make_plan(problem(orders=(order(800, 22),), hours=24), QUICK)
    left = standing(plan, plan.problem.horizon.end).finished_kg["dark"]
    assert left == pytest.approx(0.981 * (plan.kg - PLANT.line.rework_kg) - 800)


def test_a_run_whose_first_slot_gives_less_than_its_rework_is_no_contradiction():
    plant = small_plant(rework_kg=400.0)
    p = problem(plant, hours=14, crew=lambda hour: True, orders=(order(400, 12),), stocks={"dark": 900.0})
    plan = make_plan(p, Options(gap=0.0, time_limit_s=10))
    assert violations(plan) == []
    assert plan.late_kg_h == 0


# ------------------------------------------------------------------------------------------------------ what was before
@pytest.mark.parametrize(("before", "least_h"), [("milk", 3), ("dark", 1), (None, 0)])
def test_the_line_is_cleaned_of_what_it_ran_before(before, least_h):
    p = problem(orders=(order(600, 9),), hours=24, crew=lambda hour: True, line_before=before)
    for plan in (make_plan(p, QUICK), compact_block(p)):
        assert violations(plan) == []
        assert (first_run(plan).start - MONDAY).total_seconds() / 3600 >= least_h


def test_what_the_line_ran_last_goes_on_to_the_next_plan():
    plan = make_plan(problem(orders=(order(600, 22), order(600, 22, "milk"))), QUICK)
    runs = sorted((b for b in plan.batches if b.stage == "line"), key=lambda b: b.start)
    assert standing(plan, plan.problem.horizon.end).line_before == runs[-1].product
    assert standing(plan, MONDAY).line_before is None
    assert standing(replace(plan, problem=replace(plan.problem, line_before="white")), MONDAY).line_before == "white"


def test_the_checker_sees_a_line_that_was_not_cleaned():
    plan = make_plan(problem(orders=(order(1400, 5),), hours=24, crew=lambda hour: True), QUICK)
    assert violations(plan) == []
    dirty = replace(plan, problem=replace(plan.problem, line_before="milk"))
    assert any("before the horizon" in flaw for flaw in violations(dirty))


@pytest.mark.parametrize("end_kg", [300.0, 1350.0])
def test_tanks_end_with_what_the_problem_says(end_kg):
    p = problem(orders=(order(800, 46),), stocks={"dark": 1200.0}, end_kg={"dark": end_kg})
    for plan in (make_plan(p, QUICK), compact_block(p)):
        assert violations(plan) == []
        assert plan.slots[-1].stocks_kg["dark"] >= end_kg - 0.01


# ---------------------------------------------------------------------------------------------------------------- 2.0TD
@pytest.mark.parametrize("step", [1.0, 0.25])
def test_the_small_tariff_has_two_powers_for_three_periods(step):
    plant = replace(
        PLANT, contract=replace(PLANT.contract, tariff=Tariff.TD20, contracted_kw={Period.P1: 150.0, Period.P2: 120.0})
    )
    p = problem(plant, hours=24, step=step, orders=(order(700, 22), order(500, 22, "milk")))
    in_three = {"P1": Period.P1, "P2": Period.P2}
    slots = tuple(replace(s, period=in_three.get(s.period, Period.P3)) for s in p.slots)
    plan = make_plan(replace(p, slots=slots), Options(gap=0.02, time_limit_s=10))
    assert plan.status is not Status.INFEASIBLE
    assert violations(plan) == []


def test_power_periods():
    assert power_periods(Tariff.TD20) == (Period.P1, Period.P2)
    assert [power_period(p, Tariff.TD20) for p in (Period.P1, Period.P2, Period.P3)] == [
        Period.P1,
        Period.P1,
        Period.P2,
    ]
    assert PLANT.contract.power_kw(Period.P6) == PLANT.contract.contracted_kw[Period.P6]


# ----------------------------------------------------------------------------------------------------------------- cuts
@st.composite
def problems(draw):
    plant = small_plant(setup_h=draw(st.sampled_from([0.0, 1.0])), rework_kg=draw(st.sampled_from([0.0, 18.0, 300.0])))
    asked = draw(st.lists(st.tuples(st.floats(50, 1200), st.integers(2, 14)), min_size=1, max_size=3))
    prices = draw(st.lists(st.floats(-0.1, 0.5), min_size=14, max_size=14))
    p = problem(
        with_contract(plant, draw(st.sampled_from([110.0, 150.0]))),
        hours=14,
        prices=prices.__getitem__,
        crew=lambda hour: hour not in {5, 6},
        orders=tuple(order(kg, due) for kg, due in asked),
        stocks={"dark": draw(st.floats(0, 1500))},
    )
    return replace(p, finished_kg={"dark": draw(st.sampled_from([-100.0, 0.0, 250.0]))})


def only_sums(frame):
    for p in range(len(frame.names)):
        yield sums_of_days(frame, p, "begin", "begins of day")
        yield sums_of_days(frame, p, "start", "runs of day")


@settings(max_examples=10, deadline=None)
@given(p=problems())
def test_cuts_cut_no_plan_off(p):
    exact = Options(gap=0.0, time_limit_s=20)
    plan = make_plan(p, exact)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(program_module, "cuts", only_sums)
        without = make_plan(p, exact)
    assert violations(plan) == []
    assert plan.objective_eur == pytest.approx(without.objective_eur, abs=1e-3)
    assert plan.solver.bound_eur <= without.objective_eur + 1e-3


def test_a_slot_s_part_is_not_bought():
    """Without the cut on whole slots of output the relaxed problem buys 1.8 slots, with it two."""
    p = problem(orders=(order(780, 40),), stocks={"dark": 1500.0}, prices=lambda hour: 0.2)
    frame = program_module.Frame(p, Options())
    whole = program_module.program(frame)
    rows = whole.matrix
    found = linprog(
        whole.cost,
        A_ub=np.vstack([rows.toarray()[np.isfinite(whole.row_high)], -rows.toarray()[np.isfinite(whole.row_low)]]),
        b_ub=np.append(whole.row_high[np.isfinite(whole.row_high)], -whole.row_low[np.isfinite(whole.row_low)]),
        bounds=list(zip(whole.low, whole.high, strict=True)),
    )
    on, start = found.x[whole.columns.of("on", 0)].sum(), found.x[whole.columns.of("start", 0)].sum()
    assert on - start >= 2 - 1e-6


def test_what_a_day_cannot_have_of_its_batches_takes_a_start_on_the_next():
    """1,395 kg lack on the second evening: until a start that day, two whole batches must have come on the first."""
    p = problem(one_product_plant(), orders=(order(4010, 46),), stocks={"dark": 3000.0})
    frame = program_module.Frame(p, Options())
    due, second_day = frame.count - 3, 30
    row = list(batches_before_rest(frame, 0, due))[-1]
    assert row.low == 2
    begins, starts = row.blocks["begin", 0], row.blocks["start", 0]
    in_time = second_day - 9 - 12  # in the tank by 21:00, the last hour of the crew
    assert (begins.col.min(), begins.col.max()) == (0, in_time)
    assert (starts.col.min(), starts.col.max()) == (second_day, due)
    assert set(starts.value) == {2}


def test_blocks_are_the_matrices_they_stand_for():
    """Against NumPy's own, dense."""
    n, weights = 7, np.array([2.0, 0.5, 3.0])
    factors = np.linspace(-1, 1, n)
    shifted = [np.eye(n, k=-k) for k in range(n)]
    assert_is(lag(n, 2), shifted[2])
    assert_is(weighted(n, weights), sum(w * shifted[k] for k, w in enumerate(weights)))
    assert_is(recent(n, 20), np.tril(np.ones((n, n))))
    assert_is(coming(n, 2), shifted[1].T + shifted[2].T)
    assert_is(by_slot(factors) - 3.0 * lag(n, 1), np.diag(factors) - 3 * shifted[1])
    assert_is(recent(n, 2).scaled(factors), np.diag(factors) @ (shifted[0] + shifted[1]))
    assert_is(recent(n, 3).picked(np.array([4, 1])), (shifted[0] + shifted[1] + shifted[2])[[4, 1]])
    assert_is(np.float64(2) * one_row(1, 3, 5.0), np.array([[0, 10, 10, 0, 0, 0, 0]]))


def assert_is(block, dense):
    found = np.zeros_like(dense, dtype=float)
    np.add.at(found, (block.row, block.col), block.value)
    assert block.height == len(dense)
    np.testing.assert_allclose(found, dense)


def test_a_rule_runs_at_full_rate_where_its_hours_are_short():
    """What is owed from before is made up by and by, and not spread over hours that the rule has not."""
    orders = (order(1900, 22), order(1900, 46))
    stocks = {"dark": 3000.0}
    plan = fixed_block(problem(one_product_plant(), orders=orders, stocks=stocks, finished_kg={"dark": -400.0}))
    assert violations(plan) == []
    assert max(s.output_kg for s in plan.slots) == pytest.approx(450)
    assert plan.owed_kg < 1
