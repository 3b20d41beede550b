"""The event stream: one task tells every open page what has changed. The one place of the service that is asynchronous.

An event says when the newest build was made and which digest each section has; a page asks for those it has not. So
a page that slept, or whose connection broke, is current after one event, and nothing is kept for it here.

Invariants:
    Whatever the number of pages, a look is built once, and its event is the same bytes for all.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress

import anyio.to_thread

from chocolate_factory.domain.errors import StoreError
from chocolate_factory.web.dashboard.page import Look
from chocolate_factory.web.dashboard.snapshot import Snapshot

#: How often a page hears of us at least, seconds; one that hears nothing for thrice as long says so.
EVERY_S = 5.0
#: A comment, which a browser passes over.
NO_NEWS = b": no news\n\n"
#: The last thing a page hears, a comment; it asks again by itself.
GOODBYE = b": the stream ends\n\n"
#: A browser that lost the stream asks again after this, milliseconds.
RETRY = b"retry: 3000\n\n"


class Events:
    """The broadcaster. Everything but ``wake`` and ``close`` runs on the event loop."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._readers: Counter[Look] = Counter()
        self._latest: dict[Look, asyncio.Future[bytes]] = {}
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()
        self._closed = False
        snapshot.listeners.append(self.wake)

    @property
    def readers(self) -> int:
        """Pages that listen."""
        return self._readers.total()

    async def stream(self, look: Look) -> AsyncIterator[bytes]:
        """What one page is told, until it goes or the service stops."""
        self._readers[look] += 1
        self._begin()
        try:
            yield RETRY + await self._news(look)
            while not self._closed:
                yield await self._next(look)
        finally:
            self._readers[look] -= 1

    def wake(self) -> None:
        """Something was built; from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)

    def close(self) -> None:
        """The service stops: every stream ends."""
        self._closed = True
        self.wake()

    def _begin(self) -> None:
        """The task lives while somebody listens."""
        if self._task is None or self._task.done():
            self._loop = asyncio.get_running_loop()
            self._task = self._loop.create_task(self._tell())

    async def _tell(self) -> None:
        try:
            while self.readers and not self._closed:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), EVERY_S)
                self._woken.clear()
                for look in [look for look, count in self._readers.items() if count]:
                    self._publish(look, await self._news(look))
        finally:  # nobody waits for a task that has ended
            for look in list(self._latest):
                self._publish(look, GOODBYE)

    async def _news(self, look: Look) -> bytes:
        try:
            view = await anyio.to_thread.run_sync(self._snapshot.get, look)
        except StoreError:  # the page hears no news, and says so by itself
            return NO_NEWS
        return b"event: news\ndata: " + view.news + b"\n\n"

    def _next(self, look: Look) -> asyncio.Future[bytes]:
        """The next event; all who wait for it share it."""
        if look not in self._latest:
            self._latest[look] = asyncio.get_running_loop().create_future()
        return asyncio.shield(self._latest[look])

    def _publish(self, look: Look, event: bytes) -> None:
        waited = self._latest.pop(look, None)
        if waited is not None and not waited.done():
            waited.set_result(event)
