"""What was decided, bare: when batches begin, what the line runs, how much comes out; and what follows from it.

Solver and rules both end here, so their costs are counted by the same code and compare to the cent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from chocolate_factory.domain.plan import OWED_H
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.sums import dot
from chocolate_factory.planning.arrays.types import Floats


@dataclass(frozen=True)
class Run:
    """The line on one product over consecutive slots, its set-up first."""

    product: int
    first: int
    end: int


@dataclass(frozen=True)
class Schedule:
    """Decisions.

    Attributes:
        begins: product and slot of each batch, by slot.
        line: product of each slot, -1 at rest.
        output: kg of each slot.
    """

    begins: tuple[tuple[int, int], ...]
    line: tuple[int, ...]
    output: Floats

    def runs(self) -> Iterator[Run]:
        """The line's runs in order."""
        for product, slots in groupby(range(len(self.line)), key=lambda t: self.line[t]):
            if product >= 0:
                inside = list(slots)
                yield Run(product, inside[0], inside[-1] + 1)

    def output_of(self, product: int) -> Floats:
        """What comes out of one product, kg by slot."""
        return np.where(np.array(self.line, dtype=int) == product, self.output, 0.0)


# ------------------------------------------------------------------------------------------------- what follows from it
def power_kw(frame: Frame, schedule: Schedule) -> Floats:
    """Mean power of each slot."""
    on = np.array(schedule.line, dtype=int) >= 0
    power = frame.fixed_kw + on * frame.line_kw + schedule.output * frame.kg_kw / frame.step
    for p, slot in schedule.begins:
        profile = frame.conche_kw[p][: frame.count - slot]
        power[slot : slot + len(profile)] += profile
    return power


def stocks_kg(frame: Frame, schedule: Schedule) -> Floats:
    """Mass in the tanks at each slot's end, by product."""
    arriving = frame.arriving_kg.copy()
    for p, slot in schedule.begins:
        if slot + frame.conche_slots[p] < frame.count:
            arriving[p, slot + frame.conche_slots[p]] += frame.problem.plant.conches.batch_kg
    drawn = np.array([schedule.output_of(p) for p in range(len(frame.names))]).reshape(arriving.shape)
    kept: Floats = frame.start_kg[:, None] + np.cumsum(arriving - drawn, axis=1)
    return kept


def made_kg(frame: Frame, schedule: Schedule) -> Floats:
    """Output until each slot's end, by product, without the first of each run, which is sent back."""
    made = np.array([schedule.output_of(p) for p in range(len(frame.names))]).reshape(frame.due_kg.shape)
    for run in schedule.runs():
        made[run.product, min(run.first + frame.setup_slots, run.end - 1)] -= frame.rework_kg
    total: Floats = np.cumsum(made, axis=1)
    return total


def late_kg(frame: Frame, schedule: Schedule) -> Floats:
    """What is due and not made at each slot's end, by product; a thousandth of a kilogram is none."""
    late: Floats = frame.due_kg - made_kg(frame, schedule)
    return np.where(late > 1e-3, late, 0.0)


def lateness(frame: Frame, late: Floats) -> tuple[float, float]:
    """Kilogram-hours late, what is owed at the end included, and the kilograms owed."""
    owed = float(late[:, -1].sum())
    return float(late.sum()) * frame.step + owed * OWED_H, owed


def after_eur(frame: Frame, schedule: Schedule) -> float:
    """What the days after cost at least, by what is left for them; 0 where the plan looks no further."""
    eur, warm_eur_kg, done_eur_kg = frame.after
    if not eur.size:
        return 0.0
    left = stocks_kg(frame, schedule)[:, -1]
    done = frame.finished_kg + frame.good_share * made_kg(frame, schedule)[:, -1] - frame.asked_kg[:, -1]
    return float(np.max(eur + (warm_eur_kg * left + done_eur_kg * done).sum(axis=1)))


def objective_eur(frame: Frame, schedule: Schedule) -> float:
    """What is minimised: energy as decisions weigh it, starts, lateness, the days after."""
    plant = frame.problem.plant
    energy = dot(power_kw(frame, schedule), frame.price) * frame.step
    late_kg_h, _ = lateness(frame, late_kg(frame, schedule))
    starts = sum(1 for _ in schedule.runs()) * plant.line.start_eur
    return energy + starts + late_kg_h * plant.policy.lateness_eur_kg_h + after_eur(frame, schedule)
