"""What the plant takes, slot by slot: at rest, for the line, and for a conche's batch of an age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.thermal import Air, conche_energy_kwh, load
from chocolate_factory.planning.arrays.types import Floats


@dataclass(frozen=True)
class Loads:
    """Power of each slot, kW; it is linear between these.

    Attributes:
        rest_kw: base, tanks, the hall at rest.
        line_kw: the line on and the hall held, over the hall at rest.
        kg_kw: each kg/h of output.
    """

    rest_kw: Floats
    line_kw: Floats
    kg_kw: Floats


def loads(plant: Plant, airs: Sequence[Air]) -> Loads:
    """Each slot's load at rest, with the line on, and with 1 kg/h of output, as differences."""
    rest = np.array([load(plant, air, line_on=False).total_kw for air in airs])
    on = np.array([load(plant, air, line_on=True).total_kw for air in airs])
    one = np.array([load(plant, air, line_on=True, rate_kg_h=1.0).total_kw for air in airs])
    return Loads(rest, on - rest, one - on)


def batch_kw(plant: Plant, name: str, age_h: float, step_h: float) -> float:
    """Mean power of a product's batch over a slot that begins at an age, the refining group's while it fills."""
    conche = conche_energy_kwh(plant.product(name).conche_kw, age_h, age_h + step_h)
    filling_h = max(0.0, min(plant.fill_h, age_h + step_h) - max(0.0, age_h))
    return (conche + plant.refining.power_kw * filling_h) / step_h
