"""Quarter-hours in two steps: an hourly master says where to look, and quarters are decided within an hour of it.

The bound is a relaxation's, far below: the plan is nearer to the best than it says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from chocolate_factory.domain.plan import Problem, SlotInput
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import Interval
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.schedule import Schedule
from chocolate_factory.planning.arrays.types import Bools
from chocolate_factory.planning.program.after import valued
from chocolate_factory.planning.program.program import Program, program
from chocolate_factory.planning.program.rewards import rewarded
from chocolate_factory.planning.search.pieces import in_pieces, the_better
from chocolate_factory.planning.search.solver import Answer, Watch, schedule_from


def refined_quarters(frame: Frame, whole: Program, watch: Watch) -> Answer:
    """Quarters within an hour of an hourly master; the whole problem only where that finds nothing."""
    bound = _relaxed_bound(frame, whole, watch)
    hours = round(1 / frame.step)
    if frame.count % hours:
        return in_pieces(frame, whole, watch)
    master = Frame(_hourly(frame.problem, hours), frame.options)
    coarse = rewarded(master, valued(master, program(master)))
    found = in_pieces(master, coarse, watch.share(0.5))
    if found.x is None:
        return in_pieces(frame, whole, watch)
    near = _near(frame, whole, schedule_from(master, coarse, found.x), hours)
    refined = in_pieces(frame, near, watch.share(0.8))
    if refined.x is None:
        return the_better(refined, watch.solved(whole, watch.left_s, frame.options.gap), bound)
    return Answer(refined.x, bound, refined.eur)


def _relaxed_bound(frame: Frame, whole: Program, watch: Watch) -> float | None:
    """The least cost with whole numbers of batches and runs a day and nothing else whole: no plan is cheaper."""
    counted = np.zeros_like(whole.whole)
    for total, p in product(("begins of day", "runs of day"), range(len(frame.names))):
        columns = whole.columns.of(total, p)
        counted[columns] = whole.whole[columns]
    return watch.solved(replace(whole, whole=counted), watch.left_s * 0.2, 0.1 * frame.options.gap).bound


def _hourly(problem: Problem, by: int) -> Problem:
    """The same problem in slots ``by`` times as long."""
    groups = [problem.slots[i : i + by] for i in range(0, len(problem.slots), by)]
    done = {g[0].slot.start: sum(problem.done_kg.get(s.slot.start, 0.0) for s in g) for g in groups}
    kept = {start: kg for start, kg in done.items() if kg}
    return replace(problem, slots=tuple(_merged(group, problem) for group in groups), done_kg=kept)


def _merged(group: tuple[SlotInput, ...], problem: Problem) -> SlotInput:
    """Mean price and air, the least contract, and a crew only where it is there throughout."""
    contracted_kw = problem.plant.contract.power_kw
    return replace(
        group[0],
        slot=Interval(group[0].slot.start, group[-1].slot.end),
        energy_eur_kwh=sum(s.energy_eur_kwh for s in group) / len(group),
        period=min((s.period for s in group), key=contracted_kw),
        air=Air(
            sum(s.air.temperature_c for s in group) / len(group), sum(s.air.humidity_pct for s in group) / len(group)
        ),
        crew=all(s.crew for s in group),
    )


def _near(frame: Frame, whole: Program, master: Schedule, by: int) -> Program:
    """The program with begins, starts and runs only within ``by`` slots of the master's."""
    high = whole.high.copy()
    runs = [(run.product, run.first * by, run.end * by) for run in master.runs()]
    for p in range(len(frame.names)):
        begins = _around(frame.count, ((t * by, t * by + 1) for q, t in master.begins if q == p), by)
        starts = _around(frame.count, ((first, first + 1) for q, first, _ in runs if q == p), by)
        on = _around(frame.count, ((first, end) for q, first, end in runs if q == p), by)
        for variable, near in (("begin", begins), ("start", starts), ("on", on)):
            columns = whole.columns.of(variable, p)
            high[columns] = np.minimum(high[columns], np.maximum(near, whole.low[columns]))
    return replace(whole, high=high)


def _around(count: int, stretches: Iterator[tuple[int, int]], by: int) -> Bools:
    near = np.zeros(count, dtype=bool)
    for first, end in stretches:
        near[max(0, first - by) : end + by] = True
    return near
