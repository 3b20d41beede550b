"""Long work and runs of the timetable."""

from __future__ import annotations

import math
import secrets
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime

import sqlalchemy as sa

from chocolate_factory.adapters.ledger.brains import Pulse, is_alive
from chocolate_factory.adapters.ledger.schema import jobs, pauses, runs, transaction
from chocolate_factory.domain.work import MOST_ATTEMPTS, Job, JobState, Outcome, Run
from chocolate_factory.ports import Clock

UNFINISHED = (JobState.QUEUED.value, JobState.RUNNING.value)
#: What is said of a run whose brain died, once a later occurrence is due.
DIED = "its brain died in the middle of it"


class SqlJobLedger:
    """A ``JobLedger`` behind SQLAlchemy.

    Args:
        brain: the name of this brain's present life, in whose name it claims.
    """

    def __init__(self, engine: sa.Engine, clock: Clock, brain: str = "the only one") -> None:
        self._engine = engine
        self._clock = clock
        self.pulse = Pulse(engine, brain)

    # ------------------------------------------------------------------ jobs
    def add_job(self, deed: str) -> Job:
        """A queued job with a new id."""
        job = Job(secrets.token_hex(8), deed, JobState.QUEUED, self._clock.now())
        with transaction(self._engine) as c:
            c.execute(sa.insert(jobs).values(**asdict(job), brain=self.pulse.brain))
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
            unfinished = jobs.c.state.in_(UNFINISHED) & ~is_alive(jobs.c.brain)
            left = c.execute(sa.select(jobs.c.id, jobs.c.errors).where(unfinished)).all()
            for job_id, errors in left:
                c.execute(sa.update(jobs).where(jobs.c.id == job_id).values(**ending, errors=[*errors, why]))
        return len(left)

    # ------------------------------------------------------------------ runs
    def claim_run(self, job_id: str, due_at: datetime, note: str = "") -> Run | None:
        """The right to run an occurrence, or None where it was taken before or the job runs.

        Two keys give it to one claimant alone, however many ask: that of the occurrence, and that of a job's one
        running run. An occurrence whose brain died or stopped in the middle of it is given again, ``MOST_ATTEMPTS``
        times in all.
        """
        run = Run(job_id, due_at, self._clock.now(), Outcome.RUNNING, note=note, brain=self.pulse.brain)
        self.pulse.beat()  # a claimant lives
        try:
            with transaction(self._engine) as c:
                left = (runs.c.job_id == job_id) & (runs.c.due_at != due_at) & _is_left
                c.execute(sa.update(runs).where(left).values(self._abandoned(DIED)))
                c.execute(sa.insert(runs).values(**asdict(run)))
        except sa.exc.IntegrityError:
            return self._take_over(run)
        return run

    def _take_over(self, run: Run) -> Run | None:
        taken = sa.literal("taken over from ") + runs.c.brain + f", for {DIED}"
        again = sa.literal("begun again, for it was stopped before: ") + runs.c.error
        mine = {
            **{name: value for name, value in asdict(run).items() if name not in ("job_id", "due_at")},
            "attempts": runs.c.attempts + 1,
            "note": sa.case((_is_stopped, again), else_=taken),
        }
        free = _key(run) & (_is_left | _is_stopped) & (runs.c.attempts < MOST_ATTEMPTS)
        try:
            with transaction(self._engine) as c:
                if not c.execute(sa.update(runs).where(free).values(mine)).rowcount:
                    return None
                return _run(c.execute(sa.select(runs).where(_key(run))).one())
        except sa.exc.IntegrityError:  # another occurrence runs
            return None

    def end_run(
        self, run: Run, outcome: Outcome, counts: dict[str, float], error: str = "", *, hung: bool = False
    ) -> Run | None:
        """How it went; None where another brain has taken the run over meanwhile."""
        known = {name: count for name, count in counts.items() if math.isfinite(count)}  # JSON has no other
        ended = replace(run, outcome=outcome, counts=known, error=error, hung=hung, ended_at=self._clock.now())
        values = asdict(ended)
        with transaction(self._engine) as c:
            mine = _key(run) & (runs.c.brain == run.brain) & (runs.c.attempts == run.attempts)
            return ended if c.execute(sa.update(runs).where(mine).values(**values)).rowcount else None

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

    def run(self, job_id: str, due_at: datetime) -> Run | None:
        """One occurrence's."""
        with transaction(self._engine) as c:
            row = c.execute(sa.select(runs).where((runs.c.job_id == job_id) & (runs.c.due_at == due_at))).first()
        return _run(row) if row else None

    def own_runs(self) -> list[Run]:
        """Those that this brain runs, by the ledger."""
        mine = (runs.c.outcome == Outcome.RUNNING.value) & (runs.c.brain == self.pulse.brain)
        with transaction(self._engine) as c:
            return [_run(r) for r in c.execute(sa.select(runs).where(mine))]

    def left_runs(self) -> list[Run]:
        """Those that run by the ledger, but whose brain is dead."""
        with transaction(self._engine) as c:
            return [_run(r) for r in c.execute(sa.select(runs).where(_is_left))]

    def abandon_run(self, run: Run, why: str) -> None:
        """A run of a dead brain ends as failed, unless somebody has taken it over."""
        with transaction(self._engine) as c:
            c.execute(sa.update(runs).where(_key(run) & _is_left).values(self._abandoned(why)))

    def _abandoned(self, why: str) -> dict[str, object]:
        return {"outcome": Outcome.FAILED.value, "ended_at": self._clock.now(), "error": why}

    # ------------------------------------------------------------------ pauses
    def pause(self, job_id: str) -> None:
        """Hold a job back on every brain, until it is resumed."""
        with suppress(sa.exc.IntegrityError), transaction(self._engine) as c:  # it is paused already
            c.execute(sa.insert(pauses).values(job_id=job_id, since=self._clock.now()))

    def resume(self, job_id: str) -> None:
        """Let it run again."""
        with transaction(self._engine) as c:
            c.execute(sa.delete(pauses).where(pauses.c.job_id == job_id))

    def paused(self) -> dict[str, datetime]:
        """The jobs that are held back, and since when."""
        with transaction(self._engine) as c:
            return {row.job_id: row.since for row in c.execute(sa.select(pauses))}


_is_left = (runs.c.outcome == Outcome.RUNNING.value) & ~is_alive(runs.c.brain)
_is_stopped = runs.c.outcome == Outcome.STOPPED.value


def _key(run: Run) -> sa.ColumnElement[bool]:
    return (runs.c.job_id == run.job_id) & (runs.c.due_at == run.due_at)


def _job(row: sa.Row[tuple[object, ...]]) -> Job:
    values = dict(row._mapping)
    del values["brain"]
    return Job(**{**values, "state": JobState(values["state"])})


def _run(row: sa.Row[tuple[object, ...]]) -> Run:
    values = dict(row._mapping)
    return Run(**{**values, "outcome": Outcome(values["outcome"])})
