"""The plant's physics (``domain/thermal``) over arrays of hours.

Temperatures in °C, relative humidity in %; NaN in, NaN out.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.thermal import (
    Air,
    chiller_capacity_kw,
    cold_margin_kw,
    dew_point_c,
    humidity_ratio,
    plant_power_kw,
    relative_humidity_pct,
)
from chocolate_factory.modelling.numbers import Floats


def line_kwh_kg(plant: Plant, temperature_c: Floats, humidity_pct: Floats) -> Floats:
    """Energy of one more hour of the line at its highest rate, its share of the cold included, kWh/kg.

    ``(P(line on, q) - P(line off)) / q`` with ``P`` of ``domain/thermal``: that the hall is held instead of set back
    is part of it; base, tanks and conches run anyway and are not.
    """
    rate = plant.line.rate_max_kg_h

    def kwh_kg(air: Air) -> float:
        on = plant_power_kw(plant, air, line_on=True, rate_kg_h=rate)
        return (on - plant_power_kw(plant, air, line_on=False)) / rate

    return _by_hour(kwh_kg, temperature_c, humidity_pct)


def cold_share(plant: Plant, temperature_c: Floats, humidity_pct: Floats) -> Floats:
    """Share of the chiller's capacity that hall and line at full rate ask for; above 1 the hall cannot be held."""

    def share(air: Air) -> float:
        return 1 - cold_margin_kw(air, plant) / chiller_capacity_kw(air.temperature_c, plant.chiller)

    return _by_hour(share, temperature_c, humidity_pct)


def dew_points_c(temperature_c: Floats, humidity_pct: Floats) -> Floats:
    """Dew point, °C (Magnus)."""
    return _by_hour(lambda air: dew_point_c(air.temperature_c, air.humidity_pct), temperature_c, humidity_pct)


def humidity_at(temperature_c: Floats, read_c: Floats, read_pct: Floats) -> Floats:
    """Relative humidity at another temperature of air that holds the same water, at most 100 %."""

    def percent(target_c: float, air: Air) -> float:
        held = humidity_ratio(air.temperature_c, air.humidity_pct)
        return min(100.0, relative_humidity_pct(target_c, held))

    triples = zip(temperature_c.tolist(), read_c.tolist(), read_pct.tolist(), strict=True)
    return np.array([percent(t, Air(c, p)) if not math.isnan(t + c + p) else math.nan for t, c, p in triples])


def _by_hour(of: Callable[[Air], float], temperature_c: Floats, humidity_pct: Floats) -> Floats:
    pairs = zip(temperature_c.tolist(), humidity_pct.tolist(), strict=True)
    return np.array([math.nan if math.isnan(t + p) else of(Air(t, p)) for t, p in pairs])
