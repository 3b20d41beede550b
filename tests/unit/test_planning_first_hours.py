"""The first hours of the cheapest plan: those of the whole plan where the horizon ends with them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from plan_checker import violations
from planning_problems import order, problem, small_plant, with_contract

from chocolate_factory.domain.plan import Batch, Options, Status
from chocolate_factory.planning.first_hours import first_hours
from chocolate_factory.planning.solve import make_plan

SMALL = small_plant()
DAILY = tuple(order(700, 24 * day + 22) for day in range(3))


def test_a_horizon_that_is_decided_whole_is_planned_as_ever():
    p = problem(SMALL, hours=24)
    head, whole = first_hours(p, Options()), make_plan(p, Options())
    assert violations(head) == []
    assert head.objective_eur == pytest.approx(whole.objective_eur, rel=0.006)
    assert head.status is Status.OPTIMAL


def test_only_its_first_hours_are_decided_and_the_rest_counts():
    p = problem(SMALL, hours=72, orders=DAILY)
    head = first_hours(p, Options(whole_h=24.0))
    assert len(head.slots) == len(head.problem.slots) == 24
    assert all(b.start < head.problem.horizon.end for b in head.batches)
    alone = first_hours(replace(p, slots=p.slots[:24]), Options())
    # what must be in the tank at the end of three days need not be there at the end of the first
    assert head.cost_eur != pytest.approx(alone.cost_eur, abs=0.01)


def test_the_same_question_gets_the_same_answer():
    p = problem(SMALL, hours=48, orders=DAILY)
    one, other = (first_hours(p, Options(whole_h=24.0)) for _ in range(2))
    assert one.batches == other.batches
    assert one.slots == other.slots


def test_what_was_announced_stays_where_moving_it_saves_too_little():
    p = problem(SMALL, hours=24)
    free = first_hours(p, Options())
    begun = next(b for b in free.batches if b.stage == "conche")
    later = Batch(
        "x",
        begun.product,
        "conche",
        begun.machine,
        *(t + p.slots[0].slot.duration for t in (begun.start, begun.end)),
        begun.kg,
    )
    kept = first_hours(p, Options(steady=(later,), move_eur=50.0))
    assert any(b.stage == "conche" and b.start == later.start for b in kept.batches)
    moved = first_hours(p, Options(steady=(later,), move_eur=0.0))
    assert moved.batches == free.batches


def test_a_contract_below_what_the_plant_takes_at_rest_has_no_plan():
    plan = first_hours(problem(with_contract(SMALL, 10.0), hours=24), Options())
    assert plan.status is Status.INFEASIBLE
    assert "at rest" in plan.note


def test_nothing_due_is_nothing_to_do():
    plan = first_hours(problem(SMALL, hours=24, orders=()), Options())
    assert plan.batches == ()
    assert plan.status is Status.OPTIMAL
