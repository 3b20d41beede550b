"""Planning by rule, without a solver: the line in a block from an hour of the day on, batches as soon as needed.

One walk through the slots. What the walk finds too late (a tank that would run over, or end emptier than it began)
becomes a ban, and the walk is made again; so what comes out keeps every limit that the program keeps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from chocolate_factory.domain.time import MADRID, madrid_date
from chocolate_factory.planning.frame import Bools, Floats, Frame
from chocolate_factory.planning.schedule import Schedule, late_kg, lateness, stocks_kg

#: Walks before a rule gives up.
MOST_WALKS = 60


@dataclass(frozen=True)
class Rule:
    """When work may begin.

    Attributes:
        from_h, until_h: hours of Madrid's wall clock within which the line runs; fills begin in any crew hour.
        spread: the line runs all that time, the day's output spread evenly, even below its least rate.
        fills_first: who goes first where the contract cannot carry both, the fill or the line.
    """

    name: str
    from_h: float
    until_h: float
    spread: bool = False
    fills_first: bool = False


@dataclass
class Bans:
    """What earlier walks found wrong: begins that overflow a tank, and the most that may be drawn of each product."""

    begins: set[tuple[int, int]]
    draw_kg: Floats


def schedule_by(rule: Rule, frame: Frame) -> Schedule | None:
    """The schedule of a rule, the less late of line first and fills first; None where neither keeps every limit.

    The line goes first where both are as late: the choice is as blind to prices as the rule.
    """
    if np.any(frame.fixed_kw > frame.limit_kw + 1e-6):
        return None
    both = (_schedule(replace(rule, fills_first=first), frame) for first in (False, True))
    return min((s for s in both if s), key=lambda s: round(lateness(frame, late_kg(frame, s))[0], 3), default=None)


def _schedule(rule: Rule, frame: Frame) -> Schedule | None:
    bans = Bans(set(), np.full(len(frame.names), np.inf))
    for _ in range(MOST_WALKS):
        schedule = _Walk(frame, rule, bans).schedule()
        if not _learn(frame, schedule, bans):
            return schedule
    return None


def _learn(frame: Frame, schedule: Schedule, bans: Bans) -> bool:
    """Write what is wrong with a schedule into the bans; whether anything is."""
    stocks = stocks_kg(frame, schedule)
    short = stocks[:, -1] < frame.start_kg - 1e-6
    drawn = np.array([schedule.output_of(p).sum() for p in range(len(frame.names))])
    bans.draw_kg = np.where(short, drawn - (frame.start_kg - stocks[:, -1]), bans.draw_kg)
    over = list(_overflowing(frame, schedule, stocks))
    bans.begins.update(over)
    return bool(short.any()) or bool(over)


def _overflowing(frame: Frame, schedule: Schedule, stocks: Floats) -> Iterator[tuple[int, int]]:
    """Of each product the last begin that had arrived when its tank first ran over."""
    for p in range(len(frame.names)):
        full = np.flatnonzero(stocks[p] + schedule.output_of(p) > frame.capacity_kg[p] + 1e-6)
        arrived = [b for b in schedule.begins if b[0] == p and full.size and b[1] + frame.conche_slots[p] <= full[0]]
        yield from arrived[-1:]


@dataclass
class _Walk:
    """One walk through the slots."""

    frame: Frame
    rule: Rule
    bans: Bans
    begins: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        frame = self.frame
        self.line = np.full(frame.count, -1)
        self.output = np.zeros(frame.count)
        self.open = _open_slots(self.rule, frame)
        self.today_end = _day_ends(frame)
        self.last_run: tuple[int, int] | None = None  # product and the slot after its end
        # What is known so far of every slot ahead: power left, mass in the tanks if nothing more is decided.
        self.spare_kw = frame.limit_kw - frame.fixed_kw
        self.stock_kg = frame.start_kg[:, None] + np.cumsum(frame.arriving_kg, axis=1)
        self.made_kg = np.zeros(len(frame.names))

    def schedule(self) -> Schedule:
        """Walk."""
        for t in range(self.frame.count):
            steps = (self._try_conche, self._try_line) if self.rule.fills_first else (self._try_line, self._try_conche)
            for step in steps:
                step(t)
        return Schedule(tuple(self.begins), tuple(int(p) for p in self.line), self.output)

    # -------------------------------------------------------------------------------------------------------- line
    def _try_line(self, t: int) -> None:
        """Begin a run of the product that is due first today, as soon as it can be held for the shortest run."""
        for p in self._by_urgency(self.today_end[t]) if self.line[t] < 0 else ():
            if not self._rested(p, t):
                continue
            kg = self._run(p, t)
            if len(kg) >= self.frame.run_slots:
                self._commit_run(p, t, np.array(kg))
                return

    def _commit_run(self, p: int, t: int, kg: Floats) -> None:
        frame, run = self.frame, slice(t, t + kg.size)
        self.line[run], self.output[run] = p, kg
        self.spare_kw[run] -= frame.line_kw[run] + frame.kg_kw[run] * kg / frame.step
        self.stock_kg[p, run] -= np.cumsum(kg)
        self.stock_kg[p, run.stop :] -= kg.sum()
        self.made_kg[p] += kg.sum()
        self.last_run = (p, run.stop)

    def _rested(self, p: int, t: int) -> bool:
        return self.last_run is None or t - self.last_run[1] >= self.frame.pause_slots[self.last_run[0], p]

    def _by_urgency(self, by: int) -> list[int]:
        """Products that lack output until a slot's end, the longest due first."""
        lacking = [p for p in range(len(self.frame.names)) if self._lacks(p, by) > 1e-6]
        return sorted(lacking, key=lambda p: int(np.argmax(self.frame.due_kg[p] > self.made_kg[p] + 1e-6)))

    def _lacks(self, p: int, by: int) -> float:
        """Output that is due by a slot's end and not made, as far as it may be drawn."""
        return float(min(self.frame.due_kg[p, by], self.bans.draw_kg[p]) - self.made_kg[p])

    def _run(self, p: int, t: int) -> list[float]:
        """Output slot by slot of a run that begins at t: set-up, then what is lacking at an even rate."""
        frame, lacking = self.frame, self._lacks(p, self.today_end[t])
        even, least = self._rate(t, lacking)
        spare, stock = self.spare_kw - frame.line_kw, self.stock_kg[p]
        kg: list[float] = []
        total = 0.0
        for k in range(t, frame.count):
            needed = len(kg) < frame.run_slots or (lacking - total > 1e-6)
            if not (needed and self.open[k] and spare[k] >= 0):
                break
            if len(kg) < frame.setup_slots:
                kg.append(0.0)
                continue
            # What a run takes at k is missing at every later moment of this walk's known future, its end included.
            possible = min(even, spare[k] * frame.step / frame.kg_kw[k], stock[k:].min() - frame.heel_kg[p] - total)
            possible = min(possible, self.bans.draw_kg[p] - self.made_kg[p] - total)
            if possible < least - 1e-9:
                break
            kg.append(float(possible))
            total += possible
        return kg

    def _rate(self, t: int, lacking: float) -> tuple[float, float]:
        """Kilograms of a slot, and the least that is worth running for."""
        frame = self.frame
        if self.rule.spread:
            open_slots = int(self.open[t : self.today_end[t] + 1].sum()) - frame.setup_slots
            return min(frame.most_kg, lacking / max(1, open_slots)), 1e-6
        slots = max(frame.run_slots - frame.setup_slots, int(np.ceil(lacking / frame.most_kg - 1e-9)))
        return max(frame.least_kg, lacking / slots), frame.least_kg

    # ------------------------------------------------------------------------------------------------------ conches
    def _try_conche(self, t: int) -> None:
        """Begin the batch that is needed first, where refining group, a conche, the tank and the contract let it."""
        frame = self.frame
        if not self._machines_free(t):
            return
        for p in self._by_shortage():
            profile = frame.conche_kw[p]
            fits = frame.may_fill[p, t] and (p, t) not in self.bans.begins
            if fits and np.all(profile <= self.spare_kw[t : t + profile.size] + 1e-9) and self._has_room(p, t):
                self._commit_batch(p, t)
                return

    def _commit_batch(self, p: int, t: int) -> None:
        end = t + self.frame.conche_slots[p]
        self.begins.append((p, t))
        self.spare_kw[t:end] -= self.frame.conche_kw[p]
        self.stock_kg[p, end:] += self.frame.problem.plant.conches.batch_kg

    def _machines_free(self, t: int) -> bool:
        frame = self.frame
        filling = sum(t - s < frame.fill_slots for _, s in self.begins)
        working = sum(t - s < frame.conche_slots[p] for p, s in self.begins)
        return bool(filling + frame.begun_fills[t] < 1 and working + frame.begun_conches[t] < self._conches)

    @property
    def _conches(self) -> int:
        return self.frame.problem.plant.conches.count

    def _supply(self, p: int) -> float:
        """Output that batches begun so far replace."""
        begun = sum(q == p for q, _ in self.begins) * self.frame.problem.plant.conches.batch_kg
        return float(begun + self.frame.arriving_kg[p].sum())

    def _by_shortage(self) -> list[int]:
        """Products whose demand outruns what is begun, the first to do so first."""
        supply = {p: self._supply(p) for p in range(len(self.frame.names))}
        short = [p for p, kg in supply.items() if self.frame.due_kg[p, -1] > kg + 1e-6]
        return sorted(short, key=lambda p: int(np.argmax(self.frame.due_kg[p] > supply[p] + 1e-6)))

    def _has_room(self, p: int, t: int) -> bool:
        """Whether the tank will have room when the batch comes, if what is due until then is made by then."""
        frame, comes = self.frame, t + self.frame.conche_slots[p]
        if comes >= frame.count:
            return False
        drawn = max(0.0, float(frame.due_kg[p, comes - 1]) - self.made_kg[p])
        level = float(self.stock_kg[p, -1]) - drawn
        return bool(level + frame.problem.plant.conches.batch_kg <= frame.capacity_kg[p] + 1e-6)


# ------------------------------------------------------------------------------------------------------------ calendar
def _open_slots(rule: Rule, frame: Frame) -> Bools:
    """Slots with crew and a hall that holds, inside the rule's hours."""
    local = [s.slot.start.astimezone(MADRID) for s in frame.problem.slots]
    inside = [rule.from_h <= moment.hour + moment.minute / 60 < rule.until_h for moment in local]
    open_slots: Bools = frame.may_run & np.array(inside)
    return open_slots


def _day_ends(frame: Frame) -> list[int]:
    """The last slot of each slot's Madrid day."""
    days = [madrid_date(s.slot.start) for s in frame.problem.slots]
    last = {day: t for t, day in enumerate(days)}
    return [last[day] for day in days]
