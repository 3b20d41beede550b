"""A task planned, measured against the declared baseline, and run through the simulator."""

from __future__ import annotations

from chocolate_factory.domain.plan_record import Planned, PlanTask
from chocolate_factory.planning.baselines import compact_block
from chocolate_factory.planning.solve import make_plan
from chocolate_factory.simulation.certificate import certify


def planned(task: PlanTask) -> Planned:
    """The plan with its baseline and certificate; pure, and slow: a service calls it in a child process."""
    plan = make_plan(task.problem, task.options)
    certificate = certify(plan, task.replications, task.seed) if task.replications and plan.batches else None
    return Planned(plan, compact_block(task.problem), certificate)
