"""Slots by Madrid's days."""

from __future__ import annotations

from collections.abc import Sequence

from chocolate_factory.domain.plan import SlotInput
from chocolate_factory.domain.time import madrid_date


def day_ends(slots: Sequence[SlotInput]) -> tuple[int, ...]:
    """The last slot of each slot's day, by number."""
    days = [madrid_date(s.slot.start) for s in slots]
    last = {day: t for t, day in enumerate(days)}
    return tuple(last[day] for day in days)
