"""Long work in the background, one piece after another, on record from the moment it is asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import structlog

from chocolate_factory.domain.errors import BusyError, ChocolateFactoryError, StoppedError, StoreError
from chocolate_factory.domain.work import Job, JobState
from chocolate_factory.ports import Clock, JobLedger
from chocolate_factory.usecases.progress import Progress

log = structlog.get_logger(__name__)

Deed = Callable[[Progress], str]

#: More would wait for hours, and the files that some of them hold wait in memory.
MOST_WAITING = 20
#: Progress is written down at most this often, seconds; somebody polls, nobody watches every slot.
WRITE_EVERY = 0.5
#: A ledger that is away is told the beginning and the end of a job for so long, s, and so often.
PATIENCE_S, AGAIN_S = 600.0, 5.0


class Workshop:
    """Runs deeds on one background thread and keeps the ledger.

    A deed takes a ``Progress`` and returns the sentence that sums it up. What it could not do in part it tells through
    ``Progress.problem``; a job whose every part failed raises.
    """

    def __init__(self, ledger: JobLedger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._unfinished = 0
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="workshop")

    def start(self, name: str, deed: Deed) -> Job:
        """Queue a deed; the job that stands for it.

        Raises:
            BusyError: too much is waiting.
            StoppedError: the service is stopping.
        """
        with self._lock:
            if self._stopping.is_set():
                raise StoppedError("The service is stopping; ask again once it has started.")
            if self._unfinished > MOST_WAITING:
                raise BusyError(f"{MOST_WAITING} pieces of work are waiting; GET /jobs shows them. Ask again later.")
            job = self._ledger.add_job(name)
            self._unfinished += 1
            self._pool.submit(self._run, job, deed)
        return job

    def close(self, *, wait: bool = True) -> None:
        """Tell running work to stop at its next step, and drop what is queued."""
        with self._lock:
            self._stopping.set()
        self._pool.shutdown(wait=wait, cancel_futures=True)

    def _run(self, job: Job, deed: Deed) -> None:
        structlog.contextvars.bind_contextvars(job_id=job.id, deed=job.deed)
        try:
            self._do(job, deed)
        except BaseException:
            log.exception("job broke")  # the pool would keep it to itself
            raise
        finally:
            structlog.contextvars.clear_contextvars()
            with self._lock:
                self._unfinished -= 1

    def _do(self, job: Job, deed: Deed) -> None:
        scribe = Scribe(self._ledger, self._clock, replace(job, state=JobState.RUNNING, started_at=self._clock.now()))
        progress = Progress(scribe.hear, self._stopping.is_set)
        scribe.problems = progress.problems
        try:
            sentence = deed(progress)
            scribe.end(JobState.FAILED if came_to_nothing(progress) else JobState.DONE, sentence)
        except StoppedError as e:
            scribe.end(JobState.FAILED, "stopped", str(e))
        except ChocolateFactoryError as e:
            log.warning("job failed", error=str(e))
            scribe.end(JobState.FAILED, "failed", str(e))
        except BaseException as e:
            # A fault of ours: it must not leave a job that runs for ever.
            scribe.end(JobState.FAILED, "failed", f"internal error: {type(e).__name__}")
            raise


def came_to_nothing(progress: Progress) -> bool:
    """Whether something was missing, sources failed, and nothing of it was filled: that is no deed done."""
    expected, filled = (
        sum(count for name, count in progress.counts.items() if name.endswith(what)) for what in ("expected", "filled")
    )
    return bool(progress.problems) and expected > 0 and not filled


class Scribe:
    """Writes one job's progress down."""

    def __init__(self, ledger: JobLedger, clock: Clock, job: Job) -> None:
        self._ledger = ledger
        self._clock = clock
        self._job = job
        self._written = clock.monotonic()
        self.problems: list[str] = []
        self._write(job)

    def hear(self, share: float, message: str, counts: dict[str, float]) -> None:
        """A listener for ``Progress``."""
        self._job = replace(self._job, progress=round(share, 4), message=message, counts=counts)
        if self._clock.monotonic() - self._written >= WRITE_EVERY:
            self._written = self._clock.monotonic()
            with suppress(StoreError):  # nobody can read it either; the deed goes on
                self._ledger.save_job(replace(self._job, errors=list(self.problems)))

    def end(self, state: JobState, message: str, error: str = "") -> None:
        """The last word."""
        progress = 1.0 if state is JobState.DONE else self._job.progress
        errors = [*self.problems, *([error] if error else [])]
        ended = replace(self._job, state=state, ended_at=self._clock.now(), progress=progress, message=message)
        self._write(replace(ended, errors=errors))

    def _write(self, job: Job) -> None:
        """What must not be lost; a job would seem to run for as long as its brain lives."""
        deadline = self._clock.monotonic() + PATIENCE_S
        while True:
            try:
                return self._ledger.save_job(job)
            except StoreError:
                before = self._clock.monotonic()
                self._clock.sleep(AGAIN_S)
                now = self._clock.monotonic()
                if now > deadline or now - before < 0.5 * AGAIN_S:  # a sleep cut short: the service stops
                    raise
