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
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.schedule import late_kg, lateness, objective_eur
from chocolate_factory.planning.conflicts.late_orders import late_orders
from chocolate_factory.planning.plans import schedule_of
from chocolate_factory.simulation.certificate import Replication
from chocolate_factory.simulation.outcome import Outcome

#: The shortest buffer, h: slots do the rest, for an order due inside a slot is planned into the one before.
LEAST_H = 0.01
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Trial:
    """A plan and what the simulator made of it.

    Attributes:
        made_for: the problem that was solved, with its buffers.
        calm: as it goes without chance.
        runs: with chance.
    """

    made_for: Problem
    plan: Plan
    calm: Outcome
    runs: Sequence[Replication]

    def on_time(self, excused: frozenset[str] = NOBODY) -> float:
        """Share of the runs in which every order but these was on time."""
        return sum(not (r.behind_h.keys() - excused) for r in self.runs) / len(self.runs)

    def done_h(self) -> dict[str, float]:
        """When each order is complete without chance, h from the horizon's start; at the latest when it is due."""
        return {d.order: d.due_h if d.done_h is None else min(d.done_h, d.due_h) for d in self.calm.deliveries}

    def pulled_h(self) -> dict[str, float]:
        """Orders that were planned as if due earlier, and by how much, h."""
        pairs = zip(self.plan.problem.orders, self.made_for.orders, strict=True)
        return {o.id: (o.due - pulled.due).total_seconds() / 3600 for o, pulled in pairs if pulled.due < o.due}


def late_by_plan(plan: Plan, options: Options) -> frozenset[str]:
    """Orders that a plan itself completes too late: no luck is to blame."""
    return frozenset(late.order.id for late in late_orders(plan, Frame(plan.problem, options)))


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


def with_buffers(trial: Trial, buffers: Mapping[str, float]) -> Problem:
    """The trial's problem with endangered orders due earlier; buffers that it has already stay.

    Args:
        buffers: by order, h, counted from when the trial's plan completes it.
    """
    problem, done_h, start = trial.made_for, trial.done_h(), trial.made_for.horizon.start
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
    schedule = schedule_of(plan, frame)
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
