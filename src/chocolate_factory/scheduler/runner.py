"""Keeps the timetable: APScheduler's engine ticks, the ledger says what has run, the clock says what is due.

Each run has a thread that waits for it, while a process of its own does the deed. A tick that gave the threads to the
engine while it shuts down would wait for it, and it for the tick; so they are ours.

Invariants:
    An occurrence is claimed in the ledger before it runs, so that it runs once, whoever else is running.
    A job never overlaps itself, on however many brains.
    However many occurrences were missed while the machine was off, a job is made up once.
    A run whose brain died in the middle of it is begun again by whoever lives, while its occurrence is the newest.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor as EngineThreads
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from chocolate_factory.domain.errors import (
    BusyError,
    ChocolateFactoryError,
    NotFoundError,
    OverTimeError,
    StoppedError,
    StoreError,
)
from chocolate_factory.domain.work import Check, Outcome, Run, ScheduledJob
from chocolate_factory.scheduler.jobs import TIMETABLE
from chocolate_factory.scheduler.living import PULSE_SECONDS
from chocolate_factory.scheduler.missed import note_of, note_of_start
from chocolate_factory.scheduler.orphans import Orphans
from chocolate_factory.scheduler.postman import Postman
from chocolate_factory.scheduler.spec import ASKED_FOR, JobSpec, Result
from chocolate_factory.scheduler.underway import Own, Underway
from chocolate_factory.scheduler.work import Errand, in_a_child
from chocolate_factory.usecases.watch import HEALTH_CHECK, Watchdog
from chocolate_factory.wiring import House

log = structlog.get_logger(__name__)

TICK_SECONDS = 1.0
#: Deeds at one time; more wait their turn.
DEEDS = 6

Hands = Callable[[House, Errand], Result]


class Runner:
    """One brain's timetable.

    Args:
        hands: who does a deed; a process of its own, but for trials.
    """

    def __init__(self, house: House, timetable: tuple[JobSpec, ...] = TIMETABLE, hands: Hands = in_a_child) -> None:
        self._house = house
        self._hands = hands
        self._jobs = {spec.id: spec for spec in timetable}
        self._profile = house.settings.schedule_profile
        self._running = Underway(house.jobs)
        self._done: dict[str, datetime] = {}
        self._off_since = house.last_alive()
        self._ticked_at = house.clock.now()
        self._beat_at = float("-inf")
        self._ledger_serves = True
        dogged = self._jobs.get(HEALTH_CHECK)
        self._watchdog = (
            Watchdog(house.jobs, house.alerts, dogged.schedule_in(self._profile)) if dogged is not None else None
        )
        self._postman = Postman(house.notify, house.clock)
        self._orphans = Orphans(house.jobs, house.alerts, self._newest)
        self._pool = ThreadPoolExecutor(DEEDS, thread_name_prefix="deed")
        self._engine = BackgroundScheduler(
            timezone="UTC",
            executors={"default": EngineThreads(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Begin; the jobs marked so run at once."""
        self._pulse()
        self._engine.start()
        paused = self._house.jobs.paused()
        for spec in self._jobs.values():
            if spec.at_start and spec.id not in paused:
                now, last = self._house.clock.now(), self._house.jobs.last_run(spec.id)
                schedule = spec.schedule_in(self._profile)
                self._launch(spec, now, note_of_start(schedule, now, last.due_at if last else None))
        self._engine.add_job(self.tick, IntervalTrigger(seconds=TICK_SECONDS), id="tick")

    def stop(self) -> None:
        """No new runs; running ones stop at their next step."""
        self._running.stop()
        if self._engine.running:
            self._engine.shutdown(wait=True)
        self._pool.shutdown(wait=True)
        self._postman.stop()

    def tick(self) -> None:
        """Launch what is due; while the ledger cannot serve, nothing is."""
        now = self._ticked_at = self._house.clock.now()
        try:
            self._running.write_ends()
            if self._house.clock.monotonic() - self._beat_at >= PULSE_SECONDS:
                self._pulse()
            paused = self._house.jobs.paused()
            for spec in self._jobs.values():
                if spec.id not in paused:
                    self._launch_due(spec, now)
            if self._watchdog is not None and HEALTH_CHECK not in paused:
                self._watchdog.look(self._house.clock.now())  # not before the claims of this very tick
            self._postman.look()
        except StoreError as e:
            self._tell_ledger(serves=False, error=str(e))
        else:
            self._tell_ledger(serves=True, error="")

    def run_now(self, job_id: str, note: str = ASKED_FOR) -> datetime:
        """Run a job because somebody asks; the moment that identifies the run.

        Raises:
            NotFoundError: no such job.
            BusyError: it is running, here or on another brain.
            StoppedError: the service is stopping.
        """
        spec = self._spec(job_id)
        if self._running.is_stopping:
            raise StoppedError("The service is stopping; ask again once it has started.")
        moment = self._house.clock.now()
        if not self._launch(spec, moment, note):
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
        """Hold a job back on every brain, until it is resumed."""
        self._spec(job_id)
        (self._house.jobs.pause if paused else self._house.jobs.resume)(job_id)

    def view(self) -> list[ScheduledJob]:
        """Every job with its last run and its next."""
        return view(self._house, tuple(self._jobs.values()))

    # ------------------------------------------------------------------ what is due
    def _spec(self, job_id: str) -> JobSpec:
        if job_id not in self._jobs:
            raise NotFoundError("id", job_id, f"one of {', '.join(self._jobs)}")
        return self._jobs[job_id]

    def _newest(self, job_id: str) -> datetime | None:
        """The newest occurrence of a job that is due; None for one that this version does not know."""
        spec = self._jobs.get(job_id)
        return spec.schedule_in(self._profile).previous(self._house.clock.now()) if spec else None

    def _launch_due(self, spec: JobSpec, now: datetime) -> None:
        schedule = spec.schedule_in(self._profile)
        due = schedule.previous(now)
        if self._done.get(spec.id) == due:
            return
        last = self._house.jobs.last_run(spec.id)
        if last is not None and due <= last.due_at <= now and not self._is_to_resume(last, due):
            self._done[spec.id] = due  # one that lies ahead is from a clock that was wrong
        elif last is None or last.outcome is not Outcome.RUNNING or self._orphans.is_left(last):
            self._launch(spec, due, note_of(schedule, due, now, last.due_at if last and last.due_at < due else None))

    def _is_to_resume(self, last: Run, due: datetime) -> bool:
        """Whether the run of the occurrence that is due was broken off, and is to be begun again."""
        return self._orphans.is_left(last) or (last.may_resume and last.due_at == due)

    def _pulse(self) -> None:
        """This brain lives; and what dead ones left is begun again or ended."""
        in_time = self._house.jobs.pulse.beat()
        was_silent = not in_time and self._beat_at > float("-inf")
        self._beat_at = self._house.clock.monotonic()
        begin_again = self._running.compare()
        if not was_silent:  # if the ledger was away, the others too could not say that they live: they have a moment to
            self._orphans.look()
        for job_id in begin_again | self._orphans.waiting:
            self._done.pop(job_id, None)

    # ------------------------------------------------------------------ one run
    def _launch(self, spec: JobSpec, due: datetime, note: str) -> bool:
        def do(own: Own) -> None:
            self._pool.submit(self._run, spec, own).add_done_callback(_tell_fault)

        return self._running.begin(spec.id, due, note, do)

    def _run(self, spec: JobSpec, own: Own) -> None:
        told = {"job": spec.id, "run": own.run.due_at.isoformat(timespec="seconds")}
        with structlog.contextvars.bound_contextvars(**told):
            try:
                result, hung = self._timed(Errand(spec, _word(own.run.note), self._off_since, own.unwanted.is_set))
                self._record(own, result, hung=hung)
                self._tell(spec.id)
                self._house.after_run(spec.id, result.outcome.value, result.counts)
            finally:
                self._running.let_go(own)
            self._go_on(result)

    def _timed(self, errand: Errand) -> tuple[Result, bool]:
        """``_result``, with a line in the log before it and one after."""
        begun = self._house.clock.monotonic()
        log.info("run begins", why=errand.note or "due")
        result, hung = self._result(errand)
        if result.outcome is Outcome.FAILED and errand.unwanted() and not hung:  # it was broken off: not its own fault
            result = replace(result, outcome=Outcome.STOPPED)
        seconds = round(self._house.clock.monotonic() - begun, 2)
        log.info("run ended", outcome=result.outcome.value, seconds=seconds, counts=result.counts)
        return result, hung

    def _result(self, errand: Errand) -> tuple[Result, bool]:
        """What the deed brought, and whether it had to be stopped at its limit."""
        if errand.unwanted():
            return Result(Outcome.STOPPED, {}, "The service stopped before it was the run's turn."), False
        try:
            return self._hands(self._house, errand), False
        except OverTimeError:
            log.warning("run killed at its limit", limit_s=errand.spec.limit_s)
            return Result(Outcome.FAILED, {}, f"It was stopped at its limit of {errand.spec.limit_s:g} s."), True
        except StoppedError as e:
            return Result(Outcome.STOPPED, {}, str(e)), False
        except ChocolateFactoryError as e:
            return Result(Outcome.FAILED, {}, str(e)), False
        except Exception as e:  # a run that nobody ends would hold its job back for ever
            log.exception("run broke")
            return Result(Outcome.FAILED, {}, f"internal error: {type(e).__name__}: {e}"), False

    def _record(self, own: Own, result: Result, *, hung: bool) -> None:
        try:
            self._running.end(own, result, hung=hung)
        except StoreError as e:
            log.warning("the end of a run waits until the ledger serves", error=str(e))

    def _tell(self, job_id: str) -> None:
        try:
            self._house.watch.run_ended(job_id)
        except StoreError as e:
            log.warning("what came of a run is told by the next health check", error=str(e))

    def _go_on(self, result: Result) -> None:
        """What should run now because of it; where that runs already, it will see the news or be asked again."""
        with suppress(StoreError):  # the next tick tells of it, and the next run asks again
            paused = self._house.jobs.paused() if result.then else {}
            for job_id, note in result.then.items():
                if job_id in self._jobs and job_id not in paused:
                    self._launch(self._jobs[job_id], self._house.clock.now(), note)

    def _tell_ledger(self, *, serves: bool, error: str) -> None:
        """One line when it goes and one when it comes back, not one a second."""
        if self._ledger_serves and not serves:
            log.error("nothing runs: the ledger cannot serve", error=error)
        elif serves and not self._ledger_serves:
            log.info("the ledger serves again")
        self._ledger_serves = serves


def view(house: House, timetable: tuple[JobSpec, ...]) -> list[ScheduledJob]:
    """Every job of a timetable as the ledger knows it: its last run, its next, whether it is held back."""
    now, paused = house.clock.now(), house.jobs.paused()
    found = []
    for spec in timetable:
        schedule, last = spec.schedule_in(house.settings.schedule_profile), house.jobs.last_run(spec.id)
        running = last is not None and last.outcome is Outcome.RUNNING
        found.append(
            ScheduledJob(
                spec.id, spec.summary, str(schedule), schedule.next(now), last, running, spec.id in paused
            )
        )  # fmt: skip
    return found


def _word(note: str) -> str:
    """The reason alone, of a note that says more."""
    return note.partition(":")[0]


def _tell_fault(run: Future[None]) -> None:
    """What broke after the deed, as a listener, must at least be in the log."""
    if (fault := run.exception()) is not None:
        log.error("a run broke after its deed", exc_info=fault)
