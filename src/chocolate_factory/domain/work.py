"""What the ledger keeps: jobs, runs of the timetable, alerts, gaps and recoveries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from chocolate_factory.domain.time import Interval


class JobState(StrEnum):
    """Life of a piece of long work."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """Long work that somebody asked for.

    Attributes:
        id: what the caller got with 202.
        deed: what is done, e.g. ``backfill``.
        progress: 0..1, measured in work done over work known.
        counts: what was found, written, and so on, by name.
        errors: one sentence for each part that failed.
    """

    id: str
    deed: str
    state: JobState
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    progress: float = 0.0
    message: str = ""
    counts: dict[str, float] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


#: An occurrence is begun so often at most: one that kills its brain each time must not do so for ever.
MOST_ATTEMPTS = 3


class Outcome(StrEnum):
    """How a run of the timetable ended.

    Bringing nothing is an outcome of its own, not a success. What was stopped with its service, or never begun for the
    ledger went away, is no failure: it is begun again while its occurrence is the newest.
    """

    RUNNING = "running"
    DONE = "done"
    NOTHING = "nothing"
    FAILED = "failed"
    SKIPPED = "skipped"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one job of the timetable.

    Attributes:
        job_id: e.g. ``ree_ingestion``.
        due_at: the occurrence it stands for; with job_id it is unique, so that no occurrence runs twice.
        note: why it was late, made up, taken over or skipped.
        brain: whose run it is.
        attempts: how often it was begun: again only where its brain died or stopped in the middle of it.
        hung: whether it came to no end and was stopped at its own limit: it has failed, and has its own alarm.
    """

    job_id: str
    due_at: datetime
    started_at: datetime
    outcome: Outcome
    ended_at: datetime | None = None
    counts: dict[str, float] = field(default_factory=dict)
    error: str = ""
    note: str = ""
    brain: str = ""
    attempts: int = 1
    hung: bool = False

    @property
    def may_resume(self) -> bool:
        """Whether it was stopped, and may be begun again."""
        return self.outcome is Outcome.STOPPED and self.attempts < MOST_ATTEMPTS


class Severity(StrEnum):
    """How loudly an alert speaks."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class AlertState(StrEnum):
    """Life of an alert."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Alert:
    """Something a person should know.

    Attributes:
        cause: identifies what is wrong; an open alert of the same cause is not raised again.
        message: what happened, in one sentence.
        action: what to do next.
        times: how often the cause was seen while open.
    """

    id: int
    cause: str
    severity: Severity
    state: AlertState
    message: str
    action: str
    opened_at: datetime
    last_seen_at: datetime
    closed_at: datetime | None = None
    acknowledged_at: datetime | None = None
    times: int = 1


class GapState(StrEnum):
    """Life of a gap."""

    OPEN = "open"
    FILLING = "filling"
    FILLED = "filled"
    UPSTREAM_EMPTY = "upstream-empty"
    UNFILLABLE = "unfillable"


@dataclass(frozen=True, slots=True)
class Gap:
    """Consecutive missing slots of one expected series.

    Attributes:
        source: None when any source of a filling kind will do; a name when that source's own series is meant.
        missing: number of slots.
        id: in the ledger; 0 while it is only detected.
        priority: 1 (today's decisions) to 4 (history).
        attempts: how often it was tried in vain.
        next_try_at: when it is due again, for those that an upstream left empty.
        filled: slots filled so far.
        route: the feed that gave or refused the last of it.
        why: why it cannot be filled, or what the upstream said.
    """

    series: str
    window: Interval
    missing: int
    source: str | None = None
    id: int = 0
    state: GapState = GapState.OPEN
    priority: int = 4
    priority_reason: str = ""
    attempts: int = 0
    next_try_at: datetime | None = None
    filled: int = 0
    route: str = ""
    why: str = ""
    opened_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recovery:
    """What one catch-up proved.

    Attributes:
        trigger: who asked: ``start``, ``schedule``, ``request``, ``init``.
        expected, filled: slots missing before and filled by it.
        failed: tasks that ended in an error.
        requests: calls to upstreams.
        summary: one sentence, e.g. "7 days off: 168 of 168 prices, …".
        by_route: slots filled by each feed.
    """

    at: datetime
    trigger: str
    expected: int
    filled: int
    failed: int
    requests: int
    seconds: float
    summary: str
    by_route: dict[str, int] = field(default_factory=dict)

    @property
    def success_rate(self) -> float | None:
        """Share of the missing slots that were filled, 0..1; None when none was missing."""
        return self.filled / self.expected if self.expected else None


class KeyState(StrEnum):
    """What is known of an upstream's key."""

    NOT_SET = "not set"
    UNCHECKED = "unchecked"
    VALID = "valid"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """An upstream's key; never the key itself."""

    upstream: str
    status: KeyState
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    checked_at: datetime | None = None
    detail: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class UpstreamHealth:
    """What calling an upstream showed.

    Attributes:
        up: whether its last answer was one; None before the first call.
        since: since when it is so.
        requests: calls in this process.
        last_minute: calls in the last sixty seconds.
        limit_per_minute: what we allow ourselves.
    """

    name: str
    up: bool | None
    since: datetime | None
    last_ok_at: datetime | None
    last_error: str
    requests: int
    failures: int
    last_minute: int
    limit_per_minute: int


@dataclass(frozen=True, slots=True)
class Check:
    """One part's state.

    Attributes:
        status: ``ok``, ``degraded``, ``down`` or ``unknown``.
        since: since when it is so, where that is known.
        severity: of its alarm, where it is not the usual one.
    """

    name: str
    status: str
    detail: str
    since: datetime | None = None
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """A file of certificates, and when the first of them ends.

    Attributes:
        path: of the file, or of what was asked for and cannot be read.
        subject: whose it is.
        ends_at: None where nothing could be read.
        problem: why; empty where it could.
    """

    path: str
    subject: str = ""
    ends_at: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ScheduledJob:
    """A job of the timetable as people see it.

    Attributes:
        schedule: in words.
        last: its newest run.
    """

    id: str
    summary: str
    schedule: str
    next_run: datetime
    last: Run | None
    running: bool
    paused: bool
