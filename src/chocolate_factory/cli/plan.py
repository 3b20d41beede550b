"""``plan``: a stand-alone planning problem from files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from chocolate_factory.cli.problem_files import (
    DemandFile,
    Hours,
    Minutes,
    PlantFile,
    Prices,
    Start,
    Weather,
    problem_from,
)
from chocolate_factory.cli.terminal import AsJson, out, print_json, print_table
from chocolate_factory.domain.plan import Options, Plan
from chocolate_factory.domain.plan_record import Certificate
from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.planning.baselines import compact_block
from chocolate_factory.planning.solve import make_plan
from chocolate_factory.simulation.certificate import certify

#: Plans are compared only where they make the same: within half a percent (contract).
SAME_KG = 0.005


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        epilog="Example: chocolate-factory plan --prices spot.csv --weather air.csv --start 2026-07-13 --hours 48"
    )(plan)


def plan(
    prices: Prices,
    weather: Weather,
    start: Start,
    hours: Hours = 48,
    resolution: Minutes = 60,
    demand: DemandFile = None,
    plant_file: PlantFile = None,
    seconds: Annotated[float, typer.Option(min=1, max=600, help="Time limit of the solver.")] = 60,
    replications: Annotated[int, typer.Option(min=0, max=1000, help="Simulated runs for the certificate.")] = 50,
    as_json: AsJson = False,
) -> None:
    """What to run when, at what cost, and why: planned against spot prices, tariff, weather, stocks and crew."""
    problem, notes = problem_from(prices, weather, start, hours, resolution, demand, plant_file)
    made = make_plan(problem, Options(time_limit_s=seconds))
    baseline = compact_block(problem)
    certificate = certify(made, replications, seed=1) if replications and made.batches else None
    if as_json:
        print_json(document(made, baseline, certificate, notes))
    else:
        _show(made, baseline, certificate, notes)


def _show(made: Plan, baseline: Plan, certificate: Certificate | None, notes: list[str]) -> None:
    rows = [
        (
            b.stage,
            b.product,
            isoformat_madrid(b.start)[5:16],
            isoformat_madrid(b.end)[5:16],
            f"{b.kg:.0f}",
            b.reason.get("en", ""),
        )
        for b in sorted(made.batches, key=lambda b: (b.start, b.stage))
    ]
    print_table("Plan", ("stage", "product", "from (Madrid)", "to", "kg", "why"), rows)
    gap = "" if made.solver.gap is None else f", within {100 * made.solver.gap:.2f} % of the bound"
    out.print(f"{made.status.value}{gap}; {made.solver.seconds:.1f} s. {made.note}", highlight=False)
    out.print(f"{made.kg:.0f} kg, {made.kwh:.0f} kWh, {made.cost_eur:.2f} EUR of energy.", highlight=False)
    saving = saving_eur(made, baseline)
    told = "not the same kilograms, so no saving is told" if saving is None else f"{saving:.2f} EUR are saved"
    against = f"{baseline.kg:.0f} kg, {baseline.cost_eur:.2f} EUR; {told}"
    out.print(f"Baseline, a compact block from 06:00 blind to price: {against}.", highlight=False)
    if certificate is not None:
        out.print(
            f"On time in {100 * certificate.on_time_probability:.0f} % of {certificate.replications} simulated runs.",
            highlight=False,
        )
    for note in notes:
        out.print(f"- {note}", highlight=False)


def saving_eur(made: Plan, baseline: Plan) -> float | None:
    """What the plan saves on energy; None where the two do not make the same kilograms, within half a percent."""
    alike = baseline.kg > 0 and abs(made.kg - baseline.kg) <= SAME_KG * baseline.kg
    return baseline.cost_eur - made.cost_eur if alike and baseline.cost_eur > 0 else None


def document(made: Plan, baseline: Plan, certificate: Certificate | None, notes: list[str]) -> dict[str, Any]:
    """A plan as the contract's JSON."""
    body = _body(made)
    saving = saving_eur(made, baseline)
    body |= {
        "baseline": {"name": "compact_block", **_totals(baseline)},
        "saving_eur": None if saving is None else round(saving, 2),
        "saving_pct": None if saving is None else round(100 * saving / baseline.cost_eur, 2),
        "certificate": asdict(certificate) if certificate else None,
        "notes": [*notes, *([made.note] if made.note else [])],
    }
    digest = hashlib.sha256(json.dumps(body["batches"], sort_keys=True).encode()).hexdigest()
    return {"id": digest[:12], **body}


def _body(made: Plan) -> dict[str, Any]:
    horizon, solver = made.problem.horizon, made.solver
    return {
        "status": made.status.value,
        "solver": {
            "name": solver.name,
            "gap": solver.gap,
            "seconds": round(solver.seconds, 3),
            "bound_eur": solver.bound_eur,
        },
        "horizon": {
            "start": isoformat_madrid(horizon.start),
            "end": isoformat_madrid(horizon.end),
            "resolution_minutes": round(60 * made.problem.step_h),
        },
        "batches": [
            {
                "id": b.id,
                "product": b.product,
                "stage": b.stage,
                "machine": b.machine,
                "start": isoformat_madrid(b.start),
                "end": isoformat_madrid(b.end),
                "kg": round(b.kg, 1),
                "reason": dict(b.reason),
            }
            for b in made.batches
        ],
        "slots": [_slot(made, i) for i in range(len(made.slots))],
        **_totals(made),
    }


def _slot(made: Plan, i: int) -> dict[str, Any]:
    s = made.slots[i]
    return {
        "start": isoformat_madrid(s.input.slot.start),
        "energy_eur_kwh": round(s.input.energy_eur_kwh, 6),
        "price_kind": s.input.price_kind.value,
        "tariff_period": s.input.period.value,
        "temperature_c": s.input.air.temperature_c,
        "power_kw": round(s.power_kw, 3),
        "energy_kwh": round(s.energy_kwh, 3),
        "cost_eur": round(s.cost_eur, 4),
        "output_kg": round(s.output_kg, 1),
        "stocks_kg": {name: round(kg, 1) for name, kg in s.stocks_kg.items()},
        "level": s.level.value,
        "reasons": list(s.reasons),
    }


def _totals(made: Plan) -> dict[str, Any]:
    return {
        "cost_eur": round(made.cost_eur, 2),
        "kg": round(made.kg, 1),
        "kwh": round(made.kwh, 1),
        "eur_per_kg": round(made.cost_eur / made.kg, 4) if made.kg else None,
        "peak_kw": {p.value: round(kw, 1) for p, kw in sorted(made.peak_kw().items())},
        "late_kg_h": round(made.late_kg_h, 1),
        "owed_kg": round(made.owed_kg, 1),
    }
