"""Every whole week of 2024 planned for three products, and each plan checked by code that shares none with the planner.

    .venv/bin/python benchmarks/weeks.py [--weeks N] [--processes 2] [--seconds 60] [--gap 0.02] [--out FILE]

The packaged plant with its own stocks and weekly demand, Monday to Monday, with the prices and the weather of 2024 as
they came; tolls of 2026, for no others are kept. The checker (tests/unit/plan_checker.py) looks at every limit and
counts energy, starts and lateness again, to the cent. The exit status is 1 where it finds anything.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from joblib import Parallel, delayed

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "unit"))

from machine import machine
from plan_checker import violations
from planning_problems import PLANT, real_problem

from chocolate_factory.domain.plan import Options, Status
from chocolate_factory.domain.time import DAY, madrid_midnight
from chocolate_factory.planning.solve import make_plan

#: Whole weeks of 2024, which began on a Monday.
WEEKS = 52


@dataclass(frozen=True)
class Week:
    """One week's plan: what the checker found, and what it came to.

    Attributes:
        eur: energy, starts and lateness.
        gap: to the bound of the whole week, per unit; None without a bound.
        late_kg_h: kilograms times hours after their due time.
        wall_s, core_s: of planning and of nothing else.
    """

    first: date
    flaws: tuple[str, ...]
    status: Status
    eur: float
    kg: float
    gap: float | None
    late_kg_h: float
    wall_s: float
    core_s: float


def mondays(weeks: int) -> Iterator[date]:
    """The first day of each week."""
    return (date(2024, 1, 1) + 7 * DAY * week for week in range(weeks))


def checked(first: date, options: Options) -> Week:
    """A week's plan, checked."""
    start, end = madrid_midnight(first), madrid_midnight(first + 7 * DAY)
    problem = real_problem(PLANT, start, round((end - start).total_seconds() / 3600))
    wall, core = perf_counter(), process_time()
    plan = make_plan(problem, options)
    wall, core = perf_counter() - wall, process_time() - core
    flaws = tuple(violations(plan))
    found = Week(first, flaws, plan.status, plan.objective_eur, plan.kg, plan.solver.gap, plan.late_kg_h, wall, core)
    print(found, file=sys.stderr, flush=True)
    return found


def table(weeks: list[Week], options: Options) -> str:
    """What the weeks came to, as Markdown."""
    gaps = [w.gap for w in weeks if w.gap is not None]
    planned = [w for w in weeks if w.status is not Status.INFEASIBLE]
    rows = [
        ("weeks of three products planned", f"{len(planned)} of {len(weeks)}"),
        ("limits violated, or cents that differ, in all plans", f"{sum(len(w.flaws) for w in weeks)}"),
        ("energy, starts and lateness", f"{sum(w.eur for w in weeks):,.2f} EUR"),
        ("output", f"{sum(w.kg for w in weeks):,.0f} kg"),
        ("weeks with anything late", f"{sum(w.late_kg_h > 0 for w in weeks)}"),
        ("gap to the whole week's bound, median / worst", _both([100 * g for g in gaps], "%")),
        ("a plan by the wall clock, median / worst", _both([w.wall_s for w in weeks], "s")),
        ("a plan by the processor's, median / worst", _both([w.core_s for w in weeks], "s")),
    ]
    head = [f"{machine()}; each within {options.time_limit_s:g} s, gap asked {100 * options.gap:g} %.", ""]
    return "\n".join([*head, "| what | of 2024 |", "|---|---|", *(f"| {what} | {came} |" for what, came in rows)])


def _both(values: list[float], unit: str) -> str:
    return f"{median(values):.2f} / {max(values):.2f} {unit}" if values else "none"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weeks", type=int, default=WEEKS, help="how many, from the first on")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=60.0, help="time limit of a plan")
    parser.add_argument("--gap", type=float, default=0.02, help="relative gap that is good enough")
    parser.add_argument("--out", type=Path, help="file for the table")
    given = parser.parse_args()
    options = Options(time_limit_s=given.seconds, gap=given.gap)
    weeks = Parallel(given.processes)(delayed(checked)(first, options) for first in mondays(given.weeks))
    text = table(weeks, options)
    print(text)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")
    return 1 if any(w.flaws for w in weeks) else 0


if __name__ == "__main__":
    sys.exit(main())
