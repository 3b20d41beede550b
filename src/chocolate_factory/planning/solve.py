"""The plan of a problem, by SciPy's HiGHS within a time limit, with its gap and bound; always an answer.

A long horizon is solved piece by piece: the first hours whole and the rest relaxed, then held, and the next piece. The
first piece's bound is a bound of all; a nearer one takes a solve in one piece (``Options.whole_h``) and time.
Quarter-hours of several products are too much in one piece: an hourly master says where to look, and quarters are
decided within an hour of it. The bound is then a relaxation's, far below: the plan is nearer to the best than it says.

The best rule competes with the solver's answer, so no plan is dearer than a rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from time import perf_counter

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from chocolate_factory.domain.plan import Options, Plan, Problem, SlotInput, Solved, Status
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import Interval
from chocolate_factory.planning.baselines import B2, B3
from chocolate_factory.planning.frame import Bools, Floats, Frame
from chocolate_factory.planning.plans import no_plan, plan_of
from chocolate_factory.planning.program import Program, held_until, program, relaxed_after
from chocolate_factory.planning.rules import Rule, schedule_by
from chocolate_factory.planning.schedule import Schedule, objective_eur
from chocolate_factory.planning.steady import rewarded, settled

SOLVER = "HiGHS"
#: Whole decisions' slots and products in one piece; more in quarters go through an hourly master.
MOST_AT_ONCE = 250


@dataclass(frozen=True)
class Answer:
    """What one call or a chain of them found: columns, if any, and a bound of the whole objective, EUR.

    Attributes:
        eur: the objective of the columns; of a chain's last call.
    """

    x: Floats | None
    bound: float | None
    eur: float | None = None

    @property
    def gap(self) -> float | None:
        """How far the columns are from the bound at most, per unit of what they cost."""
        if self.eur is None or self.bound is None:
            return None
        return max(0.0, self.eur - self.bound) / max(abs(self.eur), 1e-9)


class _Watch:
    """What is left of the time limit."""

    def __init__(self, limit_s: float) -> None:
        self._begun = perf_counter()
        self._limit_s = limit_s

    @property
    def spent_s(self) -> float:
        return perf_counter() - self._begun

    @property
    def left_s(self) -> float:
        return max(0.05, self._limit_s - self.spent_s)


def make_plan(problem: Problem, options: Options = Options()) -> Plan:  # noqa: B008  frozen, without state
    """The cheapest plan that is found in time, steady batches moved only where it pays; never raises without one."""
    if options.steady and options.move_eur > 0:
        return settled(problem, options, _cheapest)
    return _cheapest(problem, options)


def _cheapest(problem: Problem, options: Options) -> Plan:
    """The cheapest plan, with what the options give for each steady batch that stays."""
    watch, frame = _Watch(options.time_limit_s), Frame(problem, options)
    if np.any(frame.fixed_kw > frame.limit_kw + 1e-6):
        note = "the contracted power, or the peak asked for, is less than what the plant takes at rest"
        return no_plan(frame, Solved(SOLVER, None, watch.spent_s, None), note)
    if not frame.names:
        return plan_of(frame, _at_rest(frame), Status.OPTIMAL, Solved(SOLVER, 0.0, watch.spent_s, None))
    whole = rewarded(frame, program(frame))
    build_s = watch.spent_s
    answer = _answer(frame, whole, watch)
    return _best(frame, whole, answer, Solved(SOLVER, None, watch.spent_s - build_s, answer.bound, build_s))


def _at_rest(frame: Frame) -> Schedule:
    return Schedule((), (-1,) * frame.count, np.zeros(frame.count))


def relaxed_tail(problem: Problem, options: Options) -> Solved:
    """The solve that decides the next hours: whole for ``whole_h`` and relaxed after, the first piece of a long plan.

    What it says of gap and bound is true of that problem; its bound is also one of the whole plan's cost.
    """
    watch, frame = _Watch(options.time_limit_s), Frame(problem, options)
    whole = program(frame)
    build_s = watch.spent_s
    found = _solve(relaxed_after(frame, whole, frame.slots_in(options.whole_h)), watch.left_s, options.gap)
    return Solved(SOLVER, found.gap, watch.spent_s - build_s, found.bound, build_s)


# -------------------------------------------------------------------------------------------------------- the strategy
def _answer(frame: Frame, whole: Program, watch: _Watch) -> Answer:
    if frame.step < 1 and frame.count * len(frame.names) > MOST_AT_ONCE:
        return _refined(frame, whole, watch)
    return _in_pieces(frame, whole, watch)


def _in_pieces(frame: Frame, whole: Program, watch: _Watch) -> Answer:
    """Piece by piece: whole until a slot and relaxed after, then held."""
    piece = max(1, frame.slots_in(frame.options.whole_h))
    bound, x, held = None, None, whole
    for first in range(0, frame.count, piece):
        last = first + piece >= frame.count
        current = held if last else relaxed_after(frame, held, first + piece)
        found = _solve(current, watch.left_s * (1.0 if last else 0.6), frame.options.gap)
        bound, x = (found.bound if first == 0 else bound), found.x
        if x is None:  # what was held leaves no whole plan, or time is up: one try without it
            return _the_better(found, _solve(whole, watch.left_s, frame.options.gap), bound) if first else found
        held = held_until(frame, whole, x, first + piece)
    return Answer(x, bound, found.eur)


def _the_better(one: Answer, other: Answer, bound: float | None) -> Answer:
    """The cheaper columns with the higher bound; both answers, and the bound, are of the same problem."""
    found = min((a for a in (one, other) if a.eur is not None), key=lambda a: a.eur or 0.0, default=one)
    known = [b for b in (bound, other.bound) if b is not None]
    return Answer(found.x, max(known, default=None), found.eur)


def _solve(p: Program, limit_s: float, gap: float) -> Answer:
    """One call of the solver."""
    result = milp(
        p.cost,
        integrality=p.whole.astype(int),
        bounds=Bounds(p.low, p.high),
        constraints=LinearConstraint(p.matrix, p.row_low, p.row_high),
        options={"time_limit": limit_s, "mip_rel_gap": gap},
    )
    # Without whole columns there is no search and no bound of one: the optimum is its own.
    bound = result.get("mip_dual_bound") if p.whole.any() else result.fun
    return Answer(result.x, float(bound) if bound is not None and np.isfinite(bound) else None, result.fun)


# ------------------------------------------------------------------------------------------------------------ quarters
def _refined(frame: Frame, whole: Program, watch: _Watch) -> Answer:
    """Quarters within an hour of an hourly master; the whole problem only where that finds nothing."""
    bound = _relaxed_bound(frame, whole, watch)
    hours = round(1 / frame.step)
    if frame.count % hours:
        return _in_pieces(frame, whole, watch)
    master = Frame(_hourly(frame.problem, hours), frame.options)
    coarse = rewarded(master, program(master))
    found = _in_pieces(master, coarse, _Watch(watch.left_s * 0.5))
    if found.x is None:
        return _in_pieces(frame, whole, watch)
    near = _near(frame, whole, schedule_from(master, coarse, found.x), hours)
    refined = _in_pieces(frame, near, _Watch(watch.left_s * 0.8))
    if refined.x is None:
        return _the_better(refined, _solve(whole, watch.left_s, frame.options.gap), bound)
    return Answer(refined.x, bound, refined.eur)


def _relaxed_bound(frame: Frame, whole: Program, watch: _Watch) -> float | None:
    """The least cost with whole numbers of batches and runs a day and nothing else whole: no plan is cheaper."""
    counted = np.zeros_like(whole.whole)
    for total, p in product(("begins of day", "runs of day"), range(len(frame.names))):
        columns = whole.columns.of(total, p)
        counted[columns] = whole.whole[columns]
    return _solve(replace(whole, whole=counted), watch.left_s * 0.2, 0.1 * frame.options.gap).bound


def _hourly(problem: Problem, by: int) -> Problem:
    """The same problem in slots ``by`` times as long."""
    groups = [problem.slots[i : i + by] for i in range(0, len(problem.slots), by)]
    done = {g[0].slot.start: sum(problem.done_kg.get(s.slot.start, 0.0) for s in g) for g in groups}
    kept = {start: kg for start, kg in done.items() if kg}
    return replace(problem, slots=tuple(_merged(group, problem) for group in groups), done_kg=kept)


def _merged(group: tuple[SlotInput, ...], problem: Problem) -> SlotInput:
    """Mean price and air, the least contract, and a crew only where it is there throughout."""
    contracted_kw = problem.plant.contract.power_kw
    return replace(
        group[0],
        slot=Interval(group[0].slot.start, group[-1].slot.end),
        energy_eur_kwh=sum(s.energy_eur_kwh for s in group) / len(group),
        period=min((s.period for s in group), key=contracted_kw),
        air=Air(
            sum(s.air.temperature_c for s in group) / len(group), sum(s.air.humidity_pct for s in group) / len(group)
        ),
        crew=all(s.crew for s in group),
    )


def _near(frame: Frame, whole: Program, master: Schedule, by: int) -> Program:
    """The program with begins, starts and runs only within ``by`` slots of the master's."""
    high = whole.high.copy()
    runs = [(run.product, run.first * by, run.end * by) for run in master.runs()]
    for p in range(len(frame.names)):
        begins = _around(frame.count, ((t * by, t * by + 1) for q, t in master.begins if q == p), by)
        starts = _around(frame.count, ((first, first + 1) for q, first, _ in runs if q == p), by)
        on = _around(frame.count, ((first, end) for q, first, end in runs if q == p), by)
        for variable, near in (("begin", begins), ("start", starts), ("on", on)):
            columns = whole.columns.of(variable, p)
            high[columns] = np.minimum(high[columns], np.maximum(near, whole.low[columns]))
    return replace(whole, high=high)


def _around(count: int, stretches: Iterator[tuple[int, int]], by: int) -> Bools:
    near = np.zeros(count, dtype=bool)
    for first, end in stretches:
        near[max(0, first - by) : end + by] = True
    return near


# ------------------------------------------------------------------------------------------------------- the best
def schedule_from(frame: Frame, whole: Program, x: Floats) -> Schedule:
    """The decisions in a solver's columns, cleaned of its tolerance."""
    columns, line, output = whole.columns, np.full(frame.count, -1), np.zeros(frame.count)
    begins: list[tuple[int, int]] = []
    for p in range(len(frame.names)):
        begins += [(p, int(t)) for t in np.flatnonzero(x[columns.of("begin", p)] > 0.5)]
        on = x[columns.of("on", p)] > 0.5
        line[on] = p
        output[on] = x[columns.of("output", p)][on]
    schedule = Schedule(tuple(sorted(begins, key=lambda b: (b[1], b[0]))), tuple(int(p) for p in line), output)
    for run in schedule.runs():
        output[run.first : run.first + frame.setup_slots] = 0.0
        made = slice(run.first + frame.setup_slots, run.end)
        output[made] = np.clip(output[made], frame.least_kg, frame.most_kg)
    return schedule


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
