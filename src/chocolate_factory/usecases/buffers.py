"""Time for orders that chance makes late: the plan is made again as if they were due earlier.

The buffer is put where time was lost: before each endangered order, as long as the work that nearly all of its late
runs lacked. It is counted from when the plan completes the order, for what a plan leaves until the due time is buffer
already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from chocolate_factory.domain.plan import Options, Plan, Problem, Solved, Status
from chocolate_factory.domain.plant import Order
from chocolate_factory.planning.frame import Frame
from chocolate_factory.planning.schedule import Schedule, late_kg, lateness, objective_eur
from chocolate_factory.simulation.certificate import Replication
from chocolate_factory.simulation.outcome import Outcome

#: The shortest buffer, h: slots do the rest, for an order due inside a slot is planned into the one before.
LEAST_H = 0.01
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Trial:
    """A plan and what the simulator made of it.

    Attributes:
        calm: as it goes without chance.
        runs: with chance.
    """

    plan: Plan
    calm: Outcome
    runs: Sequence[Replication]

    def on_time(self, excused: frozenset[str] = NOBODY) -> float:
        """Share of the runs in which every order but these was on time."""
        return sum(not (r.behind_h.keys() - excused) for r in self.runs) / len(self.runs)

    def late_by_plan(self) -> frozenset[str]:
        """Orders that the plan itself completes too late: no luck is to blame."""
        late = self.plan.late_kg_h > 0
        return frozenset(d.order for d in self.calm.deliveries if late and not d.on_time)

    def done_h(self) -> dict[str, float]:
        """When each order is complete without chance, h from the horizon's start; at the latest when it is due."""
        return {d.order: d.due_h if d.done_h is None else min(d.done_h, d.due_h) for d in self.calm.deliveries}


def buffers_h(trial: Trial, asked: float, excused: frozenset[str]) -> dict[str, float]:
    """How much earlier each endangered order must be complete, h.

    All orders together are to be on time with the probability ``asked``. What may be missed is shared equally by the
    orders that were ever late (Bonferroni), so one alone has to be a little better than all together.
    """
    times_late = Counter(order for run in trial.runs for order in run.behind_h if order not in excused)
    level = 1 - (1 - asked) / max(1, len(times_late))
    endangered = [order for order, times in times_late.items() if times > (1 - level) * len(trial.runs)]
    return {order: _behind_h(trial.runs, order, level) for order in sorted(endangered)}


def _behind_h(runs: Sequence[Replication], order: str, level: float) -> float:
    behind = [run.behind_h.get(order, 0.0) for run in runs]
    return max(LEAST_H, float(np.quantile(behind, level, method="higher")))


def with_buffers(problem: Problem, trial: Trial, buffers: Mapping[str, float]) -> Problem:
    """The problem with endangered orders due earlier; buffers that it has already stay."""
    done_h, start = trial.done_h(), problem.horizon.start
    pulled = {order: start + timedelta(hours=done_h[order] - hours) for order, hours in buffers.items()}
    orders = [replace(o, due=min(o.due, pulled.get(o.id, o.due))) for o in problem.orders]
    return replace(problem, orders=_in_their_order(problem.orders, orders))


def _in_their_order(before: Sequence[Order], pulled: Sequence[Order]) -> tuple[Order, ...]:
    """A product's orders are served by due time: what is served before a pulled order is due no later than that."""
    earliest: dict[str, datetime] = {}
    found: dict[int, Order] = {}
    for i in sorted(range(len(before)), key=lambda i: before[i].due, reverse=True):
        order = pulled[i]
        due = min(order.due, earliest.get(order.product, order.due))
        earliest[order.product], found[i] = due, replace(order, due=due)
    return tuple(found[i] for i in range(len(pulled)))


def judged_by(plan: Plan, problem: Problem, options: Options, solver: Solved) -> Plan:
    """A plan that was made with buffers, judged by the due times as they are.

    Args:
        solver: of the plan without buffers, whose bound holds for every plan of the problem.
    """
    frame = Frame(problem, options)
    schedule = _schedule(plan, frame)
    late_kg_h, owed_kg = lateness(frame, late_kg(frame, schedule))
    cost, bound = objective_eur(frame, schedule), solver.bound_eur
    gap = None if bound is None else max(0.0, cost - bound) / max(abs(cost), 1e-9)
    return replace(
        plan,
        problem=problem,
        status=Status.OPTIMAL if gap is not None and gap <= options.gap + 1e-6 else Status.FEASIBLE,
        solver=replace(plan.solver, gap=gap, bound_eur=bound),
        late_kg_h=late_kg_h,
        late_eur=late_kg_h * problem.plant.policy.lateness_eur_kg_h,
        owed_kg=owed_kg,
    )


def _schedule(plan: Plan, frame: Frame) -> Schedule:
    """The decisions of a plan."""
    names = frame.names
    begins = [(names.index(b.product), frame.slot_of(b)) for b in plan.batches if b.stage == "conche"]
    line = tuple(names.index(s.line_product) if s.line_product in names else -1 for s in plan.slots)
    return Schedule(tuple(begins), line, np.array([s.output_kg for s in plan.slots]))
