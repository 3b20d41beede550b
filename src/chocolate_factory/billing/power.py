"""The cheapest contracted powers for a load: what a kW costs all year against what is paid where it is exceeded.

    cost = sum over periods p of   price_p x c_p   +   sum over months m of excess_p(m, c_p),     c_1 <= ... <= c_6

Each period's cost is convex in its own power, and the order ties neighbours alone: so one pass over the periods, with
the least cost of every power so far, finds the optimum among the powers that can be contracted (whole kilowatts). It is
exact, not searched.

Invariants:
    Powers never decrease from P1 to P6 (CNMC Circular 3/2020); 2.0TD's two are free of each other.
    Where no table prices the excess, none may occur: the powers then cover every peak, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from functools import cached_property
from itertools import accumulate
from typing import Final

from chocolate_factory.billing.contract import MOST_2_0TD_KW
from chocolate_factory.billing.excess import maximum_demand_excess, root_of_squares_kw
from chocolate_factory.billing.lines import exact
from chocolate_factory.billing.tables import quarter_hour_excess_at, tolls_at
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.tariff import Period, Tariff, TariffPrices, power_periods

#: Powers are contracted in whole kilowatts.
STEP_KW: Final = Decimal(1)
NEVER: Final = Decimal("Infinity")


@dataclass(frozen=True)
class MonthDemand:
    """A month's demand.

    Attributes:
        days: billed; ``year_days`` are those of its year.
        tables_on: the day whose tables hold.
        kw: mean power of each quarter-hour, by power period.
    """

    month: date
    days: int
    year_days: int
    tables_on: date
    kw: Mapping[Period, Sequence[Decimal]]

    @cached_property
    def peak_kw(self) -> dict[Period, Decimal]:
        """The highest of each."""
        return {period: max(demands, default=Decimal(0)) for period, demands in self.kw.items()}


@dataclass(frozen=True)
class Powers:
    """Powers, and what they cost over the months, EUR, without taxes and not rounded.

    Attributes:
        excess_eur: None where no table prices it; the powers then cover every peak.
    """

    contracted_kw: Mapping[Period, Decimal]
    power_eur: Decimal
    excess_eur: Decimal | None

    @property
    def eur(self) -> Decimal:
        """Both together."""
        return self.power_eur + (self.excess_eur or Decimal(0))


def cheapest_powers(
    tariff: Tariff, months: Sequence[MonthDemand], meter_type: int, step_kw: Decimal = STEP_KW
) -> Powers:
    """The powers of least cost among the multiples of a step.

    Raises:
        InputError: no table of tolls holds on a day, or the load is more than the tariff takes.
    """
    periods = power_periods(tariff)
    grid = _grid(tariff, months, step_kw)
    costs = [[_cost(tariff, months, meter_type, period, kw) for kw in grid] for period in periods]
    if tariff is Tariff.TD20:
        chosen = [_first_least(cost) for cost in costs]
    else:
        chosen = _in_order(costs, least_of_last=_least_of_last(tariff, grid))
    return cost_of(tariff, months, meter_type, {p: grid[k] for p, k in zip(periods, chosen, strict=True)})


def cost_of(
    tariff: Tariff, months: Sequence[MonthDemand], meter_type: int, contracted_kw: Mapping[Period, Decimal]
) -> Powers:
    """What given powers cost over the months."""
    power = sum((_power_eur(m, tariff, p, kw) for p, kw in contracted_kw.items() for m in months), Decimal(0))
    excess = [_excess_eur(m, tariff, meter_type, p, kw) for p, kw in contracted_kw.items() for m in months]
    priced = all(_is_priced(m, tariff, meter_type) for m in months)
    return Powers(contracted_kw, power, sum((e for e in excess if e is not None), Decimal(0)) if priced else None)


# ------------------------------------------------------------------------------------------------------------ the cost
def _cost(tariff: Tariff, months: Sequence[MonthDemand], meter_type: int, period: Period, kw: Decimal) -> Decimal:
    """Of one period at a power; never where it would be exceeded at no known price."""
    excess = [_excess_eur(month, tariff, meter_type, period, kw) for month in months]
    known = [eur for eur in excess if eur is not None]
    if len(known) < len(excess):
        return NEVER
    return sum(known, sum((_power_eur(month, tariff, period, kw) for month in months), Decimal(0)))


def _power_eur(month: MonthDemand, tariff: Tariff, period: Period, kw: Decimal) -> Decimal:
    prices = tolls_at(month.tables_on, tariff)
    yearly = exact(prices.toll_power[period]) + exact(prices.charge_power[period])
    return kw * yearly * month.days / month.year_days


def _excess_eur(month: MonthDemand, tariff: Tariff, meter_type: int, period: Period, kw: Decimal) -> Decimal | None:
    """None where it is exceeded and no table says at what price."""
    peak = month.peak_kw.get(period, Decimal(0))
    if peak <= kw:
        return Decimal(0)
    prices = _prices(month, tariff, meter_type)
    if prices is None:
        return None
    if meter_type <= 3:
        return root_of_squares_kw(month.kw[period], kw) * prices[period]
    return maximum_demand_excess(peak, kw, prices[period], month.days)


def _is_priced(month: MonthDemand, tariff: Tariff, meter_type: int) -> bool:
    return _prices(month, tariff, meter_type) is not None


def _prices(month: MonthDemand, tariff: Tariff, meter_type: int) -> Mapping[Period, Decimal] | None:
    """Of exceeded power, by the meter's own way of measuring it."""
    if meter_type <= 3:
        return quarter_hour_excess_at(month.tables_on, tariff)
    tolls: TariffPrices = tolls_at(month.tables_on, tariff)
    return None if tolls.excess is None else {p: exact(eur) for p, eur in tolls.excess.items()}


# ---------------------------------------------------------------------------------------------------------- the search
def _grid(tariff: Tariff, months: Sequence[MonthDemand], step_kw: Decimal) -> list[Decimal]:
    """Every power that can be the best: from a step to the highest peak; more buys nothing."""
    highest = max([step_kw, *(kw for month in months for kw in month.peak_kw.values())])
    if tariff is Tariff.TD20 and highest > MOST_2_0TD_KW:
        raise InputError("load", f"{highest:.1f} kW", f"2.0TD ends at {MOST_2_0TD_KW} kW")
    least = Decimal(MOST_2_0TD_KW) + step_kw if tariff is Tariff.TD30 else step_kw
    count = int((max(highest, least) / step_kw).to_integral_value(ROUND_CEILING))
    return [step_kw * n for n in range(1, count + 1)]


def _least_of_last(tariff: Tariff, grid: Sequence[Decimal]) -> int:
    """3.0TD is for more than 15 kW in one period at least, and the last is the highest."""
    if tariff is not Tariff.TD30:
        return 0
    return next(k for k, kw in enumerate(grid) if kw > MOST_2_0TD_KW)


def _in_order(costs: Sequence[Sequence[Decimal]], least_of_last: int) -> list[int]:
    """One choice for each period, none below the one before, of the least sum; of equal ones the lower powers."""
    *others, last = costs
    allowed = [cost if k >= least_of_last else NEVER for k, cost in enumerate(last)]
    least: Sequence[Decimal] = [Decimal(0)] * len(last)  # of the periods so far, at no more than each power
    best: list[list[int]] = []
    for cost in (*others, allowed):
        until = list(_best_until([a + b for a, b in zip(least, cost, strict=True)]))
        best.append([k for k, _ in until])
        least = [eur for _, eur in until]
    picks = [len(last) - 1]
    for choices in reversed(best):
        picks.append(choices[picks[-1]])
    return picks[:0:-1]


def _best_until(costs: Sequence[Decimal]) -> Iterator[tuple[int, Decimal]]:
    """Of all choices up to each, the cheapest and its cost; the first of equal ones."""
    return accumulate(enumerate(costs), lambda best, new: new if new[1] < best[1] else best)


def _first_least(costs: Sequence[Decimal]) -> int:
    return min(range(len(costs)), key=lambda k: (costs[k], k))
