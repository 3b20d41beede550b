"""A task planned, measured against the declared baseline, run through the simulator, and repaired where chance wins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from chocolate_factory.domain.plan import After, Batch, Plan, Problem
from chocolate_factory.domain.plan_record import Move, Moving, Planned, PlanTask, Solve
from chocolate_factory.domain.time import Interval, isoformat_madrid
from chocolate_factory.planning import what_if
from chocolate_factory.planning.baselines import compact_block
from chocolate_factory.planning.carry import standing
from chocolate_factory.planning.compare import saving_eur
from chocolate_factory.planning.conflicts.core import conflicts_of
from chocolate_factory.planning.search.ahead import after
from chocolate_factory.planning.search.noted import Noted
from chocolate_factory.planning.search.solver import Solver
from chocolate_factory.planning.solve import make_plan
from chocolate_factory.simulation.certificate import Mapper, certificate_of, replications_of
from chocolate_factory.simulation.run import run
from chocolate_factory.usecases.buffers import Trial, buffers_h, judged_by, late_by_plan, with_buffers


def planned(task: PlanTask, mapper: Mapper = map, before: Sequence[Solve] = ()) -> Planned:
    """The plan with its baseline and certificate; pure, and slow: a service calls it in a child process.

    A plan that is on time less often than the plant asks is made again with buffers, at most ``repair_rounds`` times.
    The cheapest that is on time often enough is kept; where none is, the most punctual.

    Args:
        mapper: who runs the certificate's replications.
        before: the solver's calls, where this plan was made before: then it comes out the same on any machine.

    Raises:
        InputError: a batch that is fixed contradicts its own slots.
    """
    solver, looked = Noted(before), _looked_ahead(task)
    task = replace(task, problem=replace(task.problem, after=looked))
    plan, baseline = make_plan(task.problem, task.options, solver), _baseline(task.problem)
    if not task.replications or not plan.batches:
        saving, notes = saving_eur(plan, baseline), tuple(_look(task, plan))
        return Planned(_explained(task, plan), baseline, None, notes, saving, tuple(solver.calls))
    first = _trial(task, task.problem, plan, mapper)
    excused = late_by_plan(plan, task.options)
    trials = [first, *_repairs(task, first, excused, mapper, solver)]
    best = _best(trials, _asked(task), excused)
    certificate = certificate_of(best.runs, task.seed)
    notes = (*_look(task, best.plan), *_notes(task, trials, best, excused))
    told, saving = _explained(task, best.plan), saving_eur(best.plan, baseline)
    return Planned(told, baseline, certificate, notes, saving, tuple(solver.calls))


def planned_by(asked: tuple[PlanTask, Mapper]) -> Planned:
    """As ``planned``, with the one argument that a child process takes."""
    return planned(*asked)


def planned_again(asked: tuple[PlanTask, Sequence[Solve]]) -> Planned:
    """As ``planned`` with what the solver said before, for a child process."""
    task, before = asked
    return planned(task, before=before)


def moved(asked: Moving) -> Move:
    """What moving one batch of a plan would do, as ``planning/what_if.py`` has it; slow too."""
    problem = replace(asked.task.problem, after=asked.plan.problem.after)
    return what_if.moved(problem, asked.task.options, asked.plan, asked.batch_id, asked.start)


def _looked_ahead(task: PlanTask) -> After | None:
    """What the days behind the plan are worth; None where it looks no further, or nothing keeps their limits."""
    return after(task.problem, _days_after(task), task.options) if task.beyond else None


def _days_after(task: PlanTask) -> Problem:
    """What lies behind the plan, with the plant's own orders; at its end the tanks hold what the plant file says."""
    plant, window = task.problem.plant, Interval(task.problem.horizon.end, task.looked_at.end)
    return Problem(plant, task.beyond, plant.orders(window), stocks_kg={}, end_kg=plant.stocked_kg())


def _baseline(problem: Problem) -> Plan:
    """B2, which looks nowhere: it ends with the tanks as full as they were."""
    return compact_block(replace(problem, after=None))


def _explained(task: PlanTask, plan: Plan) -> Plan:
    """The plan with what stands in its way, where it is late or nothing fits."""
    return replace(plan, conflicts=conflicts_of(task.problem, task.options, plan))


def _asked(task: PlanTask) -> float:
    return task.problem.plant.policy.on_time_probability


def _trial(task: PlanTask, made_for: Problem, plan: Plan, mapper: Mapper) -> Trial:
    runs = replications_of(plan, task.replications, task.seed, mapper)
    return Trial(made_for, plan, run(plan, task.seed, random=False), runs)


def _repairs(task: PlanTask, first: Trial, excused: frozenset[str], mapper: Mapper, solver: Solver) -> Iterator[Trial]:
    """Plans with more and more buffer, until one is punctual enough or nothing changes any more."""
    trial, asked = first, _asked(task)
    for _ in range(task.repair_rounds):
        if trial.on_time(excused) >= asked:
            return
        problem = with_buffers(trial, buffers_h(trial, asked, excused))
        again = make_plan(problem, task.options, solver)
        if not again.batches or _work(again) == _work(trial.plan):
            return
        judged = judged_by(again, task.problem, task.options, first.plan.solver)
        trial = _trial(task, problem, judged, mapper)
        yield trial


def _work(plan: Plan) -> list[tuple[str, Batch]]:
    """What is done when, whatever is said of it."""
    return [(b.id, Batch(b.id, b.product, b.stage, b.machine, b.start, b.end, round(b.kg, 3))) for b in plan.batches]


def _best(trials: Sequence[Trial], asked: float, excused: frozenset[str]) -> Trial:
    reached = [t for t in trials if t.on_time(excused) >= asked]
    if reached:
        return min(reached, key=lambda t: t.plan.objective_eur)
    return max(trials, key=lambda t: (t.on_time(excused), -t.plan.objective_eur))


# -------------------------------------------------------------------------------------------------------------- notes
def _look(task: PlanTask, plan: Plan) -> Iterator[str]:
    """How far was looked and what came of it, in plain words."""
    if not task.beyond:
        return
    looked, until = task.problem.after, isoformat_madrid(task.looked_at.end)
    if looked is None:
        yield f"The plan looks no further than its end: nothing keeps the limits of the days until {until}."
    else:
        yield f"What it leaves is worth what it saves the days until {until}, by the prices and orders expected there."
        ahead = standing(plan, plan.problem.horizon.end).finished_kg
        made = ", ".join(f"{name} {kg:.0f} kg" for name, kg in ahead.items() if kg >= 1)
        yield f"Made ahead for them: {made or 'nothing'}."


def _notes(task: PlanTask, trials: Sequence[Trial], best: Trial, excused: frozenset[str]) -> tuple[str, ...]:
    """What was done for punctuality, in plain words."""
    return (*_excuses(excused), *_moves(trials[0], best, excused), *_shortfall(task, trials, best, excused))


def _excuses(excused: frozenset[str]) -> Iterator[str]:
    if excused:
        yield (
            f"Late by the plan itself: {', '.join(sorted(excused))}. More is asked than can be made by then, or to be "
            "in time would cost more: no buffer helps, and it does not count as lost by chance."
        )


def _moves(first: Trial, best: Trial, excused: frozenset[str]) -> Iterator[str]:
    if best is first:
        return
    pulled = ", ".join(f"{order} by {hours:.1f} h" for order, hours in best.pulled_h().items())
    shares = f"{_percent(best.on_time(excused))} instead of {_percent(first.on_time(excused))}"
    dearer = best.plan.objective_eur - first.plan.objective_eur
    cost = f"{abs(dearer):.2f} EUR {'dearer' if dearer >= 0 else 'cheaper'}"
    yield (
        f"As a buffer, planned as if due earlier: {pulled}. On time in {shares} of {len(best.runs)} simulated runs, "
        f"{cost}."
    )


def _shortfall(task: PlanTask, trials: Sequence[Trial], best: Trial, excused: frozenset[str]) -> Iterator[str]:
    found, asked = best.on_time(excused), _asked(task)
    if found < asked:
        tried = f"plans with a buffer that were tried: {len(trials) - 1}, none more punctual"
        yield f"On time in {_percent(found)} of the simulated runs where {_percent(asked)} are asked; {tried}."


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
