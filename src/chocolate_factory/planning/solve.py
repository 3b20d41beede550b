"""The plan of a problem, by SciPy's HiGHS within a time limit, with its gap and bound; always an answer.

A long horizon is solved in pieces (``search/pieces.py``); the first piece's bound is a bound of all; a nearer one takes
a solve in one piece (``Options.whole_h``) and time. Quarter-hours of several products are too much in one piece: they
go through an hourly master (``search/quarters.py``).

The best rule competes with the solver's answer, so no plan is dearer than a rule.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from chocolate_factory.domain.plan import Options, Plan, Problem, Solved, Status
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.schedule import Schedule, objective_eur
from chocolate_factory.planning.plans import no_plan, plan_of
from chocolate_factory.planning.program.after import valued
from chocolate_factory.planning.program.program import Program, program, relaxed_after
from chocolate_factory.planning.program.rewards import rewarded
from chocolate_factory.planning.search.pieces import in_pieces
from chocolate_factory.planning.search.quarters import refined_quarters
from chocolate_factory.planning.search.rules import B2, B3, schedule_by
from chocolate_factory.planning.search.solver import SOLVER, Answer, Solver, Watch, schedule_from, solved
from chocolate_factory.planning.search.steady import settled
from chocolate_factory.planning.search.walk import Rule

#: Whole decisions' slots and products in one piece; more in quarters go through an hourly master.
MOST_AT_ONCE = 250


def make_plan(problem: Problem, options: Options = Options(), solver: Solver = solved) -> Plan:  # noqa: B008  frozen
    """The cheapest plan that is found in time, steady batches moved only where it pays; never raises without one.

    Args:
        solver: who answers the programs. All that depends on time or machine is in its answers: the same answers give
            the same plan.
    """
    plan_by = partial(_cheapest, solver=solver)
    if options.steady and options.move_eur > 0:
        return settled(problem, options, plan_by)
    return plan_by(problem, options)


def _cheapest(problem: Problem, options: Options, solver: Solver) -> Plan:
    """The cheapest plan, with what the options give for each steady batch that stays."""
    watch, frame = Watch(options.time_limit_s, solver), Frame(problem, options)
    if np.any(frame.fixed_kw > frame.limit_kw + 1e-6):
        note = "the contracted power, or the peak asked for, is less than what the plant takes at rest"
        return no_plan(frame, Solved(SOLVER, None, watch.spent_s, None), note)
    if not frame.names:
        return plan_of(frame, _at_rest(frame), Status.OPTIMAL, Solved(SOLVER, 0.0, watch.spent_s, None))
    whole = rewarded(frame, valued(frame, program(frame)))
    build_s = watch.spent_s
    answer = _answer(frame, whole, watch)
    return _best(frame, whole, answer, Solved(SOLVER, None, watch.spent_s - build_s, answer.bound, build_s))


def _at_rest(frame: Frame) -> Schedule:
    return Schedule((), (-1,) * frame.count, np.zeros(frame.count))


def relaxed_tail(problem: Problem, options: Options) -> Solved:
    """The solve that decides the next hours: whole for ``whole_h`` and relaxed after, the first piece of a long plan.

    What it says of gap and bound is true of that problem; its bound is also one of the whole plan's cost.
    """
    watch, frame = Watch(options.time_limit_s), Frame(problem, options)
    whole = program(frame)
    build_s = watch.spent_s
    first = relaxed_after(frame, whole, frame.slots_in(options.whole_h))
    found = solved(first, watch.left_s, options.gap, tail=True)
    return Solved(SOLVER, found.gap, watch.spent_s - build_s, found.bound, build_s)


# -------------------------------------------------------------------------------------------------------- the strategy
def _answer(frame: Frame, whole: Program, watch: Watch) -> Answer:
    if frame.step < 1 and frame.count * len(frame.names) > MOST_AT_ONCE:
        return refined_quarters(frame, whole, watch)
    return in_pieces(frame, whole, watch)


# ------------------------------------------------------------------------------------------------------- the best
def _best(frame: Frame, whole: Program, answer: Answer, solver: Solved) -> Plan:
    """The solver's schedule or a rule's, whichever is cheaper."""
    found = None if answer.x is None else schedule_from(frame, whole, answer.x)
    rules = [(rule, schedule) for rule in (B2, B3) if (schedule := _comparable(rule, frame, found))]
    rule, ruled = min(rules, key=lambda r: objective_eur(frame, r[1]), default=(None, None))
    if found is not None and (ruled is None or objective_eur(frame, found) <= objective_eur(frame, ruled) + 1e-6):
        return _proven(frame, found, solver, "")
    if ruled is None or rule is None:
        return no_plan(frame, solver, "neither the solver nor a rule found a plan that keeps every limit")
    return _proven(frame, ruled, solver, _rule_note(rule, found))


def _comparable(rule: Rule, frame: Frame, found: Schedule | None) -> Schedule | None:
    """A rule's schedule; it knows of no steady batches, so where those count, it does not beside a solver's answer."""
    rewards = frame.options.move_eur if frame.options.steady else 0.0
    return None if rewards and found else schedule_by(rule, frame)


def _rule_note(rule: Rule, found: Schedule | None) -> str:
    if found is not None:
        return f"{rule.name}: cheaper than what the solver found in time"
    return f"{rule.name}: the solver found no plan in time"


def _proven(frame: Frame, schedule: Schedule, solver: Solved, note: str) -> Plan:
    """The plan with its gap: optimal when it is within the one asked for."""
    cost, gap = objective_eur(frame, schedule), None
    if solver.bound_eur is not None:
        gap = max(0.0, cost - solver.bound_eur) / max(abs(cost), 1e-9)
    optimal = gap is not None and gap <= frame.options.gap + 1e-6
    status = Status.OPTIMAL if optimal else Status.FEASIBLE
    return plan_of(frame, schedule, status, replace(solver, gap=gap), note)
