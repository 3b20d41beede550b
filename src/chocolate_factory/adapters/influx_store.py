"""Observations in InfluxDB: 1.8, 2.x and 3 Core by one adapter, through what their HTTP APIs share.

How a point looks is in ``influx_lines``. The database keeps every revision under its number; which is the newest, and
what of a late one is a revision at all, is decided here by ``revise``, as in every store.

A batch that the server takes only a part of, because it goes away in between, ends in ``StoreError``. It is made whole
by writing it again: points that are there are overwritten by themselves, and nothing counts twice. ``SpooledStore``
does that.

Invariants:
    In one process a reader sees a batch whole or not at all. Readers in other processes may see the first of its
    requests (``CHUNK`` slots) before the last; one slot they always see whole. Two processes that write the same slot
    within the same milliseconds may lose one of the two revisions: each job runs once, in one brain.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from pathlib import Path

import httpx

from chocolate_factory.adapters import influx_query as ql
from chocolate_factory.adapters.influx_batch import Changes, must_be_writable
from chocolate_factory.adapters.influx_copies import Copies, slots_in
from chocolate_factory.adapters.influx_database import InfluxDatabase
from chocolate_factory.adapters.influx_held import InfluxHeld
from chocolate_factory.adapters.influx_http import InfluxAddress, InfluxHttp
from chocolate_factory.adapters.influx_lines import Row, lines_of
from chocolate_factory.adapters.stream_keys import StreamKey, us
from chocolate_factory.adapters.stream_rows import by_stream, merged, observations
from chocolate_factory.adapters.turns import Turns
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.series import (
    DEFAULT_SITE,
    Kind,
    Observation,
    Query,
    StreamSummary,
    WriteCount,
    by_age,
    by_receipt,
    by_slot,
)

#: Slots in a request.
CHUNK = 10_000
#: Requests under way while the next is made.
SENDERS = 2


class InfluxStore:
    """A ``TimeSeriesStore`` in one database of an InfluxDB.

    Args:
        world: ``real`` or ``simulated``. A database remembers which it is and refuses the other.
        transport: a stand-in for the network, for tests.
    """

    backend = "influxdb"

    def __init__(
        self, address: InfluxAddress, world: str = "real", transport: httpx.BaseTransport | None = None
    ) -> None:
        self.world = world
        self._http = InfluxHttp(address, transport)
        self._database = InfluxDatabase(self._http, world)
        self._held = InfluxHeld(self._database)
        self._write_lock = threading.Lock()
        self._turns = Turns()
        self._copies = Copies(world)

    # ------------------------------------------------------------------ writing
    def write(self, observations: Iterable[Observation]) -> WriteCount:
        """Upsert; on the server's disk on return. See the module for a batch that fails half-way."""
        given = list(observations)
        batch = by_stream(given, self.world)
        if not batch:
            return WriteCount()
        for key, rows in batch.items():
            must_be_writable(key, rows.starts)
        with self._write_lock:
            changes = Changes(batch, {key: self._held.slots(key, rows.starts) for key, rows in batch.items()})
            spans = [(min(rows.starts), max(rows.starts)) for rows in batch.values()]
            with self._turns.writing(), self._held.counts.changing(*spans):
                self._post(_cut(changes.lines()))
            self._copies.write(given)
        return changes.count

    def _post(self, chunks: Iterator[list[str]]) -> None:
        """One request after another, the next made while the server takes those before it."""
        first = next(chunks, None)
        if first is None:
            return
        http = self._database.opened()
        under_way: deque[Future[None]] = deque()
        with ThreadPoolExecutor(SENDERS, thread_name_prefix="influx") as pool:
            under_way.append(pool.submit(http.write, first))
            for chunk in chunks:
                under_way.append(pool.submit(http.write, chunk))
                if len(under_way) > SENDERS:
                    under_way.popleft().result()
            for waiting in under_way:
                waiting.result()

    def forget(self, series: str, kinds: frozenset[Kind], before: datetime) -> int:
        """Drop slots that begin before; 3 Core cannot, and says so."""
        if not kinds:
            return 0
        gone_now = us(ql.EARLIEST), us(before)
        with self._write_lock, self._turns.writing(), self._held.counts.changing(gone_now):
            points, gone = (self._held.count_before(series, kinds, before, gone=gone) for gone in (False, True))
            if points:
                for kind in sorted(kinds):
                    self._database.opened().query(ql.deletion(series, kind, before), change=True)
            self._copies.forget(series, kinds, before)
        return points - gone

    # ------------------------------------------------------------------ reading
    def read(self, query: Query) -> list[Observation]:
        """The newest known value of each slot and stream, ordered by start."""
        newest = ((key, {row[0]: row for row in rows}.values()) for key, rows in self._known(query))
        return merged([list(observations(key, rows)) for key, rows in newest], by_slot)

    def revisions(self, query: Query) -> list[Observation]:
        """Every value held, ordered by start, then by receipt."""
        return merged([list(observations(key, rows)) for key, rows in self._known(query)], by_receipt)

    def _known(self, query: Query) -> list[tuple[StreamKey, list[Row]]]:
        with self._turns.reading():
            return self._held.known(query)

    def starts(self, query: Query) -> Sequence[tuple[datetime, str]]:
        """Start and source of each slot that has a value."""
        with self._turns.reading():
            return self._held.starts(query)

    def last(
        self, series: str, kinds: frozenset[Kind], before: datetime | None = None, site: str = DEFAULT_SITE
    ) -> Observation | None:
        """The value of the latest slot; of several streams', the one known last."""
        with self._turns.reading():
            return max(self._held.latest(series, kinds, before, site), key=by_age, default=None)

    def inventory(self) -> list[StreamSummary]:
        """What is held, stream by stream; see ``influx_counts`` for what another process has changed."""
        self._held.settle_counts()
        with self._turns.reading():
            return self._held.summaries()

    def everything(self) -> Iterator[Observation]:
        """Every revision, stream by stream, in order of receipt, a page in memory at a time.

        Each page is as of the moment at which it is read.
        """
        pages = self._held.pages()
        while (page := self._in_turn(lambda: next(pages, None))) is not None:
            yield from page

    def _in_turn(self, look: Callable[[], list[Observation] | None]) -> list[Observation] | None:
        with self._turns.reading():
            return look()

    # ------------------------------------------------------------------ the whole
    def verify(self) -> list[str]:
        """That every point has all its fields, and that no restore was cut off."""
        try:
            with self._turns.reading():
                return self._held.problems()
        except StoreError as e:
            return [str(e)]

    def backup(self, target: Path) -> None:
        """A whole copy as a SQLite file, while others read and write.

        It is in the format of the embedded store, so that one restore serves both. What this process writes meanwhile
        is written into the copy too: it is as of its end.
        """
        with self._copies.to(target) as copy:
            with self._write_lock:
                copy.begin()
            pages = self._held.pages()
            more = True
            while more:
                with self._write_lock:
                    page = next(pages, None)
                    more = page is not None
                    copy.take(page or [])
                    if not more:
                        copy.end()

    def restore(self, source: Path) -> None:
        """Become that copy; readers of this process see the old or the new.

        Where it is cut off, the database says that it is not whole (``verify``) until it is restored again.
        """
        ever = us(ql.EARLIEST), us(ql.LATEST)
        with (
            self._copies.of(source) as copy,
            self._write_lock,
            self._turns.writing(),
            self._held.counts.changing(ever),
        ):
            http = self._database.opened()
            self._database.mark(whole=False)
            for series in {key[0] for key in self._held.streams()}:
                http.query(ql.removal(series), change=True)
            self._post(_cut("\n".join(lines_of(*slot)) for slot in slots_in(copy.everything())))
            self._database.mark(whole=True)

    def compact(self) -> int:
        """Nothing: the server compacts its files by itself."""
        return 0

    def close(self) -> None:
        """Release connections."""
        self._http.close()


def _cut(slots: Iterable[str]) -> Iterator[list[str]]:
    """Slots in requests, none of them cut."""
    every = iter(slots)
    while chunk := list(islice(every, CHUNK)):
        yield chunk
