"""What a plan says of one Madrid day, as figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from statistics import fmean

from chocolate_factory.domain.plan import GUESSED, Batch, Plan, PlanSlot
from chocolate_factory.domain.plan_record import PlanRecord
from chocolate_factory.domain.time import Interval, madrid_day

#: Hours are called dear or cheap where they are among this share of the day's.
DEAR_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class PricedStretch:
    """Consecutive slots and their mean all-in price."""

    window: Interval
    eur_kwh: float


@dataclass(frozen=True, slots=True)
class DayFacts:
    """One day of a plan.

    Attributes:
        batches: those that work on that day, in order of time.
        cost_eur, kwh, kg: energy and output of the day; ``baseline_eur`` is what the declared baseline's day costs.
        saving_eur: of the whole plan against its baseline, for the same chocolate; None where they cannot be compared.
        dear, cheap: the dearest and cheapest fifth of the day's hours.
        hottest: the slot with the highest temperature outdoors.
        too_hot: when the hall cannot be held, so that the line may not run.
        guessed: share of the day's slots whose price is not published, 0..1.
        on_time: chance that every order is on time; None without a certificate.
        late: sentences of what cannot be in time, by language.
    """

    day: date
    batches: tuple[Batch, ...]
    cost_eur: float
    baseline_eur: float
    kwh: float
    kg: float
    saving_eur: float | None
    dear: tuple[PricedStretch, ...]
    cheap: tuple[PricedStretch, ...]
    hottest: PlanSlot
    too_hot: tuple[Interval, ...]
    guessed: float
    on_time: float | None
    late: tuple[dict[str, str], ...]


def day_facts(record: PlanRecord, day: date) -> DayFacts | None:
    """The day as the plan has it; None where the plan does not hold it whole.

    Args:
        day: a Madrid day.
    """
    window, plan = madrid_day(day), record.planned.plan
    slots = _of(plan, window)
    if not slots or slots[0].input.slot.start > window.start or slots[-1].input.slot.end < window.end:
        return None
    certificate = record.planned.certificate
    return DayFacts(
        day=day,
        batches=tuple(sorted((b for b in plan.batches if _works(b, window)), key=lambda b: (b.start, b.id))),
        cost_eur=sum(s.cost_eur for s in slots),
        baseline_eur=sum(s.cost_eur for s in _of(record.planned.baseline, window)),
        kwh=sum(s.energy_kwh for s in slots),
        kg=sum(s.output_kg for s in slots),
        saving_eur=record.planned.saving_eur,
        dear=_stretches(slots, lambda price, dear, _cheap: price >= dear),
        cheap=_stretches(slots, lambda price, _dear, cheap: price <= cheap),
        hottest=max(slots, key=lambda s: s.input.air.temperature_c),
        too_hot=_runs(slots, lambda s: "hall" in s.reasons),
        guessed=sum(s.input.price_kind in GUESSED for s in slots) / len(slots),
        on_time=certificate.on_time_probability if certificate else None,
        late=tuple(dict(clash.text) for conflict in plan.conflicts for clash in conflict.clashes),
    )


def _of(plan: Plan, window: Interval) -> list[PlanSlot]:
    return [s for s in plan.slots if window.start <= s.input.slot.start < window.end]


def _works(batch: Batch, window: Interval) -> bool:
    return batch.start < window.end and batch.end > window.start


def _stretches(slots: Sequence[PlanSlot], belongs: Callable[[float, float, float], bool]) -> tuple[PricedStretch, ...]:
    """The stretches whose price is extreme; none on a day whose prices are all alike."""
    prices = sorted(s.input.energy_eur_kwh for s in slots)
    place = int(DEAR_SHARE * len(prices))
    dear, cheap = prices[-max(place, 1)], prices[max(place, 1) - 1]
    if dear <= cheap:
        return ()
    runs = _runs(slots, lambda s: belongs(s.input.energy_eur_kwh, dear, cheap))
    return tuple(PricedStretch(run, _mean_price(slots, run)) for run in runs)


def _mean_price(slots: Sequence[PlanSlot], window: Interval) -> float:
    return fmean(s.input.energy_eur_kwh for s in slots if s.input.slot.start in window)


def _runs(slots: Sequence[PlanSlot], belongs: Callable[[PlanSlot], bool]) -> tuple[Interval, ...]:
    """Consecutive slots that belong, as stretches."""
    runs = []
    for holds, group in groupby(slots, key=belongs):
        members = list(group)
        if holds:
            runs.append(Interval(_start(members[0]), members[-1].input.slot.end))
    return tuple(runs)


def _start(slot: PlanSlot) -> datetime:
    return slot.input.slot.start
