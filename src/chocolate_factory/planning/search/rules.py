"""Planning by rule, without a solver: the line in a block from an hour of the day on, batches as soon as needed.

What a walk through the slots (``walk.py``) finds too late (a tank that would run over, or end emptier than it began)
becomes a ban, and the walk is made again; so what comes out keeps every limit that the program keeps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from chocolate_factory.planning.arrays.breaches import breaches
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.schedule import Schedule, late_kg, lateness, stocks_kg
from chocolate_factory.planning.arrays.types import Floats
from chocolate_factory.planning.search.walk import Bans, Rule, Walk

B1 = Rule("B1 constant rate", 0, 24, spread=True)
B2 = Rule("B2 compact block", 0, 24)
B3 = Rule("B3 fixed block 12-18", 12, 18)
#: Its windows are chosen for each problem (``cheapest.py``).
CHEAPEST = Rule("cheapest hours", 12, 18)
#: Walks before a rule gives up.
MOST_WALKS = 60


def schedule_by(rule: Rule, frame: Frame) -> Schedule | None:
    """The schedule of a rule, the less late of line first and fills first; None where neither keeps every limit.

    The line goes first where both are as late: the choice is as blind to prices as the rule.
    """
    if np.any(frame.fixed_kw > frame.limit_kw + 1e-6):
        return None
    found = (_schedule(way, frame) for way in _ways(rule, frame))
    # What must stay is the walk's beginning, not its choice: whether it keeps every limit is looked at afterwards.
    sound = (s for s in found if s and not (frame.options.fixed and breaches(frame, s)))
    return min(sound, key=lambda s: round(lateness(frame, late_kg(frame, s))[0], 3), default=None)


def _ways(rule: Rule, frame: Frame) -> Iterator[Rule]:
    """The same rule, line first and fills first, and with what must stay at its usual and at its least rate."""
    for slowly in (False, True) if frame.options.fixed else (False,):
        for first in (False, True):
            yield replace(rule, fills_first=first, held_slowly=slowly)


def _schedule(rule: Rule, frame: Frame) -> Schedule | None:
    bans = Bans(set(), np.full(len(frame.names), np.inf))
    for _ in range(MOST_WALKS):
        walk = Walk(frame, rule, bans)
        if walk.overloaded:
            return None
        schedule = walk.schedule()
        if not _learn(frame, schedule, bans):
            return schedule
    return None


def _learn(frame: Frame, schedule: Schedule, bans: Bans) -> bool:
    """Write what is wrong with a schedule into the bans; whether anything is."""
    stocks = stocks_kg(frame, schedule)
    short = stocks[:, -1] < frame.end_kg - 1e-6
    drawn = np.array([schedule.output_of(p).sum() for p in range(len(frame.names))])
    bans.draw_kg = np.where(short, drawn - (frame.end_kg - stocks[:, -1]), bans.draw_kg)
    over = list(_overflowing(frame, schedule, stocks))
    bans.begins.update(over)
    return bool(short.any()) or bool(over)


def _overflowing(frame: Frame, schedule: Schedule, stocks: Floats) -> Iterator[tuple[int, int]]:
    """Of each product the last begin that had arrived when its tank first ran over."""
    for p in range(len(frame.names)):
        full = np.flatnonzero(stocks[p] + schedule.output_of(p) > frame.capacity_kg[p] + 1e-6)
        arrived = [b for b in schedule.begins if b[0] == p and full.size and b[1] + frame.conche_slots[p] <= full[0]]
        yield from arrived[-1:]
