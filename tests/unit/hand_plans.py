"""Plans made by hand for the simulator's tests: power and cost by the physics, not by any optimiser."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.domain.plan import Batch, Level, Plan, PlanSlot, Problem, SlotInput, Solved, Status
from chocolate_factory.domain.plant import Order, Plant
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.tariff import Tariff, period
from chocolate_factory.domain.thermal import Air, conche_energy_kwh, load
from chocolate_factory.domain.time import Interval, madrid_midnight

MONDAY = madrid_midnight(date(2026, 6, 1))
MILD = Air(22.0, 45.0)
DEFAULT = read_plant()
#: A plant in which chance does nothing to durations and the line never fails.
STEADY = replace(
    DEFAULT.failures, mtbf_h=1e5, micro_stop_every_h=1e5, micro_stop_min=0, fill_cv=0, conche_cv=0, off_spec_share=0
)


@dataclass(frozen=True)
class Fill:
    hour: float
    product: str = "dark"


@dataclass(frozen=True)
class Run:
    """A run of the line: set-up from ``hour``, then ``hours`` of output."""

    hour: float
    hours: float
    rate: float = 400.0
    product: str = "dark"


def air_of_day(t_mean: float = 24.0, swing: float = 8.0) -> Callable[[float], Air]:
    """Warmest at 16 h, by the hour from the horizon's start."""
    return lambda h: Air(t_mean - swing * (1 - abs(((h - 16) % 24) - 12) / 6), 40.0)


def problem_of(
    *,
    plant: Plant = DEFAULT,
    hours: int = 48,
    step_h: float = 1.0,
    start: datetime = MONDAY,
    air: Callable[[float], Air] = lambda _: MILD,
    price: Callable[[float], float] = lambda h: 0.10 + 0.05 * (h % 24 >= 18),
    orders: Sequence[Order] = (),
    stocks: Mapping[str, float] | None = None,
    running: Sequence[Batch] = (),
) -> Problem:
    slots = []
    for i in range(round(hours / step_h)):
        slot = Interval(start + timedelta(hours=i * step_h), start + timedelta(hours=(i + 1) * step_h))
        crew = plant.crew.present(slot.start)
        band = period(slot.start, Tariff.TD30)
        slots.append(SlotInput(slot, price(i * step_h), Kind.OBSERVED, band, air(i * step_h), crew))
    kg = stocks if stocks is not None else {"dark": 1500.0, "milk": 1000.0, "white": 600.0}
    return Problem(plant, tuple(slots), tuple(orders), kg, tuple(running))


def plan_of(problem: Problem, fills: Sequence[Fill] = (), runs: Sequence[Run] = ()) -> Plan:
    batches = [_conching(problem, i, f) for i, f in enumerate(fills)]
    lines = [_run(problem, i, r) for i, r in enumerate(runs)]
    made = [_made(problem, s, runs) for s in problem.slots]
    slots = tuple(
        _slot(problem, s, [*problem.running, *batches], lines, *m) for s, m in zip(problem.slots, made, strict=True)
    )
    solver = Solved("hand", None, 0.0, None)
    return Plan(problem, Status.FEASIBLE, solver, (*batches, *lines), slots, 25.0 * len(runs), 0.0, 0.0)


def _at(problem: Problem, hour: float) -> datetime:
    return problem.horizon.start + timedelta(hours=hour)


def _conching(problem: Problem, index: int, fill: Fill) -> Batch:
    hours = problem.plant.product(fill.product).conche_hours
    conche = f"conche-{index % problem.plant.conches.count + 1}"
    start = _at(problem, fill.hour)
    kg = problem.plant.conches.batch_kg
    return Batch(f"c{index}", fill.product, "conche", conche, start, start + timedelta(hours=hours), kg)


def _run(problem: Problem, index: int, run: Run) -> Batch:
    end = run.hour + problem.plant.line.setup_h + run.hours
    start = _at(problem, run.hour)
    return Batch(f"l{index}", run.product, "line", "line", start, _at(problem, end), run.rate * run.hours)


def _overlap_h(a: Interval, start: datetime, end: datetime) -> float:
    return max(0.0, (min(a.end, end) - max(a.start, start)).total_seconds() / 3600)


def _made(problem: Problem, slot: SlotInput, runs: Sequence[Run]) -> tuple[str | None, float]:
    for run in runs:
        begins = run.hour + problem.plant.line.setup_h
        hours = _overlap_h(slot.slot, _at(problem, begins), _at(problem, begins + run.hours))
        if hours:
            return run.product, run.rate * hours
    return None, 0.0


def _slot(
    problem: Problem,
    slot: SlotInput,
    conchings: Sequence[Batch],
    lines: Sequence[Batch],
    product: str | None,
    kg: float,
) -> PlanSlot:
    plant, step_h = problem.plant, problem.step_h
    conche_kwh = filled_h = 0.0
    for b in conchings:
        age = (slot.slot.start - b.start).total_seconds() / 3600
        conche_kwh += conche_energy_kwh(plant.product(b.product).conche_kw, age, age + step_h)
        filled_h += _overlap_h(slot.slot, b.start, b.start + timedelta(hours=plant.fill_h))
    on_h = sum(_overlap_h(slot.slot, b.start, b.end) for b in lines)
    off = load(plant, slot.air, line_on=False).total_kw * (1 - on_h / step_h)
    on = load(plant, slot.air, line_on=True, rate_kg_h=kg / on_h).total_kw * on_h / step_h if on_h else 0.0
    kw = off + on + conche_kwh / step_h + plant.refining.power_kw * filled_h / step_h
    cost = kw * step_h * slot.energy_eur_kwh
    return PlanSlot(slot, kw, cost, product, kg, {}, Level.MODERATE)


def order(hour: float, kg: float, product: str = "dark", name: str = "o1", start: datetime = MONDAY) -> Order:
    return Order(name, product, kg, start + timedelta(hours=hour))


def good_plan(**changes: object) -> Plan:
    """Monday and Tuesday, dark and then milk, well inside every limit."""
    problem = problem_of(**({"air": air_of_day()} | changes))  # type: ignore[arg-type]
    fills = [Fill(6), Fill(8, "milk"), Fill(30), Fill(33, "milk")]
    return plan_of(problem, fills, [Run(9, 3.5), Run(30, 2.5), Run(34.5, 4.75, product="milk")])
