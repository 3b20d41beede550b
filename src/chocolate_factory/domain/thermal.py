"""Heat, moisture, cold and power of the plant: the physics that planning, simulation, billing and learning all read.

Formulas and figures: the section "Power" of the plant's facts (engineering estimates where the plant's file says so).
Saturation: Magnus' formula with the coefficients of WMO-No. 8 (over water), valid from -45 to 60 °C.

Temperatures in °C, relative humidity in %, power and heat flow in kW, energy in kWh, humidity ratio in kg of water for
each kg of dry air. What the hall needs grows with the *humidity ratio* outdoors, not with relative humidity.

Invariants:
    No power is negative, and more heat outdoors never means less of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.plant_parts import Chiller, Hall, Line

#: Air pressure in Linares, 420 m above the sea.
PRESSURE_KPA = 96.6
#: Heat of condensation, kJ/kg.
LATENT_KJ_KG = 2500.0
KELVIN = 273.15


@dataclass(frozen=True, slots=True)
class Air:
    """Outdoor air."""

    temperature_c: float
    humidity_pct: float


# ---------------------------------------------------------------------------------------------------------- moist air
def saturation_pressure_pa(t_c: float) -> float:
    """Pressure of saturated vapour over water, Pa: ``611.2 exp(17.62 T / (243.12 + T))`` (Magnus)."""
    return 611.2 * math.exp(17.62 * t_c / (243.12 + t_c))


def humidity_ratio(t_c: float, rh_pct: float, p_kpa: float = PRESSURE_KPA) -> float:
    """Water for each kg of dry air, kg/kg: ``0.622 p_w / (p - p_w)``; for air below its boiling point."""
    vapour_kpa = rh_pct / 100 * saturation_pressure_pa(t_c) / 1000
    return 0.622 * vapour_kpa / (p_kpa - vapour_kpa)


def dew_point_c(t_c: float, rh_pct: float) -> float:
    """Temperature at which the air's water begins to condense, °C: Magnus' formula solved for T.

    Raises:
        InputError: perfectly dry air has none.
    """
    if rh_pct <= 0:
        raise InputError("humidity_pct", rh_pct, "above 0 %: perfectly dry air has no dew point")
    magnus = math.log(rh_pct / 100) + 17.62 * t_c / (243.12 + t_c)
    return 243.12 * magnus / (17.62 - magnus)


def relative_humidity_pct(t_c: float, ratio: float, p_kpa: float = PRESSURE_KPA) -> float:
    """Relative humidity of air at ``t_c`` that holds ``ratio`` kg/kg of water; the inverse of ``humidity_ratio``."""
    vapour_kpa = ratio * p_kpa / (0.622 + ratio)
    return 100 * vapour_kpa * 1000 / saturation_pressure_pa(t_c)


# --------------------------------------------------------------------------------------------------------------- cold
def chiller_cop(t_out_c: float, chiller: Chiller) -> float:
    """Cold for each kWh of electricity: a share of Carnot's between evaporator and condenser, within its bounds."""
    lift_k = t_out_c + chiller.approach_k - chiller.evaporating_c
    if lift_k <= 0:
        return chiller.cop_max
    carnot = (chiller.evaporating_c + KELVIN) / lift_k
    return min(chiller.cop_max, max(chiller.cop_min, chiller.carnot_share * carnot))


def chiller_capacity_kw(t_out_c: float, chiller: Chiller) -> float:
    """Most cold that it gives, kW: ``capacity x clip(1 - derating (T_out - rated), least, most)``."""
    share = 1 - chiller.derating_per_k * (t_out_c - chiller.rated_at_c)
    return chiller.capacity_kw * min(chiller.share_max, max(chiller.share_min, share))


# --------------------------------------------------------------------------------------------------------------- hall
def gains_kw(hall: Hall, *, producing: bool) -> float:
    """Heat set free inside, kW; the line's only while producing."""
    return hall.gains_other_kw + hall.gains_sun_kw + (hall.gains_line_kw if producing else 0.0)


def sensible_load_kw(air: Air, hall: Hall, *, producing: bool) -> float:
    """Cold that holds the room's temperature, kW: ``max(0, UA (T_out - T_set) + gains)``."""
    held_c = hall.set_point_c if producing else hall.setback_c
    return max(0.0, hall.ua_kw_k * (air.temperature_c - held_c) + gains_kw(hall, producing=producing))


def latent_load_kw(air: Air, hall: Hall, *, producing: bool) -> float:
    """Cold that dries the fresh air, kW: ``max(0, m (w_out - w_set) 2500)``; none without production."""
    if not producing:
        return 0.0
    outside = humidity_ratio(air.temperature_c, air.humidity_pct, hall.pressure_kpa)
    return max(0.0, hall.fresh_air_kg_s * (outside - hall.humidity_ratio_g_kg / 1000) * LATENT_KJ_KG)


def hall_load_kw(air: Air, hall: Hall, *, producing: bool) -> float:
    """``Q_hall``: cold that the hall asks for, kW."""
    return sensible_load_kw(air, hall, producing=producing) + latent_load_kw(air, hall, producing=producing)


def room_after_c(room_c: float, air: Air, hall: Hall, *, producing: bool, cold_kw: float, hours: float) -> float:
    """Room temperature after some hours of steady weather and ``cold_kw`` of sensible cold, °C.

    The exact solution of ``C dT/dt = UA (T_out - T) + gains - cold``, so the length of the steps does not matter.
    """
    settled_c = air.temperature_c + (gains_kw(hall, producing=producing) - cold_kw) / hall.ua_kw_k
    return settled_c + (room_c - settled_c) * math.exp(-hall.ua_kw_k * hours / hall.heat_capacity_kwh_k)


def cold_margin_kw(air: Air, plant: Plant) -> float:
    """Cold left while the line runs at its highest rate, kW; negative where the hall cannot be held."""
    asked = hall_load_kw(air, plant.hall, producing=True) + product_heat_kw(plant.line.rate_max_kg_h, plant.line)
    return chiller_capacity_kw(air.temperature_c, plant.chiller) - asked


def line_may_run(air: Air, plant: Plant) -> bool:
    """Whether the hall can be held: ``Q_hall + heat q_max <= capacity``."""
    return cold_margin_kw(air, plant) >= 0


# -------------------------------------------------------------------------------------------------------------- power
@dataclass(frozen=True, slots=True)
class Load:
    """Electrical power by stage, kW.

    Attributes:
        line_kw: what it takes while on and for each kg, without cold.
        cold_kw: the chiller's, for hall and product.
    """

    base_kw: float
    tanks_kw: float
    refining_kw: float
    conching_kw: float
    line_kw: float
    cold_kw: float

    @property
    def total_kw(self) -> float:
        """All stages together."""
        stages = (self.base_kw, self.tanks_kw, self.refining_kw, self.conching_kw, self.line_kw, self.cold_kw)
        return math.fsum(stages)


def product_heat_kw(rate_kg_h: float, line: Line) -> float:
    """Heat of the product and what comes with it (moulds, fans), kW."""
    return line.heat_kwh_kg * rate_kg_h


def conche_energy_kwh(profile_kw: Sequence[float], start_h: float, end_h: float) -> float:
    """What one conche takes between two ages of its batch, kWh; nothing before 0 and after the profile's end.

    Args:
        profile_kw: power in each hour of age.
        start_h, end_h: ages in hours, ``start_h`` first.
    """
    return sum(kw * max(0.0, min(end_h, hour + 1) - max(start_h, hour)) for hour, kw in enumerate(profile_kw))


def conche_power_kw(profile_kw: Sequence[float], age_h: float) -> float:
    """Power of one conche whose batch is ``age_h`` hours old, kW."""
    return profile_kw[int(age_h)] if 0 <= age_h < len(profile_kw) else 0.0


def load(
    plant: Plant, air: Air, *, conching_kw: float = 0.0, filling: bool = False, line_on: bool, rate_kg_h: float = 0.0
) -> Load:
    """Power by stage at one moment.

    Args:
        conching_kw: sum over the conches at work, from ``conche_power_kw``.
        filling: whether the refining group runs.
        line_on: whether the line runs or is being set up; the hall is then held at its set point.
        rate_kg_h: the line's output; 0 during set-up.

    Raises:
        InputError: output of a line that is off.
    """
    if rate_kg_h and not line_on:
        raise InputError("rate_kg_h", rate_kg_h, "0 while the line is off")
    line = plant.line
    heat_kw = hall_load_kw(air, plant.hall, producing=line_on) + product_heat_kw(rate_kg_h, line)
    return Load(
        base_kw=plant.base_kw,
        tanks_kw=plant.tanks_kw,
        refining_kw=plant.refining.power_kw if filling else 0.0,
        conching_kw=conching_kw,
        line_kw=(line.power_kw if line_on else 0.0) + line.energy_kwh_kg * rate_kg_h,
        cold_kw=heat_kw / chiller_cop(air.temperature_c, plant.chiller),
    )


def plant_power_kw(
    plant: Plant, air: Air, *, conching_kw: float = 0.0, filling: bool = False, line_on: bool, rate_kg_h: float = 0.0
) -> float:
    """``P(t)``, kW: base + tanks + conches + refining + line + (energy + heat / COP) q + Q_hall / COP; as ``load``."""
    return load(plant, air, conching_kw=conching_kw, filling=filling, line_on=line_on, rate_kg_h=rate_kg_h).total_kw
