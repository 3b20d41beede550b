"""Against peers, the same work given to each: a plain SimPy loop, EMHASS's day-ahead optimisation, epftoolbox.

    .venv/bin/python benchmarks/peers.py [--out FILE.md] [--venv FOLDER] [--weeks 20]

EMHASS is installed into a virtual environment outside the repository, thrown away afterwards unless ``--venv`` names
one to keep. Its part needs the prices and weather of 2024 where the shared data lies.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "unit"))

from machine import machine
from peers_dayahead import emhass_section
from peers_simpy import PlainPlant
from planning_problems import DATA, SEASONS, one_product_plant, real_problem
from simulation import best, week

from chocolate_factory.domain.plan import Options, Plan
from chocolate_factory.planning.solve import make_plan
from chocolate_factory.simulation.run import replicate, run
from chocolate_factory.simulation.world import world_of

METERS_MIN = (1, 15, 60)
#: A plan to run need not be the best.
ROUGH = Options(gap=0.03, time_limit_s=5)


# ------------------------------------------------------------------------------------------------ a plain SimPy loop
def simpy_section(weeks: int) -> str:
    """One plan, run by the simulator and by the plain loop."""
    plan = week(1.0)
    world, orders = world_of(plan), plan.problem.orders
    ours = replicate(world, orders, 0, random=False)
    against = (ours.energy_kwh, ours.cost_eur, ours.good_kg)
    certain = plant_days(lambda seed: replicate(world, orders, seed, random=False), weeks)
    lines = [
        "| the same week's plan | kWh | EUR | good kg | plant-days/s and core |",
        "|---|---|---|---|---|",
        f"| the simulator, nothing left to chance | {figures(against, against)} | {certain:,.0f} |",
        f"| the simulator with chance | | | | {plant_days(lambda seed: replicate(world, orders, seed), weeks):,.0f} |",
    ]
    for step_min in METERS_MIN:
        plain = PlainPlant(plan, step_min)
        found, speed = plain.run(), plant_days(lambda _, plain=plain: plain.run(), weeks)
        values = figures((found.kwh, found.eur, found.good_kg), against)
        lines.append(f"| plain loop, its meter read every {step_min} min | {values} | {speed:,.0f} |")
    return "\n".join([*lines, *seasons_words()])


def seasons_words() -> list[str]:
    """How far the loop is from the simulator in weeks that the planner made."""
    if not DATA.is_dir():
        return []
    off = [differences(make_plan(real_problem(one_product_plant(), start, 168), ROUGH)) for start in SEASONS.values()]
    kwh, kg = (100 * max(column) for column in zip(*off, strict=True))
    told = f"at most {kwh:.3f} % of kWh and {kg:.3f} % of kg apart."
    return ["", f"The planner's weeks of four seasons of 2024, the loop's meter read every minute: {told}"]


def differences(plan: Plan) -> tuple[float, float]:
    """Of energy and good kilograms, as shares of the simulator's."""
    ours, plain = run(plan, 0, random=False), PlainPlant(plan, 1).run()
    return abs(plain.kwh / ours.energy_kwh - 1), abs(plain.good_kg / ours.good_kg - 1)


def plant_days(work: Callable[[int], object], weeks: int) -> float:
    """Plant-days a second of one core."""
    return 7 * weeks / best(lambda: [work(seed) for seed in range(weeks)], time.process_time)


def figures(found: tuple[float, ...], against: tuple[float, ...]) -> str:
    """A row's figures, each with how far it is from the simulator's."""
    off = ("" if a == b else f" ({100 * (a / b - 1):+.2f} %)" for a, b in zip(found, against, strict=True))
    return " | ".join(f"{a:,.1f}{more}" for a, more in zip(found, off, strict=True))


# ---------------------------------------------------------------------------------------------------------- the page
def page(given: argparse.Namespace) -> str:
    """All of it."""
    before = os.getloadavg()[0]
    parts = [simpy_section(given.weeks), emhass_section(given.venv)]
    libraries = ", ".join(f"{name} {version(name)}" for name in ("simpy", "scipy"))
    load = f"load average {before:.1f} before, {os.getloadavg()[0]:.1f} after"
    return "\n\n".join([f"{machine()}; Python {platform.python_version()}, {libraries}; {load}.", *parts]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weeks", type=int, default=20, help="runs of the week, each time of three")
    parser.add_argument("--venv", type=Path, help="folder of a virtual environment for EMHASS, made and kept there")
    parser.add_argument("--out", type=Path, help="write the section here too, as Markdown")
    given = parser.parse_args()
    text = page(given)
    print(text)
    if given.out:
        given.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
