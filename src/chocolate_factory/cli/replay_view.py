"""A replay for people, in the page's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chocolate_factory.cli.plan_view import TRIGGERS
from chocolate_factory.cli.terminal import print_table, say
from chocolate_factory.domain.plan_record import Planned
from chocolate_factory.domain.replay import Difference, Replayed
from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.planning.words.wording import kilograms, number
from chocolate_factory.usecases.replay_document import verdict
from chocolate_factory.usecases.replay_words import LACKS, VERDICTS, figure, searches, what, why

#: Lines of a table of differences that are shown; --json has all.
MOST = 20
COLUMNS = {"es": ("qué", "entonces", "ahora", "por qué"), "en": ("what", "then", "now", "why")}
WORDS: Mapping[str, Mapping[str, str]] = {
    "es": {
        "made": "Plan {id} del {at} ({why}).",
        "found": "Entradas: {n} precios y datos del tiempo que se conocían entonces, leídos otra vez del almacén; son "
        "los que usó el plan.",
        "lacking": "Entradas: {why}",
        "inputs": "Entradas que no son las de entonces",
        "model": "Previsión de precios: {model}.",
        "revised": "Se conocen mejor desde entonces, y no cuentan: {n} ({first}).",
        "plant": "El fichero de la planta dice hoy otra cosa en {n} puntos; cuenta la planta guardada con el plan.",
        "same": "Plan: hecho otra vez, idéntico: {n} tandas, {kg}, {eur} EUR de energía, y el mismo certificado.",
        "other": "Plan: hecho otra vez, distinto: entonces {then} EUR y {then_kg}, ahora {now} EUR y {now_kg}.",
        "plan": "En el plan",
        "otherwise": "Con las entradas de ahora saldrían {kg} por {eur} EUR de energía.",
        "more": "… y {n} más; --json las da todas.",
        "program": "Entonces decidió la versión {then}, ahora {now}.",
    },
    "en": {
        "made": "Plan {id} of {at} ({why}).",
        "found": "Inputs: {n} prices and readings that were known then, read from the store again; they are those that "
        "the plan used.",
        "lacking": "Inputs: {why}",
        "inputs": "Inputs that are not those of then",
        "model": "Price forecast: {model}.",
        "revised": "Known better since, and not counted: {n} ({first}).",
        "plant": "The plant's file says otherwise today in {n} places; what counts is the plant kept with the plan.",
        "same": "Plan: made again, identical: {n} batches, {kg}, {eur} EUR of energy, and the same certificate.",
        "other": "Plan: made again, not the same: then {then} EUR and {then_kg}, now {now} EUR and {now_kg}.",
        "plan": "In the plan",
        "otherwise": "From the inputs as they are now it would be {kg} for {eur} EUR of energy.",
        "more": "… and {n} more; --json has them all.",
        "program": "Then version {then} decided, now {now}.",
    },
}


def show_replay(replayed: Replayed, notes: Sequence[str], language: str) -> None:
    """All of it: inputs, plan, solver, verdict."""
    record = replayed.bundle.record
    trigger = TRIGGERS[language].get(record.trigger, record.trigger)
    say(WORDS[language]["made"].format(id=record.id, at=isoformat_madrid(record.made_at), why=trigger))
    for note in notes:
        say(note)
    _show_inputs(replayed, language)
    _show_plan(replayed, language)
    _show_programs(replayed, language)
    say(VERDICTS[verdict(replayed)][language])


def _show_inputs(replayed: Replayed, language: str) -> None:
    words, evidence, found = WORDS[language], replayed.bundle.evidence, replayed.bundle.found
    for lack in evidence.lacks:
        say(words["lacking"].format(why=LACKS[lack][language]))
    if not (evidence.lacks or replayed.inputs):
        say(words["found"].format(n=len(evidence.observations)))
    if "version" in evidence.model:
        say(words["model"].format(model=evidence.model["version"]))
    _table(words["inputs"], replayed.inputs, language)
    if found.revised:
        first = found.revised[0]
        told = f"{first.series} {isoformat_madrid(first.start)}: {first.then:g} → {first.now:g}"
        say(words["revised"].format(n=len(found.revised), first=told))
    if found.plant:
        say(words["plant"].format(n=len(found.plant)))


def _show_plan(replayed: Replayed, language: str) -> None:
    words, then, again = WORDS[language], replayed.bundle.record.planned, replayed.again
    if replayed.plan:
        then_is = {"then": _eur(then, language), "then_kg": kilograms(then.plan.kg, language)}
        say(words["other"].format(now=_eur(again, language), now_kg=kilograms(again.plan.kg, language), **then_is))
    else:
        n, kg = len(again.plan.batches), kilograms(again.plan.kg, language)
        say(words["same"].format(n=n, kg=kg, eur=_eur(again, language)))
    _table(words["plan"], replayed.plan, language)
    say(searches(replayed, language))
    if replayed.otherwise is not None:
        kg = kilograms(replayed.otherwise.plan.kg, language)
        say(words["otherwise"].format(kg=kg, eur=_eur(replayed.otherwise, language)))


def _show_programs(replayed: Replayed, language: str) -> None:
    grounds, now = replayed.bundle.record.grounds, replayed.program
    then = grounds.program if grounds is not None else None
    if then is not None and then != now:
        told = (f"{p.version} ({p.code}, SciPy {p.beside.get('scipy', '?')})" for p in (then, now))
        say(WORDS[language]["program"].format(then=next(told), now=next(told)))


def _table(title: str, differences: Sequence[Difference], language: str) -> None:
    if not differences:
        return
    rows = [
        (what(d, language), figure(d.then, language), figure(d.now, language), why(d, language))
        for d in differences[:MOST]
    ]
    print_table(title, COLUMNS[language], rows)
    if len(differences) > MOST:
        say(WORDS[language]["more"].format(n=len(differences) - MOST))


def _eur(planned: Planned, language: str) -> str:
    return number(planned.plan.cost_eur, 2, language)
