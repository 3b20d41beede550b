"""Occurrences that passed without a run: how many, since when, and what stands for them."""

from __future__ import annotations

from datetime import datetime, timedelta

from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.scheduler.schedules import Schedule
from chocolate_factory.scheduler.spec import AFTER_START, MADE_UP

#: An occurrence older than this when it is claimed was missed, not merely late.
MISSED = timedelta(minutes=2)


def note_of(schedule: Schedule, due: datetime, now: datetime, last_due: datetime | None) -> str:
    """Why an occurrence runs now: nothing for one that is in time, ``made up`` and what it stands for otherwise.

    Args:
        last_due: the occurrence of the newest run, or None where the job never ran.
    """
    if now - due <= MISSED:
        return ""
    passed = schedule.between(last_due, due) if last_due is not None else 0
    if not passed or last_due is None:
        return MADE_UP
    first = isoformat_madrid(schedule.next(last_due))
    others = f"{passed} earlier ones since {first} are not" if passed > 1 else f"an earlier one, of {first}, is not"
    return f"{MADE_UP}: the newest occurrence; {others}, for it stands for them"


def note_of_start(schedule: Schedule, now: datetime, last_due: datetime | None) -> str:
    """Why a job runs right after a start, and how many occurrences that passed meanwhile that run stands for."""
    due = schedule.previous(now)
    if last_due is None or last_due >= due:
        return AFTER_START
    passed, first = schedule.between(last_due, due) + 1, isoformat_madrid(schedule.next(last_due))
    what = f"{passed} occurrences since {first}" if passed > 1 else f"the occurrence of {first}"
    return f"{AFTER_START}: it stands for {what}, which nobody ran"
