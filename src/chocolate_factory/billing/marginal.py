"""What one more kWh costs in each quarter-hour, EUR/kWh, with electricity tax and without VAT (recoverable)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from chocolate_factory.billing.contract import Fixed, Pvpc, Supply
from chocolate_factory.billing.tables import taxes_at, tolls_at
from chocolate_factory.domain.tariff import (
    DEFAULT_TERMS,
    EnergyTerms,
    Period,
    Tariff,
    energy_eur_kwh,
    pvpc_eur_kwh,
    slots,
)
from chocolate_factory.domain.time import Interval, Resolution, madrid_date


@dataclass(frozen=True, slots=True)
class QuarterPrice:
    """One quarter-hour.

    Attributes:
        energy_eur_kwh: all-in marginal price; None where the contract follows the market and its price is missing.
    """

    start: datetime
    period: Period
    energy_eur_kwh: float | None


@lru_cache(maxsize=1024)
def taxed_terms(day: date, terms: EnergyTerms = DEFAULT_TERMS) -> EnergyTerms:
    """A contract's terms with the levies and taxes of a day's own table.

    Raises:
        InputError: there is no table of taxes for it.
    """
    taxes = taxes_at(day)
    return replace(
        terms,
        municipal_factor=float(taxes.municipal_factor),
        electricity_tax=float(taxes.electricity_tax),
        electricity_tax_floor_eur_mwh=float(taxes.electricity_tax_floor_eur_mwh),
    )


def marginal_eur_kwh(
    day: date, period: Period, market_eur_mwh: float | None, tariff: Tariff, supply: Supply
) -> float | None:
    """The price of one more kWh on a day, EUR/kWh (formulas: ``domain.tariff``).

    Args:
        day: in Madrid; its own tables hold.
        market_eur_mwh: spot for an indexed contract, PVPC for PVPC; a fixed one needs none.

    Raises:
        InputError: a table is missing for the day.
    """
    if isinstance(supply, Fixed):
        # as PVPC: every term is in the price already, only the tax is added
        return pvpc_eur_kwh(float(supply.eur_kwh * 1000), taxed_terms(day))
    if market_eur_mwh is None:
        return None
    if isinstance(supply, Pvpc):
        return pvpc_eur_kwh(market_eur_mwh, taxed_terms(day))
    return energy_eur_kwh(market_eur_mwh, period, tolls_at(day, tariff), taxed_terms(day, supply.terms))


def quarter_prices(
    window: Interval, tariff: Tariff, supply: Supply, market: Mapping[datetime, Decimal] | None = None
) -> Iterator[QuarterPrice]:
    """The marginal price of every quarter-hour that begins inside the window.

    Args:
        market: EUR/MWh by start of quarter-hour (``readings.price_readings``).

    Raises:
        InputError: a table is missing for a day.
    """
    for slot, period in slots(window, tariff, Resolution.QUARTER):
        found = (market or {}).get(slot.start)
        price = None if found is None else float(found)
        yield QuarterPrice(slot.start, period, marginal_eur_kwh(madrid_date(slot.start), period, price, tariff, supply))
