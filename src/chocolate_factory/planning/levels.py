"""The level of each slot: the plan's decision in the contract's four words.

- **Halt Production**: neither line nor refining group works, and the line could not: no crew, or the hall not holdable.
- **Optimal**: line or refining group works, and the slot's price is in the cheaper half of those where the line might.
- **Moderate**: it works in the dearer half; or it rests in the cheaper half, because enough is made elsewhere.
- **Reduced**: it rests in the dearer half: price defers, it never halts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chocolate_factory.domain.plan import Level
from chocolate_factory.planning.frame import Bools, Frame


def levels(frame: Frame, line: Sequence[int], begins: Sequence[tuple[int, int]]) -> list[tuple[Level, tuple[str, ...]]]:
    """Level and reasons (``crew``, ``hall``, ``price``, ``enough``, ``works``) of each slot."""
    works, cheap = _works(frame, line, begins), _cheap(frame)
    return [_level(frame, t, works=bool(works[t]), cheap=bool(cheap[t])) for t in range(frame.count)]


def _level(frame: Frame, t: int, *, works: bool, cheap: bool) -> tuple[Level, tuple[str, ...]]:
    if works:
        return (Level.OPTIMAL, ("works",)) if cheap else (Level.MODERATE, ("works", "price"))
    missing = tuple(name for name, there in (("crew", frame.crew[t]), ("hall", frame.hall[t])) if not there)
    if missing:
        return Level.HALT, missing
    return (Level.MODERATE, ("enough",)) if cheap else (Level.REDUCED, ("price",))


def _works(frame: Frame, line: Sequence[int], begins: Sequence[tuple[int, int]]) -> Bools:
    """Whether line or refining group works in each slot."""
    works = (np.array(line, dtype=int) >= 0) | (frame.begun_fills > 0)
    for _, slot in begins:
        works[slot : slot + frame.fill_slots] = True
    return works


def _cheap(frame: Frame) -> Bools:
    """Whether a slot's price is at most the median of those where the line may run."""
    prices = np.array([s.energy_eur_kwh for s in frame.problem.slots])
    cheap: Bools = prices <= np.median(prices[frame.may_run] if frame.may_run.any() else prices)
    return cheap
