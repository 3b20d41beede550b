"""A task planned, measured against the declared baseline, run through the simulator, and repaired where chance wins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chocolate_factory.domain.plan import Batch, Plan
from chocolate_factory.domain.plan_record import Planned, PlanTask
from chocolate_factory.planning.baselines import compact_block
from chocolate_factory.planning.solve import make_plan
from chocolate_factory.simulation.certificate import Mapper, certificate_of, replications_of
from chocolate_factory.simulation.run import run
from chocolate_factory.usecases.buffers import Trial, buffers_h, judged_by, with_buffers

#: An order that is planned earlier by less than this is not worth a word, h.
WORTH_TELLING_H = 0.1


def planned(task: PlanTask, mapper: Mapper = map) -> Planned:
    """The plan with its baseline and certificate; pure, and slow: a service calls it in a child process.

    A plan that is on time less often than the plant asks is made again with buffers, at most ``repair_rounds`` times.
    The cheapest that is on time often enough is kept; where none is, the most punctual.

    Args:
        mapper: who runs the certificate's replications.

    Raises:
        InputError: a batch that is fixed contradicts its own slots.
    """
    plan, baseline = make_plan(task.problem, task.options), compact_block(task.problem)
    if not task.replications or not plan.batches:
        return Planned(plan, baseline, None)
    first = _trial(task, plan, mapper)
    trials, excused = [first, *_repairs(task, first, mapper)], first.late_by_plan()
    best = _best(trials, _asked(task), excused)
    return Planned(best.plan, baseline, certificate_of(best.runs, task.seed), _notes(task, trials, best, excused))


def _asked(task: PlanTask) -> float:
    return task.problem.plant.policy.on_time_probability


def _trial(task: PlanTask, plan: Plan, mapper: Mapper) -> Trial:
    runs = replications_of(plan, task.replications, task.seed, mapper)
    return Trial(plan, run(plan, task.seed, random=False), runs)


def _repairs(task: PlanTask, first: Trial, mapper: Mapper) -> Iterator[Trial]:
    """Plans with more and more buffer, until one is punctual enough or nothing changes any more."""
    problem, trial, excused = task.problem, first, first.late_by_plan()
    for _ in range(task.repair_rounds):
        if trial.on_time(excused) >= _asked(task):
            return
        problem = with_buffers(problem, trial, buffers_h(trial, _asked(task), excused))
        again = make_plan(problem, task.options)
        if not again.batches or _work(again) == _work(trial.plan):
            return
        trial = _trial(task, judged_by(again, task.problem, task.options, first.plan.solver), mapper)
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
def _notes(task: PlanTask, trials: Sequence[Trial], best: Trial, excused: frozenset[str]) -> tuple[str, ...]:
    """What was done for punctuality, in plain words."""
    return (*_excuses(excused), *_moves(trials[0], best, excused), *_shortfall(task, trials, best, excused))


def _excuses(excused: frozenset[str]) -> Iterator[str]:
    for order in sorted(excused):
        yield (
            f"Order {order} is late by the plan itself, for more is asked than can be made by then: no buffer helps, "
            "and it does not count as lost by chance."
        )


def _moves(first: Trial, best: Trial, excused: frozenset[str]) -> Iterator[str]:
    if best is first:
        return
    before, after = first.done_h(), best.done_h()
    earlier_h = {order: before[order] - after[order] for order in before}
    told = [f"{order} {h:.1f} h" for order, h in earlier_h.items() if h >= WORTH_TELLING_H]
    shares = f"{100 * best.on_time(excused):.0f} % instead of {100 * first.on_time(excused):.0f} %"
    dearer = best.plan.objective_eur - first.plan.objective_eur
    cost = f"{abs(dearer):.2f} EUR {'dearer' if dearer >= 0 else 'cheaper'}"
    what = f"Planned earlier as a buffer: {', '.join(told)}" if told else "Planned with buffers"
    yield f"{what}; on time in {shares} of {len(best.runs)} simulated runs, {cost}."


def _shortfall(task: PlanTask, trials: Sequence[Trial], best: Trial, excused: frozenset[str]) -> Iterator[str]:
    found, asked = best.on_time(excused), _asked(task)
    if found >= asked:
        return
    tried = "no other plan was found with a buffer" if len(trials) == 1 else f"{len(trials) - 1} with buffers were tried"
    if not task.repair_rounds:
        tried = "no repair was asked for"
    yield f"On time in {100 * found:.0f} % of the runs where {100 * asked:.0f} % are asked: {tried}."
