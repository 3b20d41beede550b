"""The dead-man's switch: jobs that did not run, and what came of those that did.

Invariants:
    A job that begins each occurrence within ``GRACE`` is never overdue, whatever the clocks do.
    One that stops running is overdue no later than its longest interval and ``GRACE`` after its last run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from chocolate_factory.domain.alarms import Trouble
from chocolate_factory.domain.alarms.jobs import (
    JOB_BROUGHT_NOTHING,
    JOB_DID_NOT_RUN,
    JOB_FAILED,
    JOB_HUNG,
    JOB_PAUSED,
)
from chocolate_factory.domain.time import DAY, HOUR
from chocolate_factory.domain.work import Check, Outcome, Run
from chocolate_factory.ports import AlertLedger, JobLedger
from chocolate_factory.usecases.tell import Look, tell
from chocolate_factory.usecases.watch.parts import DEGRADED, OK, UNKNOWN

#: So long after an occurrence was due a job that has not begun is overdue.
GRACE: Final = HOUR / 2
#: A run that is under way for longer has not been ended by whoever should have.
LONGEST_RUN: Final = 6 * HOUR
#: After so many runs in a row that brought nothing a job is worth an alert.
VAIN_RUNS: Final = 3
#: A job that is held back for longer may have been forgotten.
FORGOTTEN: Final = DAY
#: The job that looks for alarms, how often, and those that bring data in.
HEALTH_CHECK: Final = "health_check"
HEALTH_CHECK_EVERY: Final = HOUR / 4
BRINGERS: Final = ("ree_ingestion", "weather_ingestion", "auto_backfill_check")
#: Runs looked back at.
BACK: Final = 12


class Rhythm(Protocol):
    """When a job is due; the scheduler's schedules are such."""

    def previous(self, now: datetime) -> datetime:
        """The last occurrence at or before ``now``."""
        ...

    @property
    def longest(self) -> timedelta:
        """The longest time between two occurrences."""
        ...


@dataclass(frozen=True, slots=True)
class Duty:
    """A job that must run.

    Attributes:
        paused_since: when somebody held it back; None while nobody does.
    """

    job_id: str
    rhythm: Rhythm
    paused_since: datetime | None = None


def overdue(runs: Sequence[Run], rhythm: Rhythm, now: datetime) -> datetime | None:
    """The occurrence that a job has missed; None where it has missed none.

    A run that was skipped has not run, but somebody else did its work: the job is given twice its interval and
    ``GRACE``. So is one that is under way, ``LONGEST_RUN`` at most. Runs that lie ahead are of a clock that was wrong.

    Args:
        runs: the newest of one job.
    """
    due, patience = rhythm.previous(now - GRACE), 2 * rhythm.longest + GRACE
    begun = sorted((run for run in runs if run.started_at <= now), key=lambda run: run.started_at)
    if not begun:
        return due
    newest = begun[-1]
    if newest.outcome is Outcome.RUNNING:
        return due if now - newest.started_at > min(patience, LONGEST_RUN) else None
    if newest.outcome is Outcome.SKIPPED:
        worked = (run.started_at for run in begun if run.outcome is not Outcome.SKIPPED)
        return due if now - max(worked, default=begun[0].started_at) > patience else None
    return due if newest.started_at < due else None


def look_at_jobs(ledger: JobLedger, duties: Sequence[Duty], now: datetime, *, awake: bool) -> Look:
    """What every job did, and did not.

    Args:
        awake: whether the brain has had its time since the machine was off; else what did not run is not judged.
    """
    found: list[Trouble] = []
    unknown: list[str] = []
    for duty in duties:
        runs = ledger.runs(duty.job_id, BACK)
        found += _rest(duty, runs, now) if awake else ()
        ended = _ended(runs)
        found += _outcome(duty.job_id, ended)
        if runs and not ended:
            unknown += [alarm.about(duty.job_id) for alarm in _OF_OUTCOME]
    return Look((*_OF_OUTCOME, *(_OF_REST if awake else ())), tuple(found), tuple(unknown))


def tell_outcome(ledger: JobLedger, alerts: AlertLedger, job_id: str) -> None:
    """What came of a job, told as soon as its run is over; the next health check would tell the same."""
    found = {trouble.cause: trouble for trouble in _outcome(job_id, _ended(ledger.runs(job_id, BACK)))}
    for alarm in _OF_OUTCOME:
        cause = alarm.about(job_id)
        if cause in found:
            tell(alerts, found[cause])
        else:
            alerts.close_alert(cause)


def _ended(runs: Sequence[Run]) -> list[Run]:
    """Those that say something of the job."""
    return [run for run in runs if run.outcome not in (Outcome.RUNNING, Outcome.SKIPPED, Outcome.STOPPED)]


_OF_OUTCOME: Final = (JOB_FAILED, JOB_HUNG, JOB_BROUGHT_NOTHING)
_OF_REST: Final = (JOB_DID_NOT_RUN, JOB_PAUSED)


def _rest(duty: Duty, runs: Sequence[Run], now: datetime) -> Iterator[Trouble]:
    """Of a job that does not run: forgotten by the timetable, or held back by somebody."""
    if duty.paused_since is not None:
        if now - duty.paused_since > FORGOTTEN:
            yield JOB_PAUSED.trouble(f"The job {duty.job_id} is paused since {_when(duty.paused_since)}.", duty.job_id)
    elif (due := overdue(runs, duty.rhythm, now)) is not None:
        yield _did_not_run(duty.job_id, due, runs)


def _did_not_run(job_id: str, due: datetime, runs: Sequence[Run]) -> Trouble:
    last = f"it last began at {_when(runs[0].started_at)}" if runs else "it never ran"
    return JOB_DID_NOT_RUN.trouble(f"The job {job_id} was due at {_when(due)} and has not run; {last}.", job_id)


def _outcome(job_id: str, ended: Sequence[Run]) -> Iterator[Trouble]:
    """Of runs that are over, the newest first."""
    newest = ended[0] if ended else None
    if newest is not None and newest.hung:
        yield JOB_HUNG.trouble(f"The job {job_id} hung. {newest.error}".strip(), job_id)
    elif newest is not None and newest.outcome is Outcome.FAILED:
        yield JOB_FAILED.trouble(f"The job {job_id} failed: {newest.error}", job_id)
    vain = [run for run in ended[:VAIN_RUNS] if run.outcome is Outcome.NOTHING]
    if len(vain) == VAIN_RUNS:
        yield JOB_BROUGHT_NOTHING.trouble(f"The job {job_id} has brought nothing {VAIN_RUNS} times running.", job_id)


def is_awake(ledger: JobLedger, now: datetime) -> bool:
    """Whether some job that brings data, or a health check, has ended lately.

    The first look after the machine was off comes before the catch-up has had its chance: what is missing then is no
    news. A store that never held anything is told once it was tried to fill it.
    """
    runs = (run for job_id in (*BRINGERS, HEALTH_CHECK) for run in ledger.runs(job_id, 2))
    return any(run.ended_at is not None and now - 2 * HOUR <= run.ended_at <= now for run in runs)


# ------------------------------------------------------------------------------------------- who watches the watch
def health_check_check(ledger: JobLedger, now: datetime) -> Check:
    """Whether somebody looks for alarms; to be shown where people look."""
    last = ledger.last_run(HEALTH_CHECK)
    if last is None:
        return Check("health check", UNKNOWN, "has not run yet")
    if now - last.started_at > HEALTH_CHECK_EVERY + GRACE:
        why = f"last ran at {_when(last.started_at)}: nobody looks for alarms; is the timetable running?"
        return Check("health check", DEGRADED, why, last.started_at)
    return Check("health check", OK, f"last ran at {_when(last.started_at)}")


class Watchdog:
    """Sees that the health check itself runs; the timetable's tick asks it, after it has launched what is due.

    It reads the ledger once a minute at most, and tells a silence once. Whoever looks next closes the alert: the
    health check, or the watchdog of any brain.
    """

    EVERY: Final = timedelta(minutes=1)

    def __init__(self, jobs: JobLedger, alerts: AlertLedger, rhythm: Rhythm) -> None:
        self._jobs = jobs
        self._alerts = alerts
        self._rhythm = rhythm
        self._looked_at: datetime | None = None
        self._barks = False

    def look(self, now: datetime) -> bool:
        """Whether the health check is overdue, as of a minute ago at most; not to be asked while that is paused."""
        if self._looked_at is None or not timedelta(0) <= now - self._looked_at < self.EVERY:
            self._looked_at = now
            self._judge(self._jobs.runs(HEALTH_CHECK, BACK), now)
        return self._barks

    def _judge(self, runs: Sequence[Run], now: datetime) -> None:
        due, barked = overdue(runs, self._rhythm, now), self._barks
        self._barks = due is not None
        if due is not None and not barked:
            tell(self._alerts, _did_not_run(HEALTH_CHECK, due, runs))
        if due is None and barked:
            self._alerts.close_alert(JOB_DID_NOT_RUN.about(HEALTH_CHECK))


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%MZ}"
