"""What stands in the plant: its products, the line's machines and tanks, the hall and its chiller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from chocolate_factory.domain.plant_units import (
    Celsius,
    Eur,
    Hours,
    Kelvin,
    Kg,
    KgPerHour,
    Kw,
    KwhPerKg,
    Minutes,
    Range,
    SomeKg,
    SomeShare,
)


class Stage(StrEnum):
    """What a machine does, in the order of the process; ``line`` is tempering to wrapping."""

    REFINING = "refining"
    CONCHING = "conching"
    STORAGE = "storage"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine by name, as plans and traces speak of it."""

    name: str
    stage: Stage


# ---------------------------------------------------------------------------------------------------------- products
@dataclass(frozen=True, slots=True)
class Tempering:
    """Temperatures of the mass: molten, seeded, and warmed again to work with."""

    melt_c: Celsius
    cool_c: Celsius
    work_c: Celsius


@dataclass(frozen=True, slots=True)
class Product:
    """What is made.

    Attributes:
        allergens: what a product without them must be protected from by a cleaning.
        recipe: share of the mass by ingredient; they add up to 1.
        conche_hours: whole hours from the start of the fill until the mass is in its tank.
        conche_kw: power of one conche in each of those hours.
    """

    name: str
    allergens: tuple[str, ...]
    recipe: Mapping[str, SomeShare]
    tempering: Tempering
    conche_hours: Annotated[int, Range(1, 96, "h")]
    conche_kw: tuple[Kw, ...]


# ---------------------------------------------------------------------------------------------------------- machines
@dataclass(frozen=True, slots=True)
class Refining:
    """The refining group (mixer, 2-roll, 5-roll): it fills one conche at a time."""

    rate_kg_h: KgPerHour
    power_kw: Kw


@dataclass(frozen=True, slots=True)
class Conches:
    """Identical conches, taken together.

    Attributes:
        unattended: whether a batch may go on without crew; a fill never may.
    """

    count: Annotated[int, Range(1, 100)]
    batch_kg: SomeKg
    unattended: bool


@dataclass(frozen=True, slots=True)
class Tank:
    """A warm, stirred tank of one product; ``heel_kg`` never leaves it."""

    name: str
    product: str
    capacity_kg: SomeKg
    heel_kg: Kg
    power_kw: Kw


@dataclass(frozen=True, slots=True)
class Line:
    """Tempering, moulding, cooling tunnel and wrapping.

    Attributes:
        energy_kwh_kg: electricity for each kg beside ``power_kw``.
        heat_kwh_kg: heat that the chiller must take away for each kg.
        setup_h: at the start of a run, without output.
        rework_kg: mass that each start sends back.
        start_eur: what each start costs beside energy.
    """

    rate_min_kg_h: KgPerHour
    rate_max_kg_h: KgPerHour
    power_kw: Kw
    energy_kwh_kg: KwhPerKg
    heat_kwh_kg: KwhPerKg
    setup_h: Hours
    rework_kg: Kg
    start_eur: Eur
    min_on_h: Hours
    min_off_h: Hours


@dataclass(frozen=True, slots=True)
class Changeover:
    """From one product to another.

    Attributes:
        allergen_cleaning_min: the least where the first has an allergen that the second has not.
        minutes: from the last output of the first product to the first output of the second; the line's set-up is
            part of it. 0 for the same product.
    """

    allergen_cleaning_min: Minutes
    minutes: Mapping[str, Mapping[str, Minutes]]


@dataclass(frozen=True, slots=True)
class Hall:
    """The room of moulding and packing.

    Attributes:
        ua_kw_k: heat that comes through the walls for each K.
        fresh_air_kg_s: dry air, while producing.
        gains_line_kw, gains_other_kw, gains_sun_kw: heat inside; the line's only while producing.
        set_point_c, humidity_ratio_g_kg: what is held while producing; ``setback_c`` otherwise.
        heat_capacity_kwh_k: of air, machines and walls.
        pressure_kpa: of the air, at the site's height.
    """

    ua_kw_k: Annotated[float, Range(0, 1000, "kW/K", above=True)]
    fresh_air_kg_s: Annotated[float, Range(0, 1000, "kg/s")]
    gains_line_kw: Kw
    gains_other_kw: Kw
    gains_sun_kw: Kw
    set_point_c: Celsius
    setback_c: Celsius
    humidity_ratio_g_kg: Annotated[float, Range(0, 30, "g/kg", above=True)]
    heat_capacity_kwh_k: Annotated[float, Range(0, 10_000, "kWh/K", above=True)]
    pressure_kpa: Annotated[float, Range(60, 110, "kPa")]


@dataclass(frozen=True, slots=True)
class Chiller:
    """The cold for hall and tunnel; ``domain/thermal.py`` has the formulas.

    Attributes:
        capacity_kw: cold at ``rated_at_c`` outdoors; it loses ``derating_per_k`` of it for each K more, within
            ``share_min`` and ``share_max``.
        carnot_share: its quality, between ``evaporating_c`` and the outdoor temperature plus ``approach_k``.
    """

    capacity_kw: Annotated[float, Range(0, 10_000, "kW", above=True)]
    rated_at_c: Celsius
    derating_per_k: Annotated[float, Range(0, 0.1, "1/K")]
    share_min: SomeShare
    share_max: Annotated[float, Range(0, 2, "per unit", above=True)]
    carnot_share: SomeShare
    evaporating_c: Celsius
    approach_k: Kelvin
    cop_min: Annotated[float, Range(0, 20, above=True)]
    cop_max: Annotated[float, Range(0, 20, above=True)]
