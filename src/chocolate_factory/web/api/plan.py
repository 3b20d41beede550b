"""The plan in force, planning again, and what may be asked of a plan."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from chocolate_factory.adapters.bundle_file import packed
from chocolate_factory.domain.errors import NotFoundError
from chocolate_factory.domain.plan_record import PlanRecord
from chocolate_factory.domain.time import parse_moment
from chocolate_factory.usecases.plan_document import (
    batch_document,
    history_line,
    move_document,
    posted_document,
    record_document,
)
from chocolate_factory.usecases.situation import Pace
from chocolate_factory.web.auth import Changes
from chocolate_factory.web.bodies import documented, optional, required
from chocolate_factory.web.errors import responses
from chocolate_factory.web.pictures import Pictures
from chocolate_factory.web.plan_requests import LockIn, MoveIn, PlaceIn, PlanIn, StocksIn
from chocolate_factory.web.plan_schemas import BatchOut, CountOut, LockOut, MoveOut, PlanLineOut, PlanOut, PlansOut
from chocolate_factory.web.posted import task_of
from chocolate_factory.web.state import HouseOf
from chocolate_factory.wiring import House
from chocolate_factory.wiring.replay import bundles_of

router = APIRouter(prefix="/plan", tags=["plan"])

#: A week of quarter-hours with a week before it, in the longest spelling.
MOST_BYTES = 500_000

Language = Annotated[Literal["es", "en"] | None, Query(description="UI_LANGUAGE by default")]
PlanId = Annotated[str, Path(max_length=64, description="as GET /plan/history lists them")]
BatchId = Annotated[str, Path(max_length=120, description="as GET /plan lists them")]


MEDIA = {"png": "image/png", "svg": "image/svg+xml"}


def _picture(kind: str) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI should say of a picture's answers."""
    return {**responses(404), 200: {"description": "the picture", "content": {MEDIA[kind]: {}}}}


@router.get("", summary="The plan in force", responses=responses(404))
def plan(house: HouseOf) -> PlanOut:
    """What runs when, at what cost and why, slot by slot; it is made again every half an hour and on new prices."""
    return _out(house, house.optimise.in_force())


@router.post(
    "",
    summary="Plan again now, or plan a posted problem",
    responses=responses(404, 409),
    openapi_extra=documented(PlanIn, is_required=False),
)
def make_plan(
    house: HouseOf, _allowed: Changes, asked: Annotated[PlanIn | None, Depends(optional(PlanIn, MOST_BYTES))]
) -> PlanOut:
    """Without a body: plan again now inside the stability rules; the answer is the plan in force from now on.

    With a body: that problem is planned for this plant, with its certificate, and kept nowhere. Either may take half a
    minute.
    """
    if asked is None:
        return _out(house, house.optimise("request"))
    task, notes = task_of(asked, house.plant(), Pace())
    return PlanOut.model_validate(posted_document(house.optimise.stand_alone(task), house.clock.now(), notes))


@router.get("/history", summary="Plans that were made, the newest first")
def plan_history(house: HouseOf, limit: Annotated[int, Query(ge=1, le=200)] = 20) -> PlansOut:
    """One line for each plan that is kept."""
    until = house.clock.now() + timedelta(seconds=1)
    return PlansOut(plans=[PlanLineOut.model_validate(history_line(r)) for r in house.plans.plans(until, limit)])


@router.get("/gantt.png", summary="The plan in force as a picture", response_class=Response, responses=_picture("png"))
def plan_gantt_png(house: HouseOf, request: Request, lang: Language = None) -> Response:
    """Price, machines, tanks and orders over time."""
    return _drawn(house, request, "png", lang)


@router.get("/gantt.svg", summary="The plan in force as a drawing", response_class=Response, responses=_picture("svg"))
def plan_gantt_svg(house: HouseOf, request: Request, lang: Language = None) -> Response:
    """The same, sharp at any size."""
    return _drawn(house, request, "svg", lang)


@router.post(
    "/what-if",
    summary="What moving a batch would cost",
    responses=responses(404, 409),
    openapi_extra=documented(MoveIn, is_required=True),
)
def what_if(
    house: HouseOf,
    _allowed: Changes,
    asked: Annotated[MoveIn, Depends(required(MoveIn, '{"batch_id": "…", "start": "2026-11-11T10:00"}'))],
) -> MoveOut:
    """The batch begins at ``start``, and everything else is planned around it; nothing is kept."""
    start = parse_moment(asked.start, "start")
    move = house.optimise.what_if(asked.batch_id, start)
    return MoveOut.model_validate(move_document(asked.batch_id, start, move))


@router.post(
    "/batches/{id}/move",
    summary="Begin a batch elsewhere, and plan everything else around it",
    responses=responses(404, 409),
    openapi_extra=documented(PlaceIn, is_required=True),
)
def move_batch(
    house: HouseOf,
    _allowed: Changes,
    id: BatchId,  # noqa: A002  the contract's name
    asked: Annotated[PlaceIn, Depends(required(PlaceIn, '{"start": "2026-11-11T13:00"}'))],
) -> PlanOut:
    """The answer is the plan in force from now on; the batch is locked where it is. It may take half a minute."""
    return _out(house, house.optimise.move(id, parse_moment(asked.start, "start")))


@router.post(
    "/batches/{id}/lock",
    summary="Hold a batch where it is, or let it go",
    responses=responses(404),
    openapi_extra=documented(LockIn, is_required=False),
)
def lock_batch(
    house: HouseOf,
    _allowed: Changes,
    id: BatchId,  # noqa: A002  the contract's name
    asked: Annotated[LockIn | None, Depends(optional(LockIn))],
) -> LockOut:
    """The next plan heeds it; without a body the batch is locked."""
    locked = asked is None or asked.locked
    batch = batch_document(house.optimise.lock(id, locked=locked))
    return LockOut(locked=locked, batch=BatchOut.model_validate({**batch, "locked": locked}))


@router.post(
    "/stocks",
    summary="Tell what was counted in tanks and store",
    responses=responses(404),
    openapi_extra=documented(StocksIn, is_required=True),
)
def count_stocks(
    house: HouseOf,
    _allowed: Changes,
    asked: Annotated[StocksIn, Depends(required(StocksIn, '{"tanks_kg": {"tank-dark": 850, …}}'))],
) -> CountOut:
    """The next plan begins with it; until then a plan is taken to have run as planned."""
    count = house.optimise.count(asked.tanks_kg, asked.finished_kg)
    return CountOut(at=count.at, tanks_kg=dict(count.tanks_kg), finished_kg=dict(count.finished_kg))


@router.get("/{id}", summary="A plan that was made", responses=responses(404))
def plan_by_id(
    house: HouseOf,
    id: PlanId,  # noqa: A002  the contract's name
) -> PlanOut:
    """As it was made; ``locked`` tells what is held now."""
    return _out(house, _kept(house, id))


@router.get(
    "/{id}/bundle",
    summary="A decision with all that it was made from, as a file",
    response_class=Response,
    responses={**responses(403, 404), 200: {"description": "the bundle", "content": {"application/zip": {}}}},
)
def plan_bundle(house: HouseOf, _allowed: Changes, id: PlanId) -> Response:  # noqa: A002  the contract's name
    """For a bug report: `chocolate-factory replay FILE` makes the decision again anywhere.

    For those who may change something: it holds the plant's file.
    """
    body = packed(bundles_of(house)(_kept(house, id)))
    headers = {"Content-Disposition": f'attachment; filename="decision-{id}.zip"'}
    return Response(body, media_type="application/zip", headers=headers)


def _kept(house: House, plan_id: str) -> PlanRecord:
    record = house.plans.plan(plan_id)
    if record is None:
        raise NotFoundError("id", plan_id, "the id of a plan that is kept; GET /plan/history lists them")
    return record


def _drawn(house: House, request: Request, kind: str, language: str | None) -> Response:
    pictures: Pictures = request.app.state.pictures
    body = pictures.gantt(house.optimise.in_force(), kind, language or house.language)
    return Response(body, media_type=MEDIA[kind], headers={"Cache-Control": "no-cache"})


def _out(house: House, record: PlanRecord) -> PlanOut:
    return PlanOut.model_validate(record_document(record, house.plans.locked_batches()))
