"""The simulator's figures: plant-days a second of one core, and the certificate of a week's plan.

    .venv/bin/python benchmarks/simulation.py [--replications 200] [--workers 2] [--out FILE.md]

The week is made by hand (two batches a day, three products); weather and prices are invented, for they cost no time.
Speed is counted in processor time, which other work on the machine disturbs least; certificates by the wall clock.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "unit"))

from hand_plans import Fill, Run, air_of_day, order, plan_of, problem_of

from chocolate_factory.adapters.parallel import mapper_of
from chocolate_factory.domain.plan import Plan
from chocolate_factory.simulation.certificate import certify
from chocolate_factory.simulation.run import replicate
from chocolate_factory.simulation.world import world_of

DAYS = ("dark", "dark", "milk", "milk", "white", "white")
#: The best of so many: what disturbs a measurement only ever makes it slower.
TIMES = 3


def week(step_h: float) -> Plan:
    """Monday to Saturday, a product every two days."""
    fills = [Fill(24 * day + hour, product) for day, product in enumerate(DAYS) for hour in (6, 8)]
    runs = [Run(24 * day + 17, 4, 450, product) for day, product in enumerate(DAYS)]
    orders = [order(24 * day + 22, 1700, product, f"o{day}") for day, product in enumerate(DAYS)]
    stocks = {"dark": 900.0, "milk": 900.0, "white": 900.0}
    by_hour = air_of_day()  # as weather comes
    problem = problem_of(hours=168, step_h=step_h, air=lambda h: by_hour(int(h)), stocks=stocks, orders=orders)
    return plan_of(problem, fills, runs)


def best(work: Callable[[], object], clock: Callable[[], float]) -> float:
    """Seconds of the quickest try."""
    spent = []
    for _ in range(TIMES):
        begun = clock()
        work()
        spent.append(clock() - begun)
    return min(spent)


def plant_days_a_second(step_h: float, replications: int) -> float:
    """Of one core."""
    plan = week(step_h)
    world, orders = world_of(plan), plan.problem.orders
    core_s = best(lambda: [replicate(world, orders, seed) for seed in range(replications)], time.process_time)
    return 7 * replications / core_s


def certificate_s(replications: int, workers: int) -> tuple[float, float]:
    """The first certificate, whose processes must start, and later ones."""
    plan, mapper = week(1.0), mapper_of(workers)
    begun = time.perf_counter()
    certify(plan, replications, 1, mapper)
    first = time.perf_counter() - begun
    return first, best(lambda: certify(plan, replications, 1, mapper), time.perf_counter)


def table(replications: int, workers: int) -> str:
    """Every figure beside what is asked."""
    rows = [
        (f"simulator, slots of {60 * step_h:g} min", "1,000 plant-days/s and core", f"{days:,.0f}")
        for step_h, days in ((s, plant_days_a_second(s, replications)) for s in (1.0, 0.25))
    ]
    alone, _ = certificate_s(replications, 1)
    first, later = certificate_s(replications, workers)
    what = f"certificate of a week's plan, {replications} runs"
    rows.append((f"{what}, {workers} cores", "3 s", f"{first:.2f} s, {later:.2f} s once its processes run"))
    rows.append((f"{what}, this process alone", "", f"{alone:.2f} s"))
    lines = ["| what | at least | measured |", "|---|---|---|", *(f"| {a} | {b} | {c} |" for a, b, c in rows)]
    return "\n".join(lines)


def machine() -> str:
    """What it was measured on."""
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    return f"{os.cpu_count()} cores of {platform.machine()}, Python {platform.python_version()}, load average {load}."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, help="write the table here too, as Markdown")
    given = parser.parse_args()
    page = f"{table(given.replications, given.workers)}\n\n{machine()}\n"
    print(page)
    if given.out:
        given.out.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
