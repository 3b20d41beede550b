"""A line of an invoice, and cents.

Invariants:
    Every line is rounded to the cent by itself, half up, and all sums are sums of lines; a percentage is taken of
    lines as printed. So whoever adds up the paper finds the total.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from chocolate_factory.domain.tariff import Period


class Concept(StrEnum):
    """What a line is for."""

    MARKET = "market"
    ADJUSTMENTS = "adjustments"
    CAPACITY = "capacity"
    LOSSES = "losses"
    EFFICIENCY_FUND = "efficiency_fund"
    SUPPLIER_FEE = "supplier_fee"
    MUNICIPAL_LEVY = "municipal_levy"
    TOLL_ENERGY = "toll_energy"
    CHARGE_ENERGY = "charge_energy"
    PVPC_ENERGY = "pvpc_energy"
    FIXED_ENERGY = "fixed_energy"
    TOLL_POWER = "toll_power"
    CHARGE_POWER = "charge_power"
    EXCESS_POWER = "excess_power"
    ELECTRICITY_TAX = "electricity_tax"
    VAT = "vat"


POWER = frozenset({Concept.TOLL_POWER, Concept.CHARGE_POWER})
TAXES = frozenset({Concept.ELECTRICITY_TAX, Concept.VAT})
ENERGY = frozenset(Concept) - POWER - TAXES - {Concept.EXCESS_POWER}


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    Attributes:
        quantity: in ``unit``: kWh, kW, or EUR where a percentage is taken.
        eur: amount, in whole cents.
        rate: EUR (or share) of one unit for the month; None where each quarter-hour has its own.
    """

    concept: Concept
    period: Period | None
    quantity: Decimal
    unit: str
    eur: Decimal
    rate: Decimal | None = None


def cents(eur: Decimal) -> Decimal:
    """Rounded to the cent, half away from zero, as invoices are."""
    return eur.quantize(Decimal("0.01"), ROUND_HALF_UP)


def exact(value: float) -> Decimal:
    """The decimal that a table prints: a float's shortest text, not its binary neighbour."""
    return Decimal(str(value))


def total(lines: Iterable[Line]) -> Decimal:
    """Sum, EUR."""
    return sum((line.eur for line in lines), Decimal("0.00"))


def rated(concept: Concept, period: Period | None, quantity: Decimal, unit: str, rate: Decimal) -> Line:
    """A line of so many units at so much each."""
    return Line(concept, period, quantity, unit, cents(quantity * rate), rate)
