"""``backtest``: history walked through day by day with only what was known then."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chocolate_factory.adapters.child import Child
from chocolate_factory.adapters.clock import SystemClock
from chocolate_factory.adapters.json_files import JsonFiles
from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.billing.contract import contracted_powers
from chocolate_factory.cli.backtest_view import show_backtest
from chocolate_factory.cli.problem_files import PlantFile, number_of, rows_of, utc_of
from chocolate_factory.cli.terminal import AsJson, print_json, progress, settings
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.tariff import Tariff
from chocolate_factory.domain.thermal import Air
from chocolate_factory.usecases.single import of_one_product

if TYPE_CHECKING:  # the deed's own modules are slow to import; the child does that
    from chocolate_factory.usecases.backtest.proof import Proof

EXAMPLE = (
    "Example: chocolate-factory backtest --prices spot.csv --weather air.csv --start 2024-01-01 --end 2024-12-31 "
    "--report backtest.md"
)
#: The child is killed after this; a year of one product takes minutes, of all products hours.
LIMIT_S = 24 * 3600.0


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog=EXAMPLE)(backtest)


def backtest(
    prices: Annotated[
        Path,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="CSV start_utc,price_eur_mwh: spot, from two years before the start for a good forecast.",
        ),
    ],
    weather: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="CSV start_utc,temperature_c,humidity_pct: hourly.")
    ],
    start: Annotated[str, typer.Option(help="First day, e.g. 2024-01-01.")],
    end: Annotated[str, typer.Option(help="Last day.")],
    demand_mw: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="CSV start_utc,demand_mw: REE's forecast, for a score."),
    ] = None,
    tariff: Annotated[str, typer.Option(help="3.0TD or 6.1TD.")] = Tariff.TD30.value,
    plant_file: PlantFile = None,
    all_products: Annotated[
        bool, typer.Option("--all-products", help="Plan each product, not all as one: some ten times as long.")
    ] = False,
    ablate: Annotated[bool, typer.Option("--ablate", help="Also what holds the planner below the bound.")] = False,
    refit_days: Annotated[int, typer.Option(min=1, max=366, help="Days until the price model is learnt again.")] = 14,
    seed: Annotated[int, typer.Option(min=0, help="Of all chance: the same seed gives the same.")] = 1,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes; all cores by default. DASK_SCHEDULER comes first.")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder of finished months: they are not walked again.")
    ] = None,
    report: Annotated[Path | None, typer.Option(dir_okay=False, help="Write a page of Markdown.")] = None,
    plots: Annotated[Path | None, typer.Option(file_okay=False, help="Write pictures into this folder.")] = None,
    days: Annotated[Path | None, typer.Option(dir_okay=False, help="Write every day of every strategy as CSV.")] = None,
    as_json: AsJson = False,
) -> None:
    """What the planner would have saved, with only what was known then; beside the baseline and perfect foresight."""
    from chocolate_factory.usecases.backtest.deed import Wanted  # noqa: PLC0415  as above
    from chocolate_factory.usecases.backtest.given import Given, History  # noqa: PLC0415
    from chocolate_factory.usecases.backtest.proof import Commission  # noqa: PLC0415

    first, last = _days(start, end)
    configured = settings()
    history = History(_prices(prices), _weather(weather), _demand(demand_mw))
    plant = _plant(read_plant(plant_file or configured.plant_file), tariff, all_products=all_products)
    wanted = Wanted(Given(plant, history, first, last, seed), refit_days, ablate)
    wanted.given.require_whole()
    from chocolate_factory.adapters.parallel import mapper_of  # noqa: PLC0415  joblib is for this command alone

    mapper = mapper_of(jobs or os.cpu_count() or 1, configured.dask_scheduler)
    kept = JsonFiles(resume) if resume is not None else None
    with progress(as_json=as_json) as heard:
        child = Child(SystemClock(), lambda: False)
        work = "chocolate_factory.usecases.backtest.proof:proved"
        proof: Proof = child.call(work, Commission(wanted, mapper, kept, plots is not None), LIMIT_S, heard.step)
    _write(proof, report, plots, days)
    if as_json:
        print_json(proof.document)
    else:
        show_backtest(proof.document)


# ------------------------------------------------------------------------------------------------------- what is given
def _days(start: str, end: str) -> tuple[date, date]:
    first, last = _day("start", start), _day("end", end)
    if first > last:
        raise InputError("end", end, f"not before the start, {start}")
    return first, last


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as e:
        raise InputError(name, text, "a day, e.g. 2024-01-01") from e


def _prices(file: Path) -> dict[datetime, float]:
    return dict(_column(file, "price_eur_mwh"))


def _demand(file: Path | None) -> dict[datetime, float]:
    return {} if file is None else dict(_column(file, "demand_mw"))


def _column(file: Path, column: str) -> Iterable[tuple[datetime, float]]:
    """Rows with an empty cell say nothing."""
    for row in rows_of(file, column):
        if row[column]:
            yield utc_of(row["start_utc"], "start_utc"), number_of(row, column)


def _weather(file: Path) -> dict[datetime, Air]:
    found = {}
    for row in rows_of(file, "temperature_c", "humidity_pct"):
        if row["temperature_c"] and row["humidity_pct"]:
            air = Air(number_of(row, "temperature_c"), number_of(row, "humidity_pct"))
            found[utc_of(row["start_utc"], "start_utc")] = air
    return found


def _plant(plant: Plant, tariff: str, *, all_products: bool) -> Plant:
    """With the tariff asked for, on the powers that are contracted; as one product unless all are wanted."""
    if tariff not in (Tariff.TD30, Tariff.TD61):
        raise InputError("tariff", tariff, "3.0TD or 6.1TD: 2.0TD ends at 15 kW, which is less than the line takes")
    contract = replace(plant.contract, tariff=Tariff(tariff))
    contracted_powers(contract.tariff, [Decimal(str(kw)) for kw in contract.contracted_kw.values()])
    plant = replace(plant, contract=contract)
    return plant if all_products else of_one_product(plant)


# ------------------------------------------------------------------------------------------------------ what is written
def _write(proof: Proof, report: Path | None, plots: Path | None, days: Path | None) -> None:
    from chocolate_factory.usecases.backtest.day_table import HEAD  # noqa: PLC0415  as above

    if report is not None:
        report.write_text(proof.report, encoding="utf-8")
    if plots is not None:
        plots.mkdir(parents=True, exist_ok=True)
        for name, body in proof.pictures.items():
            (plots / name).write_bytes(body)
    if days is not None:
        _write_rows(days, [HEAD, *proof.days])


def _write_rows(file: Path, rows: Iterable[Iterable[Any]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows(rows)
