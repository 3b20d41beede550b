"""The briefing's sentences, in Spanish and English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from chocolate_factory.domain.plan import Batch
from chocolate_factory.domain.time import MADRID, Interval
from chocolate_factory.planning.words.wording import DAYS, kilograms, listed, number
from chocolate_factory.usecases.briefing.facts import DayFacts, PricedStretch

#: Of the reasons why something is late so many are told; the plan has them all.
REASONS_TOLD: Final = 2

_WORDS: Final = {
    "es": {
        "title": "Plan del {day}", "late_title": "Plan del {day}: faltan precios",
        "missing": "A las {at} aún no están publicados los precios del {day}: el plan usa precios previstos. "
        "El informe completo llegará en cuanto se publiquen.",
        "runs": "Qué se hace", "nothing": "No se trabaja.",
        "conche": "{from_} {machine}: tanda de {product}, {kg}, hasta {until}",
        "line": "{from_}-{until} línea: {product}, {kg}", "goes on": "sigue desde la víspera: ",
        "cost": "Cuesta {eur} € de energía ({kwh} kWh, {kg}); la referencia B2, {baseline} €.",
        "saving": "Ahorro del plan completo frente a B2, con el mismo chocolate: {eur} €.",
        "no saving": "El ahorro no se puede comparar: plan y referencia hacen cosas demasiado distintas.",
        "dear": "Horas caras: {hours}.", "cheap": "Horas baratas: {hours}.", "priced": "{hours} a {eur} €/kWh",
        "hot": "Máxima prevista: {celsius} °C a las {at}.", "too hot": "La sala no se puede mantener fresca: {hours}.",
        "unsure": "Qué es incierto", "guessed": "El {pct} % de los precios de ese día aún es previsión.",
        "on time": "Todo llega a tiempo en el {pct} % de las simulaciones.",
        "late": "No llega a tiempo: {why}", "sure": "Nada: precios publicados y pedidos a tiempo.",
        "weather": "El tiempo es una previsión.",
    },
    "en": {
        "title": "Plan of {day}", "late_title": "Plan of {day}: prices are missing",
        "missing": "At {at} the prices of {day} are not published yet: the plan rests on forecast prices. "
        "The whole briefing follows as soon as they are.",
        "runs": "What runs", "nothing": "Nothing runs.",
        "conche": "{from_} {machine}: a batch of {product}, {kg}, until {until}",
        "line": "{from_}-{until} line: {product}, {kg}", "goes on": "goes on from the day before: ",
        "cost": "It costs {eur} EUR of energy ({kwh} kWh, {kg}); the baseline B2 {baseline} EUR.",
        "saving": "Saving of the whole plan against B2, for the same chocolate: {eur} EUR.",
        "no saving": "The saving cannot be told: plan and baseline make too different things.",
        "dear": "Dear hours: {hours}.", "cheap": "Cheap hours: {hours}.", "priced": "{hours} at {eur} EUR/kWh",
        "hot": "Highest expected: {celsius} °C at {at}.", "too hot": "The hall cannot be held cool: {hours}.",
        "unsure": "What is unsure", "guessed": "{pct} % of that day's prices are still forecast.",
        "on time": "Everything is on time in {pct} % of the simulated runs.",
        "late": "Not in time: {why}", "sure": "Nothing: prices are published and orders are on time.",
        "weather": "The weather is a forecast.",
    },
}  # fmt: skip


def title(day: date, language: str, *, late: bool = False) -> str:
    """What it is about."""
    return _WORDS[language]["late_title" if late else "title"].format(day=_day(day, language))


def prices_missing(day: date, now: datetime, language: str) -> str:
    """That prices are late, and what follows."""
    return _WORDS[language]["missing"].format(at=_clock(now), day=_day(day, language))


def body(facts: DayFacts, language: str) -> str:
    """The whole briefing: what runs, what it costs, dear and hot hours, what is unsure."""
    words = _WORDS[language]
    parts = [
        [f"{words['runs']}:", *(_runs(facts, language) or [words["nothing"]])],
        _costs(facts, language),
        _hours(facts, language),
        [f"{words['unsure']}:", *_unsure(facts, language)],
    ]
    return "\n\n".join("\n".join(part) for part in parts)


# ------------------------------------------------------------------------------------------------------------- parts
def _runs(facts: DayFacts, language: str) -> list[str]:
    return [f"- {_batch(batch, facts.day, language)}" for batch in facts.batches]


def _batch(batch: Batch, day: date, language: str) -> str:
    words = _WORDS[language]
    before = batch.start.astimezone(MADRID).date() < day
    told = words[batch.stage].format(
        from_=_clock(batch.start), until=_until(batch.end, day, language), machine=batch.machine,
        product=batch.product, kg=kilograms(batch.kg, language),
    )  # fmt: skip
    return f"{words['goes on']}{told}" if before else told


def _costs(facts: DayFacts, language: str) -> list[str]:
    words = _WORDS[language]
    cost = words["cost"].format(
        eur=number(facts.cost_eur, 2, language), kwh=number(facts.kwh, 0, language), kg=kilograms(facts.kg, language),
        baseline=number(facts.baseline_eur, 2, language),
    )  # fmt: skip
    if facts.saving_eur is None:
        return [cost, words["no saving"]]
    return [cost, words["saving"].format(eur=number(facts.saving_eur, 2, language))]


def _hours(facts: DayFacts, language: str) -> list[str]:
    words, air = _WORDS[language], facts.hottest.input
    told = [
        words[name].format(hours=listed([_priced(s, language) for s in stretches], language))
        for name, stretches in (("dear", facts.dear), ("cheap", facts.cheap))
        if stretches
    ]
    celsius = number(air.air.temperature_c, 1, language)
    told.append(words["hot"].format(celsius=celsius, at=_clock(air.slot.start)))
    if facts.too_hot:
        told.append(words["too hot"].format(hours=listed([_span(run) for run in facts.too_hot], language)))
    return told


def _unsure(facts: DayFacts, language: str) -> list[str]:
    words = _WORDS[language]
    told = [words["late"].format(why=late[language]) for late in facts.late[:REASONS_TOLD]]
    if facts.guessed:
        told.append(words["guessed"].format(pct=number(100 * facts.guessed, 0, language)))
    if facts.on_time is not None and facts.on_time < 1.0:
        told.append(words["on time"].format(pct=number(100 * facts.on_time, 0, language)))
    return [f"- {sentence}" for sentence in [*(told or [words["sure"]]), words["weather"]]]


# ------------------------------------------------------------------------------------------------------------- pieces
def _priced(stretch: PricedStretch, language: str) -> str:
    eur = number(stretch.eur_kwh, 3, language)
    return _WORDS[language]["priced"].format(hours=_span(stretch.window), eur=eur)


def _span(window: Interval) -> str:
    end = _clock(window.end)
    return f"{_clock(window.start)}-{'24:00' if end == '00:00' else end}"


def _until(end: datetime, day: date, language: str) -> str:
    local = end.astimezone(MADRID)
    if local.date() == day:
        return f"{local:%H:%M}"
    midnight = local.hour == local.minute == 0 and (local.date() - day).days == 1
    return "24:00" if midnight else f"{DAYS[language][local.weekday()]} {local:%H:%M}"


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(MADRID):%H:%M}"


def _day(day: date, language: str) -> str:
    return f"{DAYS[language][day.weekday()]} {day.day}/{day.month}/{day.year}"


def sentences(parts: Sequence[str]) -> str:
    """One paragraph of several."""
    return "\n\n".join(part for part in parts if part)
