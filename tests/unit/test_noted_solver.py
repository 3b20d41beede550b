"""What the solver said is noted, and a plan whose searches its time limit ended is made again all the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planning_problems import order, problem, small_plant

from chocolate_factory.domain.plan import Options, Status
from chocolate_factory.domain.plan_record import PlanTask, Solve
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.program.program import program
from chocolate_factory.planning.search import noted
from chocolate_factory.planning.search.noted import Noted, found_before, keeps_limits
from chocolate_factory.planning.search.solver import Answer, solved
from chocolate_factory.planning.solve import make_plan
from chocolate_factory.usecases.planned import planned, planned_again

PROBLEM = problem(small_plant(), hours=24, orders=(order(800.0, 22.0),), stocks={"dark": 700.0})
OPTIONS = Options(gap=0.0)
PROGRAM = program(Frame(PROBLEM, OPTIONS))


@pytest.fixture(scope="module")
def best() -> Answer:
    return solved(PROGRAM, 60.0, 0.0)


def stopped_early(p, limit_s, gap, *, tail=False):
    """A solver whose clock has run out: what it found first, and a poor bound."""
    found = solved(p, 60.0, 0.5, tail=tail)
    return Answer(found.x, found.bound - 100.0, found.eur, stopped=True, nodes=7)


def never(p, limit_s, gap, *, tail=False):
    raise AssertionError("nobody should search again")


def what_runs(plan):
    return [(b.id, b.end, b.kg) for b in plan.batches], [s.cost_eur for s in plan.slots], plan.solver.bound_eur


# ------------------------------------------------------------------------------------------------------------- noting
def test_a_search_that_ended_by_itself_is_noted_without_its_answer():
    noting = Noted()
    plan = make_plan(PROBLEM, OPTIONS, noting)
    assert plan.status is Status.OPTIMAL
    (call,) = noting.calls
    assert (call.stopped, call.columns) == (False, ())
    assert call.eur == pytest.approx(plan.objective_eur)
    assert call.bound_eur == pytest.approx(plan.solver.bound_eur)
    assert call.seconds > 0


def test_a_search_that_was_stopped_is_noted_with_its_answer(monkeypatch):
    monkeypatch.setattr(noted, "solved", stopped_early)
    noting = Noted()
    make_plan(PROBLEM, OPTIONS, noting)
    (call,) = noting.calls
    assert (call.stopped, call.nodes) == (True, 7)
    assert len(call.columns) == PROGRAM.cost.size


def test_the_solver_itself_says_that_its_limit_ended_it():
    whole = problem(hours=48)
    hard = program(Frame(whole, Options()))
    assert solved(hard, 0.05, 0.0).stopped
    assert not solved(PROGRAM, 60.0, 0.0).stopped


# -------------------------------------------------------------------------------------------------------------- again
def test_a_stopped_search_is_not_made_again_and_the_plan_is_the_same(monkeypatch):
    monkeypatch.setattr(noted, "solved", stopped_early)
    first = Noted()
    plan = make_plan(PROBLEM, OPTIONS, first)
    monkeypatch.setattr(noted, "solved", never)
    again = Noted(first.calls)
    assert what_runs(make_plan(PROBLEM, OPTIONS, again)) == what_runs(plan)
    assert all(one.agrees(other) for one, other in zip(first.calls, again.calls, strict=True))


def test_a_search_that_ended_is_made_again_with_patience(monkeypatch):
    first, asked = Noted(), []
    plan = make_plan(PROBLEM, replace(OPTIONS, time_limit_s=5.0), first)

    def asking(p, limit_s, gap, *, tail=False):
        asked.append(limit_s)
        return solved(p, limit_s, gap, tail=tail)

    monkeypatch.setattr(noted, "solved", asking)
    assert what_runs(make_plan(PROBLEM, replace(OPTIONS, time_limit_s=5.0), Noted(first.calls))) == what_runs(plan)
    assert asked[0] > 40.0, "another machine may be ten times as slow"


def test_a_stopped_search_that_found_nothing_finds_nothing_again():
    assert found_before(Solve(1.0, None, 12.0, 0, stopped=True), PROGRAM) == Answer(None, 12.0, stopped=True)


def test_after_a_call_that_came_out_otherwise_nothing_before_counts(monkeypatch, best):
    """The past was of another problem: its first answer is refused, and those after it are not looked at."""
    other = Solve(1.0, best.eur - 50.0, best.bound, 1, stopped=True, columns=tuple(best.x.tolist()))
    noting = Noted((other, other))
    for _ in range(2):
        assert noting(PROGRAM, 60.0, 0.0).eur == pytest.approx(best.eur)
    assert not noting.calls[0].agrees(other)


# ------------------------------------------------------------------------------------------------------------- proving
def test_an_answer_is_taken_only_where_it_costs_what_was_said(best):
    columns = tuple(best.x.tolist())
    assert found_before(Solve(1.0, best.eur, best.bound, 1, True, columns), PROGRAM).eur == best.eur
    assert found_before(Solve(1.0, best.eur + 0.01, best.bound, 1, True, columns), PROGRAM) is None
    assert found_before(Solve(1.0, best.eur, best.bound, 1, True, columns[:-1]), PROGRAM) is None
    assert found_before(Solve(1.0, best.eur, best.bound, 1, True, ()), PROGRAM) is None


@pytest.mark.parametrize(
    ("variable", "change"),
    [("begin", 0.5), ("begin", -1.0), ("on", 1.0), ("output", 1e6), ("stock", -1e4), ("late", -1.0)],
)
def test_an_answer_that_breaks_a_limit_is_none(best, variable, change):
    assert keeps_limits(best.x, PROGRAM)
    x = best.x.copy()
    columns = PROGRAM.columns.of(variable, 0)
    x[columns.start + int(np.argmax(x[columns]))] += change
    assert not keeps_limits(x, PROGRAM)


# -------------------------------------------------------------------------------------------------- a whole decision
@pytest.mark.slow
def test_a_plan_of_the_whole_plant_cut_short_comes_out_the_same_to_the_last_bit():
    """Three days, three products and less than a second: no search ends by itself."""
    task = PlanTask(problem(hours=72), Options(time_limit_s=0.7, gap=0.0), replications=5)
    made = planned(task)
    assert any(s.stopped for s in made.solves)
    again = planned_again((task, made.solves))
    assert what_runs(again.plan) == what_runs(made.plan)
    assert again.certificate == made.certificate
    assert [s.eur for s in again.solves] == [s.eur for s in made.solves]
