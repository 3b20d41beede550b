"""A problem as arrays: slots by number, products by number, hours as counts of slots.

Everything that the program and the rules need is read from the plant once, here. Lengths of time become whole slots,
rounded up, so that no limit is cut short.

Invariants:
    Power is linear in what is decided: ``fixed_kw + line_kw y + kg_kw q / step + sum of conche_kw by age``.
    Demand is in good kilograms and the line's output good and bad together: ``due_kg`` is grossed up by the share that
    is rejected at the hall's set point, and what a start sends back (``rework_kg``) does not count towards it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.plan import Batch, Options, Plane, Problem
from chocolate_factory.domain.thermal import line_may_run
from chocolate_factory.planning.arrays.loads import Loads, batch_kw, loads
from chocolate_factory.planning.arrays.quiet import quiet_slots
from chocolate_factory.planning.arrays.types import Bools, Floats


@dataclass(frozen=True)
class Frame:
    """The arrays of one problem; rows by product (those asked for, begun or locked), columns by slot."""

    problem: Problem
    options: Options

    # ------------------------------------------------------------------------------------------------------- shape
    @cached_property
    def names(self) -> tuple[str, ...]:
        """Products that can matter here; the others' tanks just wait."""
        p = self.problem
        asked = {o.product for o in p.orders if o.due <= p.horizon.end}
        asked |= {b.product for b in (*p.running, *self.options.fixed)}
        asked |= {name for plane in self.planes for name in (*plane.warm_eur_kg, *plane.finished_eur_kg)}
        return tuple(product.name for product in p.plant.products if product.name in asked)

    @property
    def planes(self) -> tuple[Plane, ...]:
        """Of the days after; none where the plan looks no further."""
        return self.problem.after.planes if self.problem.after is not None else ()

    @property
    def count(self) -> int:
        """Number of slots."""
        return len(self.problem.slots)

    @property
    def step(self) -> float:
        """Length of a slot, h."""
        return self.problem.step_h

    def slots_in(self, hours: float) -> int:
        """Whole slots that hold so many hours."""
        return math.ceil(hours / self.step - 1e-9)

    def slot_of(self, batch: Batch) -> int:
        """Number of the slot in which a batch begins; negative before the horizon."""
        return round((batch.start - self.problem.horizon.start).total_seconds() / 3600 / self.step)

    # ------------------------------------------------------------------------------------------------ lengths, rates
    @cached_property
    def conche_slots(self) -> tuple[int, ...]:
        """Length of a batch, by product."""
        return tuple(self.slots_in(self.problem.plant.product(name).conche_hours) for name in self.names)

    @cached_property
    def fill_slots(self) -> int:
        """How long a fill holds the refining group."""
        return self.slots_in(self.problem.plant.fill_h)

    @cached_property
    def setup_slots(self) -> int:
        """Slots of a run without output."""
        return self.slots_in(self.problem.plant.line.setup_h)

    @cached_property
    def run_slots(self) -> int:
        """The shortest run; at least one slot has output."""
        return max(self.slots_in(self.problem.plant.line.min_on_h), self.setup_slots + 1)

    @cached_property
    def pause_slots(self) -> NDArray[np.int64]:
        """Slots at rest between a run of one product (row) and of another; at least one, or they were one run."""
        plant = self.problem.plant
        rows = [[max(1, self.slots_in(plant.pause_h(a, b))) for b in self.names] for a in self.names]
        return np.array(rows, dtype=np.int64).reshape(len(self.names), len(self.names))

    @property
    def least_kg(self) -> float:
        """Least output of a slot that has any."""
        return self.problem.plant.line.rate_min_kg_h * self.step

    @property
    def most_kg(self) -> float:
        """Most output of a slot."""
        return self.problem.plant.line.rate_max_kg_h * self.step

    @property
    def rework_kg(self) -> float:
        """The first output of a run, which is sent back."""
        return self.problem.plant.line.rework_kg

    @cached_property
    def first_start(self) -> tuple[int, ...]:
        """The first slot in which a run may begin, by product: after the pause of what the line ran before."""
        before, plant = self.problem.line_before, self.problem.plant
        if before is None:
            return (0,) * len(self.names)
        return tuple(self.slots_in(plant.pause_h(before, name)) for name in self.names)

    # --------------------------------------------------------------------------------------------------------- money
    @cached_property
    def price(self) -> Floats:
        """EUR/kWh as decisions weigh it: with what is put on carbon, and on prices that are not published."""
        caution: Floats = np.array([self.options.caution_eur_kwh(s) for s in self.problem.slots])
        return self.expected_price + caution

    @cached_property
    def expected_price(self) -> Floats:
        """EUR/kWh with the price put on carbon."""
        return np.array([s.energy_eur_kwh + self.options.carbon_eur_kwh for s in self.problem.slots])

    # --------------------------------------------------------------------------------------------------------- power
    @cached_property
    def _loads(self) -> Loads:
        return loads(self.problem.plant, [s.air for s in self.problem.slots])

    @cached_property
    def fixed_kw(self) -> Floats:
        """What nobody decides: base, tanks, the hall at rest, and batches that were begun before."""
        return self._loads.rest_kw + self._begun_kw

    @property
    def line_kw(self) -> Floats:
        """The line on and the hall held, over the hall at rest."""
        return self._loads.line_kw

    @property
    def kg_kw(self) -> Floats:
        """KW for each kg/h of output."""
        return self._loads.kg_kw

    @cached_property
    def conche_kw(self) -> tuple[Floats, ...]:
        """Mean power of a batch in each slot of its age, the refining group's while it fills; by product."""
        return tuple(
            np.array([batch_kw(self.problem.plant, name, k * self.step, self.step) for k in range(length)])
            for name, length in zip(self.names, self.conche_slots, strict=True)
        )

    @cached_property
    def limit_kw(self) -> Floats:
        """The contracted power of each slot's period, or the peak that is asked for; history is as it was."""
        contracted_kw = self.problem.plant.contract.power_kw
        limit: Floats = np.array([contracted_kw(s.period) for s in self.problem.slots])
        limit = limit if self.options.peak_kw is None else np.minimum(limit, self.options.peak_kw)
        return np.where(self.past, np.inf, limit)

    # -------------------------------------------------------------------------------------------- what was begun
    def age_h(self, batch: Batch, slot: int) -> float:
        """Age of a batch at a slot's start."""
        return (self.problem.slots[slot].slot.start - batch.start).total_seconds() / 3600

    def _sum_over_begun(self, held_h: float | None) -> Floats:
        """Number of begun batches younger than so many hours (None: than their end) in each slot."""
        ends = [held_h or (b.end - b.start).total_seconds() / 3600 for b in self.problem.running]
        pairs = list(zip(self.problem.running, ends, strict=True))
        return np.array([sum(self.age_h(b, t) < end for b, end in pairs) for t in range(self.count)], dtype=float)

    @cached_property
    def begun_conches(self) -> Floats:
        """Conches that batches begun before hold in each slot."""
        return self._sum_over_begun(None)

    @cached_property
    def begun_fills(self) -> Floats:
        """Whether a fill that was begun before still holds the refining group."""
        return self._sum_over_begun(self.problem.plant.fill_h)

    @cached_property
    def _begun_kw(self) -> Floats:
        plant, begun = self.problem.plant, self.problem.running
        ages = ([(b.product, self.age_h(b, t)) for b in begun] for t in range(self.count))
        return np.array([sum(batch_kw(plant, name, age, self.step) for name, age in there) for there in ages])

    @cached_property
    def arriving_kg(self) -> Floats:
        """Mass of batches begun before that is in its tank from a slot's start on."""
        arriving = np.zeros((len(self.names), self.count))
        for b in self.problem.running:
            slot = self.slots_in((b.end - self.problem.horizon.start).total_seconds() / 3600)
            if slot < self.count:
                arriving[self.names.index(b.product), max(0, slot)] += b.kg
        return arriving

    # -------------------------------------------------------------------------------------------------- permissions
    @cached_property
    def crew(self) -> Bools:
        """Whether the crew is there."""
        return np.array([s.crew for s in self.problem.slots])

    @cached_property
    def hall(self) -> Bools:
        """Whether the hall can be held with the line at its highest rate."""
        return np.array([line_may_run(s.air, self.problem.plant) for s in self.problem.slots])

    @cached_property
    def past(self) -> Bools:
        """Slots of history: nothing new begins there."""
        now = self.problem.now
        return np.array([now is not None and s.slot.start < now for s in self.problem.slots])

    @cached_property
    def done_kg(self) -> Floats:
        """The line's output in slots of history."""
        return np.array([self.problem.done_kg.get(s.slot.start, 0.0) for s in self.problem.slots])

    @cached_property
    def quiet(self) -> Bools:
        """Slots of which some part lies in the quiet hours."""
        return quiet_slots(self.problem.slots, self.options.quiet)

    @cached_property
    def may_run(self) -> Bools:
        """Where the line may run."""
        return self.crew & self.hall & ~self.quiet & ~self.past

    @cached_property
    def may_fill(self) -> Bools:
        """Where a batch may begin: its fill with crew and not in quiet hours, its end inside the horizon."""
        attended = not (self.problem.plant.conches.unattended and self.options.night_work)
        allowed = np.zeros((len(self.names), self.count), dtype=bool)
        for p, length in enumerate(self.conche_slots):
            needed = length if attended else self.fill_slots
            allowed[p, : max(0, self.count - length + 1)] = True
            allowed[p] &= [bool(self.crew[t : t + needed].all()) for t in range(self.count)]
            allowed[p] &= [not self.quiet[t : t + self.fill_slots].any() for t in range(self.count)]
            allowed[p] &= ~self.past
        return allowed

    # ------------------------------------------------------------------------------------------------- mass, demand
    def _by_product(self, kg: Mapping[str, float]) -> Floats:
        return np.array([kg.get(name, 0.0) for name in self.names])

    @cached_property
    def start_kg(self) -> Floats:
        """Mass in the tanks at the start."""
        return self._by_product(self.problem.stocks_kg)

    @cached_property
    def end_kg(self) -> Floats:
        """Mass that the tanks must hold at the end, never less than the heel."""
        wanted = self.problem.end_kg
        if wanted is None:
            return self.start_kg if self.problem.after is None else self.heel_kg
        return np.maximum(self.heel_kg, self._by_product(wanted))

    @cached_property
    def heel_kg(self) -> Floats:
        """What never leaves the tanks; of a tank that holds less, that."""
        tanks = self.problem.plant.tanks_of
        heels: Floats = np.array([sum(t.heel_kg for t in tanks(name)) for name in self.names])
        return np.minimum(heels, self.start_kg)

    @cached_property
    def capacity_kg(self) -> Floats:
        """What the tanks hold; at least what is in them."""
        tanks = self.problem.plant.tanks_of
        capacity: Floats = np.array([sum(t.capacity_kg for t in tanks(name)) for name in self.names])
        return np.maximum(capacity, self.start_kg)

    @cached_property
    def good_share(self) -> float:
        """Share of the output that is good, with the hall at its set point."""
        return 1 - self.problem.plant.quality.reject_share(self.problem.plant.hall.set_point_c)

    @cached_property
    def asked_kg(self) -> Floats:
        """Good kilograms that orders ask for by each slot's end, from the start of the horizon.

        An order due inside a slot is asked for at the end of the slot before it.
        """
        asked = np.zeros((len(self.names), self.count))
        for order in self.problem.orders:
            hours = (order.due - self.problem.horizon.start).total_seconds() / 3600
            if order.due <= self.problem.horizon.end:
                slot = max(0, math.floor(hours / self.step + 1e-9) - 1)
                asked[self.names.index(order.product), slot:] += order.kg
        return asked

    @cached_property
    def finished_kg(self) -> Floats:
        """Good kilograms that are there at the start; less than none where some are owed."""
        return self._by_product(self.problem.finished_kg)

    @cached_property
    def due_kg(self) -> Floats:
        """Output asked for by each slot's end, from the start of the horizon: grossed up, finished stock taken off."""
        due: Floats = np.maximum(0.0, self.asked_kg - self.finished_kg[:, None]) / self.good_share
        return due

    # ------------------------------------------------------------------------------------------------ the days after
    @cached_property
    def after(self) -> tuple[Floats, Floats, Floats]:
        """The planes of the days after: EUR, and EUR/kg of what is left warm and finished, by plane (and product)."""
        planes, shape = self.planes, (len(self.planes), len(self.names))
        warm = np.array([self._by_product(plane.warm_eur_kg) for plane in planes])
        done = np.array([self._by_product(plane.finished_eur_kg) for plane in planes])
        return np.array([plane.eur for plane in planes]), warm.reshape(shape), done.reshape(shape)
