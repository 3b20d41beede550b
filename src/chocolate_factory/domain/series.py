"""Observations: one value of one series in one slot, with where it comes from and when it was known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import isfinite
from operator import attrgetter
from typing import NamedTuple, TypeVar

from chocolate_factory.domain.errors import InputError, WrongWorldError
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


class Observation(NamedTuple):
    """One value. A tuple with names: a year of them is made at once, and a frozen dataclass takes thrice as long.

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


#: The order in which a store hands out one value for each slot.
by_slot = attrgetter("start", "source", "kind", "resolution_minutes")
#: The order in which a store hands out revisions.
by_receipt = attrgetter("start", "received_at", "source", "kind", "resolution_minutes")
#: The latest slot is the last, and of one slot's values from several streams the one that was known last.
by_age = attrgetter("start", "published_at", "received_at", "source", "kind", "resolution_minutes")

Moment = TypeVar("Moment", datetime, int)

#: One slot of one stream: publication and value of each revision, by the moment it was received.
Slot = dict[Moment, tuple[Moment, float]]


def admit(observation: Observation, world: str) -> None:
    """What every store asks before it writes.

    Args:
        world: ``real`` or ``simulated``, which the store holds.

    Raises:
        WrongWorldError: the value is of the other world.
        InputError: the value is not a finite number.
    """
    if (observation.kind is Kind.SIMULATED) != (world == "simulated"):
        raise WrongWorldError(f"A {observation.kind} value was offered to a {world} store; nothing was written.")
    if not isfinite(observation.value):
        raise InputError(observation.series, observation.value, "a store takes finite numbers; nothing was written")


def revise(held: Slot[Moment], coming: Slot[Moment]) -> Slot[Moment]:
    """The revisions of a slot in order of receipt, once what comes has joined what is held, in whatever order it came.

    Every store decides by this, whatever its unit of time. A value that repeats the one received before it is no
    revision. One that contradicts it cannot have been public before we received it, whatever the rule says: a price
    that we saw at 13:10 and that was another the next morning was not that other one at 14:00. Of two values with one
    moment of receipt the later written counts. That a value was repeated is not kept: it costs a row at every poll.

    Invariants:
        In its order both receipt and publication never go back, so the newest revision known at any moment is the
        last one that was received, or published, by then.
        ``revise(x, {}) == x`` for what it returned, so that a store can be copied by writing what it holds.
    """
    if not held and len(coming) == 1:  # nearly every write of history: it need not be sorted
        return coming
    slot: Slot[Moment] = {}
    since: Moment | None = None
    standing = 0.0
    for received, (published, value) in sorted({**held, **coming}.items()):
        if since is not None and value == standing:
            continue
        since = published if since is None else max(since, published, received)
        standing = value
        slot[received] = (since, value)
    return slot


def tally(slots: Iterable[tuple[Slot[Moment], Slot[Moment], Slot[Moment]]]) -> WriteCount:
    """What a write did: for each slot what was held, what came, and what ``revise`` made of the two."""
    new = gained = came = 0
    for held, coming, slot in slots:
        new += not held
        came += len(coming)
        gained += sum(received in slot and slot[received] != held.get(received) for received in coming)
    return WriteCount(new, gained - new, came - gained)
