"""Observations: one value of one series in one slot, with where it comes from and when it was known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from chocolate_factory.domain.time import Interval

DEFAULT_SITE = "linares"


class Kind(StrEnum):
    """What sort of truth a value is. The five never mix."""

    OBSERVED = "observed"  # a station, the market, a meter
    REANALYSIS = "reanalysis"  # a gridded archive of the past
    FORECAST = "forecast"  # somebody's, made before the slot
    ESTIMATED = "estimated"  # our guess, marked; also a total whose day is not over
    SIMULATED = "simulated"  # the demo's world


#: The kinds that fill a slot and may train a model.
TRUE_KINDS = frozenset({Kind.OBSERVED, Kind.REANALYSIS})


@dataclass(frozen=True, slots=True)
class Observation:
    """One value.

    Attributes:
        series: a name of the catalogue, e.g. ``pvpc``; its unit and resolution stand there.
        source: the upstream or file format it came through, e.g. ``ree``.
        kind: what sort of truth it is.
        start: beginning of its slot, aware UTC.
        value: in the series' unit.
        published_at: when the world could know it; backtests and features read by this.
        received_at: when this machine knew it; the replay of a decision reads by this.
        resolution_minutes: length of its slot (1440: a Madrid day).
        site: the plant it belongs to.
    """

    series: str
    source: str
    kind: Kind
    start: datetime
    value: float
    published_at: datetime
    received_at: datetime
    resolution_minutes: int
    site: str = DEFAULT_SITE


@dataclass(frozen=True, slots=True)
class Query:
    """What to read from a store.

    Attributes:
        series: one name of the catalogue.
        window: slots that begin inside it.
        sources: only these; None means any.
        kinds: only these; None means any.
        published_by: only what the world could know at that moment.
        received_by: only what this machine knew at that moment.
        site: the plant.
    """

    series: str
    window: Interval
    sources: frozenset[str] | None = None
    kinds: frozenset[Kind] | None = None
    published_by: datetime | None = None
    received_by: datetime | None = None
    site: str = DEFAULT_SITE


@dataclass(frozen=True, slots=True)
class WriteCount:
    """What a write did: slots new, values revised, values that were there already."""

    new: int = 0
    revised: int = 0
    unchanged: int = 0

    @property
    def written(self) -> int:
        """Rows that the store gained."""
        return self.new + self.revised

    def __add__(self, other: WriteCount) -> WriteCount:
        return WriteCount(self.new + other.new, self.revised + other.revised, self.unchanged + other.unchanged)


@dataclass(frozen=True, slots=True)
class StreamSummary:
    """What a store holds of one series from one source in one kind.

    ``count`` is of slots, ``revisions`` of rows (a slot whose value changed has more than one).
    """

    site: str
    series: str
    source: str
    kind: Kind
    resolution_minutes: int
    first: datetime
    last: datetime
    count: int
    revisions: int
    last_received_at: datetime


Moment = TypeVar("Moment", datetime, int)


def revise(
    held: Iterable[tuple[Moment, Moment, float]], published: Moment, received: Moment, value: float
) -> Moment | None:
    """Whether a value is news for its slot, and since when the world could know it.

    Every store decides by this, whatever its unit of time.

    Args:
        held: published, received and value of each revision of that slot in that stream.
        published, received, value: the one that comes.

    Returns:
        None where the value stood already when it was received; else its publication time. A value that contradicts
        one that was published no earlier by rule cannot have been public before we received it.
    """
    standing = max((h for h in held if h[1] <= received), default=None)
    if standing is None:
        return published
    if standing[2] == value:
        return None
    return max(published, received) if published <= standing[0] else published
