"""What happened: brains, runs and jobs, alerts, gaps, savings, and how long they are kept."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from chocolate_factory.domain.alarms import Cause
from chocolate_factory.domain.retention import Kept
from chocolate_factory.domain.savings import Chapter, SavedDay
from chocolate_factory.domain.work import Alert, AlertState, Gap, GapState, Job, Outcome, Recovery, Run, Severity


class Pulse(Protocol):
    """One brain's sign of life, in a ledger that several may share."""

    @property
    def brain(self) -> str:
        """Its name, another for each process life."""
        ...

    def beat(self) -> bool:
        """This brain lives; False where it had been silent for so long that others may have taken over its work."""
        ...

    def bury(self, brain: str) -> None:
        """That brain is dead, as its successor on the same folder knows."""
        ...

    def alive(self) -> list[str]:
        """The brains that live."""
        ...


class JobLedger(Protocol):
    """Long work and runs of the timetable; survives restarts.

    Invariants:
        An occurrence is one run, and a job has one running run, on however many brains.
    """

    def add_job(self, deed: str) -> Job:
        """A queued job with a new id."""
        ...

    def save_job(self, job: Job) -> None:
        """Its newest state."""
        ...

    def job(self, job_id: str) -> Job | None:
        """By id."""
        ...

    def jobs(self, limit: int = 50) -> list[Job]:
        """The newest first."""
        ...

    def abandon_jobs(self, why: str) -> int:
        """Those that a dead brain left queued or running end as failed."""
        ...

    @property
    def pulse(self) -> Pulse:
        """This brain's sign of life."""
        ...

    def claim_run(self, job_id: str, due_at: datetime, note: str = "") -> Run | None:
        """The right to run an occurrence, or None when it was taken before or the job runs, on whichever brain.

        One whose brain died or stopped in the middle of it is given again.
        """
        ...

    def end_run(
        self, run: Run, outcome: Outcome, counts: dict[str, float], error: str = "", *, hung: bool = False
    ) -> Run | None:
        """How it went; None where another brain has taken the run over meanwhile."""
        ...

    def last_run(self, job_id: str) -> Run | None:
        """The newest occurrence that was claimed."""
        ...

    def runs(self, job_id: str | None = None, limit: int = 50) -> list[Run]:
        """The newest first."""
        ...

    def run(self, job_id: str, due_at: datetime) -> Run | None:
        """One occurrence's."""
        ...

    def own_runs(self) -> list[Run]:
        """Those that this brain runs, by the ledger."""
        ...

    def left_runs(self) -> list[Run]:
        """Those that run by the ledger, but whose brain is dead."""
        ...

    def abandon_run(self, run: Run, why: str) -> None:
        """A run of a dead brain ends as failed, unless somebody has taken it over."""
        ...

    def pause(self, job_id: str) -> None:
        """Hold a job back on every brain, until it is resumed."""
        ...

    def resume(self, job_id: str) -> None:
        """Let it run again."""
        ...

    def paused(self) -> dict[str, datetime]:
        """The jobs that are held back, and since when."""
        ...


class AlertLedger(Protocol):
    """Alerts with their life."""

    def raise_alert(self, cause: Cause, severity: Severity, message: str, action: str) -> tuple[Alert, bool]:
        """Open it, or count it where one of its cause is open; True when it is new. ``usecases/tell`` calls it."""
        ...

    def close_alert(self, cause: str) -> Alert | None:
        """The cause is gone; None when none was open."""
        ...

    def acknowledge(self, alert_id: int) -> Alert | None:
        """Somebody has seen it; None when there is none."""
        ...

    def alerts(
        self, states: frozenset[AlertState] | None = None, limit: int = 100, since: datetime | None = None
    ) -> list[Alert]:
        """The newest first; with ``since`` those opened or closed from that moment on."""
        ...


class GapLedger(Protocol):
    """Gaps with their life, and what recoveries proved."""

    def open_gaps(self) -> list[Gap]:
        """All that are not filled."""
        ...

    def save_gap(self, gap: Gap) -> Gap:
        """Its newest state; a gap without id gets one."""
        ...

    def gaps(self, states: frozenset[GapState] | None = None, limit: int = 200) -> list[Gap]:
        """The newest first."""
        ...

    def add_recovery(self, recovery: Recovery) -> None:
        """What a catch-up proved."""
        ...

    def last_recovery(self) -> Recovery | None:
        """The newest."""
        ...


class LedgerRetention(Protocol):
    """What of the ledger's past may go.

    Invariants:
        Nothing goes that is open or under way, nor the newest run of a job, nor the newest recovery.
    """

    def forget(self, what: Kept, before: datetime) -> int:
        """Drop what ended before, in batches that leave others their turn; how much."""
        ...

    def compact(self) -> int:
        """As the store's."""
        ...


class SavingsLedger(Protocol):
    """Days settled, each with all its revisions, and the chapters that baselines make.

    Invariants:
        What was written is never changed, nor dropped.
    """

    def keep_day(self, day: SavedDay) -> bool:
        """One more revision; False where another brain has written that revision meanwhile."""
        ...

    def days(self, first: date, last: date) -> list[SavedDay]:
        """The newest revision of each day from the first to the last, in order."""
        ...

    def revisions(self, day: date) -> list[SavedDay]:
        """Of one day, the oldest first."""
        ...

    def open_chapter(self, chapter: Chapter) -> Chapter:
        """The chapter of that version: this one, or the one that was there before."""
        ...

    def chapters(self) -> list[Chapter]:
        """The oldest first."""
        ...
