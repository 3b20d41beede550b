"""A line of the timetable: what it is called, when it runs, what it does, how that ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chocolate_factory.domain.work import Outcome
from chocolate_factory.scheduler.schedules import Schedule
from chocolate_factory.wiring import House

#: Why a run was begun, but for its schedule.
AFTER_START, MADE_UP, ASKED_FOR = "after start", "made up", "asked for"


@dataclass(frozen=True, slots=True)
class Context:
    """What a run may need to know.

    Attributes:
        note: ``after start``, ``made up``, ``asked for``, what another job said (``new prices``), or empty.
        off_since: when the machine was last alive before this process, or None.
        stopping: asked between steps; True ends the deed.
    """

    note: str
    off_since: datetime | None
    stopping: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended, with its counts.

    Attributes:
        then: jobs that should run now because of it, each with the reason.
    """

    outcome: Outcome
    counts: dict[str, float]
    error: str = ""
    then: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobSpec:
    """One line of the timetable.

    Attributes:
        id: fixed by the contract.
        schedule: in the profile ``accelerated``.
        deed: what it does, in a process of its own.
        summary: for people.
        limit_s: a run that takes longer is killed, and has failed.
        normal: in the profile ``normal``, where it differs.
        at_start: also run once right after the start.
    """

    id: str
    schedule: Schedule
    deed: Callable[[House, Context], Result]
    summary: str
    limit_s: float = 600.0
    normal: Schedule | None = None
    at_start: bool = False

    def schedule_in(self, profile: str) -> Schedule:
        """The schedule in a profile."""
        return self.normal if profile == "normal" and self.normal is not None else self.schedule
