"""A day's decision carried out: simulated with the weather and the luck that came, metered, and what it leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from chocolate_factory.domain.plan import Batch, Plan, Problem
from chocolate_factory.domain.plant import Order
from chocolate_factory.domain.tariff import Period
from chocolate_factory.domain.time import Resolution
from chocolate_factory.planning.carry import Standing
from chocolate_factory.simulation.orders import TOLERANCE
from chocolate_factory.simulation.outcome import Outcome
from chocolate_factory.simulation.run import run
from chocolate_factory.usecases.backtest.given import Given
from chocolate_factory.usecases.backtest.sight import truth_of


@dataclass(frozen=True)
class Metered:
    """One tariff period of a day: energy, its all-in cost, the highest mean power of a quarter-hour."""

    kwh: float
    eur: float
    peak_kw: float


@dataclass(frozen=True)
class Executed:
    """A day as it went.

    Attributes:
        good_kg: made and good; what was due is ``due_kg``, of which ``late_kg`` were not there in time.
        left: how the plant stands at its end.
    """

    metered: Mapping[Period, Metered]
    good_kg: float
    due_kg: float
    late_kg: float
    starts: int
    left: Standing


def execute(given: Given, day: date, plan: Plan) -> Executed:
    """What became of a plan in the hours that were committed; the same luck for whoever's plan it is."""
    truth = truth_of(given, day, Resolution.HOUR)
    outcome = run(_committed(plan, truth), seed_of(given.seed, day))
    missing = {order: _missing_kg(order, truth, plan.problem, outcome) for order in truth.orders}
    return Executed(
        metered=_metered(given, day, outcome),
        good_kg=outcome.good_kg,
        due_kg=sum(order.kg for order in truth.orders),
        late_kg=sum(missing.values()),
        starts=outcome.starts,
        left=_left(plan.problem, truth, outcome),
    )


def seed_of(seed: int, day: date) -> int:
    """The seed of a day's luck."""
    return int(np.random.SeedSequence([seed, day.toordinal()]).generate_state(1, np.uint64)[0])


def _committed(plan: Plan, truth: Problem) -> Plan:
    """What of a plan is carried out: what begins in the committed hours, in the weather that came."""
    count, end = len(truth.slots), truth.horizon.end
    slots = plan.slots[:count]
    problem = replace(plan.problem, slots=truth.slots, orders=truth.orders)
    begun = (b for b in plan.batches if b.start < end)
    return replace(plan, problem=problem, slots=slots, batches=tuple(_cut(b, plan, end) for b in begun))


def _cut(batch: Batch, plan: Plan, end: datetime) -> Batch:
    """A run of the line that would go on into the next day ends with this one."""
    if batch.stage != "line" or batch.end <= end:
        return batch
    inside = (s.output_kg for s in plan.slots if batch.start <= s.input.slot.start < end)
    return replace(batch, end=end, kg=sum(inside))


# -------------------------------------------------------------------------------------------------------------- meters
def _metered(given: Given, day: date, outcome: Outcome) -> dict[Period, Metered]:
    quarters = truth_of(given, day, Resolution.QUARTER).slots
    kwh: dict[Period, float] = {}
    eur: dict[Period, float] = {}
    for slot, energy in zip(quarters, outcome.meter.quarters_kwh, strict=True):
        kwh[slot.period] = kwh.get(slot.period, 0.0) + energy
        eur[slot.period] = eur.get(slot.period, 0.0) + energy * slot.energy_eur_kwh
    return {p: Metered(kwh[p], eur[p], outcome.meter.peak_kw[p]) for p in sorted(kwh)}


def _missing_kg(order: Order, truth: Problem, before: Problem, outcome: Outcome) -> float:
    """What of an order was not there when it was due; less than the tolerance of a delivery is none."""
    earlier = sum(o.kg for o in truth.orders if o.product == order.product and (o.due, o.id) < (order.due, order.id))
    there = before.finished_kg.get(order.product, 0.0) + _good_until(order, outcome)
    missing = min(order.kg, max(0.0, earlier + order.kg - there))
    return missing if missing > TOLERANCE * order.kg else 0.0


def _good_until(order: Order, outcome: Outcome) -> float:
    """Good kilograms of the order's product made before it was due."""
    output, due_h = outcome.ledger.output, (order.due - outcome.epoch).total_seconds() / 3600
    mine = np.array([s.product == order.product for s in output.segments], dtype=bool)
    share = np.clip((due_h - output.start_h) / (output.end_h - output.start_h), 0.0, 1.0)
    return float(np.sum(output.good_kg * share * mine))


# ------------------------------------------------------------------------------------------------------- what is left
def _left(before: Problem, truth: Problem, outcome: Outcome) -> Standing:
    """Mass that waits in a conche for room counts as in the tank, and its conche as free: it is by morning."""
    ran = [segment.product for segment in outcome.trace.line]
    return Standing(
        stocks_kg=_stocks(before, outcome),
        finished_kg=_finished(before, truth, outcome),
        running=tuple(_running(outcome)),
        line_before=ran[-1] if ran else before.line_before,
    )


def _stocks(before: Problem, outcome: Outcome) -> dict[str, float]:
    stocks = dict(before.stocks_kg)
    for level in outcome.trace.levels:  # in order: the last one stays
        stocks[level.product] = level.tank_kg + level.waiting_kg
    return stocks


def _finished(before: Problem, truth: Problem, outcome: Outcome) -> dict[str, float]:
    left = {p.name: before.finished_kg.get(p.name, 0.0) for p in before.plant.products}
    output = outcome.ledger.output
    for segment, kg in zip(output.segments, output.good_kg.tolist(), strict=True):
        left[segment.product] += kg
    for order in truth.orders:
        left[order.product] -= order.kg
    return left


def _running(outcome: Outcome) -> Iterator[Batch]:
    for stay in outcome.trace.stays:
        if stay.ready_h > outcome.hours:
            start, end = (outcome.epoch + timedelta(hours=h) for h in (stay.start_h, stay.ready_h))
            yield Batch(stay.batch, stay.product, "conche", stay.machine, start, end, stay.kg)
