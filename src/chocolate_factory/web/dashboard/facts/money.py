"""Power against the contract, and euros and energy for each kilogram: the plan beside the reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chocolate_factory.domain.plan import Plan
from chocolate_factory.domain.plan_record import PlanRecord
from chocolate_factory.usecases.plan_options import CARBON_KG_KWH
from chocolate_factory.wiring import House


def money(house: House, record: PlanRecord | None, meter: Mapping[str, Any] | None) -> dict[str, Any]:
    """Peaks against the contract by period, and the performance indicators of plan and reference."""
    contract = house.plant().contract
    planned = record.planned if record else None
    peaks = planned.plan.peak_kw() if planned else {}
    before = planned.baseline.peak_kw() if planned else {}
    metered = (meter or {}).get("peaks_kw") or {}
    return {
        "power": [
            {
                "tariff_period": period.value,
                "contracted_kw": kw,
                "peak_planned_kw": round(peaks[period], 1) if period in peaks else None,
                "peak_metered_kw": metered.get(period.value),
                "peak_baseline_kw": round(before[period], 1) if period in before else None,
            }
            for period, kw in sorted(contract.contracted_kw.items())
        ],
        "meter_type": contract.meter_type,
        "plan": _indicators(planned.plan) if planned else None,
        "baseline": _indicators(planned.baseline) if planned else None,
        "carbon_kg_kwh": CARBON_KG_KWH,
    }


def _indicators(plan: Plan) -> dict[str, Any]:
    """For each kilogram; null where nothing is made. Carbon is an estimate by the system's mean."""
    return {
        "kg": round(plan.kg, 1),
        "eur_kg": round(plan.cost_eur / plan.kg, 4) if plan.kg else None,
        "kwh_kg": round(plan.kwh / plan.kg, 4) if plan.kg else None,
        "carbon_kg_kg": round(plan.kwh * CARBON_KG_KWH / plan.kg, 4) if plan.kg else None,
    }
