"""What a year's load would cost under each tariff, and at which powers: the question to ask before a contract ends.

All months are billed by one day's tables, the newest by default: a question of what would be, and no bill. Each tariff
is given its own cheapest powers, so that tariffs compare and not somebody's luck with powers.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from chocolate_factory.billing.contract import (
    MOST_2_0TD_KW,
    MOST_PVPC_KW,
    Contract,
    Fixed,
    Indexed,
    Pvpc,
    Supply,
)
from chocolate_factory.billing.invoice import Invoice, demands_kw, make_invoice
from chocolate_factory.billing.lines import Concept
from chocolate_factory.billing.power import MonthDemand, Powers, cheapest_powers, cost_of
from chocolate_factory.billing.readings import Readings
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.tariff import Tariff, newest_tables
from chocolate_factory.usecases.savings.loads import Load

NO_TABLE: Final = "no table of excess prices: the powers cover every peak"
HIGH_VOLTAGE: Final = "for a connection of 1 to 30 kV, whose transformer is not in these figures"


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        months: their first days, in order.
        now: the contract that there is.
        spot, pvpc: EUR/MWh; None where nobody has them.
        fixed: EUR/kWh, tolls and charges in it; None where nobody offers one.
        tables_on: a day whose tables hold.
    """

    load: Load
    months: Sequence[date]
    now: Contract
    spot: Readings | None = None
    pvpc: Readings | None = None
    fixed: Decimal | None = None
    tables_on: date | None = None

    @property
    def tables(self) -> date:
        """The day whose tables hold."""
        return self.tables_on or newest_tables()


@dataclass(frozen=True)
class Answer:
    """One way to buy the load.

    Attributes:
        powers: the cheapest, or for ``now`` those that are contracted; None where the load cannot be bought so.
        invoices: of its months; empty where they cannot be made, and ``why`` says why.
        note: what a reader should know of the powers.
    """

    name: str
    tariff: Tariff
    powers: Powers | None
    invoices: Sequence[Invoice]
    why: str = ""
    note: str = ""

    def eur(self, *concepts: Concept) -> Decimal:
        """Sum of some concepts over the months."""
        return sum((invoice.eur(*concepts) for invoice in self.invoices), Decimal(0))

    @property
    def without_vat_eur(self) -> Decimal:
        """What the plant would pay in the end."""
        return sum((invoice.without_vat_eur for invoice in self.invoices), Decimal(0))


def answers(question: Question) -> list[Answer]:
    """The contract that there is, and every tariff with its cheapest powers."""
    supply, now = question.now.supply, question.now
    indexed = supply if isinstance(supply, Indexed) else Indexed()
    found = [_as_it_is(question)]
    for name, tariff, way in _ways(indexed, question.fixed, now.tariff):
        found.append(_answer(question, name, tariff, way))
    return found


def _ways(indexed: Indexed, fixed: Decimal | None, tariff: Tariff) -> Iterator[tuple[str, Tariff, Supply]]:
    for one in Tariff:
        yield f"{one} indexed", one, indexed
    yield "PVPC", Tariff.TD20, Pvpc()
    if fixed is not None:
        yield f"fixed {fixed} EUR/kWh", tariff, Fixed(fixed)


def _as_it_is(question: Question) -> Answer:
    now = question.now
    months = _demands(question, now.tariff)
    powers = cost_of(now.tariff, months, now.meter_type, now.contracted_kw)
    invoices, why = _billed(question, now)
    return Answer("now", now.tariff, powers, invoices, why)


def _answer(question: Question, name: str, tariff: Tariff, supply: Supply) -> Answer:
    months = _demands(question, tariff)
    if too_much := _too_much(months, tariff, supply):
        return Answer(name, tariff, None, (), too_much)
    meter_type = question.now.meter_type
    powers = cheapest_powers(tariff, months, meter_type)
    notes = [NO_TABLE] * (powers.excess_eur is None) + [HIGH_VOLTAGE] * (tariff is Tariff.TD61)
    # where no table prices excess there is none, whatever the meter: types 4 and 5 then bill the same
    contract = Contract(tariff, powers.contracted_kw, supply, 4 if powers.excess_eur is None else meter_type)
    invoices, why = _billed(question, contract)
    return Answer(name, tariff, powers, invoices, why, "; ".join(notes))


def _too_much(months: Sequence[MonthDemand], tariff: Tariff, supply: Supply) -> str:
    """Why a load cannot be bought so; empty where it can."""
    peak = max((kw for month in months for kw in month.peak_kw.values()), default=Decimal(0))
    most = MOST_PVPC_KW if isinstance(supply, Pvpc) else MOST_2_0TD_KW
    if tariff is Tariff.TD20 and peak > most:
        what = "PVPC" if isinstance(supply, Pvpc) else "2.0TD"
        return f"{what} ends at {most} kW, and the load reaches {peak:.1f} kW"
    return ""


def _demands(question: Question, tariff: Tariff) -> list[MonthDemand]:
    return [
        MonthDemand(
            month=month,
            days=monthrange(month.year, month.month)[1],
            year_days=366 if isleap(month.year) else 365,
            tables_on=question.tables,
            kw=demands_kw(month, tariff, question.load.readings),
        )
        for month in question.months
    ]


def _billed(question: Question, contract: Contract) -> tuple[list[Invoice], str]:
    """The months' invoices, or why there are none."""
    market = question.pvpc if isinstance(contract.supply, Pvpc) else question.spot
    load, tables = question.load.readings, question.tables
    try:
        return [
            make_invoice(month, contract, load, market, partial=True, tables_on=tables) for month in question.months
        ], ""
    except InputError as e:
        return [], str(e)
