"""The backtest of calendar 2024 with its ablation: what it says, and how long it takes.

    .venv/bin/python benchmarks/backtest.py [--months 12] [--jobs 2] [--keep FOLDER] [--no-ablation] [--out FILE]

Reads ../shared/upstreams/data: spot and REE's demand forecast since 2021, the weather of Linares. Prices of tolls are
those of 2026, the only ones that are kept.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from machine import machine
from timed import Timed

from chocolate_factory.adapters.json_files import JsonFiles
from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.domain.thermal import Air
from chocolate_factory.usecases.backtest.deed import Wanted, backtest
from chocolate_factory.usecases.backtest.document import document_of
from chocolate_factory.usecases.backtest.given import Given, History
from chocolate_factory.usecases.backtest.report import report_of
from chocolate_factory.usecases.single import of_one_product

DATA = Path(__file__).resolve().parents[2] / "shared" / "upstreams" / "data"
FIRST = date(2024, 1, 1)


def rows(name: str, *columns: str) -> Iterator[tuple[datetime, tuple[float, ...]]]:
    """A file's rows that have all of these columns."""
    with gzip.open(DATA / f"{name}_hourly.csv.gz", "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if all(row[column] for column in columns):
                yield datetime.fromisoformat(row["start_utc"]), tuple(float(row[column]) for column in columns)


def history() -> History:
    spot = {start: price for start, (price,) in rows("spot", "eur_mwh")}
    air = {start: Air(*both) for start, both in rows("linares_weather", "temperature_c", "humidity_pct")}
    demand = {start: mw for start, (mw,) in rows("demand", "forecast_mw")}
    return History(spot, air, demand)


def told(share: float, what: str) -> None:
    print(f"{100 * share:.0f} % {what}", file=sys.stderr, flush=True)


def page(given: argparse.Namespace) -> str:
    last = date(2024, given.months + 1, 1) - timedelta(days=1) if given.months < 12 else date(2024, 12, 31)
    wanted = Wanted(Given(of_one_product(read_plant()), history(), FIRST, last), ablate=not given.no_ablation)
    mapper, wall, core = Timed(given.jobs), time.perf_counter(), time.process_time()
    result = backtest(wanted, mapper, JsonFiles(given.keep) if given.keep else None, told)
    wall, core = time.perf_counter() - wall, time.process_time() - core
    core += mapper.seconds if given.jobs > 1 else 0.0
    spent = f"{machine()}. {wall:.0f} s by the wall clock with {given.jobs} processes, {core:.0f} s of processor in all"
    report = report_of(document_of(result)).replace("\n#", "\n##").partition("\n\n")[2]  # its title is the section's
    return f"{spent}{', what was kept not counted' if given.keep else ''}.\n\n{report}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--months", type=int, choices=range(1, 13), default=12, metavar="1..12")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder of what was walked before")
    parser.add_argument("--no-ablation", action="store_true", help="the five strategies alone")
    parser.add_argument("--out", type=Path, help="write the Markdown there, else to the terminal")
    given = parser.parse_args()
    text = page(given)
    if given.out is None:
        print(text)
    else:
        given.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
