"""Carries notices while the timetable ticks: one round at a time, in a thread that waits for the child that sends."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

from chocolate_factory.domain.errors import ChocolateFactoryError, StoppedError
from chocolate_factory.ports import Clock
from chocolate_factory.usecases.notify import Notify

log = structlog.get_logger(__name__)

#: Between two looks at what is new, s of the machine's own time.
EVERY_S = 5.0


class Postman:
    """Looks for news, and sends what is due."""

    def __init__(self, notify: Notify, clock: Clock) -> None:
        self._notify = notify
        self._clock = clock
        self._looked_at = float("-inf")
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="postman")
        self._round: Future[None] | None = None
        self._stopped = threading.Event()

    def look(self) -> None:
        """Write down what is news; begin a round where something is due and none is under way.

        Raises:
            StoreError: the ledger cannot serve.
        """
        now = self._clock.monotonic()
        if 0 <= now - self._looked_at < EVERY_S or self._stopped.is_set():
            return
        self._looked_at = now
        self._notify.gather()
        if (self._round is None or self._round.done()) and self._notify.pending():
            self._round = self._pool.submit(self._carry)

    def stop(self) -> None:
        """No new round; one that is under way is stopped by the child's own parent."""
        self._stopped.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _carry(self) -> None:
        try:
            counts = self._notify.deliver()
        except StoppedError:
            return  # what was claimed is sent after the next start
        except ChocolateFactoryError as e:
            log.warning("notices could not be sent", why=str(e))
        else:
            log.info("notices carried", **counts)
