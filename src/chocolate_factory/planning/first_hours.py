"""The first hours of the cheapest plan, for who plans again before they are over.

They are decided in the light of the whole horizon: what lies behind them is in the program, relaxed. ``make_plan``
would go on and make that tail whole, which nobody is going to run.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chocolate_factory.domain.plan import Options, Plan, Problem, Solved, Status
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.schedule import Schedule, late_kg, lateness
from chocolate_factory.planning.plans import no_plan, plan_of
from chocolate_factory.planning.program.program import program, relaxed_after
from chocolate_factory.planning.program.rewards import rewarded
from chocolate_factory.planning.search.solver import SOLVER, Answer, Watch, schedule_from, solved


def first_hours(problem: Problem, options: Options = Options()) -> Plan:  # noqa: B008  frozen, without state
    """The first ``whole_h`` hours of the cheapest plan; steady batches stay unless moving one saves ``move_eur``.

    Gap and bound are of the whole horizon with its tail relaxed. The same problem and options give the same plan,
    unless the time limit is what ended the solve: then its gap is wider than the one asked for.
    """
    watch, frame = Watch(options.time_limit_s), Frame(problem, options)
    count = min(frame.count, frame.slots_in(options.whole_h))
    if np.any(frame.fixed_kw > frame.limit_kw + 1e-6):
        return no_plan(frame, Solved(SOLVER, None, watch.spent_s, None), "the plant at rest takes more than it may")
    if not frame.names:
        at_rest = Schedule((), (-1,) * frame.count, np.zeros(frame.count))
        return _head(frame, at_rest, count, Status.OPTIMAL, Solved(SOLVER, 0.0, watch.spent_s, None))
    whole = rewarded(frame, program(frame))
    found = solved(relaxed_after(frame, whole, count), watch.left_s, options.gap, tail=count < frame.count)
    solver = Solved(SOLVER, found.gap, watch.spent_s, found.bound)
    if found.x is None:
        return no_plan(frame, solver, "no plan keeps every limit" if found.impossible else "none was found in time")
    return _head(frame, _begun(schedule_from(frame, whole, found.x), count), count, _status(found, options), solver)


def _begun(schedule: Schedule, count: int) -> Schedule:
    """What of a schedule begins in its first slots, and nothing after."""
    begins = tuple((p, t) for p, t in schedule.begins if t < count)
    line = tuple(product if t < count else -1 for t, product in enumerate(schedule.line))
    return Schedule(begins, line, np.where(np.array(line) >= 0, schedule.output, 0.0))


def _head(frame: Frame, schedule: Schedule, count: int, status: Status, solver: Solved) -> Plan:
    """The plan of a schedule, cut after its first slots; a batch that ends later is whole."""
    plan = plan_of(frame, schedule, status, solver)
    late_kg_h, owed_kg = lateness(frame, late_kg(frame, schedule)[:, :count])
    late_eur = late_kg_h * frame.problem.plant.policy.lateness_eur_kg_h
    problem = replace(plan.problem, slots=plan.problem.slots[:count])
    return replace(
        plan, problem=problem, slots=plan.slots[:count], late_kg_h=late_kg_h, late_eur=late_eur, owed_kg=owed_kg
    )


def _status(found: Answer, options: Options) -> Status:
    proven = found.gap is not None and found.gap <= options.gap + 1e-6
    return Status.OPTIMAL if proven else Status.FEASIBLE
