"""A stand-alone planning problem from a person's files: what ``plan``, ``simulate`` and ``backtest`` share."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, TextIO

import typer

from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.cli.terminal import settings
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plan import Problem
from chocolate_factory.domain.plant import Order, Plant
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import DAY, Interval, Resolution, floor, parse_moment
from chocolate_factory.usecases.problem import LOOK_BACK_DAYS, problem_of

#: Without prices a command is about the plan in force.
PricesFile = Annotated[
    Path | None,
    typer.Option("--prices", exists=True, dir_okay=False, help="CSV start_utc,price_eur_mwh: plan from files."),
]
WeatherFile = Annotated[
    Path | None,
    typer.Option("--weather", exists=True, dir_okay=False, help="CSV start_utc,temperature_c,humidity_pct: hourly."),
]
Start = Annotated[str | None, typer.Option(help="First hour; Madrid time without an offset.")]
Hours = Annotated[int, typer.Option(min=24, max=168, help="Length of the horizon.")]
Minutes = Annotated[int, typer.Option("--resolution", help="60 or 15 minutes.")]
DemandFile = Annotated[
    Path | None,
    typer.Option("--demand", exists=True, dir_okay=False, help="CSV product,kg,due_utc; the plant's own by default."),
]
PlantFile = Annotated[
    Path | None,
    typer.Option("--plant", exists=True, dir_okay=False, help="The plant; PLANT_FILE by default, or the packaged one."),
]


def problem_from(
    prices: Path,
    weather: Path | None,
    start: str | None,
    hours: int,
    minutes: int,
    demand: Path | None,
    plant_file: Path | None,
) -> tuple[Problem, list[str]]:
    """The problem of these files and what was assumed for it.

    Raises:
        InputError: naming the option or the column.
    """
    if weather is None or start is None:
        raise InputError(
            "weather" if weather is None else "start", "", "--prices needs --weather and --start beside it"
        )
    if minutes not in (15, 60):
        raise InputError("resolution", minutes, "15 or 60 minutes")
    plant = read_plant(plant_file or settings().plant_file)
    begin = floor(parse_moment(start, "start"), Resolution.HOUR)
    window = Interval(begin, begin + timedelta(hours=hours))
    spot = {t: number_of(r, "price_eur_mwh") for t, r in _near(rows_of(prices, "price_eur_mwh"), window)}
    air = {
        t: Air(number_of(r, "temperature_c"), number_of(r, "humidity_pct"))
        for t, r in _near(rows_of(weather, "temperature_c", "humidity_pct"), window)
    }
    orders = _orders(demand, plant) if demand else None
    return problem_of(plant, window, Resolution(minutes), spot, air, orders)


def rows_of(file: Path, *columns: str) -> Iterator[dict[str, str]]:
    """The rows of a CSV, plain or ``.gz``, with ``start_utc`` and these columns.

    Raises:
        InputError: a column is missing, or the file is no text.
    """
    try:
        with _opened(file) as source:
            reader = csv.DictReader(source)
            absent = [c for c in ("start_utc", *columns) if c not in (reader.fieldnames or [])]
            if absent:
                raise InputError(absent[0], file, f"a CSV with the columns start_utc, {', '.join(columns)}")
            yield from reader
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError) as e:
        raise InputError("file", file, "CSV in UTF-8, or that as .gz") from e


def _opened(file: Path) -> TextIO:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8", newline="")
    return file.open(encoding="utf-8", newline="")


def _near(rows: Iterator[dict[str, str]], window: Interval) -> Iterator[tuple[datetime, dict[str, str]]]:
    """The rows of the window and of the days before it that may stand in for what is missing."""
    wide = Interval(window.start - (LOOK_BACK_DAYS + 1) * DAY, window.end)
    return ((moment, row) for row in rows if (moment := utc_of(row["start_utc"], "start_utc")) in wide)


def utc_of(text: str, column: str) -> datetime:
    """A moment of a column that says it is UTC."""
    allowed = "an ISO 8601 moment in UTC, e.g. 2026-07-13T04:00:00+00:00"
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError) as e:
        raise InputError(column, text, allowed) from e
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def number_of(row: dict[str, str], column: str) -> float:
    """A row's number.

    Raises:
        InputError: it is none.
    """
    try:
        return float(row[column])
    except (TypeError, ValueError) as e:
        raise InputError(column, row.get(column), f"a number at {row.get('start_utc') or row.get('due_utc')}") from e


def _orders(file: Path, plant: Plant) -> tuple[Order, ...]:
    found = []
    with file.open(encoding="utf-8", newline="") as source:
        reader = csv.DictReader(source)
        absent = [c for c in ("product", "kg", "due_utc") if c not in (reader.fieldnames or [])]
        if absent:
            raise InputError(absent[0], file, "a CSV with the columns product, kg, due_utc")
        for i, row in enumerate(reader, 1):
            plant.product(row["product"])
            found.append(Order(f"order-{i}", row["product"], number_of(row, "kg"), utc_of(row["due_utc"], "due_utc")))
    return tuple(found)
