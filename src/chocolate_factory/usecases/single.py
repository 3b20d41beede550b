"""The plant as if it made one product: when to run, not what, and a plan takes a tenth of the time."""

from __future__ import annotations

from dataclasses import replace

from chocolate_factory.domain.crew import Weekday
from chocolate_factory.domain.plant import Plant


def of_one_product(plant: Plant) -> Plant:
    """The plant as if all its demand and tanks were its first product's: when to run, not what."""
    name = plant.products[0].name
    tanks = tuple(replace(tank, product=name) for tank in plant.tanks)
    weekly = {Weekday(day): {name: sum(kg.values())} for day, kg in plant.demand.weekly.items() if kg}
    half = {tank.name: (tank.capacity_kg + tank.heel_kg) / 2 for tank in tanks}
    return replace(
        plant,
        products=plant.products[:1],
        tanks=tanks,
        demand=replace(plant.demand, weekly=weekly, orders=()),
        stocks=replace(plant.stocks, tanks_kg=half, finished_kg={name: 0.0}),
    )
