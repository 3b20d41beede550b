"""The refining group and the conches: batches in the plan's order, each uninterrupted once it has begun."""

from __future__ import annotations

from collections.abc import Generator

import simpy
from simpy.resources.resource import Request

from chocolate_factory.domain.plant_parts import Stage
from chocolate_factory.simulation.chance import Chance
from chocolate_factory.simulation.tanks import Tanks
from chocolate_factory.simulation.trace import Stay, Step, Trace
from chocolate_factory.simulation.world import TINY_H, Conching, World

#: A fill that runs a little past the crew's end is finished; one that would run further waits for the next crew. [E]
OVERTIME_H = 0.5
#: A batch outside its specification is corrected in its conche: this share of its conching again, at its last kW. [E]
CORRECTION = 0.25

Steps = Generator[simpy.Event, None, None]


class ConcheHouse:
    """Fills conches one at a time and lets each work."""

    def __init__(self, env: simpy.Environment, world: World, tanks: Tanks, chance: Chance, trace: Trace) -> None:
        self._env, self._world, self._tanks, self._chance, self._trace = env, world, tanks, chance, trace
        self._conches = simpy.Resource(env, capacity=world.plant.conches.count)
        self._free = [m.name for m in world.plant.machines if m.stage is Stage.CONCHING]

    def work(self) -> Steps:
        """The SimPy process: what runs already first, then each batch of the plan."""
        for batch in self._world.batches:
            place = self._conches.request()
            yield place
            if not batch.is_running:
                yield from self._wait_to_fill(batch)
            stay = self._begin(batch)
            self._env.process(self._finish(stay, place))
            if stay.fill_end_h > self._env.now:
                yield self._env.timeout(stay.fill_end_h - self._env.now)

    def _wait_to_fill(self, batch: Conching) -> Steps:
        at = crew_from(self._world, max(self._env.now, batch.start_h), batch.fill_h)
        if at > self._env.now:
            yield self._env.timeout(at - self._env.now)

    def _begin(self, batch: Conching) -> Stay:
        steps, fill_end_h = self._steps(batch)
        planned_h = sum(p.hours for p in batch.pieces)
        stay = Stay(
            batch=batch.id,
            product=batch.product,
            machine=self._take(batch.machine),
            start_h=self._env.now,
            fill_end_h=fill_end_h,
            ready_h=steps[-1].end_h,
            kg=batch.kg,
            steps=steps,
            lost_h=steps[-1].end_h - self._env.now - planned_h,
        )
        self._trace.stays.append(stay)
        self._tanks.announce(stay)
        return stay

    def _steps(self, batch: Conching) -> tuple[tuple[Step, ...], float]:
        """The profile, stretched by chance, and the fill's end."""
        fill, rest = self._chance.fill_factor(), self._chance.conche_factor()
        hour = fill_end_h = self._env.now
        steps: list[Step] = []
        for piece in batch.pieces:
            end_h = hour + self._stretched_h(hour, piece.hours, fill if piece.in_fill else rest)
            steps.append(Step(hour, end_h, piece.kw))
            hour = end_h
            fill_end_h = end_h if piece.in_fill else fill_end_h
        if self._chance.off_spec() and hour > self._world.now_h:
            conche_h = self._world.plant.product(batch.product).conche_hours
            steps.append(Step(hour, hour + CORRECTION * conche_h, batch.pieces[-1].kw))
        return tuple(steps), fill_end_h

    def _stretched_h(self, from_h: float, hours: float, factor: float) -> float:
        """Chance stretches only what lies ahead of now."""
        past_h = min(hours, max(0.0, self._world.now_h - from_h))
        return past_h + (hours - past_h) * factor

    def _finish(self, stay: Stay, place: Request) -> Steps:
        yield self._env.timeout(stay.ready_h - self._env.now)
        yield self._tanks.take_in(stay)
        self._free.append(stay.machine)
        self._conches.release(place)

    def _take(self, wanted: str) -> str:
        """The conche of the plan where it is free, another where not: they are alike."""
        name = wanted if wanted in self._free else self._free[0]
        self._free.remove(name)
        return name


def crew_from(world: World, hour: float, fill_h: float) -> float:
    """The first moment not before ``hour`` from which a fill has its crew; past the horizon where there is none."""
    for start, end in world.crew:
        at = max(start, hour)
        if at < end - TINY_H and end - at >= min(fill_h - OVERTIME_H, end - start) - TINY_H:
            return at
    return world.hours + 1.0
