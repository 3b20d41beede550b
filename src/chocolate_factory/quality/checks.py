"""What may enter the store: finite, possible, aligned, not from the future. The rest is kept out with its reason."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.series import TRUE_KINDS, Observation
from chocolate_factory.domain.time import floor

#: Prices and plans are published at most this long before their slot.
FARTHEST_PUBLICATION = timedelta(days=3)
#: An upstream's clock may be ahead of ours by so much.
CLOCKS_APART = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A value that was kept out."""

    observation: Observation
    reason: str


def screen(observations: Iterable[Observation]) -> tuple[list[Observation], list[Rejection]]:
    """Those that may enter, and those that may not with the reason."""
    accepted: list[Observation] = []
    rejected: list[Rejection] = []
    for o in observations:
        reason = why_not(o)
        if reason:
            rejected.append(Rejection(o, reason))
        else:
            accepted.append(o)
    return accepted, rejected


def why_not(o: Observation) -> str:
    """Why a value may not enter; empty when it may."""
    spec = spec_of(o.series)
    if not math.isfinite(o.value):
        return f"{o.value} is no number"
    if not spec.low <= o.value <= spec.high:
        return f"{o.value:g} {spec.unit} is outside {spec.low:g} to {spec.high:g}"
    if floor(o.start, spec.resolution(o.start)) != o.start:
        return f"{o.start.isoformat()} is not the start of a slot of {spec.resolution(o.start).name.lower()}"
    ahead = FARTHEST_PUBLICATION if spec.published(o.start) <= o.start else CLOCKS_APART
    if o.kind in TRUE_KINDS and o.start > o.received_at + ahead:
        return f"{o.start.isoformat()} lies too far ahead to be known already"
    return ""
