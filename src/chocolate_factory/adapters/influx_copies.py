"""Whole copies of a store behind the network, as files of the embedded store.

``influxd backup`` speaks a protocol of its own that HTTP does not reach, and its files are another store's. A copy in
SQLite is read by ``restore`` of either back end, and by anybody.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from itertools import groupby
from pathlib import Path

from chocolate_factory.adapters.sqlite_store import SqliteStore
from chocolate_factory.adapters.stream_keys import StreamKey, key_of, us
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.series import Kind, Observation, Slot


class Copy:
    """One that is being made. What is written to the store meanwhile is written here too.

    A trouble of the copy's own is no trouble of whoever writes to the store: it ends the copy.
    """

    def __init__(self, store: SqliteStore, running: list[Copy]) -> None:
        self._store = store
        self._running = running
        self._trouble: StoreError | None = None

    def begin(self) -> None:
        """From here on nothing that is written to the store is missed."""
        self._running.append(self)

    def take(self, page: list[Observation]) -> None:
        """What the store holds. Raises ``StoreError`` where it, or something before it, could not be taken."""
        if self._trouble is not None:
            raise self._trouble
        self._store.write(page)

    def end(self) -> None:
        """It is as of this moment."""
        self._running.remove(self)

    def write(self, given: list[Observation]) -> None:
        """What came meanwhile."""
        try:
            self._store.write(given)
        except StoreError as e:
            self._trouble = e

    def forget(self, series: str, kinds: frozenset[Kind], before: datetime) -> None:
        """What went meanwhile."""
        try:
            self._store.forget(series, kinds, before)
        except StoreError as e:
            self._trouble = e


class Copies:
    """Those under way. ``write`` and ``forget`` are called by whoever alone may write to the store."""

    def __init__(self, world: str) -> None:
        self._world = world
        self._running: list[Copy] = []

    def write(self, given: list[Observation]) -> None:
        """The store has taken this."""
        for copy in self._running:
            copy.write(given)

    def forget(self, series: str, kinds: frozenset[Kind], before: datetime) -> None:
        """The store has dropped this."""
        for copy in self._running:
            copy.forget(series, kinds, before)

    @contextmanager
    def to(self, target: Path) -> Iterator[Copy]:
        """A copy, put in place when the block ends well.

        Raises:
            StoreError: it cannot be written there.
        """
        with ExitStack() as stack:
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                folder = stack.enter_context(tempfile.TemporaryDirectory(dir=target.parent))
            except OSError as e:
                raise StoreError(
                    f"The backup cannot be written to {target} ({e}). Name a file in a folder of yours."
                ) from e
            store = stack.enter_context(closing(SqliteStore(Path(folder) / "copy.db", self._world)))
            copy = Copy(store, self._running)
            try:
                yield copy
            finally:
                if copy in self._running:
                    copy.end()
            store.backup(target)

    @contextmanager
    def of(self, source: Path) -> Iterator[SqliteStore]:
        """A backup, checked and opened; the file itself is only read.

        Raises:
            StoreError: there is none, or it is damaged.
            WrongWorldError: it is of the other world.
        """
        with tempfile.TemporaryDirectory() as folder, closing(SqliteStore(Path(folder) / "c.db", self._world)) as copy:
            copy.restore(source)
            yield copy


def slots_in(everything: Iterable[Observation]) -> Iterator[tuple[StreamKey, int, Slot[int], Slot[int]]]:
    """The slots of what ``everything`` gives: stream, start, nothing held, and its revisions in order of receipt."""
    for (key, start), rows in groupby(everything, key=lambda o: (key_of(o), us(o.start))):
        yield key, start, {}, {us(o.received_at): (us(o.published_at), o.value) for o in rows}
