"""What the contracted power costs over a backtest, and what was drawn above it: a line of its own, beside the energy.

Months are cut where the backtest cuts them; a cut month is billed for its days. With electricity tax, without VAT.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from chocolate_factory.billing.excess import maximum_demand_excess
from chocolate_factory.billing.lines import exact
from chocolate_factory.domain.plant import Contract
from chocolate_factory.domain.tariff import Period, TariffPrices, power_period, prices_at
from chocolate_factory.usecases.backtest.chain import DayRecord
from chocolate_factory.usecases.problem import STAND_IN_TABLES
from chocolate_factory.usecases.tariff import terms_on


@dataclass(frozen=True)
class PowerTerms:
    """EUR of a strategy's power.

    Attributes:
        excess_eur: None where no table prices the excess of that meter and tariff.
    """

    contracted_eur: float
    excess_eur: float | None


def power_terms(contract: Contract, days: Sequence[DayRecord]) -> PowerTerms:
    """Tolls and charges of each contracted kW by the day, and each month's maximum demand above it."""
    contracted = sum(_of_day(contract, record.day) for record in days)
    months = [list(month) for _, month in groupby(days, key=lambda record: (record.day.year, record.day.month))]
    excesses = [_excess(contract, month) for month in months]
    known = [eur for eur in excesses if eur is not None]
    return PowerTerms(contracted, sum(known) if len(known) == len(excesses) else None)


def _of_day(contract: Contract, day: date) -> float:
    prices, year_days = _prices(contract, day), 366 if isleap(day.year) else 365
    yearly = sum(kw * prices.power_eur_kw_year(period) for period, kw in contract.contracted_kw.items())
    return yearly / year_days * _taxed(contract, day)


def _excess(contract: Contract, month: Sequence[DayRecord]) -> float | None:
    """Of one month; None where power was exceeded and nobody knows its price."""
    first, total = month[0].day, Decimal(0)
    table = _prices(contract, first).excess if contract.meter_type > 3 else None
    for period, contracted_kw in contract.contracted_kw.items():
        peak_kw = max(_peaks(contract, period, month), default=0.0)
        if peak_kw > contracted_kw and table is None:
            return None
        if table is not None:
            price = exact(table[period])
            total += maximum_demand_excess(exact(peak_kw), exact(contracted_kw), price, len(month))
    return float(total) * _taxed(contract, first)


def _peaks(contract: Contract, period: Period, month: Iterable[DayRecord]) -> Iterable[float]:
    for record in month:
        for in_period, metered in record.went.metered.items():
            if power_period(in_period, contract.tariff) is period:
                yield metered.peak_kw


def _prices(contract: Contract, day: date) -> TariffPrices:
    """The day's own table, or the one that stands in."""
    found = prices_at(day, contract.tariff) or prices_at(STAND_IN_TABLES, contract.tariff)
    assert found is not None  # noqa: S101  the table that stands in is packaged
    return found


def _taxed(contract: Contract, day: date) -> float:
    tabled = day if prices_at(day, contract.tariff) else STAND_IN_TABLES
    return 1 + terms_on(tabled, contract).electricity_tax
