"""One sentence why a batch stands where it does: the price there, what an hour either way costs, what binds.

The comparison moves this batch alone, with the power that it takes, over the prices; nothing is solved again. Where an
hour either way is cheaper, the batch is moved in the schedule, and the limits that then break are what holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

import numpy as np

from chocolate_factory.planning.arrays.breaches import Breach, breaches
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.schedule import Run, Schedule, late_kg
from chocolate_factory.planning.arrays.types import Floats
from chocolate_factory.planning.words.wording import LANGUAGES, listed, number

#: What is said of each limit that holds a batch: ``breaches`` names them, and ``order`` is one that would be late.
BINDS: Mapping[str, Mapping[str, str]] = {
    "crew": {"es": "no hay personal", "en": "there is no crew"},
    "hall": {"es": "el frío no alcanza para la sala", "en": "the hall cannot be held"},
    "quiet": {"es": "son horas de silencio", "en": "these are quiet hours"},
    "contract": {"es": "no alcanza la potencia contratada", "en": "the contracted power is not enough"},
    "peak": {"es": "se pasaría del pico pedido", "en": "it would exceed the peak that was asked for"},
    "conches": {"es": "no hay conche libre", "en": "no conche is free"},
    "refining": {"es": "el refino está ocupado", "en": "the refining group is busy"},
    "line": {"es": "la línea está ocupada o en cambio de producto", "en": "the line is busy or changing over"},
    "full": {"es": "{name} rebosaría", "en": "{name} would run over"},
    "empty": {"es": "{name} se quedaría sin masa", "en": "{name} would run dry"},
    "end": {"es": "{name} acabaría con menos de lo que debe", "en": "{name} would end with less than it must"},
    "order": {"es": "el pedido {name} llegaría tarde", "en": "order {name} would be late"},
}
#: Why a batch that somebody holds is not moved, by ``Batch.held``.
HELD: Mapping[str, Mapping[str, str]] = {
    "begun": {"es": "no se mueve: ya ha empezado", "en": "not moved: it has begun"},
    "frozen": {"es": "no se mueve: empieza enseguida", "en": "not moved: it begins soon"},
    "locked": {"es": "no se mueve: está fijada a mano", "en": "not moved: it is locked by hand"},
}
EARLIER_LATER = {"es": ("antes", "después"), "en": ("earlier", "later")}
#: Where an hour earlier or later is none to choose.
BEYOND = {"es": ("ya no se puede", "acaba el plan"), "en": ("is past", "the plan ends")}
FITS = {"es": "cabría", "en": "it would fit"}
#: The least that is told as cheaper, EUR.
CENT = 0.005


@dataclass(frozen=True)
class Reasons:
    """The sentences of one schedule's batches."""

    frame: Frame
    schedule: Schedule

    def of_begin(self, p: int, slot: int) -> dict[str, str]:
        """Why a conche's batch begins in its slot, by language."""
        return self._sentence(slot, self.frame.conche_kw[p], lambda by: _begin_moved(self.schedule, p, slot, by))

    def of_run(self, run: Run) -> dict[str, str]:
        """Why a run of the line stands in its slots, by language."""
        frame, inside = self.frame, slice(run.first, run.end)
        kw = frame.line_kw[inside] + frame.kg_kw[inside] * self.schedule.output[inside] / frame.step
        return self._sentence(run.first, kw, lambda by: _run_moved(self.schedule, run, by))

    def _sentence(self, slot: int, kw: Floats, moved: Callable[[int], Schedule | None]) -> dict[str, str]:
        hour = self.frame.slots_in(1)
        here = _mean_price(self.frame, slot, kw)
        moves = [_move_eur(self.frame, slot, by, kw) for by in (-hour, hour)]
        held = [
            self._holds(moved(by)) if eur is not None and eur < -CENT else None
            for by, eur in zip((-hour, hour), moves, strict=True)
        ]
        return {language: _told(language, here, moves, held) for language in LANGUAGES}

    # ------------------------------------------------------------------------------------------------ what binds
    @cached_property
    def _broken(self) -> frozenset[Breach]:
        return breaches(self.frame, self.schedule)

    @cached_property
    def _late(self) -> Floats:
        return late_kg(self.frame, self.schedule)

    def _holds(self, moved: Schedule | None) -> list[tuple[str, str]]:
        """The limits that a moved batch breaks, with the tanks' or the order's name; none where it would fit."""
        if moved is None:
            return [("line", "")]
        broken = sorted(breaches(self.frame, moved) - self._broken)
        return [(b.what, self._tanks(b.product)) for b in broken] + self._later(moved)

    def _tanks(self, p: int) -> str:
        return "" if p < 0 else " + ".join(t.name for t in self.frame.problem.plant.tanks_of(self.frame.names[p]))

    def _later(self, moved: Schedule) -> list[tuple[str, str]]:
        """The first order of which more would be late."""
        more = late_kg(self.frame, moved) > self._late + 0.5
        if not more.any():
            return []
        p = int(np.argmax(more.any(axis=1)))
        return [("order", self._order_due(p, int(np.argmax(more[p]))))]

    def _order_due(self, p: int, slot: int) -> str:
        """The last order of a product that is asked for by a slot's end."""
        problem = self.frame.problem
        asked = problem.horizon.start + (slot + 2) * timedelta(hours=problem.step_h)
        due = [o for o in problem.orders if o.product == self.frame.names[p] and o.due < asked]
        return max(due, key=lambda o: o.due).id if due else ""


# ------------------------------------------------------------------------------------------------------------- moving
def _begin_moved(schedule: Schedule, p: int, slot: int, by: int) -> Schedule:
    begins = list(schedule.begins)
    begins[begins.index((p, slot))] = (p, slot + by)
    return replace(schedule, begins=tuple(begins))


def _run_moved(schedule: Schedule, run: Run, by: int) -> Schedule | None:
    """The schedule with one run elsewhere; None where another run stands there or right beside."""
    line, output = np.array(schedule.line, dtype=int), schedule.output.copy()
    inside, there = slice(run.first, run.end), slice(run.first + by, run.end + by)
    kg = output[inside].copy()
    line[inside], output[inside] = -1, 0.0
    if (line[max(0, there.start - 1) : there.stop + 1] >= 0).any():
        return None
    line[there], output[there] = run.product, kg
    return replace(schedule, line=tuple(int(p) for p in line), output=output)


def _move_eur(frame: Frame, slot: int, by: int, kw: Floats) -> float | None:
    """What the batch costs more at ``by`` slots later; None outside the horizon and in its past."""
    there = slot + by
    if there < 0 or there + kw.size > frame.count or frame.past[there]:
        return None
    prices = frame.expected_price
    return float((prices[there : there + kw.size] - prices[slot : slot + kw.size]) @ kw) * frame.step


def _mean_price(frame: Frame, slot: int, kw: Floats) -> float:
    """EUR/kWh of what the batch takes."""
    prices = frame.expected_price[slot : slot + kw.size]
    return float(np.average(prices, weights=kw)) if kw.any() else float(prices.mean())


# -------------------------------------------------------------------------------------------------------------- words
def added(reason: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """A sentence by language with one more clause at its end."""
    return {language: f"{text.removesuffix('.')}; {more[language]}." for language, text in reason.items()}


def _told(language: str, here: float, moves: list[float | None], held: list[list[tuple[str, str]] | None]) -> str:
    earlier, later = (_change(eur, BEYOND[language][way], language) for way, eur in enumerate(moves))
    price = number(here, 4, language)
    told = {
        "es": f"A {price} EUR/kWh; una hora antes {earlier}, después {later}",
        "en": f"At {price} EUR/kWh; an hour earlier {earlier}, later {later}",
    }[language]
    return told + "".join(_binding(way, limits, language) for way, limits in enumerate(held)) + "."


def _binding(way: int, limits: list[tuple[str, str]] | None, language: str) -> str:
    """What keeps a batch from a cheaper hour; nothing where that hour is dearer."""
    if limits is None:
        return ""
    where = EARLIER_LATER[language][way]
    if not limits:
        return f"; {where} {FITS[language]}"
    refused = {"es": "no", "en": "not"}[language]
    return f"; {where} {refused}: " + listed(
        [BINDS[what][language].format(name=name) for what, name in limits], language
    )


def _change(eur: float | None, beyond: str, language: str) -> str:
    return beyond if eur is None else f"{number(eur, 2, language, sign=True)} EUR"
