"""The plan that a schedule makes: its batches with their reasons, its slots with their levels, its totals."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from chocolate_factory.domain.plan import Batch, Plan, PlanSlot, Solved, Status
from chocolate_factory.planning.explain import reason_of
from chocolate_factory.planning.frame import Floats, Frame
from chocolate_factory.planning.levels import levels
from chocolate_factory.planning.schedule import Schedule, late_kg, lateness, power_kw, stocks_kg


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
    )


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


def _batches(frame: Frame, schedule: Schedule) -> Iterator[Batch]:
    spare = frame.limit_kw - power_kw(frame, schedule)
    yield from _conche_batches(frame, schedule, spare)
    for run in schedule.runs():
        kg = schedule.output[run.first : run.end]
        on_kw = frame.line_kw[run.first : run.end] + frame.kg_kw[run.first : run.end] * kg / frame.step
        reason = reason_of(frame, "line", run.product, run.first, on_kw, spare)
        yield _batch(frame, "line", "line", run.product, run.first, run.end - run.first, float(kg.sum()), reason)


def _conche_batches(frame: Frame, schedule: Schedule, spare: Floats) -> Iterator[Batch]:
    """Batches, each in the conche that has been free for longest."""
    conches = frame.problem.plant.conches
    free = _conches_free_from(frame)
    for p, slot in schedule.begins:
        machine = min((name for name, since in free.items() if since <= slot), key=lambda name: (free[name], name))
        free[machine] = slot + frame.conche_slots[p]
        reason = reason_of(frame, "conche", p, slot, frame.conche_kw[p], spare)
        yield _batch(frame, "conche", machine, p, slot, frame.conche_slots[p], conches.batch_kg, reason)


def _conches_free_from(frame: Frame) -> dict[str, int]:
    """The first free slot of each conche; a begun batch whose machine is not known holds the next one."""
    free = {f"conche-{i}": 0 for i in range(1, frame.problem.plant.conches.count + 1)}
    for batch in frame.problem.running:
        left_h = (batch.end - frame.problem.horizon.start).total_seconds() / 3600
        idle = (name for name, since in free.items() if since == 0)
        machine = batch.machine if batch.machine in free else next(idle, "conche-1")
        free[machine] = max(free[machine], frame.slots_in(left_h))
    return free


def _batch(
    frame: Frame, stage: str, machine: str, p: int, slot: int, length: int, kg: float, reason: dict[str, str]
) -> Batch:
    start = frame.problem.slots[slot].slot.start
    end = start + length * frame.problem.slots[0].slot.duration
    name = frame.names[p]
    return Batch(f"{stage}-{name}-{start:%Y%m%dT%H%MZ}", name, stage, machine, start, end, kg, reason)
