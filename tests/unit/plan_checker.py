"""Re-verifies every limit of a plan and counts its cost again; shares the vocabulary and the physics' formulas' figures
with the optimiser, and no code of it.

Works in moments and minutes, not in arrays of slots: a slip in the optimiser's indices is not repeated here.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from chocolate_factory.domain.plan import OWED_H, Batch, Level, Plan
from chocolate_factory.domain.tariff import Period
from chocolate_factory.domain.thermal import chiller_capacity_kw, chiller_cop, hall_load_kw

KG, KW, CENT = 0.01, 0.01, 0.005


def violations(plan: Plan, *, least_rate: bool = True) -> list[str]:
    """Every limit that the plan breaks, in words; empty for a good plan."""
    checks = [_conches, _fills, _runs, _pauses, _tanks, _power, _money, _lateness, _levels, _sentences]
    found = [flaw for check in checks for flaw in check(plan)]
    return found + (_rates(plan) if least_rate else [])


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600


def _of(plan: Plan, stage: str) -> list[Batch]:
    return sorted((b for b in plan.batches if b.stage == stage), key=lambda b: b.start)


def _all_conching(plan: Plan) -> list[Batch]:
    return _of(plan, "conche") + list(plan.problem.running)


# ------------------------------------------------------------------------------------------------------------ conches
def _conches(plan: Plan) -> list[str]:
    plant, flaws = plan.problem.plant, []
    for slot in plan.slots:
        at = slot.input.slot.start
        inside = [b for b in _all_conching(plan) if b.start <= at < b.end]
        if len(inside) > plant.conches.count:
            flaws.append(f"{at}: {len(inside)} batches in {plant.conches.count} conches")
    for b in _of(plan, "conche"):
        hours = plant.product(b.product).conche_hours
        if abs(_hours(b.end - b.start) - hours) > 1e-9 or b.kg != plant.conches.batch_kg:
            flaws.append(f"{b.id}: wrong length or size")
        if b.machine not in {m.name for m in plant.machines}:
            flaws.append(f"{b.id}: no machine {b.machine}")
        clash = [o.id for o in _of(plan, "conche") if o is not b and o.machine == b.machine and _meet(o, b)]
        flaws += [f"{b.id}: shares {b.machine} with {other}" for other in clash]
    return flaws


def _meet(a: Batch, b: Batch) -> bool:
    return a.start < b.end and b.start < a.end


def _fills(plan: Plan) -> list[str]:
    plant, flaws = plan.problem.plant, []
    fill = timedelta(hours=plant.fill_h)
    fills = sorted((b.start, b.start + fill) for b in _all_conching(plan))
    flaws += [f"two fills at {b[0]}" for a, b in pairwise(fills) if b[0] < a[1]]
    for b in _of(plan, "conche"):
        until = b.start + fill if plant.conches.unattended else b.end
        attended = [s.input for s in plan.slots if b.start < s.input.slot.end and s.input.slot.start < until]
        flaws += [f"{b.id}: no crew at {i.slot.start}" for i in attended if not i.crew]
    return flaws


# --------------------------------------------------------------------------------------------------------------- line
def _runs(plan: Plan) -> list[str]:
    plant, flaws = plan.problem.plant, []
    for run in _of(plan, "line"):
        inside = [s for s in plan.slots if run.start <= s.input.slot.start < run.end]
        if _hours(run.end - run.start) < plant.line.min_on_h - 1e-9:
            flaws.append(f"{run.id}: shorter than {plant.line.min_on_h} h")
        if any(s.line_product != run.product for s in inside):
            flaws.append(f"{run.id}: its slots say otherwise")
        if abs(sum(s.output_kg for s in inside) - run.kg) > KG:
            flaws.append(f"{run.id}: its kg are not its slots'")
        begun = [s for s in inside if _hours(s.input.slot.start - run.start) < plant.line.setup_h - 1e-9]
        flaws += [f"{run.id}: output during set-up" for s in begun if s.output_kg > 0]
        for s in inside:
            asked = hall_load_kw(s.input.air, plant.hall, producing=True)
            asked += plant.line.heat_kwh_kg * plant.line.rate_max_kg_h
            if not s.input.crew or asked > chiller_capacity_kw(s.input.air.temperature_c, plant.chiller) + 1e-9:
                flaws.append(f"{run.id}: no crew or no cold at {s.input.slot.start}")
    on = sum(s.line_product is not None for s in plan.slots) * plan.problem.step_h
    if abs(on - sum(_hours(r.end - r.start) for r in _of(plan, "line"))) > 1e-9:
        flaws.append("slots run without a batch")
    return flaws + [f"{s.input.slot.start}: output at rest" for s in plan.slots if s.output_kg and not s.line_product]


def _pauses(plan: Plan) -> list[str]:
    runs, plant, before = _of(plan, "line"), plan.problem.plant, plan.problem.line_before
    first = plan.problem.horizon.start
    flaws = [
        f"{run.id}: too soon after {before} before the horizon"
        for run in runs[:1]
        if before is not None and _hours(run.start - first) < plant.pause_h(before, run.product) - 1e-9
    ]
    return flaws + [
        f"{b.id}: too soon after {a.id}"
        for a, b in pairwise(runs)
        if _hours(b.start - a.end) < plant.pause_h(a.product, b.product) - 1e-9
    ]


def _rates(plan: Plan) -> list[str]:
    line, flaws = plan.problem.plant.line, []
    for run in _of(plan, "line"):
        ready = run.start + timedelta(hours=line.setup_h)
        for s in plan.slots:
            whole = ready <= s.input.slot.start and s.input.slot.end <= run.end
            rate = s.output_kg / plan.problem.step_h
            if whole and not line.rate_min_kg_h - KG <= rate <= line.rate_max_kg_h + KG:
                flaws.append(f"{run.id}: {rate:.2f} kg/h at {s.input.slot.start}")
    return flaws


# -------------------------------------------------------------------------------------------------------------- tanks
def _tanks(plan: Plan) -> list[str]:
    plant, flaws = plan.problem.plant, []
    for product in plant.products:
        first = level = plan.problem.stocks_kg.get(product.name, 0.0)
        tanks = plant.tanks_of(product.name)
        least = min(first, sum(t.heel_kg for t in tanks))
        most = max(first, sum(t.capacity_kg for t in tanks))
        waiting = [b for b in _all_conching(plan) if b.product == product.name]
        for s in plan.slots:
            arrived = [b for b in waiting if b.end <= s.input.slot.start]
            waiting = [b for b in waiting if b not in arrived]
            level += sum(b.kg for b in arrived)
            if level > most + KG and (arrived or level > first + KG):
                flaws.append(f"{product.name}: {level:.1f} kg at {s.input.slot.start}, room for {most:.0f}")
            level -= s.output_kg if s.line_product == product.name else 0.0
            if level < least - KG or abs(level - s.stocks_kg.get(product.name, 0.0)) > KG:
                flaws.append(f"{product.name}: {level:.2f} kg after {s.input.slot.start}, said {s.stocks_kg}")
        back = first if plan.problem.after is None else least  # what the days after need more, the planes say
        kept = back if plan.problem.end_kg is None else max(least, plan.problem.end_kg.get(product.name, 0.0))
        if level < kept - KG and _is_planned(plan, product.name):
            flaws.append(f"{product.name}: ends with {level:.1f} kg of {kept:.1f}")
    return flaws


def _is_planned(plan: Plan, product: str) -> bool:
    """Whether anything was asked of it; the tanks of the others just wait."""
    asked = (o for o in plan.problem.orders if o.due <= plan.problem.horizon.end)
    return any(work.product == product for work in (*asked, *plan.batches))


# -------------------------------------------------------------------------------------------------------------- power
def _power(plan: Plan) -> list[str]:
    flaws = []
    for s in plan.slots:
        kw = _power_kw(plan, s)
        if abs(kw - s.power_kw) > KW:
            flaws.append(f"{s.input.slot.start}: {kw:.3f} kW, said {s.power_kw:.3f}")
        if kw > _contracted_kw(plan, s) + KW:
            flaws.append(f"{s.input.slot.start}: {kw:.3f} kW over the contract")
    return flaws


def _contracted_kw(plan: Plan, s) -> float:
    """By power period; 2.0TD's first is the energy periods P1 and P2, its second is P3."""
    contract = plan.problem.plant.contract
    if len(contract.contracted_kw) == 2:
        return contract.contracted_kw[Period.P2 if s.input.period is Period.P3 else Period.P1]
    return contract.contracted_kw[s.input.period]


def _power_kw(plan: Plan, s) -> float:
    """The mean of the slot's minutes (five at a time)."""
    plant, on = plan.problem.plant, s.line_product is not None
    rate = s.output_kg / plan.problem.step_h
    heat = hall_load_kw(s.input.air, plant.hall, producing=on) + plant.line.heat_kwh_kg * rate
    kw = plant.base_kw + sum(t.power_kw for t in plant.tanks)
    kw += heat / chiller_cop(s.input.air.temperature_c, plant.chiller)
    kw += plant.line.energy_kwh_kg * rate + (plant.line.power_kw if on else 0.0)
    moments = [s.input.slot.start + timedelta(minutes=m) for m in range(0, round(plan.problem.step_h * 60), 5)]
    return kw + sum(_batch_kw(plan, b, at) for b in _all_conching(plan) for at in moments) / len(moments)


def _batch_kw(plan: Plan, b: Batch, at) -> float:
    plant, age = plan.problem.plant, _hours(at - b.start)
    profile = plant.product(b.product).conche_kw
    if not 0 <= age < len(profile):
        return 0.0
    return profile[int(age)] + (plant.refining.power_kw if age < plant.fill_h else 0.0)


# ------------------------------------------------------------------------------------------------------ money, lateness
def _money(plan: Plan) -> list[str]:
    step = plan.problem.step_h
    energy = sum(_power_kw(plan, s) * step * s.input.energy_eur_kwh for s in plan.slots)
    starts = len(_of(plan, "line")) * plan.problem.plant.line.start_eur
    flaws = [] if abs(energy - plan.cost_eur) < CENT else [f"energy {energy:.4f} EUR, said {plan.cost_eur:.4f}"]
    return flaws + ([] if abs(starts - plan.starts_eur) < CENT else [f"starts {starts} EUR, said {plan.starts_eur}"])


def _lateness(plan: Plan) -> list[str]:
    late_kg_h = 0.0
    good = 1 - plan.problem.plant.quality.reject_share(plan.problem.plant.hall.set_point_c)
    for product in plan.problem.plant.products:
        made = owed = 0.0
        sent_back = _rework_moments(plan, product.name)
        finished = plan.problem.finished_kg.get(product.name, 0.0)
        orders = [o for o in plan.problem.orders if o.product == product.name and o.due <= plan.problem.horizon.end]
        for s in plan.slots:
            made += s.output_kg if s.line_product == product.name else 0.0
            made -= (
                sum(s.input.slot.start <= at < s.input.slot.end for at in sent_back) * plan.problem.plant.line.rework_kg
            )
            # what falls due before the next slot has ended cannot wait for it
            next_end = s.input.slot.end + s.input.slot.duration
            last = s is plan.slots[-1]
            due = sum(o.kg for o in orders if o.due < next_end or last)
            owed = max(0.0, max(0.0, due - finished) / good - made)
            late_kg_h += owed * plan.problem.step_h
        late_kg_h += owed * OWED_H
    eur = late_kg_h * plan.problem.plant.policy.lateness_eur_kg_h
    return [] if abs(eur - plan.late_eur) < CENT + 1e-4 * eur else [f"late {eur:.4f} EUR, said {plan.late_eur:.4f}"]


def _rework_moments(plan: Plan, product: str) -> list:
    """When each run of a product gives its first output: in whole slots after its start, for a set-up ends with one."""
    step, setup = plan.problem.step_h, plan.problem.plant.line.setup_h
    slots = -int(-(setup - 1e-9) // step)
    return [b.start + timedelta(hours=slots * step) for b in _of(plan, "line") if b.product == product]


# --------------------------------------------------------------------------------------------------- levels, sentences
def _levels(plan: Plan) -> list[str]:
    flaws = [f"{s.input.slot.start}: {s.level} without a reason" for s in plan.slots if not s.reasons]
    running = [s for s in plan.slots if s.line_product and s.level is Level.HALT]
    return flaws + [f"{s.input.slot.start}: halted and runs" for s in running]


def _sentences(plan: Plan) -> list[str]:
    return [f"{b.id}: no sentence" for b in plan.batches if not (b.reason.get("es") and b.reason.get("en"))]
