"""The streams of a file, and what is counted of each: so that what is held is told without reading all of it.

Whoever writes rows says here what he did, in the same transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

from chocolate_factory.adapters.stream_keys import StreamKey, when
from chocolate_factory.domain.series import Kind, StreamSummary

#: When a stream that holds nothing was received.
NEVER: Final = -(2**62)
#: What each stream is counted in; the first version of the file had none of it.
COUNTED: Final = (
    "slots INTEGER NOT NULL DEFAULT 0",
    "revisions INTEGER NOT NULL DEFAULT 0",
    f"last_received INTEGER NOT NULL DEFAULT {NEVER}",
)

_NO_NUMBER: Final = "typeof(value) <> 'real' OR abs(value) > 1.7976931348623157e308"
_COUNT_AGAIN: Final = f"""
UPDATE stream SET (slots, revisions, last_received) = (
    SELECT COUNT(DISTINCT start), COUNT(*), COALESCE(MAX(received), {NEVER}) FROM observation WHERE stream = stream.id
) WHERE id = ?
"""  # noqa: S608  a number


def stream_id(writer: sqlite3.Connection, key: StreamKey) -> int:
    """Its number; it gets one where it is new."""
    writer.execute(
        "INSERT OR IGNORE INTO stream (series, site, source, kind, resolution_minutes) VALUES (?, ?, ?, ?, ?)", key
    )
    row = writer.execute(
        "SELECT id FROM stream WHERE series = ? AND site = ? AND source = ? AND kind = ? AND resolution_minutes = ?",
        key,
    ).fetchone()
    return int(row[0])


def streams_of(
    c: sqlite3.Connection, series: str, site: str, sources: frozenset[str] | None, kinds: frozenset[Kind] | None
) -> list[tuple[StreamKey, int]]:
    """Those of one series that are asked for, with their numbers."""
    rows = c.execute(
        "SELECT series, site, source, kind, resolution_minutes, id FROM stream WHERE series = ? AND site = ?",
        (series, site),
    )
    return [
        ((row[0], row[1], row[2], row[3], row[4]), row[5])
        for row in rows
        if (sources is None or row[2] in sources) and (kinds is None or row[3] in kinds)
    ]


def all_streams(c: sqlite3.Connection) -> list[tuple[StreamKey, int]]:
    """Every one, in the order in which stores list streams."""
    rows = c.execute(
        "SELECT series, site, source, kind, resolution_minutes, id FROM stream "
        "ORDER BY series, site, source, kind, resolution_minutes"
    )
    return [((row[0], row[1], row[2], row[3], row[4]), row[5]) for row in rows]


# ---------------------------------------------------------------------- counting
def gained(writer: sqlite3.Connection, stream: int, slots: int, revisions: int, received: int) -> None:
    """So many more slots and rows, the newest of them received then."""
    writer.execute(
        "UPDATE stream SET slots = slots + ?, revisions = revisions + ?, last_received = MAX(last_received, ?) "
        "WHERE id = ?",
        (slots, revisions, received, stream),
    )


def lost(writer: sqlite3.Connection, stream: int, received: int) -> None:
    """The newest row that is gone was received then: what is the newest now is looked up where it was that one."""
    newest = writer.execute("SELECT last_received FROM stream WHERE id = ?", (stream,)).fetchone()[0]
    if received >= newest:
        count_again(writer, [stream])


def count_again(writer: sqlite3.Connection, streams: Iterable[int]) -> None:
    """From the rows themselves."""
    writer.executemany(_COUNT_AGAIN, [(stream,) for stream in streams])


def add_counts(writer: sqlite3.Connection) -> None:
    """To a file of the first version: every row is read once."""
    for column in COUNTED:
        writer.execute(f"ALTER TABLE stream ADD COLUMN {column}")
    count_again(writer, [stream for _, stream in all_streams(writer)])


def summaries(c: sqlite3.Connection) -> list[StreamSummary]:
    """What is held, stream by stream; streams without rows are left out."""
    rows = c.execute(
        "SELECT site, series, source, kind, resolution_minutes, "
        "(SELECT MIN(start) FROM observation WHERE stream = stream.id), "
        "(SELECT MAX(start) FROM observation WHERE stream = stream.id), "
        "slots, revisions, last_received FROM stream WHERE revisions > 0 "
        "ORDER BY series, site, source, kind, resolution_minutes"
    )
    return [
        StreamSummary(site, series, source, Kind(kind), res, when(first), when(last), slots, revisions, when(got))
        for site, series, source, kind, res, first, last, slots, revisions, got in rows
    ]


def rows_wrong(c: sqlite3.Connection) -> list[str]:
    """What is wrong with rows; all of them are read."""
    counted = dict(c.execute("SELECT id, revisions FROM stream"))
    found = c.execute(f"SELECT stream, COUNT(*), COUNT(*) FILTER (WHERE {_NO_NUMBER}) FROM observation GROUP BY stream")  # noqa: S608  our own words
    rows = {stream: (count, bad) for stream, count, bad in found}
    strangers = sum(count for stream, (count, _) in rows.items() if stream not in counted)
    bad = sum(bad for _, bad in rows.values())
    wrong = [stream for stream, count in counted.items() if rows.get(stream, (0, 0))[0] != count]
    return [
        *([f"{strangers} rows belong to no stream"] if strangers else []),
        *([f"{bad} rows hold no finite number"] if bad else []),
        *([f"{len(wrong)} streams hold another number of rows than was counted"] if wrong else []),
    ]
