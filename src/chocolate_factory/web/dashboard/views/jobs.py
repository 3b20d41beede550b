"""The jobs of the timetable: when each runs next, and how it ended last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chocolate_factory.web.dashboard import figures
from chocolate_factory.web.dashboard.texts import Texts

#: How grave an outcome is, as the class of its word.
OUTCOMES = {"done": "ok", "nothing": "ok", "running": "ok", "skipped": "degraded", "failed": "down"}


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job; ``state`` is a class name."""

    id: str
    name: str
    schedule: str
    last: str
    state: str
    label: str
    next: str
    error: str
    paused: bool


def job_rows(jobs: list[dict[str, Any]] | None, now: datetime, texts: Texts) -> list[JobRow]:
    """All of them, in the timetable's order."""
    return [_row(job, now, texts) for job in jobs or []]


def _row(job: Mapping[str, Any], now: datetime, texts: Texts) -> JobRow:
    state, label = _state(job, texts)
    return JobRow(
        id=job["id"],
        name=texts.name("job", job["id"]),
        schedule=job["schedule"],
        last=_time(job["last_run"], now, texts) or texts.say("jobs.never"),
        state=state,
        label=label,
        next="" if job["paused"] else _time(job["next_run"], now, texts),
        error=job.get("error") or "",
        paused=job["paused"],
    )


def _state(job: Mapping[str, Any], texts: Texts) -> tuple[str, str]:
    """The gravest thing to say of it: a hung run before a paused job before how the last run ended."""
    if job["hung"]:
        return "down", texts.say("outcome.hung")
    if job["paused"]:
        return "degraded", texts.say("outcome.paused")
    outcome = "running" if job["running"] else job["last_outcome"]
    if outcome is None:
        return "unknown", texts.say("outcome.never")
    return OUTCOMES.get(outcome, "unknown"), texts.name("outcome", outcome)


def _time(text: str | None, now: datetime, texts: Texts) -> str:
    return figures.date_and_clock(figures.moment(text), now, texts) if text else ""
