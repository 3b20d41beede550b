"""What a plan asks of the plant, in hours from its horizon's start: prepared once, run many times.

Invariants:
    Nothing here changes during a replication; all that chance decides is drawn in the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise

import numpy as np
import numpy.typing as npt

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plan import Batch, Plan, SlotInput
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.plant_parts import Product, Stage
from chocolate_factory.domain.tariff import Period
from chocolate_factory.domain.thermal import line_may_run
from chocolate_factory.simulation.cold import Weather, weather_of

#: Two moments nearer than this, in hours, are one: far below a second, far above the rounding of floats.
TINY_H = 1e-7
#: What a solver's tolerance may leave of a run, kg.
ROUNDING_KG = 0.1
#: Length of the maximeter's interval, h.
QUARTER_H = 0.25

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Stretch = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a conching with one power; the fill and the rest vary apart."""

    hours: float
    kw: float
    in_fill: bool


@dataclass(frozen=True, slots=True)
class Conching:
    """A batch as planned; ``start_h`` is negative for one that began before the horizon, ``pieces`` is what is left."""

    id: str
    product: str
    machine: str
    start_h: float
    kg: float
    pieces: tuple[Piece, ...]

    @property
    def is_running(self) -> bool:
        """Whether it is in its conche already."""
        return self.start_h < -TINY_H

    @property
    def fill_h(self) -> float:
        """Hours of fill still to do."""
        return sum(p.hours for p in self.pieces if p.in_fill)


@dataclass(frozen=True, slots=True)
class LineRun:
    """A run of the line as planned.

    Attributes:
        kg: good and bad together.
        first_slot: in which it starts.
        later_kg: of each slot from the first, what the plan makes after it.
    """

    id: str
    product: str
    start_h: float
    end_h: float
    kg: float
    first_slot: int
    later_kg: tuple[float, ...]

    def after_slot_kg(self, slot: int) -> float:
        """What the plan leaves for the slots after this one."""
        index = slot - self.first_slot
        return self.later_kg[index] if 0 <= index < len(self.later_kg) else 0.0


@dataclass(frozen=True, slots=True)
class World:
    """The plant and all that the plan and the weather fix.

    Attributes:
        now_h: chance begins here; what lies before is history and went as the plan has it.
        crew: stretches with a crew, as the plan's slots have it.
        line_open: of these, where the hall can be held.
        weather_edges_h: where weather or period change.
        slot_edges_h, quarter_edges_h: where each starts, and the end.
        quarters: of each period, the indexes of its quarter-hours.
        stock_kg, finished_kg: warm mass and good output by product at the start.
        line_before: what the line ran until then, if that is known.
    """

    plant: Plant
    epoch: datetime
    now_h: float
    hours: float
    step_h: float
    weather: tuple[Weather, ...]
    weather_edges_h: tuple[float, ...]
    prices: Floats
    slot_edges_h: Floats
    quarter_edges_h: Floats
    quarters: Mapping[Period, Ints]
    crew: tuple[Stretch, ...]
    line_open: tuple[Stretch, ...]
    batches: tuple[Conching, ...]
    runs: tuple[LineRun, ...]
    stock_kg: dict[str, float]
    finished_kg: Mapping[str, float]
    line_before: str | None
    capacity_kg: dict[str, float]
    heel_kg: dict[str, float]

    def slot_at(self, hour: float) -> int:
        """Index of the slot that holds an hour; the last one at the horizon's end."""
        return min(int((hour + TINY_H) / self.step_h), len(self.prices) - 1)


def world_of(plan: Plan) -> World:
    """The world of a plan.

    Raises:
        InputError: a run's kg are not what its slots make.
    """
    problem, plant = plan.problem, plan.problem.plant
    inputs, step_h, start = problem.slots, problem.step_h, problem.horizon.start
    names = [p.name for p in plant.products]
    weather = tuple(weather_of(s, plant) for s in inputs)
    return World(
        plant=plant,
        epoch=start,
        now_h=max(0.0, hours_between(start, problem.now)) if problem.now else 0.0,
        hours=len(inputs) * step_h,
        step_h=step_h,
        weather=weather,
        weather_edges_h=tuple(i * step_h for i in range(1, len(weather)) if weather[i] != weather[i - 1]),
        prices=np.array([s.energy_eur_kwh for s in inputs]),
        slot_edges_h=_grid(step_h, len(inputs)),
        quarter_edges_h=_grid(QUARTER_H, round(len(inputs) * step_h / QUARTER_H)),
        quarters=_quarters(inputs, step_h),
        crew=_stretches(inputs, step_h, lambda s: s.crew),
        line_open=_stretches(inputs, step_h, lambda s: s.crew and line_may_run(s.air, plant)),
        batches=tuple(sorted(_conchings(plan, start), key=lambda b: (b.start_h, b.id))),
        runs=tuple(sorted(_runs(plan, start), key=lambda r: (r.start_h, r.id))),
        stock_kg={name: problem.stocks_kg.get(name, 0.0) for name in names},
        finished_kg=problem.finished_kg,
        line_before=problem.line_before,
        capacity_kg={name: sum(t.capacity_kg for t in plant.tanks_of(name)) for name in names},
        heel_kg={name: sum(t.heel_kg for t in plant.tanks_of(name)) for name in names},
    )


def hours_between(start: datetime, moment: datetime) -> float:
    """From one moment to another, h."""
    return (moment - start).total_seconds() / 3600.0


def pieces_of(product: Product, fill_h: float, age_h: float = 0.0) -> tuple[Piece, ...]:
    """The profile from an age on, cut at each whole hour and at the fill's end."""
    length = float(product.conche_hours)
    cuts = sorted({age_h, fill_h, length, *(float(h) for h in range(product.conche_hours))})
    ages = [c for c in cuts if age_h <= c <= length]
    return tuple(Piece(b - a, product.conche_kw[int(a)], in_fill=a < fill_h) for a, b in pairwise(ages))


def _grid(step_h: float, count: int) -> Floats:
    return np.arange(count + 1, dtype=np.float64) * step_h


def _quarters(inputs: Sequence[SlotInput], step_h: float) -> dict[Period, Ints]:
    found: dict[Period, list[int]] = {}
    for quarter in range(round(len(inputs) * step_h / QUARTER_H)):
        found.setdefault(inputs[int(quarter * QUARTER_H / step_h + TINY_H)].period, []).append(quarter)
    return {period: np.array(quarters, dtype=np.int64) for period, quarters in found.items()}


def _stretches(inputs: Sequence[SlotInput], step_h: float, is_open: Callable[[SlotInput], bool]) -> tuple[Stretch, ...]:
    """Slots in a row for which something holds, as (from, to)."""
    found: list[Stretch] = []
    for opened, group in groupby(enumerate(inputs), key=lambda pair: is_open(pair[1])):
        indexes = [i for i, _ in group]
        if opened:
            found.append((indexes[0] * step_h, (indexes[-1] + 1) * step_h))
    return tuple(found)


def _conchings(plan: Plan, start: datetime) -> Iterator[Conching]:
    """The plan's batches and those that run already; a batch named in both counts once."""
    planned = {b.id: b for b in (*plan.problem.running, *plan.batches) if b.stage != Stage.LINE}
    for batch in planned.values():
        begun_h = hours_between(start, batch.start)
        pieces = _left(batch, plan.problem.plant, begun_h, hours_between(start, batch.end))
        yield Conching(batch.id, batch.product, batch.machine, begun_h, batch.kg, pieces)


def _left(batch: Batch, plant: Plant, begun_h: float, end_h: float) -> tuple[Piece, ...]:
    """What is left of a batch; the end of one that runs already is believed, sooner or later than its profile's."""
    product = plant.product(batch.product)
    if begun_h >= -TINY_H:
        return pieces_of(product, plant.fill_h)
    pieces = pieces_of(product, plant.fill_h, max(-begun_h, product.conche_hours - end_h))
    longer_h = max(0.0, end_h - sum(p.hours for p in pieces))
    return (*pieces, Piece(longer_h, product.conche_kw[-1], in_fill=False)) if longer_h or not pieces else pieces


def _runs(plan: Plan, start: datetime) -> Iterator[LineRun]:
    for batch in plan.batches:
        if batch.stage == Stage.LINE:
            yield _run(batch, plan, start)


def _run(batch: Batch, plan: Plan, start: datetime) -> LineRun:
    step_h = plan.problem.step_h
    begin_h = max(0.0, hours_between(start, batch.start))
    first = int((begin_h + TINY_H) / step_h)
    end_h = hours_between(start, batch.end)
    last = max(first, int((end_h - TINY_H) / step_h))
    made = [s.output_kg if s.line_product == batch.product else 0.0 for s in plan.slots[first : last + 1]]
    if abs(sum(made) - batch.kg) > ROUNDING_KG:
        raise InputError("kg", batch.kg, f"what the slots of run {batch.id} make, {sum(made):g} kg")
    later = tuple(sum(made[i + 1 :]) for i in range(len(made)))
    return LineRun(batch.id, batch.product, begin_h, end_h, batch.kg, first, later)
