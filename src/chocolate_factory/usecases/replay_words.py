"""A replay in words, Spanish and English: its verdict, what is lacking, what differs and why."""

from __future__ import annotations

from collections.abc import Mapping

from chocolate_factory.domain.replay import Difference, Lack, Replayed, Scalar, Why
from chocolate_factory.domain.retention import RULES, Kept
from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.planning.words.wording import number

Words = Mapping[str, str]

VERDICTS: Mapping[str, Words] = {
    "identical": {"es": "Idéntico: las mismas entradas y el mismo plan.", "en": "Identical: same inputs, same plan."},
    "differs": {"es": "No es idéntico.", "en": "It is not identical."},
    "cannot be rebuilt": {
        "es": "Las entradas no se pueden reconstruir del todo.",
        "en": "The inputs cannot be rebuilt as a whole.",
    },
}
_PLANS = RULES[Kept.PLANS].keep
_DAYS = _PLANS.days if _PLANS is not None else 0
LACKS: Mapping[Lack, Words] = {
    Lack.GROUNDS: {
        "es": "Una versión anterior hizo este plan y no anotó de dónde venían sus entradas.",
        "en": "A version before this one made this plan and did not note where its inputs came from.",
    },
    Lack.FORGOTTEN_PLAN: {
        "es": f"El plan vigente de entonces ya no se guarda: pasados {_DAYS} días queda el último de cada día UTC. "
        "Lo que salía de él se toma del registro.",
        "en": f"The plan that was in force then is not kept any more: after {_DAYS} days the last of each UTC day is. "
        "What came from it is taken from the record.",
    },
    Lack.PLAN: {
        "es": "El plan vigente de entonces no está en el registro, o no se puede leer. Lo que salía de él no se "
        "comprueba.",
        "en": "The plan that was in force then is not in the ledger, or cannot be read. What came from it is not "
        "checked.",
    },
    Lack.FORECAST: {
        "es": "El almacén no tiene nada de la previsión de precios vigente entonces.",
        "en": "The store holds nothing of the price forecast that was in force then.",
    },
    Lack.INPUTS: {
        "es": "Lo que queda de precios o meteorología no basta para ningún plan.",
        "en": "What is left of prices or weather is too little for any plan.",
    },
}
WHYS: Mapping[Why, Words] = {
    Why.GONE: {
        "es": "el almacén ya no tiene nada de lo que se sabía entonces{at}",
        "en": "the store holds nothing of what was known then any more{at}",
    },
    Why.FORGOTTEN: {
        "es": "olvidado: pasó su plazo de conservación{at}",
        "en": "forgotten: its time of retention is over{at}",
    },
    Why.REPLACED: {
        "es": "de lo que se sabía entonces el almacén dice otro valor{at} que el que se usó",
        "en": "of what was known then the store says another value{at} than the one that was used",
    },
    Why.LATE: {
        "es": "se usó aunque llegó mientras se leía lo demás{at}",
        "en": "it was used though it came while all else was being read{at}",
    },
    Why.UNSEEN: {
        "es": "ya había llegado otro valor{at}, y aún no estaba guardado cuando se leyó",
        "en": "another value had been received{at}, and was not stored yet when all was read",
    },
    Why.PROGRAM: {"es": "decide otra versión del programa", "en": "another version of the program decides"},
    Why.LEDGER: {"es": "el registro cuenta otra historia", "en": "the ledger tells another history"},
    Why.FOLLOWS: {"es": "se sigue de lo anterior", "en": "it follows from the above"},
    Why.UNKNOWN: {
        "es": "ni almacén, ni registro, ni programa lo explican",
        "en": "neither store nor ledger nor program explains it",
    },
}
#: What the moment of a reason is.
AT: Mapping[Why, Words] = {
    Why.GONE: {"es": "; lo que tiene llegó el {at}", "en": "; what it holds was received at {at}"},
    Why.FORGOTTEN: {"es": "; lo que queda llegó el {at}", "en": "; what is left was received at {at}"},
    Why.REPLACED: {"es": " (recibido el {at})", "en": " (received at {at})"},
    Why.LATE: {"es": " (recibido el {at})", "en": " (received at {at})"},
    Why.UNSEEN: {"es": " (el {at})", "en": " (at {at})"},
}
#: Figures by name; what is not here is told by its own name.
FIGURES: Mapping[str, Words] = {
    "energy_eur_kwh": {"es": "precio final, EUR/kWh", "en": "all-in price, EUR/kWh"},
    "price_kind": {"es": "tipo de precio", "en": "kind of price"},
    "temperature_c": {"es": "temperatura, °C", "en": "temperature, °C"},
    "humidity_pct": {"es": "humedad, %", "en": "humidity, %"},
    "crew": {"es": "personal", "en": "crew"},
    "stocks_kg": {"es": "existencias, kg", "en": "stocks, kg"},
    "finished_kg": {"es": "producto acabado, kg", "en": "finished goods, kg"},
    "done_kg": {"es": "ya hecho, kg", "en": "made already, kg"},
    "running": {"es": "en la concha", "en": "in its conche"},
    "orders": {"es": "pedido", "en": "order"},
    "fixed": {"es": "no se mueve", "en": "not moved"},
    "steady": {"es": "estable", "en": "steady"},
    "locked": {"es": "bloqueada a mano", "en": "locked by hand"},
    "counted_at": {"es": "último recuento", "en": "last count"},
    "batches": {"es": "tanda", "en": "batch"},
    "cost_eur": {"es": "coste, EUR", "en": "cost, EUR"},
    "power_kw": {"es": "potencia, kW", "en": "power, kW"},
    "output_kg": {"es": "salida, kg", "en": "output, kg"},
    "certificate": {"es": "certificado", "en": "certificate"},
    "baseline": {"es": "referencia", "en": "baseline"},
}
#: Steps of a path that say nothing to people.
SILENT = frozenset({"problem", "options", "grounds", "plan", "slots", "air"})


def what(d: Difference, language: str) -> str:
    """Where a difference stands, e.g. ``2026-07-14T14:00:00+02:00 · temperature, °C``."""
    return " · ".join(FIGURES.get(step, {language: step})[language] for step in d.path if step not in SILENT)


def why(d: Difference, language: str) -> str:
    """The reason; empty where none is told."""
    if d.why is None:
        return ""
    at = AT[d.why][language].format(at=isoformat_madrid(d.at)) if d.at is not None and d.why in AT else ""
    return WHYS[d.why][language].format(at=at)


def figure(value: Scalar, language: str) -> str:
    """A figure or word of a difference."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return {"es": ("no", "sí"), "en": ("no", "yes")}[language][value]
    return number(value, 6, language).rstrip("0").rstrip(",.") if isinstance(value, float) else str(value)


def searches(replayed: Replayed, language: str) -> str:
    """What became of the solver's calls."""
    s = replayed.searches
    if not replayed.bundle.record.planned.solves:
        return _UNNOTED[language]
    told = (_STOPPED if s.stopped else _WHOLE)[language].format(stopped=s.stopped, count=s.count)
    return told + (_PARTED[language].format(at=s.parted_at) if s.parted_at is not None else "")


_UNNOTED = {
    "es": "No se anotó lo que dijo el solver: si lo cortó su límite de tiempo, no se puede repetir.",
    "en": "What the solver said was not noted: where its time limit ended a search, that cannot be repeated.",
}
_WHOLE = {
    "es": "El solver terminó sus {count} búsquedas, y se han repetido todas.",
    "en": "The solver had ended its {count} searches by itself, and all were made again.",
}
_STOPPED = {
    "es": "El límite de tiempo cortó {stopped} de {count} búsquedas del solver: sus respuestas, guardadas con el plan, "
    "cumplen todos los límites y cuestan lo que se dijo. Las demás se han repetido.",
    "en": "The time limit had ended {stopped} of the solver's {count} searches: their answers, kept with the plan, "
    "keep every limit and cost what was said. The others were made again.",
}
_PARTED = {
    "es": " La número {at} sale distinta, y desde ahí todo lo demás.",
    "en": " Number {at} comes out otherwise, and all else from there on.",
}
