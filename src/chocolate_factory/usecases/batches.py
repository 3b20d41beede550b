"""Observations in batches, so that a whole store passes through bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chocolate_factory.domain.series import Observation

#: Observations in one.
BATCH = 20_000


def batches(observations: Iterable[Observation]) -> Iterator[list[Observation]]:
    """All of them, in order, at most ``BATCH`` at a time."""
    batch: list[Observation] = []
    for o in observations:
        batch.append(o)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
