"""A plan that is made again stays where it is, unless moving pays more than the threshold."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from plan_checker import violations
from planning_problems import DATA, MONDAY, PLANT, SEASONS, order, problem, real_problem
from scipy.optimize import Bounds, LinearConstraint, milp

from chocolate_factory.domain.plan import Options, Solved, Status
from chocolate_factory.domain.time import HOUR
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.days_ahead import days_ahead
from chocolate_factory.planning.machines import machines
from chocolate_factory.planning.plans import plan_of
from chocolate_factory.planning.program.program import program
from chocolate_factory.planning.program.rewards import rewarded
from chocolate_factory.planning.search.rules import B2, B3, schedule_by
from chocolate_factory.planning.search.steady import _Trials, kept_words
from chocolate_factory.planning.solve import make_plan

MOVE_EUR, FROZEN_H = 5.0, 8
QUICK = Options(gap=0.005, time_limit_s=60)


def place(batch):
    return batch.stage, batch.product, batch.start, batch.end


def places(plan):
    return {place(b) for b in plan.batches}


def noisy(p, seed, share):
    chance = random.Random(seed)
    slots = (replace(s, energy_eur_kwh=s.energy_eur_kwh * (1 + chance.gauss(0, share))) for s in p.slots)
    return replace(p, slots=tuple(slots))


def turned(p):
    return replace(p, slots=tuple(replace(s, energy_eur_kwh=0.3 - s.energy_eur_kwh) for s in p.slots))


def steadily(plan, **more):
    """The options of the next plan: what begins soon is frozen, the rest steady."""
    soon = plan.problem.horizon.start + FROZEN_H * HOUR
    frozen = tuple(replace(b, held="frozen") for b in plan.batches if b.start < soon)
    rest = tuple(b for b in plan.batches if b.start >= soon)
    return replace(QUICK, fixed=frozen, steady=rest, move_eur=MOVE_EUR, **more)


@pytest.fixture(scope="module")
def short():
    return problem(hours=36, orders=(order(1500, 22), order(400, 34)), stocks={"dark": 1500.0})


@pytest.fixture(scope="module")
def plan(short):
    return make_plan(short, QUICK)


# --------------------------------------------------------------------------------------------------------- acceptance
@pytest.mark.parametrize("seed", range(4))
def test_one_percent_of_noise_moves_nothing(short, plan, seed):
    stays(short, plan, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_one_percent_of_noise_moves_nothing_in_two_days(seed):
    p = problem(orders=(order(2000, 22), order(1900, 46)), stocks={"dark": 1500.0})
    stays(p, make_plan(p, QUICK), seed)


def stays(p, plan, seed):
    """Planned again with noise every batch stands where it stood, the frozen ones as such."""
    again = make_plan(noisy(p, seed, 0.01), steadily(plan))
    assert violations(again) == []
    assert places(again) == places(plan)
    soon = p.horizon.start + FROZEN_H * HOUR
    assert {b.held for b in again.batches if b.start < soon} <= {"frozen"}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_one_percent_of_noise_moves_nothing_of_three_products(seed):
    orders = (order(1000, 22), order(900, 46, "milk"), order(600, 46, "white"))
    p = problem(orders=orders)
    stays(p, make_plan(p, QUICK), seed)


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason=f"there is no {DATA}")
@pytest.mark.parametrize("season", SEASONS)
def test_one_percent_of_noise_moves_nothing_in_real_weeks(season):
    p = real_problem(PLANT, SEASONS[season], 48)
    stays(p, make_plan(p, QUICK), 7)


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason=f"there is no {DATA}")
@pytest.mark.parametrize("season", ["winter", "autumn"])
def test_one_percent_of_noise_in_a_whole_week_moves_nothing_of_a_plan_that_looks_at_it(season):
    week = real_problem(PLANT, SEASONS[season], 168)
    plan = days_ahead(week, QUICK)
    again = days_ahead(noisy(week, 7, 0.01), steadily(plan))
    assert violations(again) == []
    assert places(again) == places(plan)


@pytest.mark.parametrize("hours", [10, 16, 30])
def test_a_plan_goes_on_through_the_day_as_it_was(hours):
    """What lies before now is history: it stays, its batches fill their tanks, and nothing after it moves."""
    p = problem(orders=(order(1000, 22), order(900, 46)), stocks={"dark": 1500.0})
    plan = make_plan(p, QUICK)
    now = p.horizon.start + hours * HOUR
    done = {s.input.slot.start: s.output_kg for s in plan.slots if s.input.slot.start < now and s.output_kg}
    held = tuple(replace(b, held="begun" if b.start < now else "frozen") for b in plan.batches)
    fixed = tuple(b for b in held if b.start < now + 4 * HOUR)
    rest = tuple(b for b in plan.batches if b.start >= now + 4 * HOUR)
    again = make_plan(replace(p, now=now, done_kg=done), replace(QUICK, fixed=fixed, steady=rest, move_eur=MOVE_EUR))
    assert violations(again) == []
    assert places(again) == places(plan)
    assert again.note == ""
    assert again.objective_eur == pytest.approx(plan.objective_eur, rel=QUICK.gap)
    assert {b.held for b in again.batches if b.start < now} <= {"begun"}


def test_quarter_hours_stay_too():
    p = problem(hours=24, step=0.25, orders=(order(900, 22),))
    plan = make_plan(p, replace(QUICK, gap=0.02))
    again = make_plan(noisy(p, 1, 0.01), steadily(plan, gap=0.02))
    assert violations(again) == []
    assert places(again) == places(plan)


def test_turned_prices_move_what_is_steady_and_not_what_is_frozen(short, plan):
    upside_down = turned(short)
    options = steadily(plan)
    again = make_plan(upside_down, options)
    kept = make_plan(upside_down, replace(options, fixed=(*options.fixed, *options.steady), steady=()))
    moved = len(places(plan) - places(again))
    assert violations(again) == []
    assert {place(b) for b in options.fixed} <= places(again)
    assert moved
    assert kept.objective_eur - again.objective_eur > moved * MOVE_EUR


def test_a_move_that_the_solver_s_gap_let_through_is_undone(short, plan):
    """A plan that moves one batch by an hour, for less than the threshold, is not the answer: it goes back."""
    options = replace(QUICK, steady=plan.batches, move_eur=MOVE_EUR)
    batch = [b for b in plan.batches if b.stage == "conche"][-1]
    away = replace(batch, start=batch.start - HOUR, end=batch.end - HOUR)
    trials = _Trials(short, options, make_plan, plan.batches)
    sloppy = trials.weigh(1.0, fixed=(away, *(b for b in plan.batches if b != batch)))
    assert (sloppy.fits, sloppy.moved) == (True, 1)
    assert trials.put_back(sloppy).moved == 0


# ------------------------------------------------------------------------------------------------------------- in words
@pytest.fixture(scope="module")
def kept_dearly(short, plan):
    """Prices upside down, and a threshold that nothing reaches: the problem, the plan without it, the plan with it."""
    options = replace(steadily(plan), move_eur=200.0)
    upside_down = turned(short)
    return upside_down, make_plan(upside_down, replace(options, steady=())), make_plan(upside_down, options)


def test_what_is_kept_says_what_it_costs(kept_dearly):
    _, free, again = kept_dearly
    kept = [b for b in again.batches if b.held == "steady"]
    assert kept
    assert sum(b.kept_eur for b in kept) == pytest.approx(again.objective_eur - free.objective_eur)
    for b in kept:
        assert f"kept, though {b.kept_eur:.2f} EUR dearer" in b.reason["en"]
        assert f"se mantiene, aunque cuesta {b.kept_eur:.2f} EUR más".replace(".", ",") in b.reason["es"]


def test_gap_and_bound_are_of_the_true_objective(kept_dearly):
    _, free, again = kept_dearly
    assert again.solver.bound_eur == free.solver.bound_eur
    assert again.solver.gap == pytest.approx(1 - again.solver.bound_eur / again.objective_eur)
    assert again.solver.gap > QUICK.gap
    assert again.status is Status.OPTIMAL


def test_what_stays_of_itself_is_held_by_nothing(short, plan):
    options = steadily(plan)
    free = make_plan(short, replace(options, steady=()))
    later = tuple(b for b in free.batches if not b.held)
    again = make_plan(short, replace(options, steady=later))
    assert places(again) == places(free)
    assert {b.held for b in again.batches} == {"frozen", ""}
    assert all(b.kept_eur is None for b in again.batches)


def test_a_threshold_of_nothing_is_no_threshold(kept_dearly):
    p, free, again = kept_dearly
    frozen = tuple(b for b in again.batches if b.held == "frozen")
    loose = make_plan(p, replace(QUICK, fixed=frozen, steady=again.batches, move_eur=0.0))
    assert loose.objective_eur == pytest.approx(free.objective_eur, rel=2 * QUICK.gap)


def test_keeping_for_nothing_says_so():
    assert kept_words(0.0) == {"es": "se mantiene: moverla no ahorra nada", "en": "kept: moving it saves nothing"}


# ---------------------------------------------------------------------------------------------------------- the program
@pytest.mark.parametrize(("by", "longer", "reward"), [(0, 0, MOVE_EUR), (1, 0, 0), (0, 1, 0), (0, -1, 0), (-1, 1, 0)])
def test_the_reward_is_given_for_a_run_in_exactly_its_slots(short, plan, by, longer, reward):
    line = next(b for b in plan.batches if b.stage == "line")
    said = replace(line, start=line.start + by * HOUR, end=line.end + (by + longer) * HOUR)
    frame = Frame(short, replace(QUICK, fixed=plan.batches, steady=(said,), move_eur=MOVE_EUR))
    whole = program(frame)
    assert _optimum(whole) - _optimum(rewarded(frame, whole)) == pytest.approx(reward, abs=1e-6)


def test_the_reward_is_given_for_a_conches_batch_that_begins_there(short, plan):
    conches = [b for b in plan.batches if b.stage == "conche"]
    said = (conches[0], replace(conches[1], start=conches[1].start + HOUR))
    frame = Frame(short, replace(QUICK, fixed=plan.batches, steady=said, move_eur=MOVE_EUR))
    whole = program(frame)
    assert _optimum(whole) - _optimum(rewarded(frame, whole)) == pytest.approx(MOVE_EUR, abs=1e-6)


def _optimum(whole):
    limits = LinearConstraint(whole.matrix, whole.row_low, whole.row_high)
    return milp(whole.cost, integrality=whole.whole, bounds=Bounds(whole.low, whole.high), constraints=limits).fun


def test_without_steady_batches_the_program_is_as_it_was(short):
    frame = Frame(short, replace(QUICK, move_eur=MOVE_EUR))
    whole = program(frame)
    assert rewarded(frame, whole).cost.tolist() == whole.cost.tolist()


def test_a_steady_batch_of_another_horizon_or_product_is_none(short, plan):
    gone = tuple(replace(b, start=b.start - timedelta(days=3), end=b.end - timedelta(days=3)) for b in plan.batches)
    other = tuple(replace(b, product="milk") for b in plan.batches)
    again = make_plan(short, replace(QUICK, steady=(*gone, *other), move_eur=MOVE_EUR))
    assert violations(again) == []
    assert all(not b.held for b in again.batches)


# ------------------------------------------------------------------------------------------------------- conches
def test_a_batch_keeps_the_conche_that_was_said(short, plan):
    other = {"conche-1": "conche-2", "conche-2": "conche-1", "line": "line"}
    swapped = tuple(replace(b, machine=other[b.machine]) for b in plan.batches)
    again = make_plan(short, replace(QUICK, fixed=swapped))
    assert violations(again) == []
    assert {b.id: b.machine for b in again.batches} == {b.id: b.machine for b in swapped}


@pytest.mark.parametrize("said", ["conche-1", "conche-2"])
def test_a_batch_alone_keeps_its_conche_too(short, plan, said):
    first = next(b for b in plan.batches if b.stage == "conche")
    frame = Frame(short, replace(QUICK, steady=(replace(first, machine=said),)))
    assert machines(frame, [(0, frame.slot_of(first))]) == (said,)


def test_conches_that_were_said_against_each_other_are_given_anew(short, plan):
    first, second = [b for b in plan.batches if b.stage == "conche"][:2]
    said = (replace(first, machine="conche-1"), replace(second, machine="conche-1"))
    frame = Frame(short, replace(QUICK, fixed=said))
    begins = [(0, frame.slot_of(first)), (0, frame.slot_of(second))]
    assert sorted(machines(frame, begins)) == ["conche-1", "conche-2"]


# ------------------------------------------------------------------------------------------------- when time is up
@pytest.mark.parametrize("part", [slice(0, 2), slice(-2, None), slice(None)])
def test_a_rule_keeps_what_is_fixed(short, plan, part):
    frame = Frame(short, replace(QUICK, fixed=plan.batches[part]))
    found = [schedule for rule in (B2, B3) if (schedule := schedule_by(rule, frame))]
    assert found
    for schedule in found:
        ruled = plan_of(frame, schedule, Status.FEASIBLE, Solved("rule", None, 0.0, None))
        assert violations(ruled) == []
        assert {place(b) for b in plan.batches[part]} <= places(ruled)


def test_when_time_is_up_the_answer_keeps_what_is_fixed(short, plan):
    again = make_plan(short, replace(QUICK, fixed=plan.batches[:2], time_limit_s=1e-6))
    assert violations(again) == []
    assert {place(b) for b in plan.batches[:2]} <= places(again)


def test_a_rule_does_not_go_where_the_solver_may_not(short, plan):
    """A batch that is locked where there is no crew has no schedule, not one that breaks the limit."""
    line = next(b for b in plan.batches if b.stage == "line")
    night = replace(line, start=MONDAY + 2 * HOUR, end=MONDAY + 5 * HOUR)
    assert schedule_by(B2, Frame(short, replace(QUICK, fixed=(night,)))) is None
