"""A plan as the contract's JSON (section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from chocolate_factory.domain.plan import Batch, Conflict, Plan, PlanSlot
from chocolate_factory.domain.plan_record import Planned, PlanRecord
from chocolate_factory.domain.time import isoformat_madrid

#: Plans are compared only where they make the same: within half a percent (clarifications).
SAME_KG = 0.005


def record_document(record: PlanRecord, locked: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A plan of the ledger; ``locked`` are the batches held by hand at the moment."""
    body = plan_document(record.planned, record.notes)
    for batch in body["batches"]:
        batch["locked"] = batch["id"] in locked
    return {"id": record.id, "made_at": isoformat_madrid(record.made_at), "trigger": record.trigger, **body}


def plan_document(planned: Planned, notes: Sequence[str] = ()) -> dict[str, Any]:
    """A plan with its baseline and certificate, without id."""
    plan, baseline = planned.plan, planned.baseline
    saving = saving_eur(plan, baseline)
    said = dict.fromkeys([*notes, *planned.notes, *([plan.note] if plan.note else [])])
    return {
        "status": plan.status.value,
        "solver": {
            "name": plan.solver.name,
            "gap": plan.solver.gap,
            "seconds": round(plan.solver.seconds, 3),
            "bound_eur": plan.solver.bound_eur,
        },
        "horizon": {
            "start": isoformat_madrid(plan.problem.horizon.start),
            "end": isoformat_madrid(plan.problem.horizon.end),
            "resolution_minutes": round(60 * plan.problem.step_h),
        },
        "batches": [_batch(b) for b in plan.batches],
        "slots": [_slot(s) for s in plan.slots],
        **_totals(plan),
        "baseline": {"name": "compact_block", **_totals(baseline)},
        "saving_eur": None if saving is None else round(saving, 2),
        "saving_pct": None if saving is None else round(100 * saving / baseline.cost_eur, 2),
        "certificate": asdict(planned.certificate) if planned.certificate else None,
        "conflicts": [_conflict(c) for c in plan.conflicts],
        "notes": list(said),
    }


def saving_eur(plan: Plan, baseline: Plan) -> float | None:
    """What the plan saves on energy; None where the two do not make the same kilograms, within half a percent."""
    alike = baseline.kg > 0 and abs(plan.kg - baseline.kg) <= SAME_KG * baseline.kg
    return baseline.cost_eur - plan.cost_eur if alike and baseline.cost_eur > 0 else None


def _batch(b: Batch) -> dict[str, Any]:
    return {
        "id": b.id,
        "product": b.product,
        "stage": b.stage,
        "machine": b.machine,
        "start": isoformat_madrid(b.start),
        "end": isoformat_madrid(b.end),
        "kg": round(b.kg, 1),
        "reason": dict(b.reason),
        "held": b.held or None,
        "kept_eur": None if b.kept_eur is None else round(b.kept_eur, 2),
    }


def _slot(s: PlanSlot) -> dict[str, Any]:
    return {
        "start": isoformat_madrid(s.input.slot.start),
        "energy_eur_kwh": round(s.input.energy_eur_kwh, 6),
        "price_kind": s.input.price_kind.value,
        "tariff_period": s.input.period.value,
        "temperature_c": s.input.air.temperature_c,
        "power_kw": round(s.power_kw, 3),
        "energy_kwh": round(s.energy_kwh, 3),
        "cost_eur": round(s.cost_eur, 4),
        "line_product": s.line_product,
        "output_kg": round(s.output_kg, 1),
        "stocks_kg": {name: round(kg, 1) for name, kg in s.stocks_kg.items()},
        "level": s.level.value,
        "reasons": list(s.reasons),
    }


def _totals(plan: Plan) -> dict[str, Any]:
    return {
        "cost_eur": round(plan.cost_eur, 2),
        "kg": round(plan.kg, 1),
        "kwh": round(plan.kwh, 1),
        "eur_per_kg": round(plan.cost_eur / plan.kg, 4) if plan.kg else None,
        "peak_kw": {p.value: round(kw, 1) for p, kw in sorted(plan.peak_kw().items())},
        "starts_eur": round(plan.starts_eur, 2),
        "late_kg_h": round(plan.late_kg_h, 1),
        "owed_kg": round(plan.owed_kg, 1),
    }


def _conflict(c: Conflict) -> dict[str, Any]:
    return {
        "clashes": [{"what": one.what, "text": dict(one.text)} for one in c.clashes],
        "ways_out": [
            {"eur": None if way.eur is None else round(way.eur, 2), "text": dict(way.text)} for way in c.ways_out
        ],
    }
