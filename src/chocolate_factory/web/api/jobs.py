"""Long work."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from chocolate_factory.domain.errors import NotFoundError
from chocolate_factory.domain.work import Job
from chocolate_factory.web.errors import responses
from chocolate_factory.web.schemas import Accepted, JobOut
from chocolate_factory.web.state import HouseOf

router = APIRouter(tags=["jobs"])


@router.get("/jobs/{job_id}", summary="Progress of long work", responses=responses(404))
def job_progress(house: HouseOf, job_id: Annotated[str, Path(pattern=r"^[\w-]{1,64}$")]) -> JobOut:
    """State, share done, counts and errors."""
    job = house.jobs.job(job_id)
    if job is None:
        raise NotFoundError("job_id", job_id, "an id that a 202 gave; GET /jobs lists the newest")
    return job_out(job)


@router.get("/jobs", summary="The newest long work")
def jobs(house: HouseOf) -> list[JobOut]:
    """The fifty newest."""
    return [job_out(job) for job in house.jobs.jobs(50)]


def job_out(job: Job) -> JobOut:
    """A job for the wire."""
    return JobOut(
        job_id=job.id,
        deed=job.deed,
        state=job.state,
        progress=job.progress,
        message=job.message,
        counts=job.counts,
        errors=job.errors,
        created_at=job.created_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
    )


def accepted(job: Job) -> Accepted:
    """The answer that goes with 202."""
    return Accepted(job_id=job.id, state=job.state, follow=f"/jobs/{job.id}")
