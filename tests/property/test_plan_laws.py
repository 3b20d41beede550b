"""Any problem: every limit holds, the cost is what the checker counts, no rule is cheaper."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from plan_checker import violations
from planning_problems import order, problem, small_plant, with_contract

from chocolate_factory.domain.plan import Options, Status
from chocolate_factory.domain.thermal import Air
from chocolate_factory.planning.baselines import compact_block, constant_rate, fixed_block
from chocolate_factory.planning.solve import make_plan

HOURS = 16


@st.composite
def problems(draw):
    plant = small_plant(
        setup_h=draw(st.sampled_from([0.0, 0.5, 1.0])),
        min_on_h=draw(st.sampled_from([1.0, 2.0, 3.0])),
        min_off_h=draw(st.sampled_from([0.0, 1.0, 2.0])),
    )
    prices = draw(st.lists(st.floats(-0.1, 0.5), min_size=HOURS, max_size=HOURS))
    heat = draw(st.lists(st.floats(-5, 46), min_size=HOURS, max_size=HOURS))
    there = draw(st.lists(st.booleans(), min_size=4, max_size=4))
    asked = draw(st.lists(st.tuples(st.floats(50, 1500), st.integers(0, HOURS * 2).map(lambda h: h / 2)), max_size=3))
    return problem(
        with_contract(plant, draw(st.sampled_from([60.0, 110.0, 150.0]))),
        hours=HOURS,
        step=draw(st.sampled_from([1.0, 0.5])),
        prices=prices.__getitem__,
        air=lambda hour: Air(heat[hour], 40.0),
        crew=lambda hour: there[hour // 4],
        orders=tuple(order(kg, due) for kg, due in asked),
        stocks={"dark": draw(st.floats(0, 1500))},
    )


@settings(max_examples=30, deadline=None)
@given(p=problems())
def test_a_plan_keeps_every_limit_and_no_rule_is_cheaper(p):
    plan = make_plan(p, Options(time_limit_s=5))
    if plan.status is Status.INFEASIBLE:
        assert plan.batches == ()
        assert plan.note
        return
    assert violations(plan) == []
    for rule in (compact_block, fixed_block):
        ruled = rule(p)
        if ruled.status is not Status.INFEASIBLE:
            assert violations(ruled) == []
            assert plan.objective_eur <= ruled.objective_eur + 1e-6


@settings(max_examples=40, deadline=None)
@given(p=problems())
def test_the_constant_rate_keeps_every_limit_but_the_least_rate(p):
    plan = constant_rate(p)
    if plan.status is not Status.INFEASIBLE:
        assert violations(plan, least_rate=False) == []
