"""The simulator's figures: plant-days a second of one core, and a week's certificate.

    .venv/bin/python benchmarks/simulation.py [--replications 200] [--workers 2]

The week is made by hand (two batches a day, three products); weather and prices are invented, for they cost no time.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "unit"))

from hand_plans import Fill, Run, air_of_day, order, plan_of, problem_of

from chocolate_factory.domain.plan import Plan
from chocolate_factory.simulation.certificate import certify
from chocolate_factory.simulation.run import replicate
from chocolate_factory.simulation.world import world_of

DAYS = ("dark", "dark", "milk", "milk", "white", "white")


def week(step_h: float) -> Plan:
    """Monday to Saturday, a product every two days."""
    fills = [Fill(24 * day + hour, product) for day, product in enumerate(DAYS) for hour in (6, 8)]
    runs = [Run(24 * day + 17, 4, 450, product) for day, product in enumerate(DAYS)]
    orders = [order(24 * day + 22, 1700, product, f"o{day}") for day, product in enumerate(DAYS)]
    stocks = {"dark": 900.0, "milk": 900.0, "white": 900.0}
    problem = problem_of(hours=168, step_h=step_h, air=air_of_day(), stocks=stocks, orders=orders)
    return plan_of(problem, fills, runs)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """(wall, processor) seconds; on a shared machine the second is the honest one for a core."""
    wall, core = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - core


def core_speed(step_h: float, replications: int) -> None:
    plan = week(step_h)
    world = world_of(plan)
    orders = plan.problem.orders
    wall, core = timed(lambda: [replicate(world, orders, seed) for seed in range(replications)])
    days = 7 * replications
    print(f"slots of {step_h:g} h: {days / core:,.0f} plant-days/s and core ({days / wall:,.0f} by the wall clock)")


def certificate(replications: int, workers: int) -> None:
    plan = week(1.0)
    wall, _ = timed(lambda: certify(plan, replications, 1, workers=workers))
    print(f"certificate of a week, {replications} replications, {workers} workers: {wall:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}")
    for step_h in (1.0, 0.25):
        core_speed(step_h, given.replications)
    certificate(given.replications, 1)
    certificate(given.replications, given.workers)


if __name__ == "__main__":
    main()
