"""Who brings what waits to the store: a thread that ends when nothing waits."""

from __future__ import annotations

import threading

import structlog

from chocolate_factory.adapters.file_lock import locked
from chocolate_factory.adapters.spool_log import SpoolLog
from chocolate_factory.adapters.spool_reach import Reach
from chocolate_factory.domain.errors import InputError, StoreAwayError, StoreError
from chocolate_factory.domain.series import Observation
from chocolate_factory.ports import TimeSeriesStore

log = structlog.get_logger(__name__)


class Bringer:
    """Batch by batch, in order.

    Attributes:
        refusal: why the store did not take a batch, or why none could be brought; empty while all goes well.

    Invariants:
        A batch leaves the spool only once the store has shown that it holds it. One that the store refuses is set
        aside until the next start: it would be refused again, and must not hold up the others for ever.
        One process at a time brings, by a lock beside the file.
    """

    def __init__(self, spool: SpoolLog, store: TimeSeriesStore, reach: Reach) -> None:
        self.refusal = ""
        self._spool = spool
        self._store = store
        self._reach = reach
        self._lock_path = spool.path.with_name(spool.path.name + ".lock")
        self._turn = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Where nobody is at work and something waits."""
        with self._turn:
            if self._thread is None and not self._closing.is_set() and not self._spool.is_empty():
                self._thread = threading.Thread(target=self._work, name="spool", daemon=True)
                self._thread.start()

    def stop(self, patience_s: float = 10.0) -> None:
        """Finish the batch in hand, and no other."""
        self._closing.set()
        thread = self._thread
        if thread is not None:
            thread.join(patience_s)

    def bring(self) -> int:
        """Bring all that waits now; how many observations the store took.

        Raises:
            StoreError: the store does not answer, or the spool cannot serve; they wait.
        """
        brought = 0
        while (count := self._bring_one()) is not None:
            brought += count
        return brought

    # ------------------------------------------------------------------ inside
    def _work(self) -> None:
        try:
            while not self._is_done():
                self._bring_or_rest()
        finally:
            with self._turn:
                if self._thread is threading.current_thread():  # it ends by a fault: the next batch starts another
                    self._thread = None

    def _is_done(self) -> bool:
        """Whether the thread may end; no batch can come between the look and its end."""
        with self._turn:
            done = self._closing.is_set() or self._spool.is_empty()
            if done:
                self._thread = None
            return done

    def _bring_or_rest(self) -> None:
        try:
            if brought := self.bring():
                log.info("what waited in the spool is in the store", observations=brought)
        except StoreAwayError as e:
            self._reach.trouble = e  # others may try it meanwhile: perhaps it answers, and takes nothing
            self._closing.wait(self._reach.rest_s)
        except StoreError as e:
            self._refused(e)
            self._closing.wait(self._reach.rest_s)

    def _bring_one(self) -> int | None:
        """The oldest batch; None where none waits."""
        try:
            with locked(self._lock_path):
                found = self._spool.first()
                return None if found is None else self._hand_over(*found)
        except OSError as e:
            raise StoreError(f"The spool's lock {self._lock_path} cannot be made ({e}). Make room in DATA_DIR.") from e

    def _hand_over(self, number: int, batch: list[Observation]) -> int:
        try:
            self._write(batch)
        except StoreAwayError:
            raise
        except (StoreError, InputError) as e:
            self._refused(e)
            self._spool.set_aside(number)
            brought = 0
        else:
            self._spool.remove(number)
            brought = len(batch)
        self._reach.trouble = None
        return brought

    def _write(self, batch: list[Observation]) -> None:
        """Twice: the second time changes nothing where the store kept what it said it had taken."""
        self._store.write(batch)
        if missing := self._store.write(batch).written:
            raise StoreAwayError(f"The store took {len(batch)} observations and does not hold {missing} of them.")

    def _refused(self, e: Exception) -> None:
        if str(e) != self.refusal:
            self.refusal = str(e)
            log.warning("what waits in the spool is refused", why=str(e))
