"""``bill``."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from chocolate_factory.billing.contract import Contract, Fixed, Indexed, Pvpc, Supply, contracted_powers
from chocolate_factory.billing.invoice import Invoice, make_invoice, month_window
from chocolate_factory.billing.readings import Row, energy_readings, price_readings
from chocolate_factory.cli.terminal import AsJson, print_json, print_table, say
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.tariff import DEFAULT_TERMS, Period, Tariff
from chocolate_factory.usecases.invoice_document import invoice_document

_EXAMPLE = (
    "Example: chocolate-factory bill --load load.csv --prices spot.csv --month 2026-07 --tariff 3.0TD "
    "--contracted 150,150,150,150,150,150"
)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog=_EXAMPLE)(bill)


def bill(
    load: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="CSV start_utc,energy_kwh; 15 or 60 min.")],
    month: Annotated[str, typer.Option(help="Which, e.g. 2026-07.")],
    prices: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="CSV start_utc,price_eur_mwh: spot, or PVPC with --pvpc; --fixed reads none.",
        ),
    ] = None,
    tariff: Annotated[str, typer.Option(help="2.0TD, 3.0TD or 6.1TD.")] = Tariff.TD30.value,
    contracted: Annotated[
        str | None, typer.Option(help="kW of each power period, P1 first; 150 in all by default (2.0TD has none).")
    ] = None,
    meter_type: Annotated[int, typer.Option(help="1 to 5; it decides how excess power is measured.")] = 4,
    fixed: Annotated[
        float | None, typer.Option(help="EUR/kWh, tolls and charges in it, before taxes, instead of spot.")
    ] = None,
    pvpc: Annotated[bool, typer.Option("--pvpc", help="The prices are PVPC; 2.0TD up to 10 kW.")] = False,
    fee: Annotated[float, typer.Option(help="Supplier's fee, EUR/MWh.")] = DEFAULT_TERMS.supplier_fee_eur_mwh,
    adjustments: Annotated[
        float, typer.Option(help="System adjustments of the month, EUR/MWh.")
    ] = DEFAULT_TERMS.adjustments_eur_mwh,
    partial: Annotated[bool, typer.Option("--partial", help="Bill a month with missing quarter-hours.")] = False,
    as_json: AsJson = False,
) -> None:
    """A month's invoice: energy by period, power, excess power, taxes; billed by the month's own tables."""
    first = month_of(month)
    contract = Contract(*_tariff_of(tariff, contracted), _supply_of(fixed, pvpc, fee, adjustments), meter_type)
    window = month_window(first)
    drawn = energy_readings(_rows(load, "energy_kwh"), window)
    market = None if prices is None or fixed is not None else price_readings(_rows(prices, "price_eur_mwh"), window)
    invoice = make_invoice(first, contract, drawn, market, partial=partial)
    if as_json:
        print_json(invoice_document(invoice))
    else:
        _show(invoice)


# --------------------------------------------------------------------------------------------------- what was typed
def month_of(text: str) -> date:
    """The month's first day.

    Raises:
        InputError: it is no month.
    """
    if not re.fullmatch(r"(19|20)\d\d-(0[1-9]|1[0-2])", text, re.ASCII):
        raise InputError("month", text, "a year and a month, e.g. 2026-07")
    return date.fromisoformat(f"{text}-01")


def _tariff_of(tariff: str, contracted: str | None) -> tuple[Tariff, dict[Period, Decimal]]:
    if tariff not in list(Tariff):
        raise InputError("tariff", tariff, f"one of {', '.join(Tariff)}")
    if contracted is None:
        if tariff == Tariff.TD20:
            raise InputError("contracted", "nothing", "2.0TD needs its two powers, e.g. --contracted 9.2,9.2")
        contracted = ",".join(["150"] * 6)
    powers = [_number(part, "contracted", "numbers in kW, parted by commas") for part in contracted.split(",")]
    return Tariff(tariff), contracted_powers(Tariff(tariff), powers)


def _supply_of(fixed: float | None, pvpc: bool, fee: float, adjustments: float) -> Supply:
    if fixed is not None and pvpc:
        raise InputError("fixed", fixed, "either --fixed or --pvpc")
    if fixed is not None:
        return Fixed(Decimal(str(fixed)))
    for name, value in (("fee", fee), ("adjustments", adjustments)):
        if not -1000 <= value <= 1000:
            raise InputError(name, value, "EUR/MWh, from -1000 to 1000")
    terms = replace(DEFAULT_TERMS, supplier_fee_eur_mwh=fee, adjustments_eur_mwh=adjustments)
    return Pvpc() if pvpc else Indexed(terms)


def _rows(file: Path, column: str) -> Iterator[Row]:
    """The rows of a CSV; a time without an offset is UTC, as its column's name says.

    Raises:
        InputError: a column is missing, or a cell is no time or number; with file and line.
    """
    with file.open(encoding="utf-8-sig", newline="", errors="replace") as text:
        reader = csv.DictReader(text)
        try:
            yield from _cells(reader, file.name, column)
        except csv.Error as e:
            raise InputError(f"{file.name}, line {reader.line_num}", e, "a CSV file") from e


def _cells(reader: csv.DictReader[str], name: str, column: str) -> Iterator[Row]:
    if not {"start_utc", column} <= set(reader.fieldnames or ()):
        raise InputError(name, ",".join(reader.fieldnames or ()), f"its header must be start_utc,{column}")
    for row in reader:
        where = f"{name}, line {reader.line_num}"
        yield _moment(row["start_utc"], where), _number(row[column], where, f"{column} is a number, with a point")


def _moment(cell: str | None, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat((cell or "").strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputError(where, cell, "start_utc is an ISO 8601 time, e.g. 2026-07-01T00:15:00Z") from None


def _number(cell: str | None, where: str, allowed: str) -> Decimal:
    try:
        number = Decimal((cell or "").strip())
    except InvalidOperation:
        raise InputError(where, cell, allowed) from None
    if not number.is_finite():
        raise InputError(where, cell, allowed)
    return number


# ---------------------------------------------------------------------------------------------------- what is shown
def _show(invoice: Invoice) -> None:
    """Three tables that fit a terminal: concepts by period, powers, sums."""
    document = invoice_document(invoice)
    energy, power = document["energy"], document["power"]
    names = list(energy[0])[1:]
    periods = [row["period"] for row in energy]
    rows = [
        (_words(name), *(_cell(row[name]) for row in energy), _cell(sum(r[name] for r in energy))) for name in names
    ]
    title = f"{document['month']}, {document['tariff']}, {document['supply']}"
    print_table(title, ("energy", *periods, "all"), rows)
    columns = tuple(_words(name) for name in power[0])
    print_table("Power", columns, [(row["period"], *(_cell(v) for v in list(row.values())[1:])) for row in power])
    sums = [(_words(name), _cell(document[name])) for name in document if name.endswith("_eur")]
    print_table("Sums; VAT is recoverable", ("what", "EUR"), sums)
    for note in document["notes"]:
        say(note)


def _words(name: str) -> str:
    """A key of the document for people: ``energy_kwh`` is "energy, kWh"."""
    what, _, unit = name.rpartition("_")
    units = {"kwh": "kWh", "eur": "EUR", "kw": "kW"}
    return f"{what.replace('_', ' ')}, {units[unit]}" if unit in units else name


def _cell(value: float | None) -> str:
    """Two decimals, their points one below the other."""
    return f"{'-':>10}" if value is None else f"{value:>10.2f}"
