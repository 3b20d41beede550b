"""The plan in force as GET /plan has it, and beside it what a reader of the page needs to place it.

``plan_context`` holds what runs now and next, the plant's machines and tanks, the fills of the refining group, and
how the plan differs from the one before today.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from chocolate_factory.domain.plan import Batch, PlanSlot
from chocolate_factory.domain.plan_record import PlanRecord
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.time import isoformat_madrid, madrid_date, madrid_day
from chocolate_factory.usecases.plan_document import batch_document, record_document
from chocolate_factory.web.dashboard.facts.changes import changes
from chocolate_factory.web.dashboard.facts.kept import Kept
from chocolate_factory.wiring import House

#: Batches named as the next ones.
NEXT = 3


def plan(house: House, record: PlanRecord | None) -> dict[str, Any] | None:
    """As GET /plan answers; None where none was made yet."""
    return record_document(record, house.plans.locked_batches()) if record else None


def plan_context(house: House, record: PlanRecord | None, now: datetime, kept: Kept) -> dict[str, Any]:
    """What stands around the plan; the plant's own figures are there without one too."""
    plant = house.plant()
    around: dict[str, Any] = {
        "machines": [m.name for m in plant.machines if not m.name.startswith("tank")],
        "tanks": [
            {"name": t.name, "product": t.product, "capacity_kg": t.capacity_kg, "heel_kg": t.heel_kg}
            for t in plant.tanks
        ],
        "contracted_kw": {p.value: kw for p, kw in sorted(plant.contract.contracted_kw.items())},
        "asked_on_time": plant.policy.on_time_probability,
    }
    return around | (_around(house, record, plant, now, kept) if record else _NOTHING)


_NOTHING: dict[str, Any] = {"now": None, "running": [], "next": [], "fills": [], "before": None}


def _around(house: House, record: PlanRecord, plant: Plant, now: datetime, kept: Kept) -> dict[str, Any]:
    made = record.planned.plan
    return {
        "now": _slot_of_now(made.slots, plant, now),
        "running": [batch_document(b) for b in made.batches if b.start <= now < b.end],
        "next": [batch_document(b) for b in _next(made.batches, now)],
        "fills": [_fill(b, plant) for b in made.batches if b.stage == "conche"],
        "before": kept("before", (record.id, madrid_date(now)), lambda: _before(house, record, now)),
    }


def _next(batches: Iterable[Batch], now: datetime) -> list[Batch]:
    return sorted((b for b in batches if b.start > now), key=lambda b: b.start)[:NEXT]


def _slot_of_now(slots: tuple[PlanSlot, ...], plant: Plant, now: datetime) -> dict[str, Any] | None:
    """The decision in force, until when, and what follows; None where the plan does not reach now."""
    index = next((i for i, s in enumerate(slots) if now in s.input.slot), None)
    if index is None:
        return None
    slot, later = slots[index], slots[index + 1 :]
    change = next((s for s in later if s.level is not slot.level), None)
    return {
        "start": isoformat_madrid(slot.input.slot.start),
        "level": slot.level.value,
        "reasons": list(slot.reasons),
        "price_kind": slot.input.price_kind.value,
        "energy_eur_kwh": round(slot.input.energy_eur_kwh, 6),
        "tariff_period": slot.input.period.value,
        "power_planned_kw": round(slot.power_kw, 1),
        "power_contracted_kw": plant.contract.power_kw(slot.input.period),
        "until": isoformat_madrid(change.input.slot.start if change else slots[-1].input.slot.end),
        "next_level": change.level.value if change else None,
    }


def _fill(batch: Batch, plant: Plant) -> dict[str, Any]:
    """The refining group's share of a conche's batch: its first hours."""
    return {
        "batch_id": batch.id,
        "product": batch.product,
        "start": isoformat_madrid(batch.start),
        "end": isoformat_madrid(min(batch.end, batch.start + timedelta(hours=plant.fill_h))),
    }


def _before(house: House, record: PlanRecord, now: datetime) -> dict[str, Any] | None:
    """The last plan made before today, else the one before the plan in force; None where that is the first."""
    midnight = madrid_day(madrid_date(now)).start
    older = next(_older(house, record, midnight), None)
    if older is None:
        return None
    shared = max(record.planned.plan.problem.horizon.start, older.planned.plan.problem.horizon.start)
    until = min(record.planned.plan.problem.horizon.end, older.planned.plan.problem.horizon.end)
    ours, theirs = ([b for b in r.planned.plan.batches if b.start < until and b.end > shared] for r in (record, older))
    return {
        "id": older.id,
        "made_at": isoformat_madrid(older.made_at),
        "of_yesterday": older.made_at < midnight,
        "batches": [batch_document(b) for b in theirs],
        "changes": changes(theirs, ours),
    }


def _older(house: House, record: PlanRecord, midnight: datetime) -> Iterator[PlanRecord]:
    yield from house.plans.plans(midnight, 1)
    yield from house.plans.plans(record.made_at, 1)
