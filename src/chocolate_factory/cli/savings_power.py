"""``savings power``: the cheapest contracted powers, and a year under each tariff."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from chocolate_factory.adapters.meter_files import MAX_BYTES, parse_meter_file
from chocolate_factory.billing.invoice import month_window
from chocolate_factory.billing.lines import exact
from chocolate_factory.billing.readings import Readings, price_readings
from chocolate_factory.cli.problem_files import number_of, rows_of, utc_of
from chocolate_factory.cli.terminal import AsJson, house, print_json, print_table, say, warn
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.metering import MeterFile
from chocolate_factory.domain.time import Resolution, madrid_date
from chocolate_factory.quality.metering import judged, plausible
from chocolate_factory.usecases.savings.loads import Load, contract_of, months_of, span_of, whole_months_before
from chocolate_factory.usecases.savings.meter import quarters_of_readings
from chocolate_factory.usecases.savings.tariffs import Question, answers
from chocolate_factory.usecases.savings.tariffs_document import tariffs_document
from chocolate_factory.wiring import House

YEAR = 12
PriceFile = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="CSV start_utc,price_eur_mwh; the store's by default."),
]


def power(
    load: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Readings of a year; by default the store's, the plan's where it has none.",
        ),
    ] = None,
    prices: PriceFile = None,
    pvpc: PriceFile = None,
    fixed: Annotated[
        float | None, typer.Option(min=0, max=10, help="EUR/kWh that somebody offers, tolls and charges in it.")
    ] = None,
    meter_type: Annotated[int | None, typer.Option(min=1, max=5, help="The plant file's by default.")] = None,
    tables: Annotated[str | None, typer.Option(help="A day whose tables hold for all; the newest by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """The cheapest contracted powers P1 to P6 for a year's load, and its bill under each tariff."""
    with house() as h:
        now = contract_of(h.plant().contract)
        now = now if meter_type is None else replace(now, meter_type=meter_type)
        known, months = _of_store(h) if load is None else _of_file(h, load)
        window = span_of(months)
        spot = _prices(prices, months) if prices else h.savings.loads.market("spot", window)
        public = _prices(pvpc, months) if pvpc else h.savings.loads.market("pvpc", window)
    offered = None if fixed is None else Decimal(str(fixed))
    question = Question(known, months, now, spot, public, offered, _tables(tables))
    document = tariffs_document(question, answers(question))
    if as_json:
        print_json(document)
    else:
        _show(document)


# ------------------------------------------------------------------------------------------------------- what is given
def _of_store(h: House) -> tuple[Load, list[date]]:
    """The last twelve months that are over and of which anything is known."""
    months = whole_months_before(madrid_date(h.clock.now()), YEAR)
    known = h.savings.loads(span_of(months))
    touched = months_of(known.readings.by_quarter)
    if not touched:
        raise InputError("load", "nothing", "readings of the last year in the store, a settled day, or --load FILE")
    return known, touched


def _of_file(h: House, file: Path) -> tuple[Load, list[date]]:
    if file.stat().st_size > MAX_BYTES:
        raise InputError("load", file, f"at most {MAX_BYTES // 2**20} MiB")
    read: MeterFile = parse_meter_file(file.name, file.read_bytes())
    good, wrong = judged(read.readings, plausible(h.plant()), h.clock.now())
    if refused := len(read.refusals) + len(wrong):
        warn(f"{refused} of {read.lines} lines were not taken; `savings import` tells why.")
    quarters = quarters_of_readings(good)
    months = months_of(quarters)[-YEAR:]
    if not months:
        raise InputError("load", file, "a file with at least one good line")
    window = span_of(months)
    inside = {start: exact(round(kwh, 6)) for start, kwh in quarters.items() if start in window}
    finest = min(r.resolution for r in good)
    return Load(Readings(inside, finest), len(inside), 0), months


def _prices(file: Path, months: list[date]) -> Readings:
    """Of each month as the bill reads them; a month's rows are hours or quarter-hours."""
    rows = [
        (utc_of(row["start_utc"], "start_utc"), exact(number_of(row, "price_eur_mwh")))
        for row in rows_of(file, "price_eur_mwh")
    ]
    found: dict[datetime, Decimal] = {}
    for month in months:
        found |= price_readings(rows, month_window(month)).by_quarter
    return Readings(found, Resolution.QUARTER)


def _tables(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise InputError("tables", text, "a day, e.g. 2026-01-01") from None


# ---------------------------------------------------------------------------------------------------- what is shown
def _show(document: dict[str, Any]) -> None:
    load, months = document["load"], document["months"]
    covered = "" if load["coverage"] is None else f", {100 * load['coverage']:.1f} % of the quarter-hours"
    say(f"Load: {load['origin']}, {months[0]} to {months[-1]}, {load['energy_kwh']:.0f} kWh{covered}.")
    columns = ("how", "powers P1 to P6, kW", "power EUR", "excess EUR", "energy EUR", "without VAT EUR", "remark")
    print_table("A year under each tariff, at its cheapest powers", columns, [_row(a) for a in document["answers"]])
    if document["cheapest"]:
        saving = document["saving_eur"]
        tail = "" if saving is None else f", {saving:.2f} EUR less than now"
        say(f"Cheapest: {document['cheapest']}{tail}.")
    for note in document["notes"]:
        say(note)


def _row(answer: dict[str, Any]) -> tuple[object, ...]:
    powers = answer["contracted_kw"]
    shown = "-" if powers is None else " ".join(f"{kw:g}" for kw in powers.values())
    excess = "no table" if powers is not None and answer["excess_eur"] is None else answer["excess_eur"]
    remark = answer["why"] or answer["note"]
    return answer["name"], shown, answer["power_eur"], excess, answer["energy_eur"], answer["without_vat_eur"], remark
