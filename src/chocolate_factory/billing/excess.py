"""Power drawn above the contract (CNMC Circular 3/2020; ``facts/electricity.md``).

Meters of types 4 and 5 keep the maximum demand of a period:

    excess = (maximum demand - contracted) x price [EUR/kW and day] x days billed

Meters of types 1 to 3 (above 50 kW) keep every quarter-hour; all those j of the period above the contract count:

    excess = price [EUR/kW] x sqrt(sum over j of (demand_j - contracted)^2)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from chocolate_factory.billing.contract import Contract
from chocolate_factory.billing.lines import Concept, Line, cents, exact
from chocolate_factory.billing.tables import quarter_hour_excess_at
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.tariff import Period, TariffPrices

Demands = Mapping[Period, Sequence[Decimal]]


def maximum_demand_excess(peak_kw: Decimal, contracted_kw: Decimal, eur_kw_day: Decimal, days: int) -> Decimal:
    """Excess of a period under a meter of type 4 or 5, EUR, not rounded."""
    return max(peak_kw - contracted_kw, Decimal(0)) * eur_kw_day * days


def root_of_squares_kw(demands_kw: Iterable[Decimal], contracted_kw: Decimal) -> Decimal:
    """The root of the sum of squares of what each quarter-hour drew above the contract, kW."""
    return sum(((kw - contracted_kw) ** 2 for kw in demands_kw if kw > contracted_kw), Decimal(0)).sqrt()


def excess_lines(contract: Contract, demands_kw: Demands, prices: TariffPrices, day: date, days: int) -> list[Line]:
    """A line for each power period that went above its contract.

    Args:
        demands_kw: mean power of every quarter-hour, by power period.
        prices: the month's table; it knows the excess prices of types 4 and 5.
        day: whose table of types 1 to 3 holds.
        days: days billed.

    Raises:
        InputError: there is no table for that meter and tariff. Types 4 and 5 need one only once power is exceeded;
            types 1 to 3 always, for who has one should know at once that it cannot be billed.
    """
    if contract.meter_type <= 3:
        return _by_quarter_hours(contract, demands_kw, day)
    return _by_maximum(contract, demands_kw, prices, days)


def _by_maximum(contract: Contract, demands_kw: Demands, prices: TariffPrices, days: int) -> list[Line]:
    lines = []
    for period, contracted in contract.contracted_kw.items():
        peak = max(demands_kw.get(period, ()), default=Decimal(0))
        if peak <= contracted:
            continue
        if prices.excess is None:
            raise _no_table(
                contract, f"and {period} reached {peak:.1f} kW of {contracted}; contract more, or draw less"
            )
        price = exact(prices.excess[period])
        eur = maximum_demand_excess(peak, contracted, price, days)
        lines.append(Line(Concept.EXCESS_POWER, period, peak - contracted, "kW", cents(eur), price * days))
    return lines


def _by_quarter_hours(contract: Contract, demands_kw: Demands, day: date) -> list[Line]:
    table = quarter_hour_excess_at(day, contract.tariff)
    if table is None:
        raise _no_table(contract, "add a domain/data/excess_types_1_3-*.json, or bill as meter type 4 or 5")
    lines = []
    for period, contracted in contract.contracted_kw.items():
        root = root_of_squares_kw(demands_kw.get(period, ()), contracted)
        if root:
            lines.append(Line(Concept.EXCESS_POWER, period, root, "kW", cents(root * table[period]), table[period]))
    return lines


def _no_table(contract: Contract, way_out: str) -> InputError:
    kind = "1 to 3" if contract.meter_type <= 3 else "4 and 5"
    sentence = f"there is no table of excess prices for {contract.tariff} and meters of types {kind}; {way_out}"
    return InputError("meter_type", contract.meter_type, sentence)
