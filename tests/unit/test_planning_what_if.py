"""What it costs to move a batch, everything else planned again around it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from planning_problems import MONDAY, order, problem

from chocolate_factory.domain.errors import InputError, NotFoundError
from chocolate_factory.domain.plan import Options
from chocolate_factory.domain.time import HOUR
from chocolate_factory.planning.solve import make_plan
from chocolate_factory.planning.what_if import moved

QUICK = Options(gap=0.001, time_limit_s=20)


@pytest.fixture(scope="module")
def day():
    return problem(hours=24, orders=(order(900, 22),), stocks={"dark": 1500.0})


@pytest.fixture(scope="module")
def plan(day):
    return make_plan(day, QUICK)


def batch_of(plan, stage):
    return next(b for b in plan.batches if b.stage == stage)


@pytest.mark.parametrize("hours", [-2, -1, 1])
def test_a_batch_elsewhere_costs_what_the_plan_with_it_there_costs_more(day, plan, hours):
    line = batch_of(plan, "line")
    move = moved(day, QUICK, plan, line.id, line.start + hours * HOUR)
    there = replace(line, start=line.start + hours * HOUR, end=line.end + hours * HOUR)
    again = make_plan(day, replace(QUICK, fixed=(there,)))
    assert move.feasible
    assert move.delta_eur == pytest.approx(again.objective_eur - plan.objective_eur, abs=0.01 * plan.objective_eur)
    assert move.delta_eur > -2 * QUICK.gap * plan.objective_eur


def test_the_reason_adds_up_to_the_difference(day, plan):
    line = batch_of(plan, "line")
    move = moved(day, QUICK, plan, line.id, line.start - 3 * HOUR)
    parts = [float(eur) for eur in re.findall(r"([+-]\d+\.\d+) EUR", move.reason["en"])]
    assert len(parts) == 3
    assert sum(parts) == pytest.approx(move.delta_eur, abs=0.02)
    assert "otras tandas que se mueven" in move.reason["es"]


def test_where_it_is_it_costs_nothing(day, plan):
    line = batch_of(plan, "line")
    assert moved(day, QUICK, plan, line.id, line.start).delta_eur == 0


def test_where_it_does_not_fit_the_limit_is_named(day, plan):
    line = batch_of(plan, "line")
    move = moved(day, QUICK, plan, line.id, MONDAY + 2 * HOUR)
    assert not move.feasible
    assert move.delta_eur is None
    assert "Crew hours" in move.reason["en"]
    assert "Horas de personal" in move.reason["es"]


def test_after_the_plans_end_it_does_not_fit(day, plan):
    conche = batch_of(plan, "conche")
    move = moved(day, QUICK, plan, conche.id, day.horizon.end - HOUR)
    assert not move.feasible
    assert "after the plan" in move.reason["en"]


def test_what_has_begun_and_where_it_is_past_is_no_move(day, plan):
    line = batch_of(plan, "line")
    later = replace(day, now=line.start + HOUR)
    begun = moved(later, QUICK, plan, line.id, line.start + 3 * HOUR)
    past = moved(replace(day, now=line.start), QUICK, plan, line.id, line.start - HOUR)
    assert [m.feasible for m in (begun, past)] == [False, False]
    assert "passed" in begun.reason["en"]


def test_a_batch_that_was_locked_is_moved_with_its_lock(day, plan):
    line = batch_of(plan, "line")
    locked = replace(QUICK, fixed=(replace(line, held="locked"),))
    move = moved(day, locked, plan, line.id, line.start - HOUR)
    assert move.feasible


def test_the_others_stay_where_they_are_while_moving_them_pays_too_little(day, plan):
    line = batch_of(plan, "line")
    stay = moved(day, replace(QUICK, move_eur=1000.0), plan, line.id, line.start - 2 * HOUR)
    free = moved(day, QUICK, plan, line.id, line.start - 2 * HOUR)
    assert "other batches that move: 0" in stay.reason["en"]
    assert stay.delta_eur >= free.delta_eur - 2 * QUICK.gap * plan.objective_eur


def test_an_unknown_batch_and_a_moment_between_slots_are_told(day, plan):
    line = batch_of(plan, "line")
    with pytest.raises(NotFoundError, match="batch_id"):
        moved(day, QUICK, plan, "line-gold", line.start)
    for start in (line.start + timedelta(minutes=20), day.horizon.end, day.horizon.start - HOUR):
        with pytest.raises(InputError, match="start"):
            moved(day, QUICK, plan, line.id, start)
