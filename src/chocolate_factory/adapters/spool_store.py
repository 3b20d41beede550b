"""A store behind the network, and a spool on this machine's disk for when it is away.

While the store is away, or anything waits, batches go into the spool, in order; a thread brings them to the store once
it answers, and ends when nothing waits. Readers get what is held and what waits together. While the store is away they
get what waits alone, and only to what that can answer: a look at a day or two. What asks for history, or counts, gets
``StoreAwayError``, and ``check`` says how much waits.

Invariants:
    What ``write`` returned for is on a disk, there or here. What waits is written to the store before it leaves the
    spool, and writing twice changes nothing: killed at any moment, nothing is lost and nothing there twice.
    One process at a time brings, by a lock beside the file.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import structlog

from chocolate_factory.adapters.file_lock import locked
from chocolate_factory.adapters.spool_log import LIMIT, SpoolLog, in_memory
from chocolate_factory.domain.errors import StoreAwayError, StoreError
from chocolate_factory.domain.series import DEFAULT_SITE, Kind, Observation, Query, StreamSummary, WriteCount, admit
from chocolate_factory.domain.time import HOUR, Interval
from chocolate_factory.domain.work import Check
from chocolate_factory.ports import TimeSeriesStore

log = structlog.get_logger(__name__)

#: Today and tomorrow, on the longest day: what ingestion asks for. A longer look would take the spool for the store.
SHORT = 50 * HOUR
#: Seconds for which a store that did not answer is left alone by readers and writers, and between tries to bring.
REST_S = 5.0
TICK = timedelta(microseconds=1)

T = TypeVar("T")


class SpooledStore:
    """A ``TimeSeriesStore`` around another one.

    Args:
        inner: the store, which may be away.
        path: the spool's file.
        world: of both.
        limit: observations that may wait.
        rest_s: see ``REST_S``.
    """

    def __init__(
        self, inner: TimeSeriesStore, path: Path, world: str = "real", limit: int = LIMIT, rest_s: float = REST_S
    ) -> None:
        self.world = world
        self._inner = inner
        self._spool = SpoolLog(path, world, limit)
        self._lock_path = path.with_name(path.name + ".lock")
        self._rest_s = rest_s
        self._order = threading.Lock()
        self._closing = threading.Event()
        self._bringer: threading.Thread | None = None
        self._trouble: StoreAwayError | None = None
        self._refusal = ""
        self._not_before = float("-inf")
        if not self._spool.is_empty():
            self._start_bringing()

    @property
    def backend(self) -> str:
        """The store's own."""
        return self._inner.backend

    def check(self) -> Check:
        """How the two are, for /health."""
        waiting = self._spool.count()
        told = f"{waiting} observations wait in the spool, of at most {self._spool.limit}"
        if self._trouble is not None:
            return Check("store spool", "degraded", f"{self._trouble} {told}; readers get these alone.")
        if waiting:
            return Check("store spool", "degraded", f"{self._refusal or 'They are on their way:'} {told}.")
        return Check("store spool", "ok", "nothing waits")

    # ------------------------------------------------------------------ writing
    def write(self, observations: Iterable[Observation]) -> WriteCount:
        """Into the store, or into the spool; the count is then of what is new to the spool.

        Raises:
            StoreError: the store is away and the spool is full; none of the batch was kept.
        """
        given = list(observations)
        for o in given:
            admit(o, self.world)
        if not given:
            return WriteCount()
        with self._order:
            if self._spool.is_empty():
                try:
                    return self._reach(lambda: self._inner.write(given))
                except StoreAwayError:
                    pass  # told once, by the store; ``check`` says it for as long as it lasts
            count = self._keep(given)
        self._start_bringing()
        return count

    def _keep(self, given: list[Observation]) -> WriteCount:
        """All of it, also what an upstream repeats: only the store knows what came in between."""
        seen = in_memory(self._waiting_like(given), self.world)
        self._spool.append(given)
        return seen.write(given)

    def _waiting_like(self, given: list[Observation]) -> Iterator[Observation]:
        """What waits of the same series, in the same stretch of time."""
        stretch: dict[tuple[str, str], tuple[datetime, datetime]] = {}
        for o in given:
            first, last = stretch.get((o.series, o.site), (o.start, o.start))
            stretch[o.series, o.site] = (min(first, o.start), max(last, o.start))
        for (series, site), (first, last) in stretch.items():
            yield from self._spool.of(series, site, Interval(first, last + TICK))

    def forget(self, series: str, kinds: frozenset[Kind], before: datetime) -> int:
        """Drop slots that begin before; nothing may wait then."""
        return self._whole().forget(series, kinds, before)

    # ------------------------------------------------------------------ bringing
    def bring(self) -> int:
        """Bring what waits to the store, batch by batch, in order; how many observations.

        Raises:
            StoreError: the store does not take them; they wait.
        """
        brought = 0
        while (count := self._bring_one()) is not None:
            brought += count
        return brought

    def _bring_one(self) -> int | None:
        with locked(self._lock_path):
            found = self._spool.first()
            if found is None:
                return None
            number, waiting = found
            self._inner.write(waiting)
            self._trouble, self._refusal = None, ""
            self._spool.remove(number)
        return len(waiting)

    def _start_bringing(self) -> None:
        with self._order:
            if self._bringer is None:
                self._bringer = threading.Thread(target=self._bring_until_empty, name="spool", daemon=True)
                self._bringer.start()

    def _bring_until_empty(self) -> None:
        while not self._closing.is_set():
            try:
                if brought := self.bring():
                    log.info("what waited in the spool is in the store", observations=brought)
            except StoreError as e:
                self._not_yet(e)
                self._closing.wait(self._rest_s)
            if self._has_brought_all():
                return

    def _not_yet(self, e: StoreError) -> None:
        if isinstance(e, StoreAwayError):
            self._trouble = e
        elif str(e) != self._refusal:
            self._refusal = str(e)
            log.warning("what waits in the spool is refused", why=str(e))

    def _has_brought_all(self) -> bool:
        """Whether the thread may end; no batch can come between the look and its end."""
        with self._order:
            done = self._closing.is_set() or self._spool.is_empty()
            if done:
                self._bringer = None
            return done

    # ------------------------------------------------------------------ reading
    def read(self, query: Query) -> list[Observation]:
        """The newest known value of each slot and stream, ordered by start."""
        return self._answer(query, lambda store: store.read(query))

    def revisions(self, query: Query) -> list[Observation]:
        """Every value held or waiting, ordered by start, then by receipt."""
        return self._answer(query, lambda store: store.revisions(query))

    def starts(self, query: Query) -> Sequence[tuple[datetime, str]]:
        """Start and source of each slot that has a value.

        Of a day or two the spool answers alone, where it holds none too: so ingestion goes on, and asks its upstreams
        for what is perhaps there already.
        """
        return self._answer(query, lambda store: store.starts(query), none_will_do=True)

    def last(
        self, series: str, kinds: frozenset[Kind], before: datetime | None = None, site: str = DEFAULT_SITE
    ) -> Observation | None:
        """The value of the latest slot; of several streams', the one known last."""
        waiting = self._spool.of(series, site)
        newest = in_memory(waiting, self.world).last(series, kinds, before, site)
        try:
            held = self._reach(lambda: self._inner.last(series, kinds, before, site))
        except StoreAwayError:
            if newest is None:
                raise
            return newest
        if held is None or newest is None:
            return held or newest
        start = max(held.start, newest.start)
        slot = Query(series, Interval(start, start + TICK), kinds=kinds, site=site)
        return self._answer(slot, lambda store: store.last(series, kinds, before, site), only_merged=True)

    def _answer(
        self,
        query: Query,
        ask: Callable[[TimeSeriesStore], T],
        *,
        none_will_do: bool = False,
        only_merged: bool = False,
    ) -> T:
        waiting = self._spool.of(query.series, query.site, query.window)
        try:
            if not waiting and not only_merged:
                return self._reach(lambda: ask(self._inner))
            all_of_it = Query(query.series, query.window, site=query.site)
            held = self._reach(lambda: self._inner.revisions(all_of_it))
        except StoreAwayError:
            if query.window.duration > SHORT or not (waiting or none_will_do):
                raise
            held = []
        return ask(in_memory(waiting, self.world, held))

    def inventory(self) -> list[StreamSummary]:
        """What the store holds; what waits is not counted."""
        return self._reach(self._inner.inventory)

    def everything(self) -> Iterator[Observation]:
        """Every revision of every stream; nothing may wait then."""
        yield from self._whole().everything()

    # ------------------------------------------------------------------ the whole
    def verify(self) -> list[str]:
        """What is wrong with the store; that something waits is said too."""
        waiting = self._spool.count()
        return self._inner.verify() + ([f"{waiting} observations wait in the spool"] if waiting else [])

    def backup(self, target: Path) -> None:
        """A whole copy; nothing may wait then."""
        self._whole().backup(target)

    def restore(self, source: Path) -> None:
        """Become that copy; nothing may wait then, or it would come back afterwards."""
        self._whole().restore(source)

    def compact(self) -> int:
        """The store's own."""
        return self._inner.compact()

    def close(self) -> None:
        """Release files and connections. What waits is brought after the next start."""
        self._closing.set()
        self._inner.close()
        bringer = self._bringer
        if bringer is not None:
            bringer.join(10.0)
        self._spool.close()

    # ------------------------------------------------------------------ inside
    def _whole(self) -> TimeSeriesStore:
        """The store, once nothing waits.

        Raises:
            StoreAwayError: it is away.
        """
        self.bring()
        return self._inner

    def _reach(self, call: Callable[[], T]) -> T:
        """Ask the store, unless it was away a moment ago."""
        trouble = self._trouble
        if trouble is not None and time.monotonic() < self._not_before:
            raise StoreAwayError(str(trouble))
        try:
            answer = call()
        except StoreAwayError as e:
            self._not_before = time.monotonic() + self._rest_s
            self._trouble = e
            raise
        self._trouble = None
        return answer
