"""InfluxQL as text; pure. Only what 1.8, 2.x and 3 Core share."""

# ruff: noqa: S608  the interface has no parameters for tags and times; every name and text is quoted by _name and _text

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from chocolate_factory.adapters.influx_lines import GONE, TAGS
from chocolate_factory.adapters.stream_keys import StreamKey, us, when
from chocolate_factory.domain.series import Query

#: What the server's nanoseconds reach.
EARLIEST: Final = datetime(1678, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2262, 1, 1, tzinfo=UTC)
#: Says which world a database holds, at 1970.
MARKER: Final = "chocolate_factory"

_BY_STREAM = f"GROUP BY {', '.join(TAGS)}"
_ROWS = "SELECT known_at, published_at, value"


def rows_of_query(query: Query, limit: int) -> str:
    """Rows that a query asks for, grouped by stream, at most so many of each."""
    where = [_of_site(query.site), *_within(query.window.start, query.window.end), *_known(query)]
    return f"{_ROWS} FROM {_name(query.series)} WHERE {' AND '.join(where)} {_BY_STREAM} LIMIT {limit}"


def starts_of_query(query: Query) -> str:
    """Its slots: a slot is known when its first revision is, for neither receipt nor publication go back."""
    where = [_of_site(query.site), *_within(query.window.start, query.window.end), *_known(query)]
    return f"SELECT known_at FROM {_name(query.series)} WHERE rev = '0' AND {' AND '.join(where)} GROUP BY source"


def rows_of_stream(key: StreamKey, first: int, last: int | None, limit: int, query: Query | None = None) -> str:
    """Rows of one stream from a start to another (both included, microseconds), the earliest first."""
    where = [*_of_stream(key), f"time >= {_time(when(first))}"]
    where += [f"time <= {_time(when(last))}"] if last is not None else []
    where += _limits(query) if query is not None else []
    return f"{_ROWS} FROM {_name(key[0])} WHERE {' AND '.join(where)} {_BY_STREAM} LIMIT {limit}"


def latest(series: str, site: str, kinds: Iterable[str], before: datetime | None) -> str:
    """The latest point of each revision number of each stream: the latest slot's are among them."""
    where = [_of_site(site), _any("kind", kinds)]
    where += [f"time < {_time(before)}"] if before is not None else []
    by = f"GROUP BY {', '.join(TAGS)}, rev ORDER BY time DESC LIMIT 1"
    return f"{_ROWS} FROM {_name(series)} WHERE {' AND '.join(where)} {by}"


def first_slots() -> str:
    """The first slot of every stream, as the row's time."""
    return f"SELECT first(value) FROM /.+/ WHERE rev = '0' {_BY_STREAM}"


def last_slots() -> str:
    """The last one."""
    return f"SELECT last(value) FROM /.+/ WHERE rev = '0' {_BY_STREAM}"


def points_counted(start: int, end: int) -> str:
    """Points of every revision number of every stream, those that are gone included, and their receipts' limits."""
    counted = "count(value), max(known_at), min(known_at)"
    return f"SELECT {counted} FROM /.+/ WHERE {_from_to(start, end)} {_BY_STREAM}, rev"


def gone_counted(start: int, end: int) -> str:
    """Points of every stream that are gone."""
    return f"SELECT count(value) FROM /.+/ WHERE known_at = {GONE} AND {_from_to(start, end)} {_BY_STREAM}"


def fields_counted(start: int, end: int) -> str:
    """Of every stream, how many points have each field."""
    counted = "count(value), count(known_at), count(published_at)"
    return f"SELECT {counted} FROM /.+/ WHERE {_from_to(start, end)} {_BY_STREAM}"


def counted_before(series: str, kinds: Iterable[str], before: datetime, *, gone: bool) -> str:
    """Points of slots that begin before; all, or those that are gone."""
    where = [f"time < {_time(before)}", _any("kind", kinds), *([f"known_at = {GONE}"] if gone else [])]
    return f"SELECT count(value) FROM {_name(series)} WHERE {' AND '.join(where)}"


def deletion(series: str, kind: str, before: datetime) -> str:
    """Slots that begin before, of one kind: 2.x takes no OR here."""
    return f"DELETE FROM {_name(series)} WHERE time < {_time(before)} AND kind = {_text(kind)}"


def removal(series: str) -> str:
    """A measurement, whole."""
    return f"DROP MEASUREMENT {_name(series)}"


def marker() -> str:
    """What the database says of itself."""
    return f"SELECT world, whole FROM {_name(MARKER)}"


def retention(database: str) -> str:
    """How long a database of 1.x keeps its points."""
    return f"SHOW RETENTION POLICIES ON {_name(database)}"


def limits() -> str:
    """How 1.x's HTTP is set up; it tells administrators alone."""
    return "SHOW DIAGNOSTICS FOR 'config-httpd'"


def creation(database: str) -> str:
    """A database of 1.x that keeps its points for ever, in shards of a year: a week's would be thousands."""
    return f'CREATE DATABASE {_name(database)} WITH DURATION INF REPLICATION 1 SHARD DURATION 52w NAME "autogen"'


# ---------------------------------------------------------------------- clauses
def _of_site(site: str) -> str:
    return f"site = {_text(site)}"


def _of_stream(key: StreamKey) -> list[str]:
    _, site, source, kind, resolution = key
    named = zip(TAGS, (site, source, kind, str(resolution)), strict=True)
    return [f"{tag} = {_text(value)}" for tag, value in named]


def _known(query: Query) -> list[str]:
    where = [_any("source", query.sources)] if query.sources is not None else []
    where += [_any("kind", query.kinds)] if query.kinds is not None else []
    return where + _limits(query)


def _limits(query: Query) -> list[str]:
    asked = (("known_at", query.received_by), ("published_at", query.published_by))
    return [f"{field} <= {us(limit)}" for field, limit in asked if limit is not None]


def _within(start: datetime, end: datetime) -> list[str]:
    return [f"time >= {_time(start)}", f"time < {_time(end)}"]


def _from_to(start: int, end: int) -> str:
    return " AND ".join(_within(when(start), when(end)))


def _any(tag: str, values: Iterable[str]) -> str:
    return "(" + " OR ".join(f"{tag} = {_text(str(v))}" for v in sorted(values)) + ")"


def _time(moment: datetime) -> str:
    inside = min(max(moment, EARLIEST), LATEST).astimezone(UTC)
    return f"'{inside:%Y-%m-%dT%H:%M:%S.%f}Z'"


def _name(identifier: str) -> str:
    return '"' + identifier.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
