"""What is told of how a day was decided."""

from __future__ import annotations

from dataclasses import replace

import pytest
from planning_problems import order, problem, small_plant, with_contract

from chocolate_factory.domain.plan import Options, Status
from chocolate_factory.planning.baselines import compact_block
from chocolate_factory.planning.days_ahead import days_ahead
from chocolate_factory.usecases.backtest.chain import note_of

WEEK = problem(small_plant(), hours=72, orders=tuple(order(700, 24 * day + 22) for day in range(3)))
LOOKING = Options(whole_h=24.0, time_limit_s=30)


@pytest.fixture(scope="module")
def plan():
    return days_ahead(WEEK, LOOKING)


def test_a_plan_that_answers_its_question_needs_no_note(plan):
    assert plan.status is Status.OPTIMAL
    assert note_of(plan) == ""
    steady = replace(plan, solver=replace(plan.solver, gap=0.05))
    assert note_of(steady) == "", "what staying costs is part of the gap, and nobody's time was up"


def test_one_whose_time_was_up_is_told(plan):
    assert "time was up" in note_of(replace(plan, status=Status.FEASIBLE))
    assert note_of(compact_block(WEEK)) == "", "a rule has no time that could be up"


def test_eased_tanks_and_a_plant_at_rest_are_told():
    eased = days_ahead(replace(WEEK, end_kg={}), LOOKING)
    assert "not asked to be as full" in note_of(eased)
    assert eased.problem.after is not None
    none = days_ahead(replace(WEEK, plant=with_contract(small_plant(), 10.0)), LOOKING)
    assert "the plant rests" in note_of(none)


def test_a_week_that_is_no_longer_than_what_is_decided_is_planned_as_ever():
    day = replace(WEEK, slots=WEEK.slots[:24])
    assert days_ahead(day, LOOKING).problem.after is None
