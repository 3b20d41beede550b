"""Records of plans for the tests of ledger, deeds and faces: made by hand or by the rule, no solver in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from hand_plans import good_plan

from chocolate_factory.domain.errors import RegistryAwayError
from chocolate_factory.domain.plan import Clash, Conflict, Plan, WayOut
from chocolate_factory.domain.plan_record import Certificate, Move, Planned, PlanRecord, PlanTask, Spread
from chocolate_factory.planning.baselines import compact_block

T = datetime(2026, 6, 1, 10, 0, 0, 123456, tzinfo=UTC)
CERTIFICATE = Certificate(
    replications=200,
    seed=7,
    kpis={"cost_eur": Spread(412.123456789, 400.0, 411.0, 425.0, 1.5), "starts": Spread(2.0, 2.0, 2.0, 2.0, None)},
    on_time_probability=0.93,
    order_on_time={"2026-06-01-dark": 0.93},
    weakest_batch="c1",
    weakest_share=0.6,
)
SENTENCE = {"es": "El pedido de 2000 kg no cabe.", "en": "The order of 2000 kg does not fit."}
CONFLICT = Conflict((Clash("order", SENTENCE),), (WayOut(12.5, SENTENCE), WayOut(None, SENTENCE)))


def record(plan_id: str = "0123456789ab", made_at: datetime = T, plan: Plan | None = None, **other) -> PlanRecord:
    """A plan as it is kept, with everything in it that can be there."""
    made = plan or replace(_told(good_plan()), conflicts=(CONFLICT,), note="B2 compact block")
    planned = Planned(made, made, CERTIFICATE, ("Planned earlier as a buffer: dark 1.5 h.",))
    return PlanRecord(
        plan_id, made_at, **{"trigger": "schedule", "task": PlanTask(made.problem), "planned": planned, **other}
    )


def _told(plan: Plan) -> Plan:
    """A plan made by hand, with a sentence for each batch."""
    return replace(plan, batches=tuple(replace(b, reason=SENTENCE) for b in plan.batches))


def by_rule(task: PlanTask) -> Planned:
    """A planner that takes milliseconds: the baseline is the plan too."""
    plan = compact_block(task.problem)
    return Planned(plan, plan, None)


def in_process(_child: object, work: str, given: Any, _limit_s: float, tell: Any = None) -> Any:
    """In place of ``Child.call``: a solver's work by the rule, everything else as it is, here and at once."""
    module, _, name = work.partition(":")
    if module.endswith("wiring.children"):  # a registry takes seconds of MLflow: here it is away
        raise RegistryAwayError("The model registry does not answer.")
    if name == "planned":
        return by_rule(given)
    if name in ("planned_by", "planned_again"):
        return by_rule(given[0])
    if name == "moved":
        return Move(-3.456, True, {"es": "Cabe.", "en": "It fits."})
    return getattr(import_module(module), name)(given)
