"""A month's savings and bill, gathered: what the report shows in each of its forms."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Any

from chocolate_factory.billing.invoice import make_invoice, month_window
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.time import Resolution
from chocolate_factory.ports import PlantFile
from chocolate_factory.usecases.invoice_document import invoice_document
from chocolate_factory.usecases.savings.loads import Loads, contract_of
from chocolate_factory.usecases.savings.statement import Statement, Statements


@dataclass(frozen=True)
class Month:
    """One month.

    Attributes:
        month: its first day.
        bill: the invoice as ``invoice_document`` has it; None where the month cannot be billed, and ``why`` says why.
        origin: of the bill's load: ``metered``, ``planned``, ``metered and planned``, ``nothing``.
        is_hourly: its peaks are hours' means.
    """

    month: date
    plant: str
    statement: Statement
    bill: dict[str, Any] | None
    why: str
    origin: str
    is_hourly: bool


@dataclass(frozen=True)
class Months:
    """The deed, with its ports."""

    statements: Statements
    loads: Loads
    plant: PlantFile

    def __call__(self, month: date) -> Month:
        """The month that a day lies in, as far as it is known."""
        first = month.replace(day=1)
        last = first.replace(day=monthrange(first.year, first.month)[1])
        window, plant = month_window(first), self.plant()
        load = self.loads(window)
        bill, why = None, ""
        try:
            market = self.loads.market("spot", window)
            contract = contract_of(plant.contract)
            bill = invoice_document(make_invoice(first, contract, load.readings, market, partial=True))
        except InputError as e:
            why = str(e)
        is_hourly = load.readings.resolution is Resolution.HOUR
        return Month(first, plant.name, self.statements(first, last), bill, why, load.origin, is_hourly)
