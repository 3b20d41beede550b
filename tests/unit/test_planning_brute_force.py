"""Small problems: the solver's cost against the cheapest of all schedules, each judged by the checker."""

from __future__ import annotations

from itertools import combinations, groupby, product

import numpy as np
import pytest
from plan_checker import violations
from planning_problems import order, problem, small_plant, with_contract

from chocolate_factory.domain.plan import Options, Solved, Status
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.schedule import Schedule
from chocolate_factory.planning.plans import plan_of
from chocolate_factory.planning.solve import make_plan

SLOTS = 8
RATE = 300.0
# One rate only, so that a schedule is its hours and nothing between them needs to be tried.
PLANT = small_plant(rate_min_kg_h=RATE, rate_max_kg_h=RATE)


def line_patterns():
    """On and off, in runs of two hours at least."""
    for on in product((0, 1), repeat=SLOTS):
        if all(not value or len(list(run)) >= 2 for value, run in groupby(on)):
            yield on


def schedules():
    in_time = range(SLOTS - 2)
    pairs = [((0, a), (0, b)) for a, b in combinations(in_time, 2) if b - a >= 3]
    begins = [(), *(((0, t),) for t in in_time), *pairs]
    for on in line_patterns():
        output = np.array([RATE if value and t and on[t - 1] else 0.0 for t, value in enumerate(on)])
        for begun in begins:
            yield Schedule(begun, tuple(0 if value else -1 for value in on), output)


def cheapest(frame):
    plans = (plan_of(frame, s, Status.FEASIBLE, Solved("all", None, 0.0, None)) for s in schedules())
    ordered = sorted(plans, key=lambda plan: plan.objective_eur)
    return next(plan for plan in ordered if not violations(plan))


CASES = {
    "valley": {"prices": lambda hour: (0.3, 0.2, 0.1, 0.05, 0.1, 0.2, 0.3, 0.3)[hour]},
    "late valley": {"prices": lambda hour: (0.1, 0.3, 0.3, 0.4, 0.4, 0.1, 0.1, 0.1)[hour]},
    "negative": {"prices": lambda hour: (0.1, -0.3, -0.2, 0.4, 0.4, 0.1, 0.1, 0.1)[hour]},
    "empty": {"stocks": {"dark": 100.0}},
    "nearly full": {"stocks": {"dark": 1400.0}},
    "late demand": {"orders": (order(2000, 6),)},
    "short crew": {"crew": lambda hour: hour < 5},
    "low contract": {"plant": with_contract(PLANT, 110)},
}


@pytest.mark.parametrize("case", CASES)
def test_the_solver_is_as_cheap_as_the_cheapest_of_all_schedules(case):
    usual = {"plant": PLANT, "orders": (order(500, 7),), "stocks": {"dark": 600.0}, "crew": lambda hour: True}
    given = usual | CASES[case]
    p = problem(given.pop("plant"), hours=SLOTS, **given)
    plan = make_plan(p, Options(gap=0.0))
    assert violations(plan) == []
    assert plan.objective_eur == pytest.approx(cheapest(Frame(p, Options())).objective_eur, abs=1e-4)
