"""What a brain does, by its own knowledge, held against what the ledger says of it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from chocolate_factory.domain.work import Outcome, Run
from chocolate_factory.ports import JobLedger
from chocolate_factory.scheduler.spec import Result

log = structlog.get_logger(__name__)

LOST = "the ledger went away while the run was given out"


@dataclass(eq=False)
class Own:
    """A run of this brain.

    Attributes:
        unwanted: it should stop: the service does, or another brain has it by now.
        over: its deed has ended, and its end is on record or about to be.
    """

    run: Run
    unwanted: threading.Event = field(default_factory=threading.Event)
    over: bool = False

    @property
    def key(self) -> tuple[str, datetime]:
        """What the ledger knows it by."""
        return self.run.job_id, self.run.due_at


class Underway:
    """The runs that this brain has claimed and not yet let go.

    Invariants:
        None begins once it is stopping.
        An end that the ledger cannot take waits, in order, and is written before anything else begins.
    """

    def __init__(self, jobs: JobLedger) -> None:
        self._jobs = jobs
        self._lock = threading.Lock()
        self._own: dict[str, Own] = {}
        self._stopping = threading.Event()
        self._ends: deque[tuple[Own, Result, bool]] = deque()
        self._writing = threading.Lock()

    def __len__(self) -> int:
        return len(self._own)

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._own

    @property
    def is_stopping(self) -> bool:
        """Whether no run begins any more."""
        return self._stopping.is_set()

    def begin(self, job_id: str, due: datetime, note: str, do: Callable[[Own], None]) -> bool:
        """Claim a run and hand it on; False where the job runs, here or elsewhere, or where nothing begins any more."""
        with self._lock:
            if job_id in self._own or self.is_stopping:
                return False
            run = self._jobs.claim_run(job_id, due, note)
            if run is None:  # somebody else has it, or had it
                return False
            do(self._own.setdefault(job_id, Own(run)))
        return True

    def end(self, own: Own, result: Result, *, hung: bool) -> None:
        """Put its end on record.

        Raises:
            StoreError: the ledger cannot serve; the end waits.
        """
        own.over = True
        self._ends.append((own, result, hung))
        self.write_ends()

    def write_ends(self) -> None:
        """What waits, into the ledger."""
        with self._writing:
            while self._ends:
                own, result, hung = self._ends[0]
                if self._jobs.end_run(own.run, result.outcome, result.counts, result.error, hung=hung) is None:
                    log.warning("another brain has taken the run over; what this one did of it stands", job=own.key[0])
                self._ends.popleft()

    def let_go(self, own: Own) -> None:
        """Its job may be begun again."""
        with self._lock:
            del self._own[own.run.job_id]

    def stop(self) -> None:
        """No new runs; those that are under way are told."""
        with self._lock:
            self._stopping.set()
            for own in self._own.values():
                own.unwanted.set()

    def compare(self) -> set[str]:
        """Stop what the ledger has given to another brain; the jobs whose claim was written and its answer lost."""
        with self._lock:  # so that no claim comes between the two
            doing = [own for own in self._own.values() if not own.over]
            known = {own.key for own in (*self._own.values(), *(own for own, _, _ in list(self._ends)))}
            by_ledger = {(run.job_id, run.due_at): run for run in self._jobs.own_runs()}
        for own in doing:
            if own.key not in by_ledger and not own.over and not own.unwanted.is_set():
                log.warning("the run is another brain's by now", job=own.key[0])
                own.unwanted.set()
        lost = [run for key, run in by_ledger.items() if key not in known]
        for run in lost:
            self._jobs.end_run(run, Outcome.STOPPED, {}, LOST)
        return {run.job_id for run in lost}
