"""When a sensible person runs the line, who reads tomorrow's prices and no forecast.

Each day six attended hours in a row: the cheapest where the day's prices are published, 12 to 18 o'clock where not. Who
owes more than six hours make takes as many as that needs, and nobody chooses hours in which the hall cannot be held
while there are others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby

import numpy as np

from chocolate_factory.domain.crew import wall_time
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import Interval, madrid_date
from chocolate_factory.planning.arrays.frame import Frame

HOURS = 6
#: Where no price of the day is known.
FIXED_H = (12, 18)
PUBLISHED = frozenset({Kind.OBSERVED, Kind.SIMULATED})


def cheapest_windows(frame: Frame) -> tuple[Interval, ...]:
    """One window for each day that has a crew in the problem."""
    return tuple(_windows(frame))


def _windows(frame: Frame) -> Iterator[Interval]:
    slots = frame.problem.slots
    made_kg = 0.0
    for day, numbers in groupby(range(frame.count), key=lambda t: madrid_date(slots[t].slot.start)):
        today = list(numbers)
        attended = [t for t in today if frame.crew[t]]
        if not attended:
            continue
        asked_kg = float(frame.due_kg[:, today[-1]].sum()) - made_kg
        made_kg += max(0.0, asked_kg)
        if all(slots[t].price_kind in PUBLISHED for t in attended):
            yield _cheapest(frame, attended, min(len(attended), _needed(frame, asked_kg)))
        else:
            yield Interval(*(wall_time(day, hour) for hour in FIXED_H))


def _needed(frame: Frame, asked_kg: float) -> int:
    """Slots that the day's work takes, six hours of them at least."""
    running = math.ceil((asked_kg + frame.rework_kg) / frame.most_kg - 1e-9)
    return max(frame.slots_in(HOURS), frame.setup_slots + running)


def _cheapest(frame: Frame, attended: list[int], length: int) -> Interval:
    """So many attended slots in a row: those in which the hall holds longest, of these the cheapest, the first."""
    firsts = range(len(attended) - length + 1)
    held = [int(frame.may_run[attended[i : i + length]].sum()) for i in firsts]
    eur = [float(np.sum(frame.price[attended[i : i + length]])) for i in firsts]
    best = min(firsts, key=lambda i: (-held[i], round(eur[i], 9), i))
    slots = frame.problem.slots
    return Interval(slots[attended[best]].slot.start, slots[attended[best + length - 1]].slot.end)
