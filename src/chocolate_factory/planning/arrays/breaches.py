"""Which limits a schedule breaks: read from the schedule itself, so that a sentence about it is no guess.

The solver never asks here. What explains a batch moves it in the schedule and looks which limit breaks.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np

from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.schedule import Run, Schedule, power_kw, stocks_kg
from chocolate_factory.planning.arrays.types import Bools, Floats

#: Kilograms and kilowatts that are no breach.
TOLERANCE = 1e-3


class Breach(NamedTuple):
    """A limit that is broken, and of which product where it is a tank's."""

    what: str
    product: int = -1


def breaches(frame: Frame, schedule: Schedule) -> frozenset[Breach]:
    """Every limit that is broken somewhere; whether history had a crew, its hall and its quiet is not asked.

    They are ``crew``, ``hall``, ``quiet``, ``contract``, ``peak``, ``conches``, ``refining``, ``line`` (runs, pauses),
    and of tanks ``full``, ``empty`` and ``end`` (with less than they must).
    """
    return frozenset(chain(_attended(frame, schedule), _machines(frame, schedule), _tanks(frame, schedule)))


def _attended(frame: Frame, schedule: Schedule) -> Iterator[Breach]:
    """Who must be there, what hall and neighbours allow."""
    on, fills = np.array(schedule.line, dtype=int) >= 0, _fills(frame, schedule)
    ahead = ~frame.past
    if (ahead & _needs_crew(frame, schedule) & ~frame.crew).any():
        yield Breach("crew")
    if (ahead & on & ~frame.hall).any():
        yield Breach("hall")
    if (ahead & (on | (fills > 0)) & frame.quiet).any():
        yield Breach("quiet")


def _needs_crew(frame: Frame, schedule: Schedule) -> Bools:
    """Slots in which the line or a fill works, without night work any conche that was begun."""
    needs: Bools = np.array(schedule.line, dtype=int) >= 0
    attended = not (frame.problem.plant.conches.unattended and frame.options.night_work)
    for p, slot in schedule.begins:
        needs[slot : slot + (frame.conche_slots[p] if attended else frame.fill_slots)] = True
    return needs


def _fills(frame: Frame, schedule: Schedule) -> Floats:
    """How many fills hold the refining group in each slot, those begun before not counted."""
    fills = np.zeros(frame.count)
    for _, slot in schedule.begins:
        fills[slot : slot + frame.fill_slots] += 1
    return fills


def _machines(frame: Frame, schedule: Schedule) -> Iterator[Breach]:
    """Refining group, conches, line and the power that they take."""
    if (_fills(frame, schedule) + frame.begun_fills > 1 + TOLERANCE).any():
        yield Breach("refining")
    busy = frame.begun_conches.copy()
    for p, slot in schedule.begins:
        busy[slot : slot + frame.conche_slots[p]] += 1
    if (busy > frame.problem.plant.conches.count + TOLERANCE).any():
        yield Breach("conches")
    if not _line_keeps_its_times(frame, list(schedule.runs())):
        yield Breach("line")
    over = power_kw(frame, schedule) > frame.limit_kw + TOLERANCE
    if over.any():
        yield Breach(_whose_power(frame, over))


def _line_keeps_its_times(frame: Frame, runs: list[Run]) -> bool:
    """Whether every run is long enough, and every pause."""
    paused = all(b.first - a.end >= frame.pause_slots[a.product, b.product] for a, b in pairwise(runs))
    long_enough = all(run.end - run.first >= frame.run_slots for run in runs)
    return paused and long_enough and all(run.first >= frame.first_start[run.product] for run in runs)


def _whose_power(frame: Frame, over: Bools) -> str:
    """Whether the contract or the peak that was asked for is the lower where power is too high."""
    peak = frame.options.peak_kw
    return "peak" if peak is not None and bool((frame.limit_kw[over] >= peak - TOLERANCE).any()) else "contract"


def _tanks(frame: Frame, schedule: Schedule) -> Iterator[Breach]:
    """Mass in the tanks, by product."""
    stocks = stocks_kg(frame, schedule)
    for p in range(len(frame.names)):
        if (stocks[p] + schedule.output_of(p) > frame.capacity_kg[p] + TOLERANCE).any():
            yield Breach("full", p)
        if (stocks[p] < frame.heel_kg[p] - TOLERANCE).any():
            yield Breach("empty", p)
        elif stocks[p, -1] < frame.end_kg[p] - TOLERANCE:
            yield Breach("end", p)
