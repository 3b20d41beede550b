"""What became of the orders.

They are in good kilograms, as the plan has them, without rejects and rework. The plan allows for the rejects at the
hall's set point and for the rework of its own starts; a room out of its limits and a start more make an order late.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chocolate_factory.domain.plan import OWED_H
from chocolate_factory.domain.plant import Order
from chocolate_factory.simulation.ledger import Output
from chocolate_factory.simulation.world import TINY_H, Floats, World, hours_between

#: An order short by less than this share of it counts as delivered. [E]
TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class Delivery:
    """An order's fate; ``done_h`` is None where it was not complete at the horizon's end.

    Attributes:
        late_kg_h: kg times hours after the due time; what is still missing at the horizon's end counts as ``OWED_H``
            more, as in a plan.
    """

    order: str
    product: str
    due_h: float
    done_h: float | None
    late_kg_h: float

    @property
    def on_time(self) -> bool:
        """Complete when it was due."""
        return self.done_h is not None and self.done_h <= self.due_h + TINY_H


@dataclass(frozen=True, slots=True)
class Credit:
    """What counts towards a product's orders: kg by hour, a rising curve, straight between its points."""

    hours: Floats
    kg: Floats

    def when(self, kg: float) -> float | None:
        """The hour at which it reaches ``kg``; None: never."""
        index = int(np.searchsorted(self.kg, kg))
        if index >= len(self.kg):
            return None
        if index == 0:
            return float(self.hours[0])
        (h0, h1), (k0, k1) = self.hours[index - 1 : index + 1].tolist(), self.kg[index - 1 : index + 1].tolist()
        return float(h0 + (h1 - h0) * (kg - k0) / (k1 - k0))

    def missing_kg(self, before_kg: float, kg: float, hours: Floats) -> Floats:
        """What an order of ``kg``, after ``before_kg`` of others, lacks at each hour."""
        return np.clip(before_kg + kg - np.interp(hours, self.hours, self.kg), 0.0, kg)

    def missing_kg_h(self, before_kg: float, kg: float, start_h: float, end_h: float) -> float:
        """Its integral between two hours."""
        if end_h <= start_h:
            return 0.0
        corners = [self.when(before_kg), self.when(before_kg + kg), *self.hours.tolist()]
        hours = np.unique([start_h, end_h, *(h for h in corners if h is not None and start_h < h < end_h)])
        missing = self.missing_kg(before_kg, kg, hours)
        return float(np.sum(np.diff(hours) * (missing[1:] + missing[:-1]) / 2))


def deliveries(orders: tuple[Order, ...], output: Output, world: World) -> tuple[Delivery, ...]:
    """Each order that is due inside the horizon; a product's orders are served in the order of their due times."""
    credited = output.good_kg
    made_of = np.array([s.product for s in output.segments], dtype=object)
    found: list[Delivery] = []
    for product in dict.fromkeys(o.product for o in orders):
        credit = _curve(output, credited, made_of == product, world.finished_kg.get(product, 0.0))
        found += _served(sorted((o for o in orders if o.product == product), key=lambda o: o.due), credit, world)
    return tuple(sorted(found, key=lambda d: (d.due_h, d.order)))


def _served(orders: list[Order], credit: Credit, world: World) -> list[Delivery]:
    found, before_kg = [], 0.0
    for order in orders:
        due_h = hours_between(world.epoch, order.due)
        if due_h <= world.hours + TINY_H:
            found.append(_delivery(order, due_h, before_kg, credit, world.hours))
        before_kg += order.kg
    return found


def _delivery(order: Order, due_h: float, before_kg: float, credit: Credit, end_h: float) -> Delivery:
    needed_kg = order.kg * (1.0 - TOLERANCE)
    done_h = credit.when(before_kg + needed_kg)
    late_kg_h = 0.0
    if done_h is None or done_h > due_h:
        late_kg_h = credit.missing_kg_h(before_kg, needed_kg, due_h, end_h)
        late_kg_h += OWED_H * credit.missing_kg(before_kg, needed_kg, np.array(end_h)).item()
    return Delivery(order.id, order.product, due_h, done_h, late_kg_h)


def _curve(output: Output, credited_kg: Floats, mine: npt.NDArray[np.bool_], finished_kg: float) -> Credit:
    """Of one product: what was finished before, then each piece from its start to its end."""
    sums = finished_kg + np.cumsum(credited_kg[mine])
    hours = np.column_stack((output.start_h[mine], output.end_h[mine])).ravel()
    kg = np.column_stack((sums - credited_kg[mine], sums)).ravel()
    return Credit(np.concatenate(([0.0], hours)), np.concatenate(([finished_kg], kg)))
