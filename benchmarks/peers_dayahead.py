"""The day-ahead block: EMHASS in a virtual environment of its own, the planner here, every place tried in turn.

Both are timed from the day's prices in memory to the plan in memory, and both after a first solve that is not.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from peers_block import (
    block_of,
    block_problem,
    cost_eur,
    days,
    deferred_kw,
    held_h,
    line_h,
    rest_kw,
    whole_day,
    windows,
)
from planning_problems import DATA, PLANT

from chocolate_factory.domain.plan import Options, Problem
from chocolate_factory.domain.time import Resolution
from chocolate_factory.planning.solve import make_plan

ROOT = Path(__file__).resolve().parents[1]
DRIVER = ROOT / "benchmarks" / "peers_emhass.py"
EMHASS = "emhass==0.18.7"
#: What HiGHS reaches by itself, and so EMHASS by its defaults.
EXACT = Options(gap=1e-4)
STEPS = {"1 h": Resolution.HOUR, "15 min": Resolution.QUARTER}


@dataclass(frozen=True)
class Solve:
    """One day solved: cost of what can be deferred, EUR, its kWh, and seconds by the wall clock and the processor."""

    eur: float
    kwh: float
    wall_s: float
    core_s: float
    late: bool = False


def emhass_section(venv: Path | None) -> str:
    """The deferrable block, by EMHASS and by the planner, and the whole plant beside it."""
    if not DATA.is_dir():
        return f"EMHASS: left out, there is no {DATA} with prices and weather of 2024."
    with tempfile.TemporaryDirectory() as folder:
        python, why = environment(venv or Path(folder) / "venv")
        if python is None:
            return f"EMHASS: left out, {EMHASS} could not be installed: {why}"
        parts = [emhass_table(name, python, Path(folder)) for name in STEPS]
        index = epftoolbox_line(python)
    return "\n\n".join([*parts, index])


def uv(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What uv says."""
    there = shutil.which("uv") or ROOT / ".uv" / "bin" / "uv"
    return subprocess.run([there, *arguments], check=False, capture_output=True, text=True)


def environment(venv: Path) -> tuple[Path | None, str]:
    """A Python that has EMHASS, or None and why not."""
    python = venv / "bin" / "python"
    if not python.exists():
        uv("venv", "--python", sys.executable, venv)
    done = uv("pip", "install", "--python", python, EMHASS)
    return (None, done.stderr.strip()) if done.returncode else (python, "")


def epftoolbox_line(python: Path) -> str:
    """Whether epftoolbox is to be had by now, in uv's own words."""
    asked = uv("pip", "install", "--dry-run", "--python", python, "epftoolbox")
    if asked.returncode:
        return f"epftoolbox: left out. `uv pip install epftoolbox`: {' '.join(asked.stderr.split())}"
    return "epftoolbox: can be installed here by now, and is not compared yet."


def emhass_table(step: str, python: Path, folder: Path) -> str:
    """All days in slots of one length."""
    block, wholes = block_of(PLANT), [whole_day(day, STEPS[step]) for day in days()]
    problems = [block_problem(whole, block) for whole in wholes]
    answers = emhass_answers(problems, python, folder)
    anew, kept = (list(theirs(problems, answers["days"], how)) for how in ("anew", "kept"))
    ours, whole = list(ours_by_day(problems, EXACT)), list(ours_by_day(wholes, Options()))
    if any(solve.late for solve in ours):
        raise RuntimeError("the planner left a part of a block for later")
    places = [[cost_eur(p, kw) for kw in windows(p, block)] for p in problems]
    off = max(abs(a.eur - min(b)) for found in (anew, kept, ours) for a, b in zip(found, places, strict=True))
    versions = ", ".join(f"{name} {number}" for name, number in answers["versions"].items())
    lines = [
        f"Slots of {step}, {len(problems)} days, {block.hours} h at {block.kw:.1f} kW. EMHASS: {versions}.",
        "",
        "| who | EUR, all days | kWh, all days | core, ms a day: median / worst | wall, ms: median / worst |",
        "|---|---|---|---|---|",
        row("EMHASS, its program made for the day", anew),
        row("EMHASS, its program kept from the day before", kept),
        row("the planner, the same block", ours),
        f"| every place of the block tried in turn | {sum(min(p) for p in places):,.2f} | | | |",
        f"| the block from the crew's first hour, blind to price | {sum(p[0] for p in places):,.2f} | | | |",
        row("the planner, the whole plant of those days", whole),
        "",
        f"Nobody is more than {off:.4f} EUR a day from the cheapest place. Of EMHASS's median core the planner takes",
        f"{ratio(ours, anew):.2f} where EMHASS makes its program anew and {ratio(ours, kept):.2f} where it keeps it.",
        whole_words(whole, anew),
        hall_words(problems, answers["days"]),
    ]
    return "\n".join(lines)


def whole_words(whole: list[Solve], block: list[Solve]) -> str:
    """The whole plant of the days on which it is not late, beside the block of the same days."""
    on_time = [i for i, solve in enumerate(whole) if not solve.late]
    plant, same = (
        f"{sum(found[i].eur for i in on_time):,.2f} EUR and {sum(found[i].kwh for i in on_time):,.0f} kWh"
        for found in (whole, block)
    )
    late = f"{len(whole) - len(on_time)} of {len(whole)} days"
    return f"The whole plant is late on {late}; on the others it takes {plant}, where the block takes {same}."


def hall_words(problems: list[Problem], answers: list[dict[str, Any]]) -> str:
    """On how many days the hall cannot be held where the block stands."""
    held = [held_h(p, answer["anew"]["kw"]) for p, answer in zip(problems, answers, strict=True)]
    vain, needed_h = sum(h < line_h(PLANT) for h in held), line_h(PLANT)
    return f"On {vain} of {len(held)} days the hall cannot be held for the line's {needed_h:g} h within EMHASS's block."


def emhass_answers(problems: list[Problem], python: Path, folder: Path) -> dict[str, Any]:
    """What EMHASS says, from a process of its own."""
    asked, told = folder / "days.json", folder / "answers.json"
    asked.write_text(json.dumps([question(p) for p in problems]))
    subprocess.run([python, DRIVER, asked, told], check=True, stdout=sys.stderr)
    answers = json.loads(told.read_text())
    statuses = {day[how]["status"] for day in answers["days"] for how in day}
    if statuses != {"Optimal"}:
        raise RuntimeError(f"EMHASS solved another problem than it was given: {statuses}")
    return answers


def question(problem: Problem) -> dict[str, Any]:
    """A day as EMHASS's driver reads it."""
    block, crew = block_of(PLANT), [i for i, s in enumerate(problem.slots) if s.crew]
    return {
        "start": problem.horizon.start.isoformat(),
        "step_h": problem.step_h,
        "eur_kwh": [s.energy_eur_kwh for s in problem.slots],
        "rest_kw": rest_kw(problem),
        "limit_kw": [problem.plant.contract.power_kw(s.period) for s in problem.slots],
        "from_slot": crew[0],
        "until_slot": crew[-1] + 1,
        "block_h": block.hours,
        "block_kw": block.kw,
    }


def theirs(problems: list[Problem], answers: list[dict[str, Any]], how: str) -> Iterator[Solve]:
    """EMHASS's days, its power billed by our prices."""
    for problem, answer in zip(problems, answers, strict=True):
        found = answer[how]
        kwh = sum(found["kw"]) * problem.step_h
        yield Solve(cost_eur(problem, found["kw"]), kwh, found["wall_s"], found["core_s"])


def ours_by_day(problems: list[Problem], options: Options) -> Iterator[Solve]:
    """The planner's days; the first is solved twice, and timed the second time."""
    make_plan(problems[0], options)
    for problem in problems:
        wall, core = time.perf_counter(), time.process_time()
        plan = make_plan(problem, options)
        wall, core = time.perf_counter() - wall, time.process_time() - core
        kw = deferred_kw(plan)
        yield Solve(cost_eur(problem, kw), sum(kw) * problem.step_h, wall, core, late=plan.late_kg_h > 1e-6)


def row(name: str, found: list[Solve]) -> str:
    """One line of the table."""
    core, wall = ([1000 * x for x in column] for column in ([s.core_s for s in found], [s.wall_s for s in found]))
    return (
        f"| {name} | {sum(s.eur for s in found):,.2f} | {sum(s.kwh for s in found):,.0f} "
        f"| {median(core):.0f} / {max(core):.0f} | {median(wall):.0f} / {max(wall):.0f} |"
    )


def ratio(ours: list[Solve], peers: list[Solve]) -> float:
    """Of the processor's medians."""
    return median(s.core_s for s in ours) / median(s.core_s for s in peers)
