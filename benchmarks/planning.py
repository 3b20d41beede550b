"""The planner's figures: every row of the issue's table over four seasons of real prices.

    .venv/bin/python benchmarks/planning.py [--out FILE] [--rows 1,3]

Each solve runs in a child process, whose peak memory is told. Prices and weather are 2024's, read where they lie. The
48 h of three products are Friday and Saturday, when the plant's own demand asks for all three, and begin as the week's
plan leaves them; that plan is made before and not timed.
"""

from __future__ import annotations

import argparse
import platform
import resource
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "unit"))

from machine import machine
from planning_problems import PLANT, SEASONS, one_product_plant, real_problem

from chocolate_factory.domain.plan import Options, Problem, Solved
from chocolate_factory.domain.time import Resolution
from chocolate_factory.planning.carry import standing
from chocolate_factory.planning.days_ahead import days_ahead
from chocolate_factory.planning.first_hours import first_hours
from chocolate_factory.planning.solve import make_plan, relaxed_tail

#: What the service may take, MB.
MOST_MB = 400
THURSDAY, FRIDAY = timedelta(days=3), timedelta(days=4)


@dataclass(frozen=True)
class Row:
    """One row of the table: what is solved, how well, and how long it may take (median, worst), s."""

    name: str
    problem: Callable[[str], Problem]
    solve: Callable[[Problem, Options], Solved]
    options: Options
    median_s: float
    worst_s: float


@dataclass(frozen=True)
class Measured:
    """One season's solve: by the wall clock and the processor's, s; building; gap reached; peak memory, MB."""

    wall_s: float
    core_s: float
    build_s: float
    gap: float | None
    peak_mb: float


def one_product(hours: int, resolution: Resolution) -> Callable[[str], Problem]:
    """Dark alone from Monday's midnight on."""
    return lambda season: real_problem(one_product_plant(), SEASONS[season], hours, resolution)


def week_of_three(season: str) -> Problem:
    """The default plant's week."""
    return real_problem(PLANT, SEASONS[season], 168)


def end_of_week_of_three(season: str) -> Problem:
    """Friday and Saturday in quarter-hours, as the week's plan leaves Thursday."""
    plan = make_plan(week_of_three(season), Options(time_limit_s=60, gap=0.01))
    start = SEASONS[season] + FRIDAY
    left = standing(plan, start)
    problem = real_problem(PLANT, start, 48, Resolution.QUARTER)
    return replace(problem, stocks_kg=left.stocks_kg, finished_kg=left.finished_kg, running=left.running)


def whole(problem: Problem, options: Options) -> Solved:
    """A plan."""
    return make_plan(problem, options).solver


def thursday_and_on(season: str) -> Problem:
    """Seven days of the default plant from a Thursday on: all three products are due within the first three."""
    return real_problem(PLANT, SEASONS[season] + THURSDAY, 168)


def looking(problem: Problem, options: Options) -> Solved:
    """As the service plans: some days whole, the others of the week looked at. The look's time is in the building."""
    begun = perf_counter()
    found = days_ahead(problem, options).solver
    return replace(found, build_seconds=found.build_seconds + perf_counter() - begun - found.seconds)


def alone(problem: Problem, options: Options) -> Solved:
    """The same days without a look behind them."""
    slots = problem.slots[: round(options.whole_h / problem.step_h)]
    return make_plan(replace(problem, slots=slots), options).solver


def in_one_piece(problem: Problem, options: Options) -> Solved:
    """The same days in one program with the others, relaxed."""
    return first_hours(problem, options).solver


HOUR, QUARTER = Resolution.HOUR, Resolution.QUARTER
THREE_DAYS = Options(gap=0.005, time_limit_s=20, whole_h=72)
ROWS = (
    Row("48 h x 1 h, one product, 0.5 %", one_product(48, HOUR), whole, Options(gap=0.005), 0.3, 1),
    Row("48 h x 15 min, one product, 1 %", one_product(48, QUARTER), whole, Options(gap=0.01), 2, 10),
    Row(
        "168 h x 1 h, one product, relaxed tail, 0.5 %",
        one_product(168, HOUR),
        relaxed_tail,
        Options(gap=0.005),
        0.7,
        5,
    ),
    Row("168 h x 1 h, three products, relaxed tail, 1 %", week_of_three, relaxed_tail, Options(gap=0.01), 12, 20),
    Row(
        "48 h x 15 min, three products, hourly master and refinement, 2 %",
        end_of_week_of_three,
        whole,
        Options(gap=0.02, time_limit_s=25),
        12,
        25,
    ),
    Row("168 h x 1 h, one product, the whole week in pieces", one_product(168, HOUR), whole, Options(gap=0.005), 0, 0),
    Row("168 h x 1 h, three products, the whole week in pieces", week_of_three, whole, Options(gap=0.01), 0, 0),
    Row("72 h x 1 h, three products, looking a week ahead, 20 s", thursday_and_on, looking, THREE_DAYS, 0, 0),
    Row("72 h x 1 h, three products, looking no further, 20 s", thursday_and_on, alone, THREE_DAYS, 0, 0),
    Row(
        "72 h x 1 h, three products, in one program with the week, 20 s",
        thursday_and_on,
        in_one_piece,
        THREE_DAYS,
        0,
        0,
    ),
)


# ---------------------------------------------------------------------------------------------------------- measuring
def measured(row: int, season: str) -> Measured:
    """One solve, in the process that calls."""
    problem = ROWS[row].problem(season)
    wall, core = perf_counter(), process_time()
    solved = ROWS[row].solve(problem, ROWS[row].options)
    wall, core = perf_counter() - wall, process_time() - core
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(wall, core, solved.build_seconds, solved.gap, peak_mb)


def all_seasons(row: int) -> list[Measured]:
    """Each in a child process of its own, one after the other."""
    found = []
    for season in SEASONS:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as child:
            found.append(child.submit(measured, row, season).result())
        print(f"{ROWS[row].name}, {season}: {found[-1]}", file=sys.stderr, flush=True)
    return found


# ----------------------------------------------------------------------------------------------------------- the table
def table(rows: dict[int, list[Measured]]) -> str:
    """The rows as Markdown."""
    lines = [
        f"Python {platform.python_version()}, {machine()}.",
        "",
        "| what | at least, s | wall, s: median / worst | core, s: median / worst | worst gap | building | peak MB |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join(lines + [_line(ROWS[row], found) for row, found in rows.items()])


def _line(row: Row, found: list[Measured]) -> str:
    asked = f"{row.median_s:g} / {row.worst_s:g}" if row.worst_s else ""
    walls, cores = [m.wall_s for m in found], [m.core_s for m in found]
    gaps = [m.gap for m in found if m.gap is not None]
    gap = f"{100 * max(gaps):.2f} %" if len(gaps) == len(found) else "no bound"
    share = max(m.build_s / m.wall_s for m in found)
    building = f"{max(m.build_s for m in found):.2f} s, {100 * share:.0f} %"
    return (
        f"| {row.name} | {asked} | {median(walls):.2f} / {max(walls):.2f} | {median(cores):.2f} / {max(cores):.2f} "
        f"| {gap} | {building} | {max(m.peak_mb for m in found):.0f} of {MOST_MB} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="file for the table")
    parser.add_argument("--rows", help="numbers of the rows, 1 for the first; all by default")
    given = parser.parse_args()
    rows = [int(n) - 1 for n in given.rows.split(",")] if given.rows else list(range(len(ROWS)))
    text = table({row: all_seasons(row) for row in rows})
    print(text)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
