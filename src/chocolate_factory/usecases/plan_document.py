"""A plan as the contract's JSON (section 3)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from chocolate_factory.domain.plan import Batch, Conflict, Plan, PlanSlot
from chocolate_factory.domain.plan_record import Certificate, Move, Planned, PlanRecord
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.planning.words.level_words import REASONS


def record_document(record: PlanRecord, locked: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A plan of the ledger; ``locked`` are the batches held by hand at the moment."""
    body = plan_document(record.planned, record.notes)
    for batch in body["batches"]:
        batch["locked"] = batch["id"] in locked
    return {"id": record.id, "made_at": isoformat_madrid(record.made_at), "trigger": record.trigger, **body}


def posted_document(planned: Planned, made_at: datetime, notes: Sequence[str] = ()) -> dict[str, Any]:
    """A posted problem's plan, which is kept nowhere; its id is of what runs when."""
    body = plan_document(planned, notes)
    digest = hashlib.sha256(json.dumps(body["batches"], sort_keys=True).encode()).hexdigest()
    return {"id": digest[:12], "made_at": isoformat_madrid(made_at), "trigger": "posted", **body}


def plan_document(planned: Planned, notes: Sequence[str] = ()) -> dict[str, Any]:
    """A plan with its baseline and certificate, without id."""
    plan, baseline, saving = planned.plan, planned.baseline, planned.saving_eur
    bound, after = plan.solver.bound_eur, plan.problem.after
    return {
        "status": plan.status.value,
        "solver": {
            "name": plan.solver.name,
            "gap": plan.solver.gap,
            "seconds": round(plan.solver.seconds, 3),
            # of the plan alone, as its costs are: what the days after cost by what it leaves is taken off
            "bound_eur": None if bound is None else bound - plan.after_eur,
        },
        "horizon": {
            "start": isoformat_madrid(plan.problem.horizon.start),
            "end": isoformat_madrid(plan.problem.horizon.end),
            "resolution_minutes": round(60 * plan.problem.step_h),
        },
        "looked_until": None if after is None else isoformat_madrid(after.until),
        "batches": [batch_document(b) for b in plan.batches],
        "slots": [_slot(s, plan.problem.plant) for s in plan.slots],
        "level_reasons": {code: dict(REASONS[code]) for code in sorted({r for s in plan.slots for r in s.reasons})},
        **_totals(plan),
        "baseline": {"name": "compact_block", **_totals(baseline)},
        "saving_eur": None if saving is None else round(saving, 2),
        "saving_pct": None if saving is None else round(100 * saving / baseline.cost_eur, 2),
        "certificate": certificate_document(planned.certificate) if planned.certificate else None,
        "conflicts": [_conflict(c) for c in plan.conflicts],
        "notes": notes_of(planned, notes),
    }


def notes_of(planned: Planned, notes: Sequence[str] = ()) -> list[str]:
    """What was assumed for a plan and done for it, each once."""
    made_how = [planned.plan.note] if planned.plan.note else []
    return list(dict.fromkeys([*notes, *planned.notes, *made_how]))


def history_line(record: PlanRecord) -> dict[str, Any]:
    """A plan in a list."""
    plan, certificate = record.planned.plan, record.planned.certificate
    saving = record.planned.saving_eur
    return {
        "id": record.id,
        "made_at": isoformat_madrid(record.made_at),
        "trigger": record.trigger,
        "status": plan.status.value,
        "cost_eur": round(plan.cost_eur, 2),
        "kg": round(plan.kg, 1),
        "late_kg_h": round(plan.late_kg_h, 1),
        "saving_eur": None if saving is None else round(saving, 2),
        "on_time_probability": certificate.on_time_probability if certificate else None,
    }


def move_document(batch_id: str, start: datetime, move: Move) -> dict[str, Any]:
    """What moving a batch would do."""
    return {
        "batch_id": batch_id,
        "start": isoformat_madrid(start),
        "delta_eur": None if move.delta_eur is None else round(move.delta_eur, 2),
        "feasible": move.feasible,
        "reason": dict(move.reason),
    }


def certificate_document(certificate: Certificate) -> dict[str, Any]:
    """A certificate, its figures to six digits: more is noise."""
    body = asdict(certificate)
    body["kpis"] = {name: {k: _digits(v) for k, v in spread.items()} for name, spread in body["kpis"].items()}
    return body


def _digits(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def batch_document(b: Batch) -> dict[str, Any]:
    """A batch; whether it is locked just now, only the ledger knows."""
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


def _slot(s: PlanSlot, plant: Plant) -> dict[str, Any]:
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
        "stocks_kg": {name: round(kg, 1) for name, kg in by_tank(plant, s.stocks_kg).items()},
        "level": s.level.value,
        "reasons": list(s.reasons),
    }


def by_tank(plant: Plant, stocks_kg: Mapping[str, float]) -> dict[str, float]:
    """Warm mass by tank; where a product has several, the first is full before the next is begun."""
    found = {}
    for product, kg in stocks_kg.items():
        left = kg
        for tank in plant.tanks_of(product):
            found[tank.name] = min(left, tank.capacity_kg)
            left -= found[tank.name]
    return found


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
