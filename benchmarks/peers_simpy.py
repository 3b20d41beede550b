"""The plant as a plain SimPy loop: what anybody would write from the plant's facts in an afternoon.

Processes for batches and runs, a resource for conches and one for the refining group, a container for each product's
tank, and a meter that wakes up every so many minutes and adds up what the plant takes just then. It follows a plan to
the letter. Left out: chance, trace, orders, OEE, quarter-hour maxima by period, changeovers and pauses, a shift that
catches up or gives up, history; a mass that never comes stops it for good. Fills and profiles last whole hours.

It shares the physics of ``domain/thermal.py`` with the simulator and no code of ``simulation/``.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime

import simpy

from chocolate_factory.domain.plan import Batch, Plan, SlotInput
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.plant_parts import Hall
from chocolate_factory.domain.thermal import Air, chiller_capacity_kw, chiller_cop, gains_kw, latent_load_kw

Steps = Generator[simpy.Event, None, None]
HOUR_MIN = 60


@dataclass(frozen=True, slots=True)
class Weather:
    """A slot as the meter needs it, worked out once for all runs; power in kW."""

    air: Air
    eur_kwh: float
    cop: float
    capacity_kw: float
    latent_kw: float
    contracted_kw: float


@dataclass(slots=True)
class Totals:
    """What a run of the loop came to."""

    kwh: float = 0.0
    eur: float = 0.0
    good_kg: float = 0.0
    reject_kg: float = 0.0
    rework_kg: float = 0.0


class PlainPlant:
    """A plan's week, prepared once and run as often as one likes."""

    def __init__(self, plan: Plan, step_min: int) -> None:
        self.plan, self.plant, self.step_min = plan, plan.problem.plant, step_min
        self.slot_min = round(plan.problem.step_h * HOUR_MIN)
        self.weather = [weather_of(slot, self.plant) for slot in plan.problem.slots]
        self.batches = [b for b in (*plan.problem.running, *plan.batches) if b.stage == "conche"]
        self.runs = [b for b in plan.batches if b.stage == "line"]

    def minute(self, moment: datetime) -> int:
        """Minutes since the horizon's start; less than nothing before it."""
        return round((moment - self.plan.problem.horizon.start).total_seconds() / 60)

    def run(self) -> Totals:
        """From beginning to end."""
        return _Run(self).play()


class _Run:
    """One run: the machines' state between two wakings of the meter."""

    def __init__(self, week: PlainPlant) -> None:
        self.week, self.plant = week, week.plant
        self.env = env = simpy.Environment()
        self.conches = simpy.Resource(env, self.plant.conches.count)
        self.refining = simpy.Resource(env, 1)
        stocks = week.plan.problem.stocks_kg
        self.tanks = {p.name: tank_of(env, self.plant, p.name, stocks.get(p.name, 0.0)) for p in self.plant.products}
        self.conche_kw, self.line_on, self.rate_kg_h, self.to_rework_kg = 0.0, False, 0.0, 0.0
        self.room_c = room_at_rest_c(self.plant, week.weather[0].air)
        self.totals = Totals()

    def play(self) -> Totals:
        """Every process, until the horizon's end."""
        for batch in self.week.batches:
            self.env.process(self.conche(batch))
        self.env.process(self.line())
        self.env.process(self.meter())
        self.env.run(until=len(self.week.weather) * self.week.slot_min)
        return self.totals

    # ------------------------------------------------------------------------------------------------------ machines
    def conche(self, batch: Batch) -> Steps:
        """A batch: filled, worked hour by hour, emptied into its tank when that has room."""
        begin_min, fill_h = self.week.minute(batch.start), round(self.plant.fill_h)
        age_h = max(0, -begin_min) // HOUR_MIN  # of one that runs already
        yield self.env.timeout(max(0, begin_min))
        with self.conches.request() as place:
            yield place
            profile = self.plant.product(batch.product).conche_kw
            if age_h < fill_h:
                with self.refining.request() as turn:
                    yield turn
                    for kw in profile[age_h:fill_h]:
                        yield from self.work(kw + self.plant.refining.power_kw)
            for kw in profile[max(age_h, fill_h) :]:
                yield from self.work(kw)
            self.conche_kw += profile[-1]  # stirs on while it waits for room
            yield self.tanks[batch.product].put(batch.kg)
            self.conche_kw -= profile[-1]

    def work(self, kw: float) -> Steps:
        """One hour at one power."""
        self.conche_kw += kw
        yield self.env.timeout(HOUR_MIN)
        self.conche_kw -= kw

    def line(self) -> Steps:
        """The plan's runs: set-up, then each slot's kilograms."""
        slots, length = self.week.plan.slots, self.week.slot_min
        for run in sorted(self.week.runs, key=lambda r: r.start):
            yield self.env.timeout(max(0, self.week.minute(run.start) - self.env.now))
            self.line_on, self.to_rework_kg = True, self.plant.line.rework_kg
            yield self.env.timeout(round(self.plant.line.setup_h * HOUR_MIN))
            while self.env.now < self.week.minute(run.end):
                kg, ends_min = slots[int(self.env.now) // length].output_kg, (self.env.now // length + 1) * length
                yield self.tanks[run.product].get(kg)
                self.rate_kg_h = kg * HOUR_MIN / length
                yield self.env.timeout(ends_min - self.env.now)
            self.line_on, self.rate_kg_h = False, 0.0

    # --------------------------------------------------------------------------------------------------------- meter
    def meter(self) -> Steps:
        """Looks in the middle of each step and takes it for the whole of it."""
        step, slot_min, weather = self.week.step_min, self.week.slot_min, self.week.weather
        yield self.env.timeout(step / 2)
        while True:
            self.look(weather[int(self.env.now) // slot_min], step / HOUR_MIN)
            yield self.env.timeout(step)

    def look(self, now: Weather, hours: float) -> None:
        """Power, energy and output of one step."""
        plant, line = self.plant, self.plant.line
        other_kw = plant.base_kw + plant.tanks_kw + self.conche_kw
        if self.line_on:
            other_kw += line.power_kw + line.energy_kwh_kg * self.rate_kg_h
        kwh = (other_kw + self.cold_kw(now, other_kw, hours) / now.cop) * hours
        self.totals.kwh += kwh
        self.totals.eur += kwh * now.eur_kwh
        self.pack(self.rate_kg_h * hours)

    def pack(self, kg: float) -> None:
        """The first kilograms of a start go back, some of the others are rejected: more in a warm room."""
        rework = min(kg, self.to_rework_kg)
        self.to_rework_kg -= rework
        reject = (kg - rework) * self.plant.quality.reject_share(self.room_c)
        self.totals.rework_kg += rework
        self.totals.reject_kg += reject
        self.totals.good_kg += kg - rework - reject

    def cold_kw(self, now: Weather, other_kw: float, hours: float) -> float:
        """Cold for the hall and the product, kW; the room then stands where it leaves it (Euler's step)."""
        hall = self.plant.hall
        target_c = hall.set_point_c if self.line_on else hall.setback_c
        fixed_kw = self.plant.line.heat_kwh_kg * self.rate_kg_h + (now.latent_kw if self.line_on else 0.0)
        gains = gains_kw(hall, producing=self.line_on)
        heat_kw = hall.ua_kw_k * (now.air.temperature_c - self.room_c) + gains
        wanted_kw = heat_kw + (self.room_c - target_c) * hall.heat_capacity_kwh_k / hours
        spare_kw = (now.contracted_kw - other_kw) * now.cop - fixed_kw
        hold_kw = hall.ua_kw_k * (now.air.temperature_c - target_c) + gains
        most_kw = min(max(0.0, now.capacity_kw - fixed_kw), max(0.0, hold_kw, spare_kw))
        cold_kw = min(most_kw, max(0.0, wanted_kw))
        warmer_k = (heat_kw - cold_kw) * hours / hall.heat_capacity_kwh_k
        self.room_c = max(self.plant.limits.room_min_c, self.room_c + warmer_k)
        return fixed_kw + cold_kw


def weather_of(slot: SlotInput, plant: Plant) -> Weather:
    """What a slot's weather and price mean."""
    t_c = slot.air.temperature_c
    return Weather(
        air=slot.air,
        eur_kwh=slot.energy_eur_kwh,
        cop=chiller_cop(t_c, plant.chiller),
        capacity_kw=chiller_capacity_kw(t_c, plant.chiller),
        latent_kw=latent_load_kw(slot.air, plant.hall, producing=True),
        contracted_kw=plant.contract.power_kw(slot.period),
    )


def tank_of(env: simpy.Environment, plant: Plant, product: str, stock_kg: float) -> simpy.Container:
    """All tanks of a product as one, without the heel that never leaves them."""
    tanks = plant.tanks_of(product)
    heel_kg = sum(t.heel_kg for t in tanks)
    return simpy.Container(env, sum(t.capacity_kg for t in tanks) - heel_kg, max(0.0, stock_kg - heel_kg))


def room_at_rest_c(plant: Plant, air: Air) -> float:
    """Where the hall settles without cold, within setback and least."""
    hall: Hall = plant.hall
    settled_c = air.temperature_c + gains_kw(hall, producing=False) / hall.ua_kw_k
    return max(plant.limits.room_min_c, min(hall.setback_c, settled_c))
