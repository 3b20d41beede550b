"""Why a slot has its level, in words; without numpy, so that the service may read it."""

from __future__ import annotations

from collections.abc import Mapping

#: Each reason of a level as a sentence, by language.
REASONS: Mapping[str, Mapping[str, str]] = {
    "crew": {"es": "No hay personal a esa hora.", "en": "There is no crew at that hour."},
    "hall": {
        "es": "La sala no se puede mantener fresca y seca: el frío no alcanza.",
        "en": "The hall cannot be held cool and dry: there is not enough cold.",
    },
    "quiet": {
        "es": "Son horas de silencio: ni la línea ni el refino trabajan.",
        "en": "These are quiet hours: neither line nor refining group works.",
    },
    "contract": {
        "es": "La potencia que se puede tomar no alcanza para la línea.",
        "en": "The power that may be taken is not enough for the line.",
    },
    "price": {
        "es": "La electricidad cuesta más que en la mitad de las horas posibles.",
        "en": "Electricity costs more than in half of the hours that are possible.",
    },
    "enough": {
        "es": "La hora es barata, pero no hace falta: lo pedido se hace en otras.",
        "en": "The hour is cheap but not needed: what is asked for is made in others.",
    },
    "works": {"es": "Se trabaja en la línea o en el refino.", "en": "Line or refining group works."},
}
