"""The day-ahead problem that EMHASS can be given as well: one deferrable load, in one piece, while the crew is there.

What refining group, conches and line take for a day's 2 t, without cold, is spread evenly over a shift's eight hours;
what the plant takes at rest, cold included, is a load that nobody decides; both together stay within the contracted
power. Our planner gets it as a plant whose line is that block and that has its mass in the tank already.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from planning_problems import PLANT, one_product_plant, real_problem

from chocolate_factory.domain.plan import Plan, Problem
from chocolate_factory.domain.plant import Order, Plant
from chocolate_factory.domain.thermal import line_may_run, load
from chocolate_factory.domain.time import DAY, Resolution, madrid_day, madrid_midnight

#: A day's chocolate, kg, and the pace at which the line makes it.
DAY_KG, RATE_KG_H = 2000.0, 400.0
#: A shift.
BLOCK_H = 8
#: So many days of the year, and so far apart.
DAYS, EVERY = 28, 13


@dataclass(frozen=True)
class Block:
    """So many hours in one piece at one power."""

    hours: int
    kw: float


def block_of(plant: Plant) -> Block:
    """A day's deferrable energy: refining and conching of its batches, the line's set-up and output."""
    batches = DAY_KG / plant.conches.batch_kg
    batch_kwh = sum(plant.products[0].conche_kw) + plant.refining.power_kw * plant.fill_h
    line_kwh = plant.line.power_kw * line_h(plant) + plant.line.energy_kwh_kg * DAY_KG
    return Block(BLOCK_H, (batches * batch_kwh + line_kwh) / BLOCK_H)


def line_h(plant: Plant) -> float:
    """Hours that the line needs for the day's chocolate."""
    return plant.line.setup_h + DAY_KG / RATE_KG_H


def days() -> Iterator[date]:
    """28 working days over 2024, none with a clock change."""
    for number in range(DAYS):
        there = date(2024, 1, 2) + number * EVERY * DAY
        while not PLANT.crew.works_on(there) or madrid_day(there).duration != DAY:
            there += DAY
        yield there


def whole_day(day: date, resolution: Resolution) -> Problem:
    """The plant's own day: the same 2 t due at 22:00, tanks, conches, cold and all.

    Two batches do not quite make up for rejects and rework: the tanks may end 100 kg lower.
    """
    problem = real_problem(one_product_plant(), madrid_midnight(day), 24, resolution)
    return replace(problem, end_kg={name: kg - 100.0 for name, kg in problem.stocks_kg.items()})


def block_problem(whole: Problem, block: Block) -> Problem:
    """The same day with the block in place of the plant's machines."""
    plant = block_plant(whole.plant, block)
    name = plant.products[0].name
    heel_kg = sum(t.heel_kg for t in plant.tanks_of(name))
    due = Order("block", name, DAY_KG, whole.horizon.end)
    return replace(
        whole, plant=plant, orders=(due,), stocks_kg={name: heel_kg + DAY_KG}, end_kg={name: heel_kg}, finished_kg={}
    )


def block_plant(plant: Plant, block: Block) -> Plant:
    """A line that takes the block's power while it is on and nothing else, and makes the day's kg in one piece."""
    rate = DAY_KG / block.hours
    line = replace(
        plant.line,
        rate_min_kg_h=rate,
        rate_max_kg_h=rate,
        power_kw=0.0,
        energy_kwh_kg=block.kw / rate,
        heat_kwh_kg=0.0,
        setup_h=0.0,
        rework_kg=0.0,
        start_eur=0.0,
        min_on_h=float(block.hours),
        min_off_h=0.0,
    )
    hall = replace(plant.hall, gains_line_kw=0.0, fresh_air_kg_s=0.0, set_point_c=plant.hall.setback_c)
    return replace(plant, line=line, hall=hall, quality=replace(plant.quality, reject_base=0.0, reject_per_k2=0.0))


# --------------------------------------------------------------------------------------------------- what it comes to
def rest_kw(problem: Problem) -> list[float]:
    """What the plant takes at rest, slot by slot."""
    return [load(problem.plant, s.air, line_on=False).total_kw for s in problem.slots]


def deferred_kw(plan: Plan) -> list[float]:
    """What a plan takes beyond that."""
    return [s.power_kw - kw for s, kw in zip(plan.slots, rest_kw(plan.problem), strict=True)]


def cost_eur(problem: Problem, kw: list[float]) -> float:
    """Of a load, at the all-in price."""
    return sum(x * problem.step_h * s.energy_eur_kwh for x, s in zip(kw, problem.slots, strict=True))


def windows(problem: Problem, block: Block) -> list[list[float]]:
    """Every place that the block may have, as kW by slot: with crew, within the contracted power."""
    length, rest = round(block.hours / problem.step_h), rest_kw(problem)
    free = [
        s.crew and kw + block.kw <= problem.plant.contract.power_kw(s.period)
        for s, kw in zip(problem.slots, rest, strict=True)
    ]
    starts = [t for t in range(len(free) - length + 1) if all(free[t : t + length])]
    return [[block.kw * (t <= i < t + length) for i in range(len(free))] for t in starts]


def held_h(problem: Problem, kw: list[float]) -> float:
    """Hours of a block in which the hall could be held with the line on, had it one."""
    return sum(problem.step_h for s, x in zip(problem.slots, kw, strict=True) if x > 0 and line_may_run(s.air, PLANT))
