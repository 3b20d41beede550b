"""A store behind the network, and a spool on this machine's disk for when it is away.

While the store is away, or anything waits, batches go into the spool, in order; a thread brings them to the store once
it answers, and ends when nothing waits. Readers get what is held and what waits together. While the store is away they
get what waits alone, and only to what that can answer: a look at a day or two. What asks for history, or counts, gets
``StoreAwayError``, and ``check`` says how much waits.

Invariants:
    What ``write`` returned for is on a disk, there or here. What waits is written to the store before it leaves the
    spool, and writing twice changes nothing: killed at any moment, nothing is lost and nothing there twice.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from chocolate_factory.adapters.spool_bringer import Bringer
from chocolate_factory.adapters.spool_log import LIMIT, SpoolLog
from chocolate_factory.adapters.spool_merge import Ask, T, in_memory, together
from chocolate_factory.adapters.spool_reach import REST_S, Reach
from chocolate_factory.domain.errors import StoreAwayError
from chocolate_factory.domain.series import (
    DEFAULT_SITE,
    Kind,
    Observation,
    Query,
    StreamSummary,
    WriteCount,
    admit,
)
from chocolate_factory.domain.time import HOUR, Interval
from chocolate_factory.domain.work import Check
from chocolate_factory.ports import TimeSeriesStore

#: Today and tomorrow, on the longest day: what ingestion asks for. A longer look would take the spool for the store.
SHORT = 50 * HOUR
TICK = timedelta(microseconds=1)


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
        self._spool.take_up()
        self._reach = Reach(rest_s)
        self._bringer = Bringer(self._spool, inner, self._reach)
        self._order = threading.Lock()
        self._bringer.start()

    @property
    def backend(self) -> str:
        """The store's own."""
        return self._inner.backend

    def check(self) -> Check:
        """How the two are, for /health."""
        waiting, aside = self._spool.count()
        told = f"{waiting} observations wait in the spool, of at most {self._spool.limit}"
        if self._reach.trouble is not None:
            return Check("store spool", "degraded", f"{self._reach.trouble} {told}; readers get these alone.")
        if aside:
            return Check("store spool", "degraded", f"{self._of_those_aside(aside)} {told}.")
        if waiting:
            return Check("store spool", "degraded", f"{self._bringer.refusal or 'They are on their way:'} {told}.")
        return Check("store spool", "ok", "nothing waits")

    def _of_those_aside(self, aside: int) -> str:
        return (
            f"The store refused {aside} observations: {self._bringer.refusal} They are kept in {self._spool.path} and "
            "tried again at the next start."
        )

    # ------------------------------------------------------------------ writing
    def write(self, observations: Iterable[Observation]) -> WriteCount:
        """Into the store, or into the spool; the count is then of what is new to the spool.

        Raises:
            StoreError: the store is away and the spool is full; none of the batch was kept.
        """
        given = list(observations)
        if not given:
            return WriteCount()
        with self._order:
            if self._spool.is_empty():
                try:
                    return self._reach(lambda: self._inner.write(given))
                except StoreAwayError:
                    pass  # told once, by the store; ``check`` says it for as long as it lasts
            count = self._keep(given)
        self._bringer.start()
        return count

    def _keep(self, given: list[Observation]) -> WriteCount:
        """All of it, also what an upstream repeats: only the store knows what came in between."""
        for o in given:
            admit(o, self.world)
        seen = in_memory(self._spool.like(given), self.world)
        self._spool.append(given)
        return seen.write(given)

    def forget(self, series: str, kinds: frozenset[Kind], before: datetime) -> int:
        """Drop slots that begin before; nothing may wait then."""
        return self._whole().forget(series, kinds, before)

    def bring(self) -> int:
        """Bring what waits to the store; how many observations.

        Raises:
            StoreError: the store does not take them; they wait.
        """
        return self._bringer.bring()

    # ------------------------------------------------------------------ reading
    def read(self, query: Query) -> list[Observation]:
        """The newest known value of each slot and stream, ordered by start."""
        return list(self._answer(query, lambda store, piece: store.read(piece)))

    def revisions(self, query: Query) -> list[Observation]:
        """Every value held or waiting, ordered by start, then by receipt."""
        return list(self._answer(query, lambda store, piece: store.revisions(piece)))

    def starts(self, query: Query) -> Sequence[tuple[datetime, str]]:
        """Start and source of each slot that has a value.

        Of a day or two the spool answers alone, where it holds none too: so ingestion goes on, and asks its upstreams
        for what is perhaps there already.
        """
        return self._answer(query, lambda store, piece: store.starts(piece), none_will_do=True)

    def last(
        self, series: str, kinds: frozenset[Kind], before: datetime | None = None, site: str = DEFAULT_SITE
    ) -> Observation | None:
        """The value of the latest slot; of several streams', the one known last."""
        start = self._spool.latest(series, site, kinds, before)
        if start is None:
            return self._reach(lambda: self._inner.last(series, kinds, before, site))
        try:
            held = self._reach(lambda: self._inner.last(series, kinds, before, site))
        except StoreAwayError:
            held = None
        start = start if held is None else max(start, held.start)
        return self._last_of(Query(series, Interval(start, start + TICK), kinds=kinds, site=site))

    def _last_of(self, slot: Query) -> Observation | None:
        kinds = slot.kinds or frozenset()
        of_slot = self._answer(slot, lambda store, piece: [*store.revisions(piece)])
        return in_memory(of_slot, self.world).last(slot.series, kinds, None, slot.site)

    def _answer(self, query: Query, ask: Ask[T], *, none_will_do: bool = False) -> Sequence[T]:
        waiting = self._spool.of(query.series, query.site, query.window)
        try:
            return self._reach(lambda: together(self._inner, waiting, self.world, query, ask))
        except StoreAwayError:
            if query.window.duration > SHORT or not (waiting or none_will_do):
                raise
            return ask(in_memory(waiting, self.world), query)

    def inventory(self) -> list[StreamSummary]:
        """What the store holds; what waits is not counted."""
        return self._reach(self._inner.inventory)

    def everything(self) -> Iterator[Observation]:
        """Every revision of every stream; nothing may wait then."""
        yield from self._whole().everything()

    # ------------------------------------------------------------------ the whole
    def verify(self) -> list[str]:
        """What is wrong with the store; that something waits is said too."""
        waiting, aside = self._spool.count()
        return [
            *self._inner.verify(),
            *([f"{waiting} observations wait in the spool"] if waiting else []),
            *([self._of_those_aside(aside)] if aside else []),
        ]

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
        self._bringer.stop(0.0)
        self._inner.close()
        self._bringer.stop()
        self._spool.close()

    def _whole(self) -> TimeSeriesStore:
        """The store, once nothing waits that it takes.

        Raises:
            StoreAwayError: it is away.
        """
        self.bring()
        return self._inner
