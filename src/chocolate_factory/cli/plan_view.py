"""A plan for people, in the page's language: what runs when, what it costs, what it is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from chocolate_factory.cli.gantt import DAYS
from chocolate_factory.cli.terminal import print_table, say
from chocolate_factory.domain.plan import Batch, Conflict, Plan, Status
from chocolate_factory.domain.plan_record import Certificate, Planned
from chocolate_factory.domain.time import MADRID
from chocolate_factory.planning.words.wording import kilograms, moment, number
from chocolate_factory.usecases.plan_document import notes_of

COLUMNS = {
    "es": ("nº", "qué", "máquina", "de", "a", "kg", "no se mueve"),
    "en": ("no.", "what", "machine", "from", "to", "kg", "not moved"),
}
WHY = {"es": "Por qué:", "en": "Why:"}
STAGES = {"es": {"conche": "concha", "line": "línea"}, "en": {"conche": "conche", "line": "line"}}
HELD = {
    "es": {"begun": "en marcha", "frozen": "por empezar", "locked": "a mano", "steady": "estable"},
    "en": {"begun": "begun", "frozen": "frozen", "locked": "by hand", "steady": "steady"},
}
TRIGGERS = {
    "es": {
        "first": "el primero", "schedule": "por horario", "new prices": "por precios nuevos", "request": "pedido",
        "expired": "el anterior había terminado",
    },
    "en": {
        "first": "the first", "schedule": "by the timetable", "new prices": "new prices", "request": "asked for",
        "expired": "the one before had ended",
    },
}  # fmt: skip
STATUS = {
    "es": {Status.OPTIMAL: "óptimo", Status.FEASIBLE: "válido", Status.INFEASIBLE: "imposible"},
    "en": {Status.OPTIMAL: "optimal", Status.FEASIBLE: "feasible", Status.INFEASIBLE: "infeasible"},
}
WORDS: Mapping[str, Mapping[str, str]] = {
    "es": {
        "title": "Plan de {start} a {end}",
        "made": "Hecho el {at} ({why}), {id}.",
        "proof": "{status}: como mucho un {gap} % más caro que lo mejor posible; {seconds} s de cálculo.",
        "no_proof": "{status}, {solver}; sin cota de lo mejor posible.",
        "makes": "Salen {kg} de la línea con {kwh} kWh: {eur} EUR de energía, {per_kg} EUR/kg.",
        "starts": "Los arranques de la línea cuestan {eur} EUR más.",
        "peak": "Potencia máxima: {peaks}.",
        "late": "Llega tarde: {late} kg·h de retraso, y al final se deben {owed}.",
        "baseline": "Un bloque diario desde las 06:00, sin mirar el precio, hace {kg} por {eur} EUR",
        "baseline_late": ", con {late} kg·h de retraso.",
        "saved": "Para el mismo chocolate, el plan ahorra {eur} EUR de energía ({pct} %).",
        "dearer": "Para el mismo chocolate, el plan gasta {eur} EUR más de energía ({pct} %).",
        "unlike": "Son tan distintos que no se dice cuánto se ahorra.",
        "chance": "A tiempo en el {share} % de {runs} simulaciones.",
        "weakest": "La tanda más débil es {batch}: en el {share} % de las que llegan tarde, ahí se pierde el tiempo.",
        "clash": "No caben juntos: {clashes}",
        "way": "Salida: {text}{eur}",
        "unpriced": " (sin precio)",
    },
    "en": {
        "title": "Plan from {start} to {end}",
        "made": "Made on {at} ({why}), {id}.",
        "proof": "{status}: at most {gap} % dearer than the best possible; {seconds} s of computing.",
        "no_proof": "{status}, {solver}; without a bound of the best possible.",
        "makes": "{kg} leave the line with {kwh} kWh: {eur} EUR of energy, {per_kg} EUR/kg.",
        "starts": "Starts of the line cost {eur} EUR more.",
        "peak": "Highest power: {peaks}.",
        "late": "It is late: {late} kg·h of lateness, and {owed} are owed at the end.",
        "baseline": "A block a day from 06:00, blind to the price, makes {kg} for {eur} EUR",
        "baseline_late": ", with {late} kg·h of lateness.",
        "saved": "For the same chocolate the plan saves {eur} EUR of energy ({pct} %).",
        "dearer": "For the same chocolate the plan takes {eur} EUR more of energy ({pct} %).",
        "unlike": "The two are too different to tell a saving.",
        "chance": "On time in {share} % of {runs} simulated runs.",
        "weakest": "The weakest batch is {batch}: in {share} % of the late runs most time is lost there.",
        "clash": "These cannot hold together: {clashes}",
        "way": "Way out: {text}{eur}",
        "unpriced": " (not priced)",
    },
}  # fmt: skip


def show_plan(planned: Planned, notes: Sequence[str], language: str, made: str = "") -> None:
    """The whole plan.

    Args:
        made: a sentence that says which plan this is; empty for a stand-alone one.
    """
    horizon = planned.plan.problem.horizon
    title = WORDS[language]["title"].format(start=short(horizon.start, language), end=short(horizon.end, language))
    batches = planned.plan.batches
    print_table(title, COLUMNS[language], [_row(i, batch, language) for i, batch in enumerate(batches, 1)])
    if batches:
        say(WHY[language])
    for i, batch in enumerate(batches, 1):
        say(f"{i:>3}  {batch.reason.get(language, '')}")
    say("")
    for sentence in (*([made] if made else []), *_summary(planned, language)):
        say(sentence)
    for note in notes_of(planned, notes):
        say(f"- {note}")


def made_sentence(plan_id: str, at: datetime, trigger: str, language: str) -> str:
    """Which plan it is."""
    why = TRIGGERS[language].get(trigger, trigger)
    return WORDS[language]["made"].format(at=moment(at, language), why=why, id=plan_id)


def short(at: datetime, language: str) -> str:
    """Weekday, day and wall clock of Madrid in little room: ``Tue 10 06:00``."""
    local = at.astimezone(MADRID)
    return f"{DAYS[language][local.weekday()]} {local.day} {local:%H:%M}"


def _row(i: int, batch: Batch, language: str) -> tuple[object, ...]:
    held = HELD[language].get(batch.held, batch.held)
    what = f"{STAGES[language].get(batch.stage, batch.stage)} {batch.product}"
    window = (short(batch.start, language), short(batch.end, language))
    return (i, what, batch.machine, *window, round(batch.kg), held)


# ------------------------------------------------------------------------------------------------------------ summary
def _summary(planned: Planned, language: str) -> Iterator[str]:
    plan = planned.plan
    yield _proof(plan, language)
    yield from _totals(plan, language)
    yield from _against(planned, language)
    if planned.certificate is not None:
        yield from _chance(planned.certificate, language)
    for conflict in plan.conflicts:
        yield from _conflict(conflict, language)


def _proof(plan: Plan, language: str) -> str:
    words, status = WORDS[language], STATUS[language][plan.status].capitalize()
    if plan.solver.gap is None:
        return words["no_proof"].format(status=status, solver=plan.solver.name)
    gap, seconds = number(100 * plan.solver.gap, 2, language), number(plan.solver.seconds, 1, language)
    return words["proof"].format(status=status, gap=gap, seconds=seconds)


def _totals(plan: Plan, language: str) -> Iterator[str]:
    words = WORDS[language]
    kg, kwh, eur = kilograms(plan.kg, language), number(plan.kwh, 0, language), number(plan.cost_eur, 2, language)
    per_kg = number(plan.cost_eur / plan.kg, 4, language) if plan.kg else "–"
    yield words["makes"].format(kg=kg, kwh=kwh, eur=eur, per_kg=per_kg)
    if plan.starts_eur:
        yield words["starts"].format(eur=number(plan.starts_eur, 2, language))
    peaks = ", ".join(f"{period.value} {kw:.0f} kW" for period, kw in sorted(plan.peak_kw().items()))
    yield words["peak"].format(peaks=peaks)
    if plan.late_kg_h > 0:
        late = number(plan.late_kg_h, 0, language)
        yield words["late"].format(late=late, owed=kilograms(plan.owed_kg, language))


def _against(planned: Planned, language: str) -> Iterator[str]:
    """The baseline, and what the plan's energy costs less or more for the same."""
    words, plan, baseline = WORDS[language], planned.plan, planned.baseline
    eur, late = number(baseline.cost_eur, 2, language), number(baseline.late_kg_h, 0, language)
    told = words["baseline"].format(kg=kilograms(baseline.kg, language), eur=eur)
    yield told + (words["baseline_late"].format(late=late) if plan.late_kg_h or baseline.late_kg_h else ".")
    saved = planned.saving_eur
    if saved is None or not baseline.cost_eur:
        yield words["unlike"]
        return
    pct = number(100 * abs(saved) / baseline.cost_eur, 1, language)
    yield words["saved" if saved >= 0 else "dearer"].format(eur=number(abs(saved), 2, language), pct=pct)


def _chance(certificate: Certificate, language: str) -> Iterator[str]:
    words = WORDS[language]
    share = number(100 * certificate.on_time_probability, 0, language)
    yield words["chance"].format(share=share, runs=certificate.replications)
    if certificate.weakest_batch is not None:
        share = number(100 * certificate.weakest_share, 0, language)
        yield words["weakest"].format(batch=certificate.weakest_batch, share=share)


def _conflict(conflict: Conflict, language: str) -> Iterator[str]:
    words = WORDS[language]
    yield words["clash"].format(clashes="; ".join(c.text[language] for c in conflict.clashes))
    for way in conflict.ways_out:
        eur = words["unpriced"] if way.eur is None else f" ({number(way.eur, 2, language)} EUR)"
        yield words["way"].format(text=way.text[language], eur=eur)
