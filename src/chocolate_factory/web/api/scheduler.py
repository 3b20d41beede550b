"""The timetable."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from chocolate_factory.domain.errors import ChocolateFactoryError
from chocolate_factory.domain.work import Outcome, Run, ScheduledJob
from chocolate_factory.ports import Timetable
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.web.api.jobs import accepted
from chocolate_factory.web.auth import Changes
from chocolate_factory.web.errors import responses
from chocolate_factory.web.schemas import Accepted, RunOut, ScheduledOut, SchedulerBody, SchedulerOut
from chocolate_factory.web.state import HouseOf, TimetableOf
from chocolate_factory.wiring import House

router = APIRouter(prefix="/scheduler", tags=["scheduler"])

JobId = Annotated[str, Path(max_length=80, description="e.g. ree_ingestion")]


@router.get("/status", summary="The timetable")
def scheduler_status(house: HouseOf, timetable: TimetableOf) -> SchedulerOut:
    """Every job: when it runs next, when it ran last, how that ended."""
    jobs = [scheduled_out(v) for v in timetable.view()]
    return SchedulerOut(
        scheduler=SchedulerBody(total_jobs=len(jobs), profile=house.settings.schedule_profile, jobs=jobs)
    )


@router.post("/jobs/{id}/run", status_code=202, summary="Run a job now", responses=responses(404))
def run_job(house: HouseOf, timetable: TimetableOf, _allowed: Changes, id: JobId) -> Accepted:  # noqa: A002  the contract's name
    """At once, whatever its schedule says; the job that stands for it can be followed."""
    timetable.must_know(id)
    return accepted(house.workshop.start(f"run {id}", lambda progress: run_and_wait(house, timetable, id, progress)))


@router.post(
    "/jobs/{id}/pause",
    summary="Hold a job back, on every brain, until it is resumed",
    responses=responses(404),
)
def pause_job(timetable: TimetableOf, _allowed: Changes, id: JobId) -> ScheduledOut:  # noqa: A002
    """Its occurrences pass without a run, also after a restart."""
    timetable.pause(id, paused=True)
    return next(scheduled_out(v) for v in timetable.view() if v.id == id)


@router.post("/jobs/{id}/resume", summary="Let a paused job run again", responses=responses(404))
def resume_job(timetable: TimetableOf, _allowed: Changes, id: JobId) -> ScheduledOut:  # noqa: A002
    """From its next occurrence on; one that is due runs at once."""
    timetable.pause(id, paused=False)
    return next(scheduled_out(v) for v in timetable.view() if v.id == id)


def run_and_wait(house: House, timetable: Timetable, job_id: str, progress: Progress) -> str:
    """Launch the run and follow it to its end.

    Raises:
        BusyError: it is running already.
        ChocolateFactoryError: the run failed, or was stopped.
    """
    due = timetable.run_now(job_id)
    while True:
        house.clock.sleep(0.1)
        run = house.jobs.run(job_id, due)
        progress.step(0.0, f"{job_id} runs", **(run.counts if run else {}))
        if run is not None and run.outcome is not Outcome.RUNNING:
            break
    if run.outcome in (Outcome.FAILED, Outcome.STOPPED):
        raise ChocolateFactoryError(run.error or f"{job_id} failed.")
    if run.error:
        progress.problem(run.error)
    return f"{job_id}: {run.outcome.value}."


def scheduled_out(view: ScheduledJob) -> ScheduledOut:
    """A job for the wire."""
    return ScheduledOut(
        id=view.id,
        summary=view.summary,
        schedule=view.schedule,
        next_run=view.next_run,
        last_run=view.last.started_at if view.last else None,
        last_outcome=view.last.outcome if view.last else None,
        running=view.running,
        paused=view.paused,
        last=run_out(view.last) if view.last else None,
    )


def run_out(run: Run) -> RunOut:
    """A run for the wire."""
    return RunOut(
        due_at=run.due_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        outcome=run.outcome,
        counts=run.counts,
        error=run.error,
        note=run.note,
        brain=run.brain,
        attempts=run.attempts,
        hung=run.hung,
    )
