"""The energy lines of an invoice, period by period (structure: ``facts/electricity.md``).

Indexed, with E kWh and the spot price of every quarter-hour:

    market + adjustments + capacity + losses on these three + efficiency fund + fee,  x municipal factor,
    + toll + charge

PVPC and fixed prices hold all of that: one line a period.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chocolate_factory.billing.contract import Fixed, Pvpc, Supply
from chocolate_factory.billing.lines import Concept, Line, cents, exact, rated, total
from chocolate_factory.billing.tables import Taxes
from chocolate_factory.domain.tariff import EnergyTerms, Period, TariffPrices


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter-hour that is billed: energy in kWh, market price in EUR/MWh (0 under a fixed price, which has none)."""

    start: datetime
    period: Period
    kwh: Decimal
    market_eur_mwh: Decimal


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn in a period: kWh, and EUR at the market's prices, not rounded."""

    kwh: Decimal
    market_eur: Decimal


def drawn_by_period(quarters: Iterable[Quarter]) -> dict[Period, Drawn]:
    """Sums of each period that has a quarter-hour, P1 first."""
    kwh: dict[Period, Decimal] = {}
    market: dict[Period, Decimal] = {}
    for q in quarters:
        kwh[q.period] = kwh.get(q.period, Decimal(0)) + q.kwh
        market[q.period] = market.get(q.period, Decimal(0)) + q.kwh * q.market_eur_mwh / 1000
    return {p: Drawn(kwh[p], market[p]) for p in sorted(kwh)}


def energy_lines(drawn: Mapping[Period, Drawn], supply: Supply, prices: TariffPrices, taxes: Taxes) -> list[Line]:
    """Every energy line, without electricity tax and VAT."""
    lines = []
    for period, d in drawn.items():
        if isinstance(supply, Fixed):
            lines.append(rated(Concept.FIXED_ENERGY, period, d.kwh, "kWh", supply.eur_kwh))
        elif isinstance(supply, Pvpc):
            lines.append(Line(Concept.PVPC_ENERGY, period, d.kwh, "kWh", cents(d.market_eur)))
        else:
            lines += _supplied(period, d, prices, supply.terms, taxes) + _regulated(period, d.kwh, prices)
    return lines


def _supplied(period: Period, d: Drawn, prices: TariffPrices, terms: EnergyTerms, taxes: Taxes) -> list[Line]:
    """What the supplier sells, and the municipal levy on it."""
    adjustments = exact(terms.adjustments_eur_mwh) / 1000
    capacity = exact(terms.capacity_eur_mwh) / 1000
    loss = exact(prices.losses[period])
    lost_eur = (d.market_eur + d.kwh * (adjustments + capacity)) * loss
    lines = [
        Line(Concept.MARKET, period, d.kwh, "kWh", cents(d.market_eur)),
        rated(Concept.ADJUSTMENTS, period, d.kwh, "kWh", adjustments),
        rated(Concept.CAPACITY, period, d.kwh, "kWh", capacity),
        Line(Concept.LOSSES, period, d.kwh * loss, "kWh", cents(lost_eur)),
        rated(Concept.EFFICIENCY_FUND, period, d.kwh, "kWh", exact(terms.efficiency_fund_eur_mwh) / 1000),
        rated(Concept.SUPPLIER_FEE, period, d.kwh, "kWh", exact(terms.supplier_fee_eur_mwh) / 1000),
    ]
    return [*lines, rated(Concept.MUNICIPAL_LEVY, period, total(lines), "EUR", taxes.municipal_factor - 1)]


def _regulated(period: Period, kwh: Decimal, prices: TariffPrices) -> list[Line]:
    """Toll and charge."""
    return [
        rated(Concept.TOLL_ENERGY, period, kwh, "kWh", exact(prices.toll_energy[period])),
        rated(Concept.CHARGE_ENERGY, period, kwh, "kWh", exact(prices.charge_energy[period])),
    ]
