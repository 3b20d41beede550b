"""What chance makes of a plan, for people and in the page's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from chocolate_factory.cli.terminal import print_table, say
from chocolate_factory.planning.words.wording import number


class Figure(NamedTuple):
    """A row of the table: a KPI, its words, its unit, and by what it is multiplied to be in that unit."""

    kpi: str
    es: str
    en: str
    unit: str
    digits: int
    times: int = 1

    def words(self, language: str) -> str:
        """What it is called."""
        return self.es if language == "es" else self.en


FIGURES = (
    Figure("good_kg", "producción buena", "good output", "kg", 0),
    Figure("reject_kg", "rechazos", "rejects", "kg", 1),
    Figure("rework_kg", "reproceso de arranques", "rework of starts", "kg", 1),
    Figure("energy_kwh", "energía", "energy", "kWh", 0),
    Figure("cost_eur", "coste de la energía", "cost of energy", "EUR", 2),
    Figure("kwh_kg", "energía por kg bueno", "energy of a good kg", "kWh/kg", 3),
    Figure("eur_kg", "su coste", "its cost", "EUR/kg", 4),
    Figure("oee", "OEE de la línea", "OEE of the line", "%", 1, 100),
    Figure("availability", "- disponibilidad", "- availability", "%", 1, 100),
    Figure("performance", "- rendimiento", "- performance", "%", 1, 100),
    Figure("quality", "- calidad", "- quality", "%", 1, 100),
    Figure("late_orders", "pedidos con retraso", "late orders", "", 2),
    Figure("late_kg_h", "retraso", "lateness", "kg·h", 0),
    Figure("peak_kw", "cuarto de hora más alto", "highest quarter-hour", "kW", 1),
    *(Figure(f"peak_p{i}_kw", f"- en P{i}", f"- in P{i}", "kW", 1) for i in range(1, 7)),
)
CAUSES = {
    "es": {
        "changeover": "cambio de producto", "setup": "preparación", "breakdown": "averías", "starved": "espera de masa",
        "micro_stop": "microparadas", "slow": "ritmo menor", "rejects": "rechazos", "rework": "reproceso",
    },
    "en": {
        "changeover": "change of product", "setup": "set-up", "breakdown": "breakdowns", "starved": "waiting for mass",
        "micro_stop": "short stops", "slow": "lower rate", "rejects": "rejects", "rework": "rework",
    },
}  # fmt: skip
WORDS: Mapping[str, Mapping[str, str]] = {
    "es": {
        "title": "El plan, {runs} veces simulado",
        "figure": "cifra",
        "unit": "unidad",
        "mean": "media",
        "losses": "Lo que pierde la línea, minutos",
        "cause": "causa",
        "on_time": "Todos los pedidos a tiempo en el {share} % de las simulaciones.",
        "weakest": "El lote más débil es {batch}: en el {share} % de las que llegan tarde, ahí se pierde más tiempo.",
    },
    "en": {
        "title": "The plan, run {runs} times",
        "figure": "figure",
        "unit": "unit",
        "mean": "mean",
        "losses": "What the line lost, minutes",
        "cause": "cause",
        "on_time": "Every order on time in {share} % of the runs.",
        "weakest": "The weakest batch is {batch}: in {share} % of the late runs most time was lost there.",
    },
}


def show_simulation(document: dict[str, Any], notes: Sequence[str], language: str) -> None:
    """Tables and sentences of a document of ``usecases/simulate.py``."""
    words = WORDS[language]
    columns = (words["mean"], "± 95 %", "P10", "P50", "P90")
    title = words["title"].format(runs=document["replications"])
    print_table(title, (words["figure"], words["unit"], *columns), list(_rows(document["kpis"], language)))
    losses = document["losses_min"].items()
    lost = [(CAUSES[language].get(cause, cause), *_cells(spread, 0, 1, language)) for cause, spread in losses]
    print_table(words["losses"], (words["cause"], *columns), lost)
    for sentence in _punctuality(document, language):
        say(sentence)
    for note in notes:
        say(f"- {note}")


def _rows(kpis: dict[str, Any], language: str) -> Iterator[tuple[str, ...]]:
    for f in FIGURES:
        if f.kpi in kpis:
            yield (f.words(language), f.unit, *_cells(kpis[f.kpi], f.digits, f.times, language))


def _cells(spread: dict[str, Any], digits: int, times: int, language: str) -> tuple[str, ...]:
    """The columns of a spread; one run has no interval, and the cell says nothing."""
    values = (spread[k] for k in ("mean", "half_width", "p10", "p50", "p90"))
    return tuple("" if v is None else f"{number(times * v, digits, language):>8}" for v in values)


def _punctuality(document: dict[str, Any], language: str) -> Iterator[str]:
    words = WORDS[language]
    yield words["on_time"].format(share=number(100 * document["on_time_probability"], 1, language))
    for order, share in document["order_on_time"].items():
        yield f"- {order}: {number(100 * share, 1, language)} %"
    if document["weakest_batch"] is not None:
        share = number(100 * document["weakest_share"], 0, language)
        yield words["weakest"].format(batch=document["weakest_batch"], share=share)
