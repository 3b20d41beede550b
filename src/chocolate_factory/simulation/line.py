"""The line: the plan's runs in the plan's order, with set-up, rate, stops, and what a shift does when it falls behind.

How it is worked: a run keeps the plan's pace slot by slot; behind it, the line goes faster, up to its highest rate. A
run ends when its kg are made, the crew goes, the hall cannot be held, or no mass is in sight. What it still owes goes
to the product's next run; where there is none, it is started again, if that makes more than a start throws away.
"""

from __future__ import annotations

import math
from collections.abc import Generator

import simpy

from chocolate_factory.simulation.chance import Chance
from chocolate_factory.simulation.tanks import Tanks
from chocolate_factory.simulation.trace import Doing, LineSegment, Trace
from chocolate_factory.simulation.world import ROUNDING_KG, TINY_H, LineRun, World

#: The line is kept on without mass while the next batch is nearer than this; else it is switched off. [E]
PATIENCE_H = 1.0
#: After a delay a run is begun before the crew goes only if this share of it can be made. [E]
WORTH_A_START = 0.5

Steps = Generator[simpy.Event, None, None]


class LineCrew:
    """Works the line."""

    def __init__(self, env: simpy.Environment, world: World, tanks: Tanks, chance: Chance, trace: Trace) -> None:
        self._env, self._world, self._tanks, self._chance, self._trace = env, world, tanks, chance, trace
        self._line = world.plant.line
        self._owed = {p.name: 0.0 for p in world.plant.products}
        self._to_failure_h = chance.running_to_failure_h()
        self._to_micro_stop_h = chance.running_to_micro_stop_h()
        self._last_product = world.line_before
        self._last_end_h = -math.inf if world.line_before is None else 0.0
        self._closes_h = 0.0

    def work(self) -> Steps:
        """The SimPy process: each run of the plan."""
        for index, run in enumerate(self._world.runs):
            self._owed[run.product] += run.kg
            has_later = any(r.product == run.product for r in self._world.runs[index + 1 :])
            yield from self._make(run, has_later=has_later)

    def _make(self, run: LineRun, *, has_later: bool) -> Steps:
        least_kg = ROUNDING_KG
        while self._owed[run.product] > least_kg:
            yield from self._wait_until_open(run)
            if self._env.now >= self._closes_h:
                return
            yield from self._once(run)
            if has_later:
                return
            least_kg = max(ROUNDING_KG, self._line.rework_kg)

    # ------------------------------------------------------------------------------------------------- before a start
    def _wait_until_open(self, run: LineRun) -> Steps:
        """Until line, crew, hall and mass are there; leaves ``closes_h`` before now where that never comes."""
        while True:
            start_h, self._closes_h = self._opening(run)
            if start_h > self._env.now:
                yield self._env.timeout(start_h - self._env.now)
            if self._is_mass_near(run.product, self._line.setup_h + PATIENCE_H):
                return
            if not self._tanks.may_come(run.product):
                self._closes_h = -1.0
                return
            yield self._tanks.news

    def _opening(self, run: LineRun) -> tuple[float, float]:
        earliest = max(self._env.now, run.start_h, self._last_end_h + self._pause_h(run.product))
        needed_h = WORTH_A_START * self._owed[run.product] / self._line.rate_max_kg_h
        needed_h = self._line.setup_h + min(needed_h, self._line.min_on_h)
        for opens_h, closes_h in self._world.line_open:
            start_h = max(opens_h, earliest)
            if closes_h - start_h >= needed_h - TINY_H:
                return start_h, closes_h
        return self._world.hours + 1.0, -1.0

    def _pause_h(self, product: str) -> float:
        return 0.0 if self._last_product is None else self._world.plant.pause_h(self._last_product, product)

    def _is_mass_near(self, product: str, hours: float) -> bool:
        arrival_h = self._tanks.next_arrival_h(product)
        near = arrival_h is not None and arrival_h <= self._env.now + hours + TINY_H
        return near or not self._tanks.is_empty(product)

    # ------------------------------------------------------------------------------------------------------ one start
    def _once(self, run: LineRun) -> Steps:
        """From one start to the line's standing still."""
        if self._last_product not in {None, run.product}:
            self._trace.changeover_h += self._pause_h(run.product)
        self._trace.starts += 1
        yield from self._spend(run, Doing.SETUP, self._line.setup_h)
        while self._owed[run.product] > ROUNDING_KG and self._left_h() > TINY_H:
            if self._tanks.is_empty(run.product):
                if not self._is_mass_near(run.product, PATIENCE_H):
                    break
                yield from self._starve(run)
            else:
                yield from self._produce(run)
        self._last_product = run.product
        self._last_end_h = max(self._last_end_h, self._env.now)

    def _left_h(self) -> float:
        return self._closes_h - self._env.now

    def _starve(self, run: LineRun) -> Steps:
        arrival_h = self._tanks.next_arrival_h(run.product)
        if arrival_h is not None:
            yield from self._spend(run, Doing.STARVED, arrival_h - self._env.now)

    def _produce(self, run: LineRun) -> Steps:
        """Until something changes: the slot, the stock, the work, a stop."""
        rate = self._rate(run)
        hours = min(
            self._slot_left_h(),
            self._owed[run.product] / rate,
            self._tanks.available_kg(run.product) / rate,
            (self._tanks.until_release_kg(run.product) or math.inf) / rate,
            self._until_trouble_h(),
            self._left_h(),
        )
        start_h = self._env.now
        yield self._env.timeout(hours)
        self._note(start_h, Doing.RUN, rate, run)
        self._owed[run.product] -= rate * hours
        self._tanks.draw(run.product, rate * hours)
        if start_h >= self._world.now_h - TINY_H:
            yield from self._stops(run, hours)

    def _rate(self, run: LineRun) -> float:
        """What brings the run back to the plan by the end of this slot or the run's, within what the line can do."""
        planned_later_kg = run.after_slot_kg(self._world.slot_at(self._env.now))
        left_h = self._slot_left_h()
        if self._env.now < run.end_h - TINY_H:
            left_h = min(left_h, run.end_h - self._env.now)
        wanted = (self._owed[run.product] - planned_later_kg) / left_h
        return min(self._line.rate_max_kg_h, max(self._line.rate_min_kg_h, wanted))

    def _slot_left_h(self) -> float:
        return (self._world.slot_at(self._env.now) + 1) * self._world.step_h - self._env.now

    # ---------------------------------------------------------------------------------------------------------- stops
    def _until_trouble_h(self) -> float:
        """Until the next stop; in history, where there is none, until now."""
        history_h = self._world.now_h - self._env.now
        return history_h if history_h > TINY_H else min(self._to_failure_h, self._to_micro_stop_h)

    def _stops(self, run: LineRun, ran_h: float) -> Steps:
        self._to_failure_h -= ran_h
        self._to_micro_stop_h -= ran_h
        if self._to_failure_h <= TINY_H:
            self._to_failure_h = self._chance.running_to_failure_h()
            yield from self._stop(run, Doing.BREAKDOWN, self._chance.repair_h())
        if self._to_micro_stop_h <= TINY_H:
            self._to_micro_stop_h = self._chance.running_to_micro_stop_h()
            yield from self._stop(run, Doing.MICRO_STOP, self._chance.micro_stop_h())

    def _stop(self, run: LineRun, why: Doing, hours: float) -> Steps:
        self._trace.lost_h[run.id] = self._trace.lost_h.get(run.id, 0.0) + hours
        # A repair goes on after the crew has gone: the next start waits for it.
        self._last_end_h = self._env.now + hours
        yield from self._spend(run, why, hours)

    def _spend(self, run: LineRun, doing: Doing, hours: float) -> Steps:
        """On without output, at most until the line closes."""
        start_h, hours = self._env.now, max(0.0, min(hours, self._left_h()))
        yield self._env.timeout(hours)
        if hours:
            self._note(start_h, doing, 0.0, run)

    def _note(self, start_h: float, doing: Doing, rate: float, run: LineRun) -> None:
        segment = LineSegment(start_h, self._env.now, doing, rate, run.product, run.id, self._trace.starts)
        self._trace.line.append(segment)
