"""The batches that must stay, as a walk through the slots needs them: where they begin, what their runs put out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from chocolate_factory.domain.plan import Batch
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.types import Floats


def held_begins(frame: Frame) -> list[tuple[int, int]]:
    """Product and slot of each conche's batch that must stay."""
    return [(frame.names.index(b.product), frame.slot_of(b)) for b in _inside(frame, "conche")]


def held_runs(frame: Frame, *, slowly: bool) -> Iterator[tuple[int, int, Floats]]:
    """Product, first slot and output by slot of each run of the line that must stay.

    Args:
        slowly: at the line's least rate, instead of spreading the batch's kilograms.
    """
    for batch in _inside(frame, "line"):
        first = frame.slot_of(batch)
        length = min(frame.slots_in((batch.end - batch.start).total_seconds() / 3600), frame.count - first)
        yield frame.names.index(batch.product), first, _output(frame, 0.0 if slowly else batch.kg, first, length)


def _inside(frame: Frame, stage: str) -> Iterator[Batch]:
    return (b for b in frame.options.fixed if b.stage == stage and 0 <= frame.slot_of(b) < frame.count)


def _output(frame: Frame, total_kg: float, first: int, length: int) -> Floats:
    """Kilograms spread evenly over the slots after the set-up, within the line's rates; in history what came out."""
    kg = np.zeros(length)
    after = length - frame.setup_slots
    if after > 0:
        kg[frame.setup_slots :] = np.clip(total_kg / after, frame.least_kg, frame.most_kg)
    slots = slice(first, first + length)
    return np.where(frame.past[slots], frame.done_kg[slots], kg)
