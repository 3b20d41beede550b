"""A month's invoice.

energy by period + power terms + excess power, then electricity tax (or its floor) on all of these, then VAT on all.

Invariants:
    The total is the sum of the lines. A month is billed by its own tables; one that lacks a table, or whose tables
    change within it, is refused. A quarter-hour without load or price is never filled in: the month is refused, or,
    when the caller says partial, billed without it and its coverage stated.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from chocolate_factory.billing.contract import Contract, Fixed
from chocolate_factory.billing.energy import Quarter, drawn_by_period, energy_lines
from chocolate_factory.billing.excess import excess_lines
from chocolate_factory.billing.lines import ENERGY, POWER, Concept, Line, cents, exact, rated, total
from chocolate_factory.billing.readings import Readings
from chocolate_factory.billing.tables import Taxes, taxes_at, tolls_at
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.tariff import Period, Tariff, TariffPrices, power_period, power_periods, slots
from chocolate_factory.domain.time import Interval, Resolution, isoformat_madrid, madrid_midnight

HOURLY_LOAD = "The load is hourly: a peak is an hour's mean, the least that the meter can have shown."
SPREAD_LOAD = "The load is hourly and the prices are not: each hour's energy counts in four equal parts."


@dataclass(frozen=True, slots=True)
class Coverage:
    """Quarter-hours of the month, and what is known of them.

    Attributes:
        counted: with a load and, where the contract needs one, a price.
        no_load, no_price: without the one or the other; a quarter-hour may lack both.
        first_missing: the first that is not counted.
    """

    expected: int
    counted: int
    no_load: int
    no_price: int
    first_missing: datetime | None

    @property
    def share(self) -> float:
        """Counted over expected, 0..1."""
        return self.counted / self.expected


@dataclass(frozen=True)
class Invoice:
    """A month's invoice.

    Attributes:
        month: its first day.
        lines: energy, power, excess, electricity tax, VAT, in this order.
        peak_kw: highest mean power of a quarter-hour by power period; None for a period without one in the month.
        notes: what a reader should know about how it was counted.
    """

    month: date
    window: Interval
    contract: Contract
    lines: tuple[Line, ...]
    peak_kw: dict[Period, Decimal | None]
    coverage: Coverage
    energy_kwh: Decimal
    notes: tuple[str, ...]

    @property
    def total_eur(self) -> Decimal:
        """Everything, VAT included."""
        return total(self.lines)

    @property
    def without_vat_eur(self) -> Decimal:
        """What the plant pays in the end: VAT is recoverable."""
        return self.total_eur - self.eur(Concept.VAT)

    def eur(self, *concepts: Concept, period: Period | None = None) -> Decimal:
        """Sum of the lines of some concepts (of one period)."""
        return total(line for line in self.lines if line.concept in concepts and period in (None, line.period))

    @property
    def energy_eur(self) -> Decimal:
        """All energy lines, without tax."""
        return self.eur(*ENERGY)

    @property
    def power_eur(self) -> Decimal:
        """Power terms, without excess and tax."""
        return self.eur(*POWER)


def month_window(month: date) -> Interval:
    """The Madrid month that a day lies in; March has an hour less, October one more."""
    first = month.replace(day=1)
    after = first + timedelta(days=monthrange(first.year, first.month)[1])
    return Interval(madrid_midnight(first), madrid_midnight(after))


def make_invoice(
    month: date,
    contract: Contract,
    load: Readings,
    market: Readings | None = None,
    *,
    partial: bool = False,
    tables_on: date | None = None,
) -> Invoice:
    """The invoice of the month that a day lies in.

    Args:
        load: kWh (``readings.energy_readings`` of the month's window).
        market: EUR/MWh, spot or PVPC as the contract has it; a fixed price needs none.
        partial: bill what is there and state the coverage, instead of refusing. Power terms stay the whole month's.
        tables_on: a day whose tables hold instead of the month's own: a question of what would be, and no bill.

    Raises:
        InputError: a table is missing, or quarter-hours are.
    """
    prices, taxes = _tables(month, contract.tariff, tables_on)
    if isinstance(contract.supply, Fixed):
        market = None
    elif market is None:
        raise InputError("prices", "nothing", "this contract follows the market: give its prices, EUR/MWh")
    quarters, coverage = _quarters(month, contract.tariff, load, market)
    _check_coverage(coverage, partial=partial)
    demands = demands_kw(month, contract.tariff, load)
    days = monthrange(month.year, month.month)[1]
    drawn = drawn_by_period(quarters)
    kwh = sum((d.kwh for d in drawn.values()), Decimal(0))
    lines = energy_lines(drawn, contract.supply, prices, taxes) + _power_lines(contract, prices, month.year, days)
    lines += excess_lines(contract, demands, prices, tables_on or month.replace(day=1), days)
    return Invoice(
        month=month.replace(day=1),
        window=month_window(month),
        contract=contract,
        lines=tuple(_with_taxes(lines, kwh, taxes)),
        peak_kw={p: max(demands[p], default=None) for p in demands},
        coverage=coverage,
        energy_kwh=kwh,
        notes=tuple(_notes(load, market, coverage)),
    )


def _tables(month: date, tariff: Tariff, tables_on: date | None) -> tuple[TariffPrices, Taxes]:
    """The one table of each kind that holds all month, or that is to hold."""
    if tables_on is not None:
        return tolls_at(tables_on, tariff), taxes_at(tables_on)
    first = month.replace(day=1)
    last = first.replace(day=monthrange(first.year, first.month)[1])
    prices, taxes = tolls_at(first, tariff), taxes_at(first)
    if (tolls_at(last, tariff).valid_from, taxes_at(last)) != (prices.valid_from, taxes):
        raise InputError("month", f"{first:%Y-%m}", "its tables change within it; bill it in two parts by hand")
    return prices, taxes


def _quarters(month: date, tariff: Tariff, load: Readings, market: Readings | None) -> tuple[list[Quarter], Coverage]:
    """Every quarter-hour of the month that can be billed, and how many cannot."""
    billed: list[Quarter] = []
    missing: datetime | None = None
    expected = no_load = no_price = 0
    for slot, period in slots(month_window(month), tariff, Resolution.QUARTER):
        kwh = load.by_quarter.get(slot.start)
        price = Decimal(0) if market is None else market.by_quarter.get(slot.start)
        expected, no_load, no_price = expected + 1, no_load + (kwh is None), no_price + (price is None)
        if kwh is not None and price is not None:
            billed.append(Quarter(slot.start, period, kwh, price))
        else:
            missing = missing or slot.start
    return billed, Coverage(expected, len(billed), no_load, no_price, missing)


def _check_coverage(coverage: Coverage, *, partial: bool) -> None:
    known = f"{coverage.counted} of {coverage.expected} quarter-hours"
    if not coverage.counted:
        raise InputError("month", known, "give a load, and the prices that the contract follows, of this month")
    if coverage.first_missing and not partial:
        first = isoformat_madrid(coverage.first_missing)
        lacking = f"{coverage.no_load} lack a load, {coverage.no_price} a price, the first at {first}"
        raise InputError("month", known, f"{lacking}; nothing is filled in: give them, or ask for a partial bill")


def demands_kw(month: date, tariff: Tariff, load: Readings) -> dict[Period, list[Decimal]]:
    """Mean power of each quarter-hour, kW, by power period; a peak is one whether or not its price is known."""
    demands: dict[Period, list[Decimal]] = {p: [] for p in power_periods(tariff)}
    for slot, period in slots(month_window(month), tariff, Resolution.QUARTER):
        kwh = load.by_quarter.get(slot.start)
        if kwh is not None:
            demands[power_period(period, tariff)].append(kwh * 4)
    return demands


def _power_lines(contract: Contract, prices: TariffPrices, year: int, days: int) -> list[Line]:
    """Toll and charge of each contracted kW: EUR/kW and year x days / days of the year (CNMC Circular 3/2020)."""
    year_days = 366 if isleap(year) else 365
    lines = []
    for period, kw in contract.contracted_kw.items():
        for concept, table in ((Concept.TOLL_POWER, prices.toll_power), (Concept.CHARGE_POWER, prices.charge_power)):
            yearly = exact(table[period]) * days
            # divided last: a third of a cent must not be lost before the cent is rounded
            lines.append(Line(concept, period, kw, "kW", cents(kw * yearly / year_days), yearly / year_days))
    return lines


def _with_taxes(lines: list[Line], kwh: Decimal, taxes: Taxes) -> list[Line]:
    """The lines, the electricity tax on all of them or its floor, whichever is more, and VAT on all."""
    by_value = rated(Concept.ELECTRICITY_TAX, None, total(lines), "EUR", taxes.electricity_tax)
    by_floor = rated(Concept.ELECTRICITY_TAX, None, kwh, "kWh", taxes.electricity_tax_floor_eur_mwh / 1000)
    taxed = [*lines, max(by_value, by_floor, key=lambda line: line.eur)]
    return [*taxed, rated(Concept.VAT, None, total(taxed), "EUR", taxes.vat)]


def _notes(load: Readings, market: Readings | None, coverage: Coverage) -> list[str]:
    notes = []
    if load.resolution is Resolution.HOUR:
        notes.append(HOURLY_LOAD)
        if market is not None and market.resolution is Resolution.QUARTER:
            notes.append(SPREAD_LOAD)
    if coverage.counted < coverage.expected:
        known = f"{coverage.counted} of {coverage.expected} quarter-hours ({coverage.share:.1%})"
        notes.append(
            f"Partial: the energy is that of {known}, peaks are the known load's, power terms the whole month's."
        )
    return notes
