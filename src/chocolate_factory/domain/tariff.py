"""Access tariffs of the Spanish peninsula: which period an hour falls into, and what a kWh costs in it.

Sources: CNMC Circular 3/2020, art. 7 (periods, calendar); the BOE texts named in each file of ``domain/data``. A file
is ``<kind>-<valid from>.json``; the newest that is valid on a day holds, so a new decree is a new file. ``valid_to`` is
the last day, null while it is open.

Invariants:
    Periods go by Madrid's wall clock: an hour that comes twice has the same period twice.
    2.0TD has P1 to P3 for energy and two for power (its power period P1 is energy's P1 and P2, its P2 is energy's P3);
    3.0TD and 6.1TD have P1 to P6 for both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.time import DAY, MADRID, Interval, Resolution
from chocolate_factory.domain.time import slots as slot_starts


class Period(StrEnum):
    """Tariff period, dearest first by tolls and charges."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    P5 = "P5"
    P6 = "P6"


class Tariff(StrEnum):
    """Access tariff: 2.0TD up to 15 kW, 3.0TD low voltage above, 6.1TD 1 to 30 kV."""

    TD20 = "2.0TD"
    TD30 = "3.0TD"
    TD61 = "6.1TD"


# -------------------------------------------------------------------------------------------------- dated data files
@cache
def _files(kind: str) -> list[dict[str, Any]]:
    """The data files of a kind, newest first."""
    folder = resources.files("chocolate_factory.domain") / "data"
    names = sorted((file.name for file in folder.iterdir() if file.name.startswith(f"{kind}-")), reverse=True)
    return [json.loads((folder / name).read_text("utf-8")) for name in names]


def _in_force(kind: str, day: date) -> dict[str, Any] | None:
    """The data of a kind that holds on a day."""
    text = day.isoformat()  # ISO dates order as text
    return next((f for f in _files(kind) if f["valid_from"] <= text <= (f["valid_to"] or text)), None)


def covered_until(kind: str, day: date) -> date | None:
    """The last day that the tables of a kind hold without a break from a day on.

    Args:
        kind: ``prices``, ``taxes``, ``calendar`` or ``periods``.

    Returns:
        None where the last table is open; the day before ``day`` where none holds even then.
    """
    until = day - DAY
    while (table := _in_force(kind, until + DAY)) is not None:
        if table["valid_to"] is None:
            return None
        until = date.fromisoformat(table["valid_to"])
    return until


def _must_be_in_force(kind: str, day: date) -> dict[str, Any]:
    data = _in_force(kind, day)
    if data is None:
        first = min(file["valid_from"] for file in _files(kind))
        raise InputError("day", day, f"there is no table of tariff {kind} for it; the first begins on {first}")
    return data


# ----------------------------------------------------------------------------------------------------------- periods
def is_working_day(day: date) -> bool:
    """Monday to Friday and none of the nine fixed holidays; Good Friday, regional and local days do count as working.

    Raises:
        InputError: no calendar holds on that day.
    """
    holidays = _must_be_in_force("calendar", day)["holidays_month_day"]
    return day.weekday() < 5 and f"{day:%m-%d}" not in holidays


@lru_cache(maxsize=4096)
def _periods_of_day(day: date, tariff: Tariff) -> tuple[Period, ...]:
    """The period of each local hour, 0 to 23."""
    tables = _must_be_in_force("periods", day)["tables"]
    table = next(table for table in tables if tariff in table["tariffs"])
    digits: str = table["other_day"]
    if is_working_day(day):
        digits = next(row["hours"] for row in table["working_day"] if day.month in row["months"])
    return tuple(Period(f"P{digit}") for digit in digits)


def period(moment: datetime, tariff: Tariff) -> Period:
    """The period that an aware moment falls into.

    Raises:
        InputError: the moment is naive, or no table holds on its day.
    """
    if moment.tzinfo is None:
        raise InputError("moment", moment.isoformat(), "a moment needs its offset from UTC")
    local = moment.astimezone(MADRID)
    return _periods_of_day(local.date(), tariff)[local.hour]


def slots(window: Interval, tariff: Tariff, resolution: Resolution) -> Iterator[tuple[Interval, Period]]:
    """Every slot that begins inside the window, with its period; they are the whole window when it is aligned.

    Raises:
        InputError: a day has many periods; and as ``period``.
    """
    if resolution is Resolution.DAY:
        raise InputError("resolution", int(resolution), "a slot of a tariff has 5, 15 or 60 minutes")
    starts = slot_starts(window, resolution)
    return ((Interval(start, start + resolution.span), period(start, tariff)) for start in starts)


def power_periods(tariff: Tariff) -> tuple[Period, ...]:
    """The periods of contracted power: two for 2.0TD, six for the others (CNMC Circular 3/2020, art. 7)."""
    return (Period.P1, Period.P2) if tariff is Tariff.TD20 else tuple(Period)


def power_period(period: Period, tariff: Tariff) -> Period:
    """The power period of an energy period: in 2.0TD P1 and P2 share the first, P3 is the second."""
    if tariff is not Tariff.TD20:
        return period
    return Period.P2 if period is Period.P3 else Period.P1


# ------------------------------------------------------------------------------------------------------------ prices
@dataclass(frozen=True)
class TariffPrices:
    """Regulated prices of one tariff, without taxes.

    Attributes:
        toll_energy, charge_energy: EUR/kWh by period.
        losses: from the meter to the power station, per unit, by period.
        toll_power, charge_power: EUR/kW and year by power period.
        excess: EUR/kW and day of meters of types 4 and 5; None where there is no table.
        sources: what each part was read from.
    """

    tariff: Tariff
    valid_from: date
    valid_to: date | None
    toll_energy: Mapping[Period, float]
    charge_energy: Mapping[Period, float]
    losses: Mapping[Period, float]
    toll_power: Mapping[Period, float]
    charge_power: Mapping[Period, float]
    excess: Mapping[Period, float] | None
    sources: Mapping[str, str]

    def energy_eur_kwh(self, period: Period) -> float:
        """Toll and charge of a kWh."""
        return self.toll_energy[period] + self.charge_energy[period]

    def power_eur_kw_year(self, period: Period) -> float:
        """Toll and charge of a contracted kW for a year."""
        return self.toll_power[period] + self.charge_power[period]


def newest_tables() -> date:
    """A day on which the newest table of tolls and charges holds: the first."""
    return max(date.fromisoformat(file["valid_from"]) for file in _files("prices"))


def prices_at(day: date, tariff: Tariff) -> TariffPrices | None:
    """The regulated prices that hold on a day; None where there is no table."""
    data = _in_force("prices", day)
    return _prices(data["valid_from"], tariff) if data else None


@cache
def _prices(valid_from: str, tariff: Tariff) -> TariffPrices:
    data = next(file for file in _files("prices") if file["valid_from"] == valid_from)
    tables = data["tariffs"][tariff].items()
    terms = {name: {Period(p): value for p, value in by_period.items()} for name, by_period in tables}
    return TariffPrices(
        tariff=tariff,
        valid_from=date.fromisoformat(valid_from),
        valid_to=date.fromisoformat(data["valid_to"]) if data["valid_to"] else None,
        toll_energy=terms["toll_energy"],
        charge_energy=terms["charge_energy"],
        losses=terms["losses"],
        toll_power=terms["toll_power"],
        charge_power=terms["charge_power"],
        excess=terms.get("excess"),
        sources=data["sources"],
    )


@dataclass(frozen=True, slots=True)
class EnergyTerms:
    """What an indexed contract adds to the spot price, and its taxes (``facts/electricity.md``).

    Confidence: A is two sources or a law's text, B one good source, to be replaced by the own contract's figures.

    Attributes:
        municipal_factor: municipal levy of 1.5 % on the supplier's income, as a factor (A, the bill's structure).
        adjustments_eur_mwh: system adjustment services, mean of September 2025 to August 2026; months went from
            16.7 to 39.0 (B).
        capacity_eur_mwh: capacity payments (B).
        efficiency_fund_eur_mwh: national energy efficiency fund (B).
        supplier_fee_eur_mwh: the supplier's fee; 7 to 10 are usual (B).
        electricity_tax: special tax on electricity, per unit of energy and power terms (A).
        electricity_tax_floor_eur_mwh: its least for industry (A).
    """

    municipal_factor: float = 1.015
    adjustments_eur_mwh: float = 26.3
    capacity_eur_mwh: float = 0.26
    efficiency_fund_eur_mwh: float = 2.66
    supplier_fee_eur_mwh: float = 8.0
    electricity_tax: float = 0.0511269632
    electricity_tax_floor_eur_mwh: float = 0.5


DEFAULT_TERMS = EnergyTerms()


def energy_eur_kwh(
    spot_eur_mwh: float, period: Period, prices: TariffPrices, terms: EnergyTerms = DEFAULT_TERMS
) -> float:
    """The all-in price of one more kWh under an indexed contract, EUR/kWh, with electricity tax and without VAT.

        energy = municipal x ((spot + adjustments + capacity) x (1 + losses) + efficiency fund + fee) + toll + charge

    Negative spot prices are legal, and the result may be negative too.

    Raises:
        InputError: the tariff has no such period.
    """
    if period not in prices.losses:
        raise InputError("period", period, f"{prices.tariff} has {', '.join(prices.losses)}")
    at_plant = (spot_eur_mwh + terms.adjustments_eur_mwh + terms.capacity_eur_mwh) * (1 + prices.losses[period])
    supplied_eur_mwh = terms.municipal_factor * (at_plant + terms.efficiency_fund_eur_mwh + terms.supplier_fee_eur_mwh)
    return _with_electricity_tax(supplied_eur_mwh / 1000 + prices.energy_eur_kwh(period), terms)


def pvpc_eur_kwh(pvpc_eur_mwh: float, terms: EnergyTerms = DEFAULT_TERMS) -> float:
    """The price of one more kWh under PVPC, EUR/kWh: it holds every term of 2.0TD already, only the tax is added."""
    return _with_electricity_tax(pvpc_eur_mwh / 1000, terms)


def _with_electricity_tax(eur_kwh: float, terms: EnergyTerms) -> float:
    """With the tax or its floor, whichever is more.

    The law compares the two over a whole bill; kWh by kWh is the same but where a price near zero meets dear hours.
    """
    return eur_kwh + max(terms.electricity_tax * eur_kwh, terms.electricity_tax_floor_eur_mwh / 1000)
