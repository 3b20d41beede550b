"""A day by plan and by baseline: the same production and weather, other hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hand_plans import DEFAULT, MILD, MONDAY, Fill, air_of_day, good_plan, order, plan_of, problem_of

from chocolate_factory.domain.plan import Batch, Status
from chocolate_factory.domain.savings import Production
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import DAY, HOUR, madrid_day
from chocolate_factory.planning import baselines
from chocolate_factory.planning.baselines import compact_block
from chocolate_factory.planning.carry import good_by_slot
from chocolate_factory.planning.day_course import covers, day_course
from chocolate_factory.planning.search import rules

JUNE_1 = date(2026, 6, 1)
#: Dear from 18 o'clock on, cheap in the night.
PRICE = {"price": lambda h: 0.30 if h % 24 >= 18 else 0.05 if h % 24 < 6 else 0.12}


def eur(plan, course, kwh) -> float:
    price = {s.slot.start: s.energy_eur_kwh for s in plan.problem.slots}
    return sum(energy * price[start] for start, energy in zip(course.starts, kwh, strict=False))


def saving(plan, day=JUNE_1) -> float:
    course = day_course(plan, day, {})
    return eur(plan, course, course.baseline_kwh) - eur(plan, course, course.planned_kwh)


def working(hour: float, **changes):
    """Monday's dark in a block from some hour on, its batches as soon as they are needed."""
    problem = problem_of(**({"air": air_of_day(), "orders": [order(22, 1300)]} | PRICE | changes))
    plan = baselines._by_rule(replace(rules.B2, from_h=hour), problem)
    assert plan.status is not Status.INFEASIBLE
    return plan


def test_a_plan_covers_whole_days_alone():
    plan = good_plan()
    assert covers(plan, JUNE_1)
    assert covers(plan, JUNE_1 + DAY)
    assert not covers(plan, JUNE_1 + 2 * DAY)
    assert not covers(good_plan(start=MONDAY + HOUR), JUNE_1)


def test_the_planned_energy_is_the_plan_s_own_where_the_weather_came_as_expected():
    plan = working(9)
    course = day_course(plan, JUNE_1, {})
    assert course.minutes == 60
    assert course.planned_kwh == pytest.approx([s.energy_kwh for s in plan.slots[:24]], abs=1e-4)
    assert course.starts[0] == madrid_day(JUNE_1).start
    assert course.good_kg == pytest.approx({"dark": sum(good_by_slot(plan, "dark")[:24])})


def test_a_hotter_day_than_expected_takes_more_in_both():
    plan = working(9)
    hot = {s.slot.start: replace(s, air=Air(s.air.temperature_c + 8, 40.0)) for s in plan.problem.slots[:24]}
    expected, came = day_course(plan, JUNE_1, {}), day_course(plan, JUNE_1, hot)
    assert sum(came.planned_kwh) > sum(expected.planned_kwh) + 5
    assert sum(came.baseline_kwh) > sum(expected.baseline_kwh) + 5


def test_work_in_dear_hours_loses_against_the_baseline():
    assert saving(working(6)) == pytest.approx(0, abs=0.01)  # the baseline's own hours
    assert saving(working(10)) < -5
    assert saving(working(17)) < -30


def test_a_plan_in_cheap_hours_gains():
    cheap_at_noon = {"price": lambda h: 0.05 if 12 <= h % 24 < 18 else 0.25}
    assert saving(working(12, **cheap_at_noon)) > 15


def test_the_batches_of_a_day_take_the_same_energy_in_both_though_one_ends_after_midnight():
    """In weather that never changes a block is as dear in kWh at any hour: nothing else may differ."""
    problem = problem_of(orders=[order(22, 1300)])
    begins = [Fill(16), Fill(18)]
    plan = _with_batches(working(9, air=lambda _: MILD), plan_of(problem, begins))
    course = day_course(plan, JUNE_1, {})
    assert len(course.starts) > 24, "what the baseline's batches take less after midnight"
    assert min(course.baseline_kwh[24:]) < 0
    assert sum(course.baseline_kwh) == pytest.approx(sum(course.planned_kwh), rel=0.02)


def _with_batches(plan, other):
    """A plan with another's conches in place of its own."""
    line = [b for b in plan.batches if b.stage == "line"]
    return replace(plan, batches=(*other.batches, *line))


def test_a_day_of_rest_saves_nothing():
    sunday = plan_of(problem_of(orders=[]))
    course = day_course(sunday, JUNE_1, {})
    assert course.baseline_kwh == course.planned_kwh
    assert course.good_kg == {}


def test_what_is_in_the_conches_at_midnight_is_the_same_in_both():
    begun = Batch("c", "dark", "conche", "conche-1", MONDAY - 4 * HOUR, MONDAY + 8 * HOUR, 1000.0)
    still = plan_of(problem_of(running=[begun]))
    course = day_course(still, JUNE_1, {})
    assert course.baseline_kwh == course.planned_kwh
    assert sum(course.planned_kwh) > sum(day_course(plan_of(problem_of()), JUNE_1, {}).planned_kwh) + 80


def test_the_baseline_s_own_day_saves_next_to_nothing():
    problem = problem_of(air=air_of_day(), orders=[order(22, 1300)], **PRICE)
    assert saving(compact_block(problem)) == pytest.approx(0, abs=1)


def test_production_that_was_counted_is_what_the_baseline_is_asked_for():
    plan = working(9)
    planned = day_course(plan, JUNE_1, {})
    counted = day_course(plan, JUNE_1, {}, {"dark": 500.0, "milk": 0.0})
    assert (counted.production, counted.good_kg) == (Production.COUNTED, {"dark": 500.0})
    assert sum(counted.baseline_kwh) < sum(planned.baseline_kwh)
    assert counted.planned_kwh == planned.planned_kwh


def test_a_day_whose_work_no_baseline_can_do_has_none_and_says_why():
    plan = working(7)
    tight = dict.fromkeys(DEFAULT.contract.contracted_kw, 30.0)
    poor = replace(DEFAULT, contract=replace(DEFAULT.contract, contracted_kw=tight))
    plan = replace(plan, problem=replace(plan.problem, plant=poor))
    course = day_course(plan, JUNE_1, {})
    assert course.baseline_kwh is None
    assert course.note


def test_a_plan_in_quarter_hours_is_told_in_quarter_hours():
    problem = problem_of(step_h=0.25, orders=[order(22, 1000)])
    course = day_course(compact_block(problem), JUNE_1, {})
    assert (course.minutes, len(course.planned_kwh)) == (15, 96)
    assert course.quarters(course.planned_kwh)[madrid_day(JUNE_1).start] == course.planned_kwh[0]
