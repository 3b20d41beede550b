"""Runs whose brain died in the middle: begun again while their occurrence is the newest, else ended as failed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from chocolate_factory.domain.alarms.jobs import BRAIN_LOST
from chocolate_factory.domain.work import MOST_ATTEMPTS, Run
from chocolate_factory.ports import AlertLedger, JobLedger
from chocolate_factory.usecases.tell import tell

log = structlog.get_logger(__name__)

WHY = "its brain died in the middle of it"


class Orphans:
    """What dead brains left.

    Args:
        newest: the newest occurrence of a job that is due; None where no such job is known.
    """

    def __init__(self, jobs: JobLedger, alerts: AlertLedger, newest: Callable[[str], datetime | None]) -> None:
        self._jobs = jobs
        self._alerts = alerts
        self._newest = newest
        self._left: set[tuple[str, datetime]] = set()
        self._told: set[str] = set()

    @property
    def waiting(self) -> set[str]:
        """The jobs of which a run is to be begun again."""
        return {job_id for job_id, _ in self._left}

    def is_left(self, run: Run) -> bool:
        """Whether a run, by the last look, is to be begun again."""
        return (run.job_id, run.due_at) in self._left

    def look(self) -> None:
        """Sort what is left; a brain that died is told of, once."""
        self._left = set()
        for run in self._jobs.left_runs():
            if run.brain and run.brain not in self._told:
                self._tell(run)
            if run.due_at == self._newest(run.job_id) and run.attempts < MOST_ATTEMPTS:
                self._left.add((run.job_id, run.due_at))
            else:
                self._jobs.abandon_run(run, WHY)
                log.warning("a run is left behind", job=run.job_id, due_at=run.due_at.isoformat(), brain=run.brain)

    def _tell(self, run: Run) -> None:
        message = f"The brain {run.brain} died while {run.job_id} ran; what it left is begun again, or the next run is."
        tell(self._alerts, BRAIN_LOST.trouble(message, run.brain))
        self._told.add(run.brain)
