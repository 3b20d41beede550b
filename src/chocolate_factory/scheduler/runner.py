"""Keeps the timetable: APScheduler's engine ticks, the ledger says what has run, the clock says what is due.

Deeds run on threads of our own: a tick that gave them to the engine while it shuts down would wait for it, and it for
the tick.

Invariants:
    An occurrence is claimed in the ledger before it runs, so that it runs once, whoever else is running.
    A job never overlaps itself.
    However many occurrences were missed while the machine was off, a job is made up once.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor as EngineThreads
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from chocolate_factory.domain.errors import (
    BusyError,
    ChocolateFactoryError,
    NotFoundError,
    StoppedError,
    StoreError,
)
from chocolate_factory.domain.work import Check, Outcome, Run, ScheduledJob
from chocolate_factory.scheduler.jobs import TIMETABLE
from chocolate_factory.scheduler.spec import Context, JobSpec, Result
from chocolate_factory.wiring import House

log = structlog.get_logger(__name__)

TICK_SECONDS = 1.0
#: Deeds at one time; more wait their turn.
DEEDS = 6
#: An occurrence older than this when it is claimed was missed, not merely late.
MISSED = timedelta(minutes=2)


class Runner:
    """One brain's timetable."""

    def __init__(self, house: House, timetable: tuple[JobSpec, ...] = TIMETABLE) -> None:
        self._house = house
        self._jobs = {spec.id: spec for spec in timetable}
        self._profile = house.settings.schedule_profile
        self._lock = threading.Lock()
        self._running: set[str] = set()
        self._paused: set[str] = set()
        self._done: dict[str, datetime] = {}
        self._stopping = threading.Event()
        self._off_since = house.last_alive()
        self._ticked_at = house.clock.now()
        self._ledger_serves = True
        self._pool = ThreadPoolExecutor(DEEDS, thread_name_prefix="deed")
        self._engine = BackgroundScheduler(
            timezone="UTC",
            executors={"default": EngineThreads(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Begin; the jobs marked so run at once."""
        self._house.jobs.abandon_runs("the process ended before the run did")
        self._engine.start()
        for spec in self._jobs.values():
            if spec.at_start:
                self._launch(spec, self._house.clock.now(), "after start")
        self._engine.add_job(self.tick, IntervalTrigger(seconds=TICK_SECONDS), id="tick")

    def stop(self) -> None:
        """No new runs; running ones stop at their next step."""
        with self._lock:
            self._stopping.set()
        if self._engine.running:
            self._engine.shutdown(wait=True)
        self._pool.shutdown(wait=True)

    def tick(self) -> None:
        """Launch what is due; while the ledger cannot serve, nothing is."""
        now = self._ticked_at = self._house.clock.now()
        try:
            for spec in self._jobs.values():
                self._launch_due(spec, now)
        except StoreError as e:
            self._tell_ledger(serves=False, error=str(e))
        else:
            self._tell_ledger(serves=True, error="")

    def run_now(self, job_id: str) -> datetime:
        """Run a job because somebody asks; the moment that identifies the run.

        Raises:
            NotFoundError: no such job.
            BusyError: it is running.
            StoppedError: the service is stopping.
        """
        spec = self._spec(job_id)
        if self._stopping.is_set():
            raise StoppedError("The service is stopping; ask again once it has started.")
        moment = self._house.clock.now()
        if not self._launch(spec, moment, "asked for"):
            raise BusyError(f"The job {job_id} is running; its end will be in /scheduler/status.")
        return moment

    def must_know(self, job_id: str) -> None:
        """Nothing, for a job of the timetable.

        Raises:
            NotFoundError: no such job.
        """
        self._spec(job_id)

    def checks(self) -> list[Check]:
        """The engine's own state, for /health."""
        if not self._engine.running:
            return [Check("scheduler", "down", "the timetable does not run")]
        late = self._house.clock.now() - self._ticked_at
        if late > 30 * timedelta(seconds=TICK_SECONDS):
            return [Check("scheduler", "degraded", f"the last tick was {late.total_seconds():.0f} s ago")]
        return [Check("scheduler", "ok", f"{len(self._jobs)} jobs, {len(self._running)} running")]

    def pause(self, job_id: str, *, paused: bool) -> None:
        """Hold a job back until it is resumed or the service starts again."""
        self._spec(job_id)
        (self._paused.add if paused else self._paused.discard)(job_id)

    def view(self) -> list[ScheduledJob]:
        """Every job with its last run and its next."""
        now = self._house.clock.now()
        return [
            ScheduledJob(
                spec.id,
                spec.summary,
                str(spec.schedule_in(self._profile)),
                spec.schedule_in(self._profile).next(now),
                self._house.jobs.last_run(spec.id),
                spec.id in self._running,
                spec.id in self._paused,
            )
            for spec in self._jobs.values()
        ]

    # ------------------------------------------------------------------ inside
    def _spec(self, job_id: str) -> JobSpec:
        if job_id not in self._jobs:
            raise NotFoundError("id", job_id, f"one of {', '.join(self._jobs)}")
        return self._jobs[job_id]

    def _launch_due(self, spec: JobSpec, now: datetime) -> None:
        due = spec.schedule_in(self._profile).previous(now)
        if spec.id in self._paused or self._done.get(spec.id) == due or self._ran(spec, due, now):
            return
        self._launch(spec, due, "made up" if now - due > MISSED else "")

    def _ran(self, spec: JobSpec, due: datetime, now: datetime) -> bool:
        """Whether the ledger has a run since ``due``; one that lies ahead is from a clock that was wrong."""
        last = self._house.jobs.last_run(spec.id)
        ran = last is not None and due <= last.due_at <= now
        if ran:
            self._done[spec.id] = due
        return ran

    def _launch(self, spec: JobSpec, due: datetime, note: str) -> bool:
        with self._lock:
            if spec.id in self._running or self._stopping.is_set():
                return False
            run = self._house.jobs.claim_run(spec.id, due, note)
            if run is None:  # somebody else has it
                self._done[spec.id] = due
                return False
            self._running.add(spec.id)
            self._pool.submit(self._run, spec, run).add_done_callback(_tell_fault)
        return True

    def _tell_ledger(self, *, serves: bool, error: str) -> None:
        """One line when it goes and one when it comes back, not one a second."""
        if self._ledger_serves and not serves:
            log.error("nothing runs: the ledger cannot serve", error=error)
        elif serves and not self._ledger_serves:
            log.info("the ledger serves again")
        self._ledger_serves = serves

    def _run(self, spec: JobSpec, run: Run) -> None:
        structlog.contextvars.bind_contextvars(job=spec.id, run=run.due_at.isoformat(timespec="seconds"))
        try:
            result = self._result(spec, Context(run.note, self._off_since, self._stopping.is_set))
            self._house.jobs.end_run(run, result.outcome, result.counts, result.error)
            self._house.after_run(spec.id, result.outcome.value, result.counts)
        finally:
            with self._lock:
                self._running.discard(spec.id)
            structlog.contextvars.clear_contextvars()

    def _result(self, spec: JobSpec, context: Context) -> Result:
        """What the deed brought, whatever happened in it."""
        if self._stopping.is_set():
            return Result(Outcome.FAILED, {}, "The service stopped before it was the run's turn.")
        try:
            return spec.deed(self._house, context)
        except StoppedError as e:
            return Result(Outcome.FAILED, {}, str(e))
        except ChocolateFactoryError as e:
            log.warning("run failed", error=str(e))
            return Result(Outcome.FAILED, {}, str(e))
        except Exception as e:
            log.exception("run broke")
            return Result(Outcome.FAILED, {}, f"internal error: {type(e).__name__}: {e}")


def _tell_fault(run: Future[None]) -> None:
    """What is not in the ledger, for the ledger itself failed or a listener, must at least be in the log."""
    if (fault := run.exception()) is not None:
        log.error("a run's end is not on record", exc_info=fault)
