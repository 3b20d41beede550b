"""The level of each slot: the plan's decision in the contract's four words.

- **Halt Production**: neither line nor refining group works, and the line could not: no crew, or the hall not holdable.
- **Optimal**: line or refining group works, and the slot's price is in the cheaper half of those where the line might.
- **Moderate**: it works in the dearer half; or it rests in the cheaper half, because enough is made elsewhere.
- **Reduced**: it rests in the dearer half, or quiet hours or the contract keep the line off: rules defer, as prices do,
  and never halt.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chocolate_factory.domain.plan import Level
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.types import Bools


def levels(frame: Frame, line: Sequence[int], begins: Sequence[tuple[int, int]]) -> list[tuple[Level, tuple[str, ...]]]:
    """Level and reasons of each slot; the reasons are keys of ``level_words.REASONS``."""
    works, cheap = _works(frame, line, begins), _cheap(frame)
    missing = [_named(crew=not c, hall=not h) for c, h in zip(frame.crew, frame.hall, strict=True)]
    barred = [_named(quiet=q, contract=w) for q, w in zip(frame.quiet, _too_weak(frame), strict=True)]
    return [_level(missing[t], barred[t], works=works[t], cheap=cheap[t]) for t in range(frame.count)]


def _level(
    missing: tuple[str, ...], barred: tuple[str, ...], *, works: np.bool_, cheap: np.bool_
) -> tuple[Level, tuple[str, ...]]:
    if works:
        return (Level.OPTIMAL, ("works",)) if cheap else (Level.MODERATE, ("works", "price"))
    if missing:
        return Level.HALT, missing
    if barred:
        return Level.REDUCED, barred
    return (Level.MODERATE, ("enough",)) if cheap else (Level.REDUCED, ("price",))


def _named(**there: np.bool_ | bool) -> tuple[str, ...]:
    return tuple(name for name, is_there in there.items() if is_there)


def _too_weak(frame: Frame) -> Bools:
    """Slots whose power is not enough for the line, even with nothing else on."""
    weak: Bools = frame.fixed_kw + frame.line_kw > frame.limit_kw + 1e-6
    return weak


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
