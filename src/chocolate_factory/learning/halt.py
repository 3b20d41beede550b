"""When production is halted whatever it costs: no crew, or a hall in which chocolate cannot be made well.

The same rules as the planner's (``domain/thermal.line_may_run``, the plant's shifts); no price is among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.thermal import (
    Air,
    cold_margin_kw,
    gains_kw,
    latent_load_kw,
    line_may_run,
    sensible_load_kw,
)


class Halt(StrEnum):
    """Why."""

    CREW = "crew"
    HEAT = "heat"
    DAMP = "damp"


SENTENCES: Final[Mapping[Halt, Mapping[str, str]]] = {
    Halt.CREW: {
        "es": "No hay turno a esta hora: solo las conchas siguen sin personal.",
        "en": "No shift at this hour: conches alone go on without crew.",
    },
    Halt.HEAT: {
        "es": "Con {degrees:.1f} °C fuera faltan {missing:.0f} kW de frío para mantener la sala a {room:g} °C.",
        "en": "At {degrees:.1f} °C outdoors {missing:.0f} kW of cold are missing to hold the hall at {room:g} °C.",
    },
    Halt.DAMP: {
        "es": "El aire exterior es tan húmedo que faltan {missing:.0f} kW de frío para secarlo: saldría eflorescencia.",
        "en": "The air outdoors is so damp that {missing:.0f} kW of cold are missing to dry it: chocolate would bloom.",
    },
}


def halts(plant: Plant, at: datetime, air: Air) -> list[tuple[Halt, dict[str, str]]]:
    """The reasons to halt in an hour, with their sentences by language; none where production is possible."""
    found = [] if plant.crew.present(at) else [Halt.CREW]
    if not line_may_run(air, plant):
        warmth_kw = sensible_load_kw(air, plant.hall, producing=True) - gains_kw(plant.hall, producing=True)
        damp = latent_load_kw(air, plant.hall, producing=True) > warmth_kw
        found.append(Halt.DAMP if damp else Halt.HEAT)
    facts = {
        "degrees": air.temperature_c,
        "missing": max(0.0, -cold_margin_kw(air, plant)),
        "room": plant.hall.set_point_c,
    }
    return [(why, {lang: text.format(**facts) for lang, text in SENTENCES[why].items()}) for why in found]
