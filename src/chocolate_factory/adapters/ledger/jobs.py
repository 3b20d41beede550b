"""Long work and runs of the timetable."""

from __future__ import annotations

import secrets
from dataclasses import asdict, replace
from datetime import datetime

import sqlalchemy as sa

from chocolate_factory.adapters.ledger.schema import jobs, runs, transaction
from chocolate_factory.domain.work import Job, JobState, Outcome, Run
from chocolate_factory.ports import Clock

UNFINISHED = (JobState.QUEUED.value, JobState.RUNNING.value)


class SqlJobLedger:
    """A ``JobLedger`` behind SQLAlchemy."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    # ------------------------------------------------------------------ jobs
    def add_job(self, deed: str) -> Job:
        """A queued job with a new id."""
        job = Job(secrets.token_hex(8), deed, JobState.QUEUED, self._clock.now())
        with transaction(self._engine) as c:
            c.execute(sa.insert(jobs).values(**asdict(job)))
        return job

    def save_job(self, job: Job) -> None:
        """Its newest state."""
        values = asdict(job)
        with transaction(self._engine) as c:
            c.execute(sa.update(jobs).where(jobs.c.id == values.pop("id")).values(**values))

    def job(self, job_id: str) -> Job | None:
        """By id."""
        with transaction(self._engine) as c:
            row = c.execute(sa.select(jobs).where(jobs.c.id == job_id)).first()
        return _job(row) if row else None

    def jobs(self, limit: int = 50) -> list[Job]:
        """The newest first."""
        with transaction(self._engine) as c:
            return [_job(r) for r in c.execute(sa.select(jobs).order_by(jobs.c.created_at.desc()).limit(limit))]

    def abandon_jobs(self, why: str) -> int:
        """Those that a dead process left behind end as failed, beside what had failed in them before."""
        ending = {"state": JobState.FAILED.value, "ended_at": self._clock.now()}
        with transaction(self._engine) as c:
            left = c.execute(sa.select(jobs.c.id, jobs.c.errors).where(jobs.c.state.in_(UNFINISHED))).all()
            for job_id, errors in left:
                c.execute(sa.update(jobs).where(jobs.c.id == job_id).values(**ending, errors=[*errors, why]))
        return len(left)

    # ------------------------------------------------------------------ runs
    def claim_run(self, job_id: str, due_at: datetime, note: str = "") -> Run | None:
        """The right to run an occurrence; the primary key gives it to one claimant alone."""
        run = Run(job_id, due_at, self._clock.now(), Outcome.RUNNING, note=note)
        try:
            with transaction(self._engine) as c:
                c.execute(sa.insert(runs).values(**asdict(run)))
        except sa.exc.IntegrityError:
            return None
        return run

    def end_run(self, run: Run, outcome: Outcome, counts: dict[str, float], error: str = "") -> Run:
        """How it went."""
        ended = replace(run, outcome=outcome, counts=counts, error=error, ended_at=self._clock.now())
        values = asdict(ended)
        key = (runs.c.job_id == values.pop("job_id")) & (runs.c.due_at == values.pop("due_at"))
        with transaction(self._engine) as c:
            c.execute(sa.update(runs).where(key).values(**values))
        return ended

    def last_run(self, job_id: str) -> Run | None:
        """The newest occurrence that was claimed."""
        found = self.runs(job_id, limit=1)
        return found[0] if found else None

    def runs(self, job_id: str | None = None, limit: int = 50) -> list[Run]:
        """The newest first."""
        query = sa.select(runs).order_by(runs.c.due_at.desc(), runs.c.started_at.desc()).limit(limit)
        if job_id is not None:
            query = query.where(runs.c.job_id == job_id)
        with transaction(self._engine) as c:
            return [_run(r) for r in c.execute(query)]

    def abandon_runs(self, why: str) -> int:
        """Those that a dead process left running end as failed."""
        ending = {"outcome": Outcome.FAILED.value, "ended_at": self._clock.now(), "error": why}
        with transaction(self._engine) as c:
            return c.execute(sa.update(runs).where(runs.c.outcome == Outcome.RUNNING.value).values(**ending)).rowcount


def _job(row: sa.Row[tuple[object, ...]]) -> Job:
    values = dict(row._mapping)
    return Job(**{**values, "state": JobState(values["state"])})


def _run(row: sa.Row[tuple[object, ...]]) -> Run:
    values = dict(row._mapping)
    return Run(**{**values, "outcome": Outcome(values["outcome"])})
