"""Ways out of a conflict: each relaxes one limit as little as possible and solves again with all the others.

What a way out costs is told where somebody has priced it: lateness by the plant's policy, an hour of crew by labour.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import numpy as np

from chocolate_factory.domain.plan import WayOut
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.time import HOUR, Interval, madrid_midnight
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.conflicts.elastic import Given, give_of, least_give
from chocolate_factory.planning.conflicts.late_orders import LateOrder
from chocolate_factory.planning.conflicts.loosened import Limit, holds, loosened
from chocolate_factory.planning.conflicts.words import held_batch
from chocolate_factory.planning.words.wording import LANGUAGES, hours, kilograms, listed, number, stretch

#: Limits that are lifted altogether or not at all.
LIFTED = frozenset({"held", "night"})
#: What gives less than this was no limit.
LEAST = 1e-4


def way_out(limit: Limit, strict: Frame, given_up: frozenset[Limit], limit_s: float) -> WayOut | None:
    """How little of a limit must give for the others to hold; None where that is not enough, or was not found in time.

    Args:
        strict: the problem with all its limits.
        given_up: orders that are not asked to be on time.
    """
    frame = loosened(strict.problem, strict.options, given_up | {limit})
    if limit.what in LIFTED:
        return _lifted(limit, strict) if holds(frame, limit_s, whole=True) else None
    give = give_of(limit, loosened(strict.problem, strict.options, given_up), frame)
    given = None if give is None else least_give(give, frame, limit_s)
    return None if given is None or given.slack.max() < LEAST else _told(limit, strict, given)


def cheapest_first(ways: Iterable[WayOut]) -> tuple[WayOut, ...]:
    """Those with a price by it, then those that nobody has priced."""
    return tuple(sorted(ways, key=lambda way: (way.eur is None, way.eur or 0.0)))


# -------------------------------------------------------------------------------------------------------------- lifted
def _lifted(limit: Limit, strict: Frame) -> WayOut:
    if limit.what == "night":
        return WayOut(
            None, {"es": "dejar que las tandas sigan de noche sin personal", "en": "let batches go on at night"}
        )
    locked = held_batch(strict, limit.which).held == "locked"
    words = {
        "es": f"quitar el bloqueo de la tanda {limit.which}" if locked else f"dejar mover la tanda {limit.which}",
        "en": f"release the lock on batch {limit.which}" if locked else f"let batch {limit.which} be moved",
    }
    return WayOut(0.0 if locked else None, words)


# --------------------------------------------------------------------------------------------------------------- given
def _told(limit: Limit, strict: Frame, given: Given) -> WayOut:
    if limit.what in {"crew", "quiet"}:
        return _more_hours(limit, strict, given)
    amount = math.ceil(given.slack.max() - LEAST)
    named = {"n": amount, "tanks": _tanks(strict, limit), "conches": "conche" if amount == 1 else "conches"}
    return WayOut(None, {n: _AMOUNTS[limit.what][n].format(**named) for n in LANGUAGES})


_AMOUNTS: Mapping[str, Mapping[str, str]] = {
    "contract": {"es": "{n} kW más de potencia contratada", "en": "{n} kW more contracted power"},
    "peak": {"es": "{n} kW más de pico", "en": "{n} kW more of peak"},
    "hall": {"es": "{n} kW más de frío para la sala", "en": "{n} kW more cold for the hall"},
    "conches": {"es": "{n} {conches} más", "en": "{n} more {conches}"},
    "tank": {"es": "{n} kg más de sitio en {tanks}", "en": "{n} kg more room in {tanks}"},
    "end": {"es": "{tanks} con {n} kg menos al final", "en": "{tanks} with {n} kg less at the end"},
}


def _tanks(strict: Frame, limit: Limit) -> str:
    return " + ".join(t.name for t in strict.problem.plant.tanks_of(limit.which)) if limit.which else ""


def _more_hours(limit: Limit, strict: Frame, given: Given) -> WayOut:
    """Hours of crew, or of work in quiet hours, with when they are."""
    barred = ~strict.crew if limit.what == "crew" else strict.quiet
    slots = np.flatnonzero(barred)[given.slack > 0.5]
    length_h = slots.size * strict.step
    eur_hour = crew_hour_eur(strict.problem.plant, strict.problem.horizon.start) if limit.what == "crew" else None
    eur = None if eur_hour is None else eur_hour * length_h
    return WayOut(eur, {n: _hours_words(limit.what, length_h, _stretches(strict, slots, n), n) for n in LANGUAGES})


def _hours_words(what: str, length_h: float, when: str, language: str) -> str:
    words = {
        ("crew", "es"): "{h} más de personal: {when}",
        ("crew", "en"): "{h} more of crew: {when}",
        ("quiet", "es"): "trabajar {h} en horas de silencio: {when}",
        ("quiet", "en"): "{h} of work in quiet hours: {when}",
    }[what, language]
    return words.format(h=hours(length_h, language), when=when)


def _stretches(strict: Frame, slots: Iterable[int], language: str) -> str:
    """The slots as stretches of time."""
    found: list[list[datetime]] = []
    for t in slots:
        slot = strict.problem.slots[int(t)].slot
        if found and found[-1][1] == slot.start:
            found[-1][1] = slot.end
        else:
            found.append([slot.start, slot.end])
    return listed([stretch(start, end, language) for start, end in found], language)


def crew_hour_eur(plant: Plant, near: datetime) -> float | None:
    """What an hour of crew costs: the labour of a kilogram times the kilograms of a crew hour, by the weekly pattern.

    None where there is no labour price, no weekly demand, or no crew in the seven days from ``near``.
    """
    start = madrid_midnight(near.date())
    crew_h = sum(piece.duration / HOUR for piece in plant.crew.hours(Interval(start, start + 7 * 24 * HOUR)))
    kg = sum(sum(products.values()) for products in plant.demand.weekly.values())
    eur = plant.policy.labour_eur_kg * kg / crew_h if crew_h else 0.0
    return eur or None


# ---------------------------------------------------------------------------------------------------------------- late
def later(late: Iterable[LateOrder]) -> Iterator[WayOut]:
    """The lateness that the plan has already: how much of which orders, by how long, at what cost."""
    orders = list(late)
    if orders:
        words = {n: listed([_later_words(o, n) for o in orders], n) for n in LANGUAGES}
        yield WayOut(sum(o.eur for o in orders), words)


def _later_words(late: LateOrder, language: str) -> str:
    kg = kilograms(late.kg, language)
    if late.hours is None:
        words = {"es": "{kg} de {id} después del plan", "en": "{kg} of {id} after the plan's end"}
    else:
        words = {"es": "{kg} de {id} con {h} de retraso", "en": "{kg} of {id} later by {h}"}
    return words[language].format(kg=kg, id=late.order.id, h="" if late.hours is None else hours(late.hours, language))


def dearer(more_eur: float) -> WayOut:
    """On time after all: what energy and starts then cost more."""
    told = {n: number(more_eur, 2, n) for n in LANGUAGES}
    return WayOut(
        more_eur,
        {
            "es": f"a tiempo, con {told['es']} EUR más de energía y arranques",
            "en": f"on time, with {told['en']} EUR more of energy and starts",
        },
    )
