"""A day as a plan ran it, and as the declared baseline would have run it: for the same production and weather.

A day's work is what the line makes on it and the batches that are begun on it, each with the whole of its energy, be it
used after midnight. The baseline begins as the plant stood at midnight; it is asked for the day's production, as one
order for each product due when the crew goes home, and for as many batches. What it does too late counts all the same.

What comes out may still differ by some kilograms. So the baseline's energy is brought to the work that was done, cause
by cause, at the baseline's own hours: its conches by their energy, its line by the good kilograms. What it does none of
counts as it was, and no saving is claimed for it.

Invariants:
    What the plant takes at rest, and what is in its conches at midnight, is the same in both.
    The batches of a day take the same energy in both, at other hours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np

from chocolate_factory.domain.plan import Options, Plan, Problem, SlotInput, Status
from chocolate_factory.domain.plant import Order
from chocolate_factory.domain.savings import Course, Production
from chocolate_factory.domain.time import madrid_day
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.types import Floats
from chocolate_factory.planning.baselines import compact_block
from chocolate_factory.planning.carry import good_by_slot, standing
from chocolate_factory.planning.compare import COMPARABLE
from chocolate_factory.planning.plans import schedule_of

#: Less is none, kg.
CRUMB_KG = 1.0


def covers(plan: Plan, day: date) -> bool:
    """Whether a plan has every slot of a day."""
    window = madrid_day(day)
    return plan.problem.horizon.overlap(window) == window


def day_course(
    plan: Plan, day: date, truth: Mapping[datetime, SlotInput], counted_kg: Mapping[str, float] | None = None
) -> Course:
    """The day by the plan and by the baseline, in the weather that came.

    Args:
        plan: the last one made before the day was over; it covers it, and what lies behind it is what was run.
        truth: what came, by start of slot; where nothing is given, what the plan expected stands.
        counted_kg: good kilograms that somebody counted, by product, where they are to go before the planned.
    """
    plan = _from_midnight(plan, day, truth)
    ours = _work(plan, sum(s.slot.start in madrid_day(day) for s in plan.problem.slots))
    made_kg = ours.good_kg if counted_kg is None else counted_kg
    asked = {name: kg for name, kg in made_kg.items() if kg > CRUMB_KG}
    rule = compact_block(_asked(plan, day, ours, asked))
    baseline, note = _baseline(rule, ours, sum(asked.values()))
    count = ours.today if baseline is None else max(ours.today, 1 + int(np.flatnonzero(baseline)[-1]))
    return Course(
        starts=tuple(s.slot.start for s in plan.problem.slots[:count]),
        minutes=round(60 * plan.problem.step_h),
        planned_kwh=_listed(ours.total[: ours.today]),
        baseline_kwh=None if baseline is None else _listed(baseline[:count]),
        good_kg=asked,
        production=Production.PLANNED if counted_kg is None else Production.COUNTED,
        note=note,
    )


def _from_midnight(plan: Plan, day: date, truth: Mapping[datetime, SlotInput]) -> Plan:
    """The plan from the day's beginning on, as it stood then, in the weather that came."""
    midnight = madrid_day(day).start
    there = standing(plan, midnight)
    kept = [t for t, s in enumerate(plan.problem.slots) if s.slot.start >= midnight]
    slots = tuple(truth.get(plan.problem.slots[t].slot.start, plan.problem.slots[t]) for t in kept)
    problem = replace(
        plan.problem,
        slots=slots,
        now=None,
        done_kg={},
        stocks_kg=there.stocks_kg,
        finished_kg={},
        running=there.running,
        line_before=there.line_before,
    )
    batches = tuple(b for b in plan.batches if b.start >= midnight)
    return replace(plan, problem=problem, batches=batches, slots=tuple(plan.slots[t] for t in kept))


def _listed(kwh: Floats) -> tuple[float, ...]:
    """To a hundredth of a Wh: the ledger keeps them, and adds them up again."""
    return tuple(round(float(value), 5) for value in kwh)


# ---------------------------------------------------------------------------------------------------------------- work
@dataclass(frozen=True)
class _Work:
    """What a plan does in its first slots; energy in kWh by slot of its horizon.

    Attributes:
        today: how many slots.
        rest: at rest, with what was in the conches at the beginning.
        conche: of the batches that are begun, their fills with it, to their ends.
        line: on.
        begun: batches, by product.
    """

    today: int
    rest: Floats
    conche: Floats
    line: Floats
    begun: Mapping[str, int]
    good_kg: Mapping[str, float]

    @property
    def total(self) -> Floats:
        return self.rest + self.conche + self.line


def _work(plan: Plan, today: int) -> _Work:
    frame = Frame(plan.problem, Options(fixed=plan.batches))
    schedule = schedule_of(plan, frame)
    on = np.array(schedule.line, dtype=int) >= 0
    line = frame.step * (on * frame.line_kw + schedule.output * frame.kg_kw / frame.step)
    line[today:] = 0.0
    begins = [(p, slot) for p, slot in schedule.begins if slot < today]
    names = [p.name for p in plan.problem.plant.products]
    return _Work(
        today=today,
        rest=frame.step * frame.fixed_kw,
        conche=_conche_kwh(frame, begins),
        line=line,
        begun={name: sum(frame.names[p] == name for p, _ in begins) for name in names},
        good_kg={name: max(0.0, sum(good_by_slot(plan, name)[:today])) for name in names},
    )


def _conche_kwh(frame: Frame, begins: Sequence[tuple[int, int]]) -> Floats:
    kwh = np.zeros(frame.count)
    for p, slot in begins:
        profile = frame.conche_kw[p][: frame.count - slot]
        kwh[slot : slot + profile.size] += frame.step * profile
    return kwh


# ------------------------------------------------------------------------------------------------------------ baseline
def _asked(plan: Plan, day: date, ours: _Work, made_kg: Mapping[str, float]) -> Problem:
    """The day's production and batches, as the baseline is asked for them.

    Its tanks have room for every batch: what the days after draw from them is not asked for here.
    """
    problem, plant = plan.problem, plan.problem.plant
    roomy = tuple(
        replace(tank, capacity_kg=tank.capacity_kg + ours.begun[tank.product] * plant.conches.batch_kg)
        for tank in plant.tanks
    )
    due = max((shift.end for shift in plant.crew.hours(madrid_day(day))), default=madrid_day(day).end)
    orders = tuple(Order(f"{day}-{name}", name, kg, due) for name, kg in made_kg.items() if kg > CRUMB_KG)
    end_kg = {name: _left_kg(problem, ours.begun[name], name, made_kg.get(name, 0.0)) for name in problem.stocks_kg}
    return replace(problem, plant=replace(plant, tanks=roomy), orders=orders, end_kg=end_kg)


def _left_kg(problem: Problem, begun: int, name: str, made_kg: float) -> float:
    """Mass that the tanks hold in the end when as many batches were begun; half a batch less, to be met surely."""
    plant = problem.plant
    good = 1 - plant.quality.reject_share(plant.hall.set_point_c)
    drawn = made_kg / good + plant.line.rework_kg if made_kg > CRUMB_KG else 0.0
    arriving = sum(b.kg for b in problem.running if b.product == name)
    return problem.stocks_kg[name] + arriving - drawn + (begun - 0.5) * plant.conches.batch_kg


def _baseline(rule: Plan, ours: _Work, made_kg: float) -> tuple[Floats | None, str]:
    """The baseline's energy for the work that was done, or why there is none."""
    if rule.status is Status.INFEASIBLE:
        return None, rule.note
    theirs = _work(rule, len(rule.slots))
    theirs_kg = sum(theirs.good_kg.values())
    if made_kg > CRUMB_KG and abs(made_kg - theirs_kg) > COMPARABLE * made_kg:
        return None, f"the baseline makes {theirs_kg:.0f} kg where {made_kg:.0f} kg were made"
    line = theirs.line * (made_kg / theirs_kg) if made_kg > CRUMB_KG else ours.line
    baseline = ours.rest + _of_the_same_energy(theirs.conche, ours.conche) + line
    baseline[ours.today :] -= ours.rest[ours.today :] + ours.conche[ours.today :]
    return baseline, ""


def _of_the_same_energy(theirs: Floats, ours: Floats) -> Floats:
    """Our conches' energy at the baseline's hours; where its conches rest, at ours."""
    total = float(theirs.sum())
    return theirs * (float(ours.sum()) / total) if total > 0 else ours
