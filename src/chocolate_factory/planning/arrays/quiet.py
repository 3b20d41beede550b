"""Quiet hours: wall-clock hours of Madrid in which neither line nor refining group works; conches go on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.plan import SlotInput
from chocolate_factory.domain.time import HOUR, MADRID


def quiet_slots(slots: Sequence[SlotInput], windows: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    """The slots of which some part lies in one of the windows.

    Args:
        windows: from hour to hour of the day, ``(22, 6)`` over midnight, ``(0, 24)`` all day; the same hour twice is
            no window.
    """
    return np.array([any(_touches(slot, *window) for window in windows) for slot in slots], dtype=bool)


def _touches(slot: SlotInput, first_h: float, end_h: float) -> bool:
    local = slot.slot.start.astimezone(MADRID)
    hour = local.hour + local.minute / 60
    length_h = end_h - first_h if end_h >= first_h else end_h - first_h + 24
    begins_inside = (hour - first_h) % 24 < length_h
    holds_its_begin = length_h > 0 and (first_h - hour) % 24 < slot.slot.duration / HOUR
    return begins_inside or holds_its_begin
