"""What the API answers. Times are ISO 8601 with Madrid's offset; units stand in the keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer

from chocolate_factory.domain.time import isoformat_madrid

Moment = Annotated[datetime, PlainSerializer(isoformat_madrid, return_type=str, when_used="json")]


def writable(text: str) -> str:
    r"""Text that UTF-8 can hold: JSON may carry half a character (``"\ud800"``), which no answer can."""
    return text.encode("utf-8", "replace").decode("utf-8")


#: Words of others: of an upstream, or of a caller.
Words = Annotated[str, BeforeValidator(writable)]


class Sentence(BaseModel):
    """The same sentence in both languages."""

    es: str
    en: str


class Operation(BaseModel):
    """One path of the API."""

    method: str
    path: str
    summary: str


class Index(BaseModel):
    """What there is."""

    name: str
    version: str
    world: str = Field(description="real, or simulated in the demo")
    endpoints: dict[str, Operation]


class CheckOut(BaseModel):
    """One part's state."""

    name: str
    status: str = Field(description="ok, degraded, down or unknown")
    detail: Words
    since: Moment | None


class Health(BaseModel):
    """Every part."""

    status: str = Field(description="ok, degraded or down")
    world: str
    version: str
    checked_at: Moment
    checks: list[CheckOut]


class Ready(BaseModel):
    """Whether it can serve."""

    status: str
    detail: str


class PartOut(BaseModel):
    """What one feed brought."""

    feed: str
    found: int
    written: int
    unchanged: int
    rejected: int
    error: Words


class IngestOut(BaseModel):
    """What an ingestion brought."""

    source: str
    found: int
    written: int
    parts: list[PartOut]


class Accepted(BaseModel):
    """Long work that was taken on."""

    job_id: str
    state: str
    follow: str = Field(description="where its progress is")


class JobOut(BaseModel):
    """Long work."""

    job_id: str
    deed: str
    state: str = Field(description="queued, running, done or failed")
    progress: float = Field(description="0..1")
    message: str
    counts: dict[str, float]
    errors: list[str]
    created_at: Moment
    started_at: Moment | None
    ended_at: Moment | None


class RunOut(BaseModel):
    """One run of a job."""

    due_at: Moment
    started_at: Moment
    ended_at: Moment | None
    outcome: str
    counts: dict[str, float]
    error: str
    note: str = Field(description="why it was made up, asked for or taken over")
    brain: str = Field(description="whose run it is, where several brains share a ledger")
    attempts: int = Field(description="more than 1 where a brain died in the middle of it")
    hung: bool = Field(description="it was stopped at its own limit")


class ScheduledOut(BaseModel):
    """One job of the timetable."""

    id: str
    summary: str
    schedule: str
    next_run: Moment
    last_run: Moment | None
    last_outcome: str | None
    running: bool
    paused: bool
    last: RunOut | None


class SchedulerBody(BaseModel):
    """The timetable."""

    total_jobs: int
    profile: str
    jobs: list[ScheduledOut]


class SchedulerOut(BaseModel):
    """The timetable."""

    scheduler: SchedulerBody


class AlertOut(BaseModel):
    """Something a person should know."""

    id: int
    cause: str
    severity: str
    state: str
    message: str
    action: str
    meaning: Sentence | None = Field(description="what such an alert means in general; null for an older version's")
    remedy: Sentence | None = Field(description="what to do about such an alert in general")
    opened_at: Moment
    last_seen_at: Moment
    closed_at: Moment | None
    acknowledged_at: Moment | None
    notified_at: Moment | None
    times: int


class AlertsOut(BaseModel):
    """Open and recent alerts."""

    alerts: list[AlertOut]
