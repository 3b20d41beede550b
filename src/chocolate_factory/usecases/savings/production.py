"""What was really made on a day, where somebody counted the bars on the evening before and on the evening after.

Between the last shift of one working day and the first of the next nothing is made: a count in that pause is of the
day's end, whenever in it somebody counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from chocolate_factory.domain.plan_record import StockCount
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.time import DAY, Interval, madrid_day
from chocolate_factory.ports import PlanLedger

#: A pause between two shifts is no longer than this.
LONGEST_PAUSE: Final = timedelta(days=8)


@dataclass(frozen=True)
class CountedProduction:
    """The deed, with its port."""

    plans: PlanLedger

    def __call__(self, plant: Plant, day: date) -> Mapping[str, float] | None:
        """Good kilograms by product; None where the day was not counted on both sides, or counts contradict it."""
        shifts = list(plant.crew.hours(madrid_day(day)))
        if not shifts:
            return None
        work = Interval(min(s.start for s in shifts), max(s.end for s in shifts))
        names = {product.name for product in plant.products}
        before, after = (self._in(pause(plant, work), names) for pause in (_pause_before, _pause_after))
        if not before or not after:
            return None
        made = made_between(plant, before[-1], after[0])
        return made if all(kg >= 0 for kg in made.values()) else None

    def _in(self, pause: Interval, names: set[str]) -> list[StockCount]:
        """Counts of the pause that name every product."""
        return [count for count in self.plans.counts(pause) if names <= count.finished_kg.keys()]


def made_between(plant: Plant, before: StockCount, after: StockCount) -> dict[str, float]:
    """What came into the store from one count to the next: what there is more, and what was delivered."""
    delivered = {p.name: 0.0 for p in plant.products}
    for order in plant.orders(Interval(before.at, after.at)):
        delivered[order.product] += order.kg
    return {name: after.finished_kg[name] - before.finished_kg[name] + kg for name, kg in delivered.items()}


def _pause_before(plant: Plant, work: Interval) -> Interval:
    earlier = list(plant.crew.hours(Interval(work.start - LONGEST_PAUSE, work.start)))
    return Interval(max((s.end for s in earlier), default=work.start - DAY), work.start)


def _pause_after(plant: Plant, work: Interval) -> Interval:
    later = list(plant.crew.hours(Interval(work.end, work.end + LONGEST_PAUSE)))
    return Interval(work.end, min((s.start for s in later), default=work.end + DAY))
