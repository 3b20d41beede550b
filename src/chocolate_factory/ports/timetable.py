"""What runs when, as others see it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from chocolate_factory.domain.work import Check, ScheduledJob


class Timetable(Protocol):
    """What runs when, kept by the scheduler."""

    def start(self) -> None:
        """Begin to keep it."""
        ...

    def stop(self) -> None:
        """No new runs; running ones stop at their next step."""
        ...

    def view(self) -> list[ScheduledJob]:
        """Every job with its last run and its next."""
        ...

    def must_know(self, job_id: str) -> None:
        """Raises ``NotFoundError`` for a job that is not of the timetable."""
        ...

    def run_now(self, job_id: str) -> datetime:
        """Run a job; the moment that identifies the run. Raises ``NotFoundError`` or ``BusyError``."""
        ...

    def pause(self, job_id: str, *, paused: bool) -> None:
        """Hold a job back, or let it run again. Raises ``NotFoundError``."""
        ...

    def checks(self) -> list[Check]:
        """Its own state."""
        ...
