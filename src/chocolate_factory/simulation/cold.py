"""What one slot's weather and tariff period mean for the cold: worked out once for all replications."""

from __future__ import annotations

from dataclasses import dataclass

from chocolate_factory.domain.plan import SlotInput
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.plant_parts import Hall
from chocolate_factory.domain.thermal import Air, chiller_capacity_kw, chiller_cop, gains_kw, latent_load_kw


@dataclass(frozen=True, slots=True)
class Weather:
    """What one slot's weather and period mean for the cold; pairs are (line off, line on).

    Attributes:
        capacity_kw: cold at most.
        hold_kw: cold that holds the room at its target; negative where the room cools by itself.
        latent_kw: cold that dries the air.
    """

    air: Air
    cop: float
    capacity_kw: float
    hold_kw: tuple[float, float]
    latent_kw: tuple[float, float]
    contracted_kw: float


def weather_of(slot: SlotInput, plant: Plant) -> Weather:
    """Of one slot."""
    return Weather(
        air=slot.air,
        cop=chiller_cop(slot.air.temperature_c, plant.chiller),
        capacity_kw=chiller_capacity_kw(slot.air.temperature_c, plant.chiller),
        hold_kw=(_hold_kw(slot.air, plant.hall, on=False), _hold_kw(slot.air, plant.hall, on=True)),
        latent_kw=(0.0, latent_load_kw(slot.air, plant.hall, producing=True)),
        contracted_kw=plant.contract.power_kw(slot.period),
    )


def _hold_kw(air: Air, hall: Hall, *, on: bool) -> float:
    target_c = hall.set_point_c if on else hall.setback_c
    return hall.ua_kw_k * (air.temperature_c - target_c) + gains_kw(hall, producing=on)
