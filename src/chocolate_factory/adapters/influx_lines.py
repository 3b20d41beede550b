"""Observations as points of InfluxDB, and back; pure.

A series is a measurement; site, source, kind and slot length are tags; the time is the slot's start. Every revision of
a slot is a point of its own, told apart by the tag ``rev``: its place in the order of receipt. Fields: ``value``,
``known_at`` (received) and ``published_at``, integers of microseconds since 1970, so that what is read back is what was
written.

Invariants:
    A slot that is held has a point ``rev=0``. A revision that fell away, because an older receipt of the same value
    came late, leaves a point whose ``known_at`` is ``GONE``: 3 Core cannot delete, and no version can a single point
    cheaply. All points of a slot travel in one request and lie in one shard: a slot changes whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from chocolate_factory.adapters.stream_keys import StreamKey
from chocolate_factory.adapters.stream_rows import Point, Slots
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.series import Kind, Slot

#: start, known_at, published_at, value: so they sort as they should
Row = list[Any]

TAGS: Final = ("site", "source", "kind", "resolution")
GONE: Final = -(2**62)
SPECIAL = re.compile(r"([, =])")


KINDS: Final = frozenset(kind.value for kind in Kind)


def is_ours(series: Mapping[str, Any]) -> bool:
    """Whether a series in an answer that is grouped by ``TAGS`` is of observations, and not somebody else's."""
    return series["tags"]["kind"] in KINDS and bool(series["tags"]["resolution"])


def key_from(series: Mapping[str, Any]) -> StreamKey:
    """The stream of a series in an answer that is grouped by ``TAGS``."""
    tags = series["tags"]
    return series["name"], tags["site"], tags["source"], tags["kind"], int(tags["resolution"])


# ---------------------------------------------------------------------- out
@lru_cache(maxsize=4096)
def head(key: StreamKey, rev: int) -> str:
    """Measurement and tags of a line, tags in the order that the server sorts them in.

    Raises:
        InputError: a name that line protocol cannot carry.
    """
    series, site, source, kind, resolution = key
    for name in (series, site, source):
        if not name or not name.isprintable() or "\\" in name:
            raise InputError("name", name, "InfluxDB takes names of printable characters without a backslash")
    tags = f"kind={kind},resolution={resolution},rev={rev},site={_escaped(site)},source={_escaped(source)}"
    return f"{_escaped(series)},{tags} "


def first_lines(key: StreamKey, points: Iterable[Point]) -> Iterator[str]:
    """A line for each slot of which nothing is held and one value comes."""
    opening = head(key, 0)
    for start, received, published, value in points:
        yield f"{opening}value={value!r},known_at={received}i,published_at={published}i {start * 1000}"


def lines_of(key: StreamKey, start: int, held: Slot[int], slot: Slot[int]) -> list[str]:
    """What must be written so that a slot that was ``held`` becomes ``slot``; nothing where it is the same.

    Both are in order of receipt, and a revision's place in it is its ``rev``.
    """
    if not held:
        return [_line(key, i, start, *row) for i, row in enumerate(slot.items())]
    before, after = list(held.items()), list(slot.items())
    changed = [_line(key, i, start, *row) for i, row in enumerate(after) if i >= len(before) or before[i] != row]
    return changed + [_line(key, i, start, GONE, (GONE, 0.0)) for i in range(len(after), len(before))]


def _line(key: StreamKey, rev: int, start: int, received: int, row: tuple[int, float]) -> str:
    return f"{head(key, rev)}value={row[1]!r},known_at={received}i,published_at={row[0]}i {start * 1000}"


def _escaped(name: str) -> str:
    return SPECIAL.sub(r"\\\1", name)


# ---------------------------------------------------------------------- back
def in_order(rows: Iterable[Row]) -> list[Row]:
    """Rows that are held, ordered by start, then by receipt."""
    return sorted(row for row in rows if row[1] != GONE)


def slots_of(rows: Iterable[Row]) -> Slots:
    """Rows in order, as slots."""
    slots: Slots = {}
    for start, received, published, value in rows:
        slots.setdefault(start, {})[received] = (published, float(value))
    return slots
