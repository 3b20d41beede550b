"""One walk through the slots by a rule: the line in a block, batches as soon as needed, within the limits it sees."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from chocolate_factory.domain.time import MADRID, Interval
from chocolate_factory.planning.arrays.days import day_ends
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.held import held_begins, held_runs
from chocolate_factory.planning.arrays.schedule import Schedule
from chocolate_factory.planning.arrays.types import Bools, Floats


@dataclass(frozen=True)
class Rule:
    """When work may begin.

    Attributes:
        from_h, until_h: hours of Madrid's wall clock within which the line runs; fills begin in any crew hour.
        spread: the line runs all that time, the day's output spread evenly, even below its least rate.
        fills_first: who goes first where the contract cannot carry both, the fill or the line.
        held_slowly: a run that must stay puts out as little as it may, where its tank has not enough for more.
        windows: where the line runs, day by day, instead of the hours above.
    """

    name: str
    from_h: float
    until_h: float
    spread: bool = False
    fills_first: bool = False
    held_slowly: bool = False
    windows: tuple[Interval, ...] = ()


@dataclass
class Bans:
    """What earlier walks found wrong: begins that overflow a tank, and the most that may be drawn of each product."""

    begins: set[tuple[int, int]]
    draw_kg: Floats


@dataclass
class Walk:
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
        self.today_end = day_ends(frame.problem.slots)
        self.runs: list[tuple[int, int, int]] = []  # product, first slot and the slot after its end
        # What is known so far of every slot ahead: power left, mass in the tanks if nothing more is decided.
        self.spare_kw = frame.limit_kw - frame.fixed_kw
        self.stock_kg = frame.start_kg[:, None] + np.cumsum(frame.arriving_kg, axis=1)
        self.drawn_kg = np.zeros(len(frame.names))
        self.made_kg = np.zeros(len(frame.names))  # drawn, without what starts send back
        self.wanted_kg = _wanted_kg(frame)
        self.filling, self.busy = frame.begun_fills.copy(), frame.begun_conches.copy()
        self._commit_held()

    def _commit_held(self) -> None:
        """The batches that must stay stand before the walk begins."""
        for p, slot in held_begins(self.frame):
            self._commit_batch(p, slot)
        for p, first, kg in held_runs(self.frame, slowly=self.rule.held_slowly):
            self._commit_run(p, first, kg)

    @property
    def overloaded(self) -> bool:
        """Whether the batches that must stay are more than the contract carries."""
        return bool(self.spare_kw.min() < -1e-6)

    def schedule(self) -> Schedule:
        """Walk."""
        for t in range(self.frame.count):
            steps = (self._try_conche, self._try_line) if self.rule.fills_first else (self._try_line, self._try_conche)
            for step in steps:
                step(t)
        begins = tuple(sorted(self.begins, key=lambda b: (b[1], b[0])))
        return Schedule(begins, tuple(int(p) for p in self.line), self.output)

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
        self.drawn_kg[p] += kg.sum()
        self.made_kg[p] += kg.sum() - frame.rework_kg
        self.runs.append((p, run.start, run.stop))

    def _rested(self, p: int, t: int) -> bool:
        """Whether the pauses after every run that began before are over."""
        return t >= self.frame.first_start[p] and all(
            t - end >= self.frame.pause_slots[q, p] for q, first, end in self.runs if first <= t
        )

    def _until(self, p: int, t: int) -> int:
        """The slot at which a run that begins at t must have ended: for a run that must stay, and the pause before."""
        ends = (first - int(self.frame.pause_slots[p, q]) for q, first, _ in self.runs if first > t)
        return min(ends, default=self.frame.count)

    def _by_urgency(self, by: int) -> list[int]:
        """Products that lack output until a slot's end, the longest due first."""
        lacking = [p for p in range(len(self.frame.names)) if self._lacks(p, by) > 1e-6]
        return sorted(lacking, key=lambda p: int(np.argmax(self.frame.due_kg[p] > self.made_kg[p] + 1e-6)))

    def _lacks(self, p: int, by: int) -> float:
        """Output that is due by a slot's end and not made, as far as it may be drawn."""
        due = float(self.frame.due_kg[p, by] - self.made_kg[p])
        return min(due, float(self.bans.draw_kg[p] - self.drawn_kg[p] - self.frame.rework_kg))

    def _run(self, p: int, t: int) -> list[float]:
        """Output slot by slot of a run that begins at t: set-up, then what is lacking at an even rate."""
        frame, lacking = self.frame, self._lacks(p, self.today_end[t]) + self.frame.rework_kg
        even, least = self._rate(t, lacking)
        spare, stock = self.spare_kw - frame.line_kw, self.stock_kg[p]
        kg: list[float] = []
        total = 0.0
        for k in range(t, self._until(p, t)):
            needed = len(kg) < frame.run_slots or (lacking - total > 1e-6)
            if not (needed and self.open[k] and spare[k] >= 0):
                break
            if len(kg) < frame.setup_slots:
                kg.append(0.0)
                continue
            # What a run takes at k is missing at every later moment of this walk's known future, its end included.
            possible = min(even, spare[k] * frame.step / frame.kg_kw[k], stock[k:].min() - frame.heel_kg[p] - total)
            possible = min(possible, self.bans.draw_kg[p] - self.drawn_kg[p] - total)
            if possible < least - 1e-9:
                break
            kg.append(float(possible))
            total += possible
        return kg

    def _rate(self, t: int, lacking: float) -> tuple[float, float]:
        """Kilograms of a slot, and the least that is worth running for."""
        frame = self.frame
        open_slots = max(1, int(self.open[t : self.today_end[t] + 1].sum()) - frame.setup_slots)
        if self.rule.spread:
            return min(frame.most_kg, lacking / open_slots), 1e-6
        needed = min(open_slots, int(np.ceil(lacking / frame.most_kg - 1e-9)))
        slots = max(frame.run_slots - frame.setup_slots, needed)
        return min(frame.most_kg, max(frame.least_kg, lacking / slots)), frame.least_kg

    # ------------------------------------------------------------------------------------------------------ conches
    def _try_conche(self, t: int) -> None:
        """Begin the batch that is needed first, where refining group, a conche, the tank and the contract let it."""
        frame = self.frame
        for p in self._by_shortage():
            profile = frame.conche_kw[p]
            fits = frame.may_fill[p, t] and (p, t) not in self.bans.begins and self._machines_free(p, t)
            if fits and np.all(profile <= self.spare_kw[t : t + profile.size] + 1e-9) and self._has_room(p, t):
                self._commit_batch(p, t)
                return

    def _commit_batch(self, p: int, t: int) -> None:
        end = t + self.frame.conche_slots[p]
        self.begins.append((p, t))
        self.spare_kw[t:end] -= self.frame.conche_kw[p][: self.frame.count - t]
        self.filling[t : t + self.frame.fill_slots] += 1
        self.busy[t:end] += 1
        self.stock_kg[p, end:] += self.frame.problem.plant.conches.batch_kg

    def _machines_free(self, p: int, t: int) -> bool:
        filling = self.filling[t : t + self.frame.fill_slots].max()
        busy = self.busy[t : t + self.frame.conche_slots[p]].max()
        return bool(filling < 1 and busy < self._conches)

    @property
    def _conches(self) -> int:
        return self.frame.problem.plant.conches.count

    def _supply(self, p: int) -> float:
        """Output that batches begun so far replace, and what the tanks need not keep."""
        begun = sum(q == p for q, _ in self.begins) * self.frame.problem.plant.conches.batch_kg
        spare = self.frame.start_kg[p] - self.frame.end_kg[p]
        return float(begun + self.frame.arriving_kg[p].sum() + spare)

    def _by_shortage(self) -> list[int]:
        """Products whose demand outruns what is begun, the first to do so first."""
        supply = {p: self._supply(p) for p in range(len(self.frame.names))}
        short = [p for p, kg in supply.items() if self.wanted_kg[p, -1] > kg + 1e-6]
        return sorted(short, key=lambda p: int(np.argmax(self.wanted_kg[p] > supply[p] + 1e-6)))

    def _has_room(self, p: int, t: int) -> bool:
        """Whether the tank will have room when the batch comes, if what is due until then is made by then."""
        frame, comes = self.frame, t + self.frame.conche_slots[p]
        if comes >= frame.count:
            return False
        drawn = max(0.0, float(frame.due_kg[p, comes - 1]) - self.made_kg[p])
        level = float(self.stock_kg[p, -1]) - drawn
        return bool(level + frame.problem.plant.conches.batch_kg <= frame.capacity_kg[p] + 1e-6)


def _wanted_kg(frame: Frame) -> Floats:
    """Mass that the line will have asked for by each slot's end, by product: what is due, and a start for each time."""
    starts = np.cumsum(np.diff(frame.due_kg, axis=1, prepend=0.0) > 0, axis=1)
    wanted: Floats = frame.due_kg + frame.rework_kg * starts
    return wanted


# ------------------------------------------------------------------------------------------------------------ calendar
def _open_slots(rule: Rule, frame: Frame) -> Bools:
    """Slots with crew and a hall that holds, inside the rule's hours."""
    starts = [s.slot.start for s in frame.problem.slots]
    if rule.windows:
        inside = [any(start in window for window in rule.windows) for start in starts]
    else:
        local = [start.astimezone(MADRID) for start in starts]
        inside = [rule.from_h <= moment.hour + moment.minute / 60 < rule.until_h for moment in local]
    open_slots: Bools = frame.may_run & np.array(inside)
    return open_slots
