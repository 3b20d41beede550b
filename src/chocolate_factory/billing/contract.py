"""What the plant has signed: access tariff, contracted power, meter, and how its energy is priced.

Invariants:
    Contracted power names exactly the tariff's power periods and, with six of them, never decreases from P1 to P6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.tariff import DEFAULT_TERMS, EnergyTerms, Period, Tariff, power_periods

#: Above these no contract of that kind exists, kW (CNMC Circular 3/2020; PVPC: facts/electricity.md).
MOST_2_0TD_KW = 15
MOST_PVPC_KW = 10


@dataclass(frozen=True, slots=True)
class Indexed:
    """Each quarter-hour at its spot price plus the contract's own terms; levies and taxes come from dated tables."""

    terms: EnergyTerms = DEFAULT_TERMS


@dataclass(frozen=True, slots=True)
class Pvpc:
    """The regulated hourly price, which holds every energy term of 2.0TD; up to 10 kW."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """One price for every kWh, EUR/kWh.

    Tolls, charges, losses and the supplier's terms are in it; electricity tax and VAT are not.
    """

    eur_kwh: Decimal

    def __post_init__(self) -> None:
        if not self.eur_kwh.is_finite() or not 0 <= self.eur_kwh <= 10:
            raise InputError("fixed", self.eur_kwh, "a price in EUR/kWh, from 0 to 10")


Supply = Indexed | Pvpc | Fixed


@dataclass(frozen=True)
class Contract:
    """A supply contract.

    Attributes:
        contracted_kw: by power period.
        meter_type: 1 to 5; types 1 to 3 measure excess by quarter-hours, 4 and 5 by the maximum demand.
    """

    tariff: Tariff
    contracted_kw: Mapping[Period, Decimal]
    supply: Supply = Indexed()
    meter_type: int = 4

    def __post_init__(self) -> None:
        if self.meter_type not in range(1, 6):
            raise InputError("meter_type", self.meter_type, "1 to 5")
        _check_powers(self.tariff, self.contracted_kw)
        if isinstance(self.supply, Pvpc):
            _check_pvpc(self.tariff, self.contracted_kw)


def contracted_powers(tariff: Tariff, kw: Sequence[Decimal]) -> dict[Period, Decimal]:
    """Powers in the order of their periods, by period, kW.

    Raises:
        InputError: not one for each power period.
    """
    periods = power_periods(tariff)
    if len(kw) != len(periods):
        raise InputError("contracted", ",".join(map(str, kw)), f"{tariff} has {len(periods)} powers, P1 first, in kW")
    return dict(zip(periods, kw, strict=True))


def _check_powers(tariff: Tariff, kw: Mapping[Period, Decimal]) -> None:
    given = ",".join(f"{p}={power}" for p, power in kw.items())
    if set(kw) != set(power_periods(tariff)):
        raise InputError("contracted", given, f"{tariff} needs {', '.join(power_periods(tariff))}")
    if not all(power.is_finite() and 0 < power <= 1_000_000 for power in kw.values()):
        raise InputError("contracted", given, "every power is more than 0 kW and at most 1000000")
    in_order = [kw[p] for p in power_periods(tariff)]
    if tariff is not Tariff.TD20 and in_order != sorted(in_order):
        raise InputError("contracted", given, "it must not decrease from P1 to P6")
    if tariff is Tariff.TD20 and max(in_order) > MOST_2_0TD_KW:
        raise InputError("contracted", given, f"2.0TD ends at {MOST_2_0TD_KW} kW; above, choose 3.0TD")


def _check_pvpc(tariff: Tariff, kw: Mapping[Period, Decimal]) -> None:
    if tariff is not Tariff.TD20:
        raise InputError("pvpc", tariff, "PVPC exists for 2.0TD alone")
    if max(kw.values()) > MOST_PVPC_KW:
        raise InputError("contracted", max(kw.values()), f"PVPC ends at {MOST_PVPC_KW} kW")
