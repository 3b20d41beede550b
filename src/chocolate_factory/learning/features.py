"""The 13 features of an hour, a function each: what could be known of it when it begins.

Each takes ``Rows`` and gives one number a row, NaN where an input is missing. Their sources and when they are known:
``history``; the table of them: docs/MLFLOW_IMPLEMENTATION.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from chocolate_factory.learning.history import History
from chocolate_factory.learning.physics import cold_share, dew_points_c, line_kwh_kg
from chocolate_factory.learning.places import place, rank
from chocolate_factory.modelling.numbers import Floats, Ints


@dataclass(frozen=True)
class Rows:
    """Hours that are asked about, with their own values as known when they begin.

    Attributes:
        history: what lies around them.
        numbers: their rows there.
        expected_c, expected_pct: the air to expect of the hour itself, where the readings are of two hours before.
    """

    history: History
    numbers: Ints
    pvpc_eur_kwh: Floats
    energy_eur_kwh: Floats
    demand_mw: Floats
    temperature_c: Floats
    humidity_pct: Floats
    expected_c: Floats
    expected_pct: Floats

    @classmethod
    def of(cls, history: History, numbers: Ints) -> Rows:
        """Some hours of a history."""
        hours = history.hours
        return cls(
            history, numbers, hours.pvpc_eur_kwh[numbers], hours.energy_eur_kwh[numbers], history.demand_mw[numbers],
            history.temperature_c[numbers], history.humidity_pct[numbers], history.expected_c[numbers],
            history.expected_pct[numbers],
        )  # fmt: skip

    def in_air(self, temperature_c: float, humidity_pct: float) -> Rows:
        """The same hours in air that somebody names."""
        degrees, percent = np.full(len(self.numbers), temperature_c), np.full(len(self.numbers), humidity_pct)
        return replace(self, temperature_c=degrees, expected_c=degrees, humidity_pct=percent, expected_pct=percent)

    def at_price(self, pvpc_eur_kwh: float, energy_eur_kwh: float) -> Rows:
        """The same hours at prices that somebody names."""
        count = len(self.numbers)
        return replace(self, pvpc_eur_kwh=np.full(count, pvpc_eur_kwh), energy_eur_kwh=np.full(count, energy_eur_kwh))


def ree_price_eur_kwh(rows: Rows) -> Floats:
    """The hour's PVPC, EUR/kWh; REE publishes it at 20:20 of the day before."""
    return rows.pvpc_eur_kwh


def ree_demand_mw(rows: Rows) -> Floats:
    """The freshest demand of the peninsula, MW; REE, two hours after its hour begins."""
    return rows.demand_mw


def tariff_period(rows: Rows) -> Floats:
    """The plant's tariff period, 1 to 6 (CNMC Circular 3/2020); known for ever."""
    return rows.history.hours.period[rows.numbers].astype(float)


def hour(rows: Rows) -> Floats:
    """Madrid's hour of the day, 0 to 23."""
    return rows.history.hours.hour[rows.numbers].astype(float)


def is_working_day(rows: Rows) -> Floats:
    """1 from Monday to Friday but on the tariff's nine fixed holidays, else 0."""
    return rows.history.hours.working[rows.numbers].astype(float)


def temperature_c(rows: Rows) -> Floats:
    """The freshest outdoor temperature, °C, as the hybrid chose it; two hours after its hour begins."""
    return rows.temperature_c


def humidity_pct(rows: Rows) -> Floats:
    """The freshest outdoor relative humidity, %, of the temperature's source where it has it; known as that is."""
    return rows.humidity_pct


def dew_point(rows: Rows) -> Floats:
    """Dew point of that air, °C: ``243.12 m / (17.62 - m)``, ``m = ln(RH) + 17.62 T / (243.12 + T)`` (Magnus)."""
    return dew_points_c(rows.temperature_c, rows.humidity_pct)


def price_rank_in_day(rows: Rows) -> Floats:
    """The all-in price's rank in its Madrid day, 0 the cheapest hour to 1 the dearest; equal prices share theirs."""
    return rank(rows.energy_eur_kwh, rows.history.day_prices(rows.numbers))


def price_percentile_7d(rows: Rows) -> Floats:
    """Share of the other hours of seven days whose all-in price is lower, 0 to 1; equal ones count half.

    The seven days end with the last price that is public when the hour begins: at this midnight, from 14:00 on at
    tomorrow's.
    """
    return place(rows.energy_eur_kwh, rows.history.week_prices(rows.numbers))


def heat_stress_factor(rows: Rows) -> Floats:
    """Share of the chiller's capacity in use in the expected air: ``(Q_hall + heat q_max) / capacity``."""
    return cold_share(rows.history.plant, rows.expected_c, rows.expected_pct)


def chocolate_production_index(rows: Rows) -> Floats:
    """kWh/kg of one more line hour in the expected air (``physics.line_kwh_kg``)."""
    return line_kwh_kg(rows.history.plant, rows.expected_c, rows.expected_pct)


def energy_optimization_index(rows: Rows) -> Floats:
    """Share of the other hours of the same seven days whose EUR/kg is lower, 0 to 1: all-in price x kWh/kg."""
    eur_kg = rows.energy_eur_kwh * chocolate_production_index(rows)
    return place(eur_kg, rows.history.week_eur_kg(rows.numbers))


#: Every feature by its name in the catalogue, in its order.
FEATURES: Final[Mapping[str, Callable[[Rows], Floats]]] = {
    "ree_price_eur_kwh": ree_price_eur_kwh,
    "ree_demand_mw": ree_demand_mw,
    "tariff_period": tariff_period,
    "hour": hour,
    "is_working_day": is_working_day,
    "temperature_c": temperature_c,
    "humidity_pct": humidity_pct,
    "dew_point_c": dew_point,
    "price_rank_in_day": price_rank_in_day,
    "price_percentile_7d": price_percentile_7d,
    "heat_stress_factor": heat_stress_factor,
    "chocolate_production_index": chocolate_production_index,
    "energy_optimization_index": energy_optimization_index,
}
