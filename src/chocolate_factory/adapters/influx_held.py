"""What one database of an InfluxDB holds: the questions, and what their answers mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any

from chocolate_factory.adapters import influx_query as ql
from chocolate_factory.adapters.influx_counts import InfluxCounts, pieces
from chocolate_factory.adapters.influx_database import InfluxDatabase
from chocolate_factory.adapters.influx_lines import Row, in_order, is_ours, key_from, slots_of
from chocolate_factory.adapters.stream_keys import StreamKey, us, when
from chocolate_factory.adapters.stream_rows import Slots, observations, slot_starts, stretches
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.series import Kind, Observation, Query, StreamSummary

#: Points in one answer, of each stream.
PAGE = 20_000
#: A point is half there for microseconds; who finds one so many times in a row has found one that stays so.
TRIES = 20


class InfluxHeld:
    """Reading. Whoever calls sees to it that nobody writes meanwhile.

    Attributes:
        counts: of every stream; whoever writes says there what he changed.
    """

    def __init__(self, database: InfluxDatabase) -> None:
        self._database = database
        self.counts = InfluxCounts(self._ask)

    # ------------------------------------------------------------------ rows
    def known(self, query: Query) -> list[tuple[StreamKey, list[Row]]]:
        """For each stream that is asked for, the rows known, ordered by start, then by receipt."""
        if _asks_for_none(query):
            return []
        return [(key, self._all(key, rows, query)) for key, rows in self._grouped(ql.rows_of_query(query, PAGE))]

    def _all(self, key: StreamKey, rows: list[Row], query: Query) -> list[Row]:
        """Of a stream whose first rows were found, and the rest where one answer cannot hold it."""
        if len(rows) < PAGE:
            return in_order(rows)
        cut = rows[-1][0]
        rest = self._pages_of(key, cut, us(query.window.end) - 1, query)
        return [*in_order(row for row in rows if row[0] != cut), *chain.from_iterable(rest)]

    def slots(self, key: StreamKey, asked: Iterable[int]) -> Slots:
        """What is held of some slots of a stream; one short answer where it is nothing."""
        wanted = frozenset(asked)
        pages = (page for first, last in stretches(wanted) for page in self._pages_of(key, first, last))
        return slots_of(row for page in pages for row in page if row[0] in wanted)

    def pages(self) -> Iterator[list[Observation]]:
        """Every revision of every stream, in order, page by page."""
        for key in self.streams():
            for page in self._pages_of(key, us(ql.EARLIEST), None):
                yield list(observations(key, page))

    def _pages_of(
        self, key: StreamKey, first: int, last: int | None, query: Query | None = None
    ) -> Iterator[list[Row]]:
        """Rows in order; a slot is never cut, so the last of a full answer begins the next one."""
        size = PAGE
        while True:
            found = self._rows(ql.rows_of_stream(key, first, last, size, query))
            rows: list[Row] = found[0]["values"] if found else []
            if len(rows) < size:
                yield in_order(rows)
                return
            cut = rows[-1][0]
            if cut == first:  # one slot fills the answer
                size *= 2
                continue
            yield in_order(row for row in rows if row[0] != cut)
            first, size = cut, PAGE

    # ------------------------------------------------------------------ slots
    def starts(self, query: Query) -> list[tuple[datetime, str]]:
        """Start and source of each slot that has a value."""
        if _asks_for_none(query):
            return []
        found = self._ask(ql.starts_of_query(query))
        return slot_starts(
            [(one["tags"]["source"], list(dict.fromkeys(row[0] for row in one["values"]))) for one in found]
        )

    def latest(self, series: str, kinds: frozenset[Kind], before: datetime | None, site: str) -> Iterator[Observation]:
        """Among others, the newest value of each stream's latest slot."""
        if kinds:
            for key, rows in self._grouped(ql.latest(series, site, kinds, before)):
                yield from observations(key, in_order(rows))

    def count_before(self, series: str, kinds: frozenset[Kind], before: datetime, *, gone: bool) -> int:
        """Points of slots that begin before."""
        found = self._ask(ql.counted_before(series, kinds, before, gone=gone))
        return int(found[0]["values"][0][1]) if found else 0

    # ------------------------------------------------------------------ streams
    def streams(self) -> list[StreamKey]:
        """Those that hold anything, in order."""
        return sorted(self._by_stream(ql.first_slots(), _time))

    def settle_counts(self) -> None:
        """Count what is old, for ``summaries``; others may write meanwhile."""
        if span := self._span():
            self.counts.settle(*span)

    def summaries(self) -> list[StreamSummary]:
        """What is held, stream by stream."""
        first, last = self._by_stream(ql.first_slots(), _time), self._by_stream(ql.last_slots(), _time)
        counts = self.counts.of(min(first.values()), max(last.values())) if first else {}
        return [
            StreamSummary(
                site=site,
                series=series,
                source=source,
                kind=Kind(kind),
                resolution_minutes=resolution,
                first=when(first[key]),
                last=when(last[key]),
                count=counts[key].slots,
                revisions=counts[key].revisions,
                last_received_at=when(counts[key].newest),
            )
            for key in sorted(first.keys() & counts.keys())
            for series, site, source, kind, resolution in [key]
        ]

    def problems(self) -> list[str]:
        """What is wrong with the points; empty when they are whole."""
        problems = [] if self._is_whole() else ["a restore was cut off: restore again"]
        problems += self._database.misconfigured()
        lacking = [" ".join(map(str, key)) for key in sorted(self._lacking())]
        return problems + [f"{stream}: points without all their fields" for stream in lacking]

    def _lacking(self) -> set[StreamKey]:
        """Streams whose points lack a field."""
        span = self._span()
        asked = (ql.fields_counted(a, b) for a, b in pieces(*span)) if span else ()
        counted = (fields for ask in asked for fields in self._by_stream(ask, lambda row: row[1:]).items())
        return {key for key, counts in counted if len(set(counts)) > 1}

    def _span(self) -> tuple[int, int] | None:
        """The first slot of all and the last; None where there is none."""
        first, last = self._by_stream(ql.first_slots(), _time), self._by_stream(ql.last_slots(), _time)
        return (min(first.values()), max(last.values())) if first else None

    def _is_whole(self) -> bool:
        self._database.opened()
        return self._database.is_whole()

    # ------------------------------------------------------------------ inside
    def _ask(self, influxql: str) -> list[dict[str, Any]]:
        return self._database.opened().query(influxql)

    def _rows(self, influxql: str) -> list[dict[str, Any]]:
        """An answer of whole points; somebody else's in a measurement of ours are left out.

        InfluxDB takes a point in field by field: who asks while another process writes may see half of one.

        Raises:
            StoreError: points lack a field however often one asks.
        """
        for _ in range(TRIES):
            found = [series for series in self._ask(influxql) if is_ours(series)]
            torn = [series for series in found if any(None in row for row in series["values"])]
            if not torn:
                return found
        name = " ".join(map(str, key_from(torn[0])))
        what = f"InfluxDB holds points of {name} without all their fields"
        raise StoreError(f"{what}; `chocolate-factory doctor` names every such stream.")

    def _grouped(self, influxql: str) -> list[tuple[StreamKey, list[Row]]]:
        return [(key_from(series), series["values"]) for series in self._rows(influxql)]

    def _by_stream(self, influxql: str, of_row: Callable[[list[Any]], Any]) -> dict[StreamKey, Any]:
        """One fact for each stream; somebody else's measurements are left out."""
        return {key_from(series): of_row(series["values"][0]) for series in self._ask(influxql) if is_ours(series)}


def _asks_for_none(query: Query) -> bool:
    return query.window.is_empty or query.kinds == frozenset() or query.sources == frozenset()


def _time(row: list[Any]) -> int:
    return int(row[0])
