"""A line of the timetable: what it is called, when it runs, what it does, how that ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chocolate_factory.domain.work import Outcome
from chocolate_factory.scheduler.schedules import Schedule
from chocolate_factory.wiring import House


@dataclass(frozen=True, slots=True)
class Context:
    """What a run may need to know.

    Attributes:
        note: ``after start``, ``made up``, ``asked for`` or empty.
        off_since: when the machine was last alive before this process, or None.
        paused: the jobs that somebody holds back, and since when.
    """

    note: str
    off_since: datetime | None
    stopping: Callable[[], bool]
    paused: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended, with its counts."""

    outcome: Outcome
    counts: dict[str, float]
    error: str = ""


@dataclass(frozen=True, slots=True)
class JobSpec:
    """One line of the timetable.

    Attributes:
        id: fixed by the contract.
        schedule: in the profile ``accelerated``.
        normal: in the profile ``normal``, where it differs.
        deed: what it does.
        summary: for people.
        at_start: also run once right after the start.
    """

    id: str
    schedule: Schedule
    deed: Callable[[House, Context], Result]
    summary: str
    normal: Schedule | None = None
    at_start: bool = False

    def schedule_in(self, profile: str) -> Schedule:
        """The schedule in a profile."""
        return self.normal if profile == "normal" and self.normal is not None else self.schedule
