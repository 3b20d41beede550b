"""What the page says first: what to run now, what comes next, and whether to trust it.

Invariants:
    There is a level or a sentence why there is none; never both, never neither.
    Where the classifier advises another level than the plan decides, both are shown with their reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chocolate_factory.web.dashboard import figures
from chocolate_factory.web.dashboard.texts import Texts
from chocolate_factory.web.dashboard.views.badges import badge

#: The level as a class name; anything else is unknown.
LEVELS = {"Optimal": "optimal", "Moderate": "moderate", "Reduced": "reduced", "Halt Production": "halt"}


@dataclass(frozen=True, slots=True)
class Run:
    """One batch, as people speak of it."""

    machine: str
    what: str
    when: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What the classifier says of this hour; ``why`` is the reason, or why there is no advice."""

    level: str
    colour: str
    differs: bool
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The plan's word for now.

    Attributes:
        colour: class of the level.
        badge: the kind of the slot's price when it is no observation.
        trust: sentences: when and how the plan was made, how surely it is on time, what its prices rest on.
        troubles: what a person must know before running by it.
    """

    level: str
    colour: str
    why: str
    until: str
    badge: str
    missing: str
    running: list[Run]
    coming: list[Run]
    trust: list[str]
    troubles: list[str]
    advice: Advice


def decision(data: Mapping[str, Any], now: datetime, texts: Texts) -> Decision:
    """All of it, from the plan, what stands around it, and the predictions."""
    plan, context = data.get("plan"), data.get("plan_context") or {}
    slot = context.get("now") if plan else None
    level = slot["level"] if slot else ""
    return Decision(
        level=texts.name("level", level) if slot else "",
        colour=LEVELS.get(level, "none"),
        why=_why(plan, slot, texts) if plan and slot else "",
        until=_until(slot, now, texts) if slot else "",
        badge=badge(slot["price_kind"]) if slot else "",
        missing="" if slot else texts.say("decision.expired" if plan else "decision.none"),
        running=[_running(b, now, texts) for b in context.get("running") or []],
        coming=[_coming(b, now, texts) for b in context.get("next") or []],
        trust=_trust(plan, context, now, texts) if plan else [],
        troubles=_troubles(plan, texts) if plan else [],
        advice=_advice(data.get("predictions"), level, texts),
    )


def machine(name: str, texts: Texts) -> str:
    """A machine's name in the reader's language: ``conche-2`` is *Conche 2*."""
    kind, _, number = name.partition("-")
    known = texts.messages.get(f"machine.{kind}")
    return f"{known} {number}".strip() if known else name


def _why(plan: Mapping[str, Any], slot: Mapping[str, Any], texts: Texts) -> str:
    reasons = plan.get("level_reasons") or {}
    return " ".join(texts.of(reasons.get(code)) for code in slot["reasons"]).strip()


def _until(slot: Mapping[str, Any], now: datetime, texts: Texts) -> str:
    time = figures.at(figures.moment(slot["until"]), now, texts)
    if slot["next_level"] is None:
        return texts.say("decision.until_end", time=time)
    return texts.say("decision.until", time=time, level=texts.name("level", slot["next_level"]))


def _running(batch: Mapping[str, Any], now: datetime, texts: Texts) -> Run:
    end = figures.moment(batch["end"])
    time = figures.at(end, now, texts)
    left = figures.duration((end - now).total_seconds(), texts)
    return Run(machine(batch["machine"], texts), what(batch, texts), texts.say("run.until", time=time, left=left))


def _coming(batch: Mapping[str, Any], now: datetime, texts: Texts) -> Run:
    time = figures.at(figures.moment(batch["start"]), now, texts)
    return Run(machine(batch["machine"], texts), what(batch, texts), texts.say("run.from", time=time))


def what(batch: Mapping[str, Any], texts: Texts) -> str:
    """Product and weight."""
    return f"{texts.name('product', batch['product'])}, {figures.number(batch['kg'], 0, texts)} kg"


def _trust(plan: Mapping[str, Any], context: Mapping[str, Any], now: datetime, texts: Texts) -> list[str]:
    made = figures.at(figures.moment(plan["made_at"]), now, texts)
    found = [texts.say("decision.made", time=made, trigger=texts.name("trigger", plan["trigger"]))]
    certificate = plan.get("certificate")
    if certificate and not plan.get("late_kg_h"):
        share = figures.number(100 * certificate["on_time_probability"], 0, texts)
        asked = figures.number(100 * (context.get("asked_on_time") or 0), 0, texts)
        runs = figures.number(certificate["replications"], 0, texts)
        found.append(texts.say("decision.on_time", share=share, runs=runs, asked=asked))
    return found + guessed(plan, texts)


def guessed(plan: Mapping[str, Any], texts: Texts) -> list[str]:
    """How many of the plan's hours rest on prices that nobody has published."""
    slots = plan.get("slots") or []
    kinds = [s["price_kind"] for s in slots]
    return [
        texts.say(f"decision.{kind}", n=figures.number(kinds.count(kind), 0, texts), all=len(slots))
        for kind in ("forecast", "estimated")
        if kinds.count(kind)
    ]


def _troubles(plan: Mapping[str, Any], texts: Texts) -> list[str]:
    if plan["status"] == "infeasible":
        return [texts.say("decision.infeasible")]
    if not plan.get("late_kg_h"):
        return []
    late = figures.number(plan.get("owed_kg") or 0, 0, texts)
    return [texts.say("decision.owed", kg=late) if plan.get("owed_kg") else texts.say("decision.late")]


def _advice(predictions: Mapping[str, Any] | None, decided: str, texts: Texts) -> Advice:
    said = (predictions or {}).get("production_recommendation")
    if not said:
        return Advice("", "none", differs=False, why=texts.say("advice.none"))
    level, reasons = said["recommendation"], said.get("reasons") or []
    why = " ".join(texts.of(reason) for reason in reasons).strip()
    return Advice(texts.name("level", level), LEVELS.get(level, "none"), bool(decided) and level != decided, why)
