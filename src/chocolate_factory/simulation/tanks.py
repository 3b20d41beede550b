"""Warm mass by product: what is in the tanks, what waits in a conche for room, what is on its way.

A batch that does not fit goes over as the line draws, and its conche is free when the last of it is in the tank.
"""

from __future__ import annotations

import simpy

from chocolate_factory.simulation.trace import Level, Stay, Trace
from chocolate_factory.simulation.world import World

#: Less than this cannot be drawn: rounding, kg.
EMPTY_KG = 1e-6


class Tanks:
    """The mass of all products.

    Invariants:
        heel <= tank <= capacity at any time that began so; the line takes only what is above the heel.
    """

    def __init__(self, env: simpy.Environment, world: World, trace: Trace) -> None:
        self._env, self._world, self._trace = env, world, trace
        self._mass = dict(world.stock_kg)
        self._waiting: dict[str, list[tuple[Stay, simpy.Event]]] = {p: [] for p in self._mass}
        self._expected: dict[str, list[float]] = {p: [] for p in self._mass}
        self._coming = {p: sum(b.product == p for b in world.batches) for p in self._mass}
        self.news = env.event()
        for product in self._mass:
            self._note(product)

    def available_kg(self, product: str) -> float:
        """What the line can draw."""
        return self._mass[product] - self._world.heel_kg[product]

    def is_empty(self, product: str) -> bool:
        """Whether there is nothing to draw."""
        return self.available_kg(product) <= EMPTY_KG

    def next_arrival_h(self, product: str) -> float | None:
        """When the next batch that is in its conche will be done; None: none is."""
        return min(self._expected[product], default=None)

    def may_come(self, product: str) -> bool:
        """Whether any batch of it is still to come."""
        return self._coming[product] > 0

    def announce(self, stay: Stay) -> None:
        """A batch has begun: it will be ready at ``stay.ready_h``."""
        self._expected[stay.product].append(stay.ready_h)
        self._tell()

    def take_in(self, stay: Stay) -> simpy.Event:
        """A batch is done; the event comes when all of it is in the tank."""
        emptied = self._env.event()
        self._mass[stay.product] += stay.kg
        self._trace.conched_kg += stay.kg
        self._expected[stay.product].remove(stay.ready_h)
        self._coming[stay.product] -= 1
        self._waiting[stay.product].append((stay, emptied))
        self._release(stay.product)
        self._tell()
        return emptied

    def draw(self, product: str, kg: float) -> None:
        """The line has taken ``kg`` since the last note."""
        self._mass[product] -= kg
        self._release(product)

    def until_release_kg(self, product: str) -> float | None:
        """What must be drawn until the first waiting conche is empty; None: none waits."""
        waiting = self._waiting[product]
        if not waiting:
            return None
        return self._overflow(product) - sum(stay.kg for stay, _ in waiting[1:])

    def total_kg(self) -> float:
        """All mass that has left its conching, in tanks or waiting for room."""
        return sum(self._mass.values())

    def _overflow(self, product: str) -> float:
        return self._mass[product] - self._world.capacity_kg[product]

    def _release(self, product: str) -> None:
        while (left := self.until_release_kg(product)) is not None and left <= EMPTY_KG:
            stay, emptied = self._waiting[product].pop(0)
            stay.released_h = self._env.now
            emptied.succeed()
        self._note(product)

    def _note(self, product: str) -> None:
        mass, capacity = self._mass[product], self._world.capacity_kg[product]
        tank = min(mass, capacity)
        self._trace.levels.append(Level(self._env.now, product, tank, mass - tank))

    def _tell(self) -> None:
        told, self.news = self.news, self._env.event()
        told.succeed()
