"""The dated tables that billing reads besides tolls and charges: taxes and levies, and excess prices of meters 1 to 3.

A table is a file ``<kind>-<valid from>.json`` of ``domain/data``, as in ``domain/tariff``: a new decree is a new file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.tariff import Period, Tariff, TariffPrices, prices_at


@dataclass(frozen=True, slots=True)
class Taxes:
    """Levies and taxes of a bill (``facts/electricity.md``; the laws are named in the table's file).

    Attributes:
        municipal_factor: levy on what the supplier sells, as a factor.
        electricity_tax: per unit of energy and power terms.
        electricity_tax_floor_eur_mwh: the least that this tax may be, for industry.
        vat: per unit of all the rest.
    """

    municipal_factor: Decimal
    electricity_tax: Decimal
    electricity_tax_floor_eur_mwh: Decimal
    vat: Decimal


@cache
def _files(kind: str) -> list[dict[str, Any]]:
    """The tables of a kind, newest first, with exact decimals."""
    folder = resources.files("chocolate_factory.domain") / "data"
    names = sorted((file.name for file in folder.iterdir() if file.name.startswith(f"{kind}-")), reverse=True)
    return [json.loads((folder / name).read_text("utf-8"), parse_float=Decimal) for name in names]


def table_at(kind: str, day: date) -> dict[str, Any] | None:
    """The table of a kind that holds on a day; None where there is none."""
    text = day.isoformat()  # ISO dates order as text
    return next((f for f in _files(kind) if f["valid_from"] <= text <= (f["valid_to"] or text)), None)


def taxes_at(day: date) -> Taxes:
    """The taxes that hold on a day.

    Raises:
        InputError: there is no table for it.
    """
    table = table_at("taxes", day)
    if table is None:
        raise InputError(
            "month", f"{day:%Y-%m}", f"there is no table of taxes for {day}; add a domain/data/taxes-*.json"
        )
    return Taxes(
        municipal_factor=Decimal(table["municipal_factor"]),
        electricity_tax=Decimal(table["electricity_tax"]),
        electricity_tax_floor_eur_mwh=Decimal(table["electricity_tax_floor"]),
        vat=Decimal(table["vat"]),
    )


def tolls_at(day: date, tariff: Tariff) -> TariffPrices:
    """The tolls, charges and losses that hold on a day.

    Raises:
        InputError: there is no table for it.
    """
    prices = prices_at(day, tariff)
    if prices is None:
        sentence = f"there is no table of tolls and charges for {day}; add a domain/data/prices-*.json"
        raise InputError("month", f"{day:%Y-%m}", sentence)
    return prices


def quarter_hour_excess_at(day: date, tariff: Tariff) -> Mapping[Period, Decimal] | None:
    """EUR/kW of the root of squares, by period, of meters of types 1 to 3; None where there is no table."""
    table = table_at("excess_types_1_3", day)
    if table is None or tariff not in table["tariffs"]:
        return None
    return {Period(p): Decimal(value) for p, value in table["tariffs"][tariff].items()}
