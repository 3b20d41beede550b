"""The plan that a schedule makes: its batches with their reasons, its slots with their levels, its totals."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from chocolate_factory.domain.plan import Batch, Plan, PlanSlot, Solved, Status
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.schedule import Schedule, after_eur, late_kg, lateness, power_kw, stocks_kg
from chocolate_factory.planning.levels import levels
from chocolate_factory.planning.machines import machines
from chocolate_factory.planning.words.explain import HELD, Reasons, added


def plan_of(frame: Frame, schedule: Schedule, status: Status, solver: Solved, note: str = "") -> Plan:
    """The plan that a schedule makes, with its batches, slots and totals."""
    plant = frame.problem.plant
    late_kg_h, owed = lateness(frame, late_kg(frame, schedule))
    return Plan(
        problem=frame.problem,
        status=status,
        solver=solver,
        batches=tuple(sorted(_batches(frame, schedule), key=lambda b: (b.start, b.stage, b.machine))),
        slots=tuple(_slots(frame, schedule)),
        starts_eur=sum(1 for _ in schedule.runs()) * plant.line.start_eur,
        late_kg_h=late_kg_h,
        late_eur=late_kg_h * plant.policy.lateness_eur_kg_h,
        note=note,
        owed_kg=owed,
        after_eur=after_eur(frame, schedule),
    )


def schedule_of(plan: Plan, frame: Frame) -> Schedule:
    """The decisions of a plan: what ``plan_of`` made it from."""
    names = frame.names
    begins = tuple((names.index(b.product), frame.slot_of(b)) for b in plan.batches if b.stage == "conche")
    line = tuple(names.index(s.line_product) if s.line_product in names else -1 for s in plan.slots)
    return Schedule(begins, line, np.array([s.output_kg for s in plan.slots]))


def no_plan(frame: Frame, solver: Solved, note: str) -> Plan:
    """Nothing fits: no batches, and the plant at rest."""
    at_rest = Schedule((), (-1,) * frame.count, np.zeros(frame.count))
    return plan_of(frame, at_rest, Status.INFEASIBLE, solver, note)


def _slots(frame: Frame, schedule: Schedule) -> Iterator[PlanSlot]:
    power, stocks = power_kw(frame, schedule), stocks_kg(frame, schedule)
    waiting = {n: kg for n, kg in frame.problem.stocks_kg.items() if n not in frame.names}
    decided = levels(frame, schedule.line, schedule.begins)
    for t, slot in enumerate(frame.problem.slots):
        level, reasons = decided[t]
        product = schedule.line[t]
        yield PlanSlot(
            input=slot,
            power_kw=float(power[t]),
            cost_eur=float(power[t]) * frame.step * slot.energy_eur_kwh,
            line_product=frame.names[product] if product >= 0 else None,
            output_kg=float(schedule.output[t]),
            stocks_kg={**waiting, **{name: float(stocks[p, t]) for p, name in enumerate(frame.names)}},
            level=level,
            reasons=reasons,
        )


# ------------------------------------------------------------------------------------------------------------ batches
def _batches(frame: Frame, schedule: Schedule) -> Iterator[Batch]:
    reasons, conches = Reasons(frame, schedule), frame.problem.plant.conches
    for (p, slot), machine in zip(schedule.begins, machines(frame, schedule.begins), strict=True):
        length = frame.conche_slots[p]
        yield _batch(frame, "conche", machine, p, slot, length, conches.batch_kg, reasons.of_begin(p, slot))
    for run in schedule.runs():
        kg = float(schedule.output[run.first : run.end].sum())
        yield _batch(frame, "line", "line", run.product, run.first, run.end - run.first, kg, reasons.of_run(run))


def _batch(
    frame: Frame, stage: str, machine: str, p: int, slot: int, length: int, kg: float, reason: dict[str, str]
) -> Batch:
    start = frame.problem.slots[slot].slot.start
    end = start + length * frame.problem.slots[0].slot.duration
    name = frame.names[p]
    same = (b.held for b in frame.options.fixed if (b.stage, b.product, b.start) == (stage, name, start))
    held = next(same, "")
    told = added(reason, HELD[held]) if held in HELD else reason
    return Batch(f"{stage}-{name}-{start:%Y%m%dT%H%MZ}", name, stage, machine, start, end, kg, told, held)
