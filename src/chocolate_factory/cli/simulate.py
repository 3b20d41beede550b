"""``simulate``: a stand-alone problem planned, and the plan run many times with chance."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from chocolate_factory.adapters.gantt_chart import write_gantt
from chocolate_factory.cli.gantt import gantt
from chocolate_factory.cli.problem_files import (
    DemandFile,
    Hours,
    Minutes,
    PlantFile,
    PricesFile,
    Start,
    WeatherFile,
    problem_from,
)
from chocolate_factory.cli.simulate_view import show_simulation
from chocolate_factory.cli.terminal import AsJson, house, out, print_json, settings
from chocolate_factory.domain.errors import InputError, NotFoundError
from chocolate_factory.domain.plan import Options, Plan
from chocolate_factory.domain.plan_record import Planned, PlanTask
from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.simulation.gantt import Bar


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        epilog="Example: chocolate-factory simulate --prices spot.csv --weather air.csv --start 2026-07-13 --runs 200"
    )(simulate)


def simulate(
    prices: PricesFile = None,
    weather: WeatherFile = None,
    start: Start = None,
    hours: Hours = 48,
    resolution: Minutes = 60,
    demand: DemandFile = None,
    plant_file: PlantFile = None,
    seconds: Annotated[float, typer.Option(min=1, max=600, help="Time limit of one solve.")] = 60,
    runs: Annotated[int, typer.Option(min=1, max=100_000, help="How often the plan is run.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Of all chance: the same seed gives the same.")] = 1,
    workers: Annotated[
        int, typer.Option(min=1, max=256, help="Processes; more than one is worth it for thousands of runs.")
    ] = 1,
    trace: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write what each machine did in one run, of this seed, as CSV.")
    ] = None,
    plan_id: Annotated[
        str | None, typer.Option("--plan", help="A plan that is kept, as `plan history` lists it; the one in force.")
    ] = None,
    chart: Annotated[
        bool, typer.Option("--gantt", help="Draw it on the terminal too, that run below the plan.")
    ] = False,
    png: Annotated[Path | None, typer.Option("--png", dir_okay=False, help="Write that chart as a picture.")] = None,
    svg: Annotated[Path | None, typer.Option("--svg", dir_okay=False, help="Write that chart as a drawing.")] = None,
    as_json: AsJson = False,
) -> None:
    """What chance makes of the plan in force, or of one from files: spreads, punctuality, the weakest batch."""
    # slow to import and large: no other command and no service should carry them
    from chocolate_factory.adapters.parallel import mapper_of  # noqa: PLC0415
    from chocolate_factory.simulation.certificate import certify  # noqa: PLC0415
    from chocolate_factory.simulation.run import run  # noqa: PLC0415
    from chocolate_factory.usecases.planned import planned  # noqa: PLC0415
    from chocolate_factory.usecases.simulate import simulation_document  # noqa: PLC0415

    given = settings()
    mapper = mapper_of(workers, given.dask_scheduler)
    notes: list[str] = []
    if prices is None:
        made = replace(_kept(plan_id), certificate=None)
    else:
        problem, notes = problem_from(prices, weather, start, hours, resolution, demand, plant_file)
        made = planned(PlanTask(problem, Options(time_limit_s=seconds), runs, seed), mapper)
    document = simulation_document(made.certificate or certify(made.plan, runs, seed, mapper))
    if as_json:
        print_json({**document, "notes": [*notes, *made.notes]})
    else:
        show_simulation(document, [*notes, *made.notes], given.ui_language)
    ran = run(made.plan, seed).gantt()
    if chart and not as_json:
        out.print(gantt(made.plan, out.width, ran=ran, language=given.ui_language))
    _write_charts(made.plan, ran, png, svg, given.ui_language)
    if trace is not None:
        _write_trace(trace, ran)


def _write_charts(plan: Plan, ran: tuple[Bar, ...], png: Path | None, svg: Path | None, language: str) -> None:
    for file, suffix in ((png, ".png"), (svg, ".svg")):
        if file is not None and file.suffix.lower() != suffix:
            raise InputError(suffix.removeprefix("."), file, f"a name that ends in {suffix}")
        if file is not None:
            write_gantt(plan, file, ran=ran, language=language)


def _kept(plan_id: str | None) -> Planned:
    """A plan of the ledger; the one in force without an id."""
    with house() as opened:
        record = opened.optimise.in_force() if plan_id is None else opened.plans.plan(plan_id)
    if record is None:
        raise NotFoundError("plan", plan_id, "the id of a plan that is kept; `plan history` lists them")
    return record.planned


def _write_trace(file: Path, bars: tuple[Bar, ...]) -> None:
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(("machine", "doing", "batch", "product", "start", "end"))
        for bar in bars:
            when = (isoformat_madrid(bar.start), isoformat_madrid(bar.end))
            writer.writerow((bar.machine, bar.doing, bar.batch, bar.product, *when))
