"""What one call brings to a store, stream by stream, and what a reading of one stream ends with.

Nearly all that is ever written is history, each slot once and nothing held of it. That path is short, for Python is the
slower half of a bulk load.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, groupby, pairwise
from math import isfinite
from operator import attrgetter
from typing import Any, Final

from chocolate_factory.adapters.stream_keys import MICROSECOND, StreamKey, all_us, key_of, us, when
from chocolate_factory.domain.series import Kind, Observation, Slot, admit
from chocolate_factory.domain.time import DAY

#: Slots of a stream by their start, in microseconds.
Slots = dict[int, Slot[int]]
#: start, received, published, value
Point = tuple[int, int, int, float]

#: Slots farther apart than this, in microseconds, are asked for apart: a store is not read from end to end for two.
APART: Final = 60 * DAY // MICROSECOND

_STREAM = attrgetter("series", "source", "kind", "resolution_minutes", "site")
_START = attrgetter("start")
_RECEIVED = attrgetter("received_at")


class StreamRows:
    """What comes of one stream, in the order in which it comes.

    Attributes:
        starts: of each row, microseconds.
    """

    def __init__(self, rows: Sequence[Observation]) -> None:
        self.starts = list(all_us(map(_START, rows)))
        self._rows = rows

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def is_one_each(self) -> bool:
        """Whether no slot comes twice."""
        return len(set(self.starts)) == len(self.starts)

    @property
    def newest_receipt(self) -> datetime:
        """When the last of them was received."""
        newest: datetime = max(map(_RECEIVED, self._rows))
        return newest

    def points(self) -> Iterator[Point]:
        """The rows as numbers; a moment that many share is reckoned once."""
        received: datetime | None = None
        published: datetime | None = None
        for start, (_, _, _, _, value, public, known, _, _) in zip(self.starts, self._rows, strict=True):
            if known is not received:
                received, received_us = known, us(known)
            if public is not published:
                published, published_us = public, received_us if public is known else us(public)
            yield start, received_us, published_us, float(value)

    def slots(self) -> Slots:
        """By slot, by receipt; the later of two with one receipt counts."""
        slots: Slots = {}
        for start, received, published, value in self.points():
            slots.setdefault(start, {})[received] = (published, value)
        return slots


def by_stream(observations: Iterable[Observation], world: str) -> dict[StreamKey, StreamRows]:
    """All of them, or none.

    Raises:
        WrongWorldError, InputError: one of them can be taken by no store.
    """
    rows: dict[StreamKey, list[Observation]] = {}
    for _, run in groupby(observations, _STREAM):
        some = list(run)
        admit(some[0], world)
        for o in some:
            if not isfinite(o.value):
                admit(o, world)
        rows.setdefault(key_of(some[0]), []).extend(some)
    return {key: StreamRows(those) for key, those in rows.items()}


def observations(key: StreamKey, points: Iterable[Iterable[Any]]) -> Iterator[Observation]:
    """Points of one stream as they came; a moment that many share is made once.

    Made as the tuples that they are: a year of them is read while a page is drawn.
    """
    series, site, source, name, resolution = key
    kind, new = Kind(name), tuple.__new__
    received_us = published_us = None
    for start, known, public, value in points:
        if known != received_us:
            received_us, received = known, when(known)
        if public != published_us:
            published_us, published = public, received if public == known else when(public)
        said = (series, source, kind, when(start), float(value), published, received, resolution, site)
        yield new(Observation, said)


def merged(streams: Sequence[list[Observation]], order: Callable[[Observation], Any]) -> list[Observation]:
    """Streams that are each in an order, as one."""
    return streams[0] if len(streams) == 1 else sorted(chain.from_iterable(streams), key=order)


def slot_starts(starts: Sequence[tuple[str, list[int]]]) -> list[tuple[datetime, str]]:
    """Start and source of each slot, from each stream's source and its starts in order."""
    if len(starts) == 1:  # nearly always: nothing to sort, nothing twice
        source, only = starts[0]
        return [(when(start), source) for start in only]
    found = {(start, source) for source, some in starts for start in some}
    return [(when(start), source) for start, source in sorted(found)]


def stretches(starts: Iterable[int]) -> Iterator[tuple[int, int]]:
    """First and last of the slots that lie near each other."""
    asked = sorted(starts)
    if not asked:
        return
    first = asked[0]
    for one, other in pairwise(asked):
        if other - one > APART:
            yield first, one
            first = other
    yield first, asked[-1]
