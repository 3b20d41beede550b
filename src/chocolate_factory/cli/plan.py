"""``plan``: the plan in force and what may be asked of it, or a stand-alone problem from files."""

from __future__ import annotations

from typing import Annotated

import typer

from chocolate_factory.adapters.child import Child
from chocolate_factory.adapters.clock import SystemClock
from chocolate_factory.cli import plan_deeds
from chocolate_factory.cli.plan_show import Chart, Png, Svg, print_record, print_stand_alone, thinking
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
from chocolate_factory.cli.terminal import AsJson, house
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plan_record import Planned, PlanTask
from chocolate_factory.usecases.plan_options import options_of

#: A stand-alone plan's process may take so many times the limit of one solve: repairs solve again, and certify.
PATIENCE = 8
#: What has a meaning without files too.
OF_THE_PLAN_IN_FORCE = frozenset({"again", "chart", "png", "svg", "as_json"})


def add_to(app: typer.Typer) -> None:
    """Register the command and its sub-commands."""
    example = "Example: chocolate-factory plan --prices spot.csv --weather air.csv --start 2026-07-13 --hours 48"
    room = typer.Typer(name="plan", invoke_without_command=True, callback=plan, epilog=example)
    plan_deeds.add_to(room)
    app.add_typer(room)


def plan(
    context: typer.Context,
    again: Annotated[bool, typer.Option("--again", help="Plan again now; what comes out is in force.")] = False,
    prices: PricesFile = None,
    weather: WeatherFile = None,
    start: Start = None,
    hours: Hours = 48,
    resolution: Minutes = 60,
    demand: DemandFile = None,
    plant_file: PlantFile = None,
    peak_kw: Annotated[float | None, typer.Option(min=1, help="No slot above this power.")] = None,
    night_work: Annotated[
        bool, typer.Option("--night-work/--no-night-work", help="Whether conches may go on without crew.")
    ] = True,
    quiet: Annotated[str | None, typer.Option(help="Neither line nor refining in these hours, as 22-6.")] = None,
    carbon_eur_t: Annotated[float, typer.Option(min=0, max=1000, help="Price put on carbon, EUR/t.")] = 0.0,
    seconds: Annotated[float, typer.Option(min=1, max=600, help="Time limit of one solve.")] = 60,
    replications: Annotated[int, typer.Option(min=0, max=1000, help="Simulated runs for the certificate.")] = 50,
    chart: Chart = False,
    png: Png = None,
    svg: Svg = None,
    as_json: AsJson = False,
) -> None:
    """What to run when, at what cost, and why: the plan in force; with --prices, one from files, kept nowhere."""
    if context.invoked_subcommand is not None:
        return
    if prices is None:
        _refuse_strangers(context)
        with house() as opened:
            if again:
                with thinking(as_json=as_json):
                    record = opened.optimise("request")
            else:
                record = opened.optimise.in_force()
            print_record(opened, record, chart=chart, png=png, svg=svg, as_json=as_json)
        return
    if again:
        raise InputError("again", True, "leave it out: a plan from files is always made anew")
    problem, notes = problem_from(prices, weather, start, hours, resolution, demand, plant_file)
    options, assumed = options_of(
        carbon_eur_t=carbon_eur_t, peak_kw=peak_kw, night_work=night_work, quiet_hours=quiet, time_limit_s=seconds
    )
    with thinking(as_json=as_json):
        planned = _planned(PlanTask(problem, options, replications), PATIENCE * seconds)
    print_stand_alone(planned, [*notes, *assumed], chart=chart, png=png, svg=svg, as_json=as_json)


def _refuse_strangers(context: typer.Context) -> None:
    """Options of a plan from files, given without files.

    Raises:
        InputError: naming the first.
    """
    for name in sorted(context.params.keys() - OF_THE_PLAN_IN_FORCE):
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise InputError(
                name, context.params[name], "it belongs to a plan from files: give --prices and --weather too"
            )


def _planned(task: PlanTask, limit_s: float) -> Planned:
    """In a process of its own: what it needs is not loaded into every command."""
    child = Child(SystemClock(), lambda: False, ("chocolate_factory.logs:configure", ("warning", "auto")))
    planned: Planned = child.call("chocolate_factory.usecases.planned:planned", task, limit_s)
    return planned
