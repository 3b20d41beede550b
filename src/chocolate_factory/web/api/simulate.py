"""A plan run through the simulator."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from chocolate_factory.domain.errors import BusyError, InputError, NotFoundError
from chocolate_factory.domain.plan_record import PlanRecord
from chocolate_factory.domain.time import DAY
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.web.api.jobs import accepted
from chocolate_factory.web.auth import Changes
from chocolate_factory.web.bodies import documented, optional
from chocolate_factory.web.errors import responses
from chocolate_factory.web.plan_requests import SimulateIn
from chocolate_factory.web.plan_schemas import SimulationOut
from chocolate_factory.web.schemas import Accepted
from chocolate_factory.web.state import HouseOf
from chocolate_factory.wiring import House

router = APIRouter(tags=["plan"])

WORK = "chocolate_factory.usecases.simulate:simulated"
#: More simulated days than these are long work: a core runs about a thousand a second, and others want it too.
SHORT_DAYS = 1000
LIMIT_S = 120.0

_one_at_a_time = threading.Lock()


@router.post(
    "/simulate",
    summary="Run a plan through the simulator many times",
    responses={
        **responses(404, 409),
        202: {"model": Accepted, "description": "long: the job's counts hold the figures"},
    },
    response_model=SimulationOut,
    openapi_extra=documented(SimulateIn, is_required=False),
)
def simulate(
    house: HouseOf, _allowed: Changes, asked: Annotated[SimulateIn | None, Depends(optional(SimulateIn))]
) -> SimulationOut | JSONResponse:
    """What breakdowns, uneven times and rejects make of it: mean, P10, P50, P90 of every figure.

    Without a body the plan in force, 200 times. Long work answers 202; its job's counts hold each figure as
    ``cost_eur_mean``, ``cost_eur_p10`` and so on.
    """
    wanted = asked or SimulateIn()
    record = _record(house, wanted.plan_id)
    if wanted.replications * (record.planned.plan.problem.horizon.duration / DAY) > SHORT_DAYS:
        job = house.workshop.start("simulate", lambda progress: _told(house, record, wanted, progress))
        return JSONResponse(accepted(job).model_dump(mode="json"), 202)
    return SimulationOut.model_validate({"plan_id": record.id, **_simulated(house, record, wanted)})


def _record(house: House, plan_id: str | None) -> PlanRecord:
    record = house.optimise.in_force() if plan_id is None else house.plans.plan(plan_id)
    if record is None:
        raise NotFoundError("plan_id", plan_id, "the id of a plan that is kept; GET /plan/history lists them")
    if not record.planned.plan.batches:
        raise InputError("plan_id", record.id, "a plan with batches; this one holds nothing to run")
    return record


def _simulated(house: House, record: PlanRecord, wanted: SimulateIn) -> dict[str, Any]:
    with _alone():
        asked = (record.planned.plan, wanted.replications, wanted.seed, house.mapper)
        found: dict[str, Any] = house.child.call(WORK, asked, LIMIT_S)
        return found


def _told(house: House, record: PlanRecord, wanted: SimulateIn, progress: Progress) -> str:
    """The job's deed: the figures as its counts, and a sentence."""
    found = _simulated(house, record, wanted)
    counts = {f"{name}_{part}": value for name, s in found["kpis"].items() for part, value in s.items()}
    on_time = found["on_time_probability"]
    counts |= {"replications": found["replications"], "on_time_probability": on_time}
    progress.finish("simulated", **{name: value for name, value in counts.items() if value is not None})
    return f"plan {record.id}: every order on time in {100 * on_time:.1f} % of {found['replications']} runs"


@contextmanager
def _alone() -> Iterator[None]:
    """One at a time: each takes a core and memory of its own."""
    if not _one_at_a_time.acquire(blocking=False):
        raise BusyError("A plan is being simulated; ask again in some seconds.")
    try:
        yield
    finally:
        _one_at_a_time.release()
