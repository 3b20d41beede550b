"""The dashboard: its page, its sections, its JSON, its events. All of it lives under /dashboard."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from chocolate_factory.domain.errors import NotFoundError
from chocolate_factory.usecases.plan_document import record_document
from chocolate_factory.web.auth import FORWARDED, is_local
from chocolate_factory.web.dashboard.exports import as_calendar, as_csv
from chocolate_factory.web.dashboard.page import CONTENT_SECURITY_POLICY, SECTIONS, Look, frame
from chocolate_factory.web.dashboard.snapshot import Piece
from chocolate_factory.web.dashboard.texts import texts
from chocolate_factory.web.door import External
from chocolate_factory.web.errors import responses
from chocolate_factory.web.state import EventsOf, HouseOf, SnapshotOf
from chocolate_factory.wiring import House

router = APIRouter(prefix="/dashboard", tags=["dashboard"])

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-cache",
}

#: Where readings are handed in; the page offers it where the service has it.
METER = "/meter/readings"

Language = Annotated[Literal["es", "en"] | None, Query(description="of the sentences; UI_LANGUAGE by default")]


def _look(house: HouseOf, external: External, lang: Language = None) -> Look:
    return Look(lang or house.language, external)


LookOf = Annotated[Look, Depends(_look)]


@router.get("", summary="The page", response_class=Response)
def dashboard(request: Request, house: HouseOf, snapshot: SnapshotOf, look: LookOf) -> Response:
    """Readable without JavaScript; it renews itself with it."""
    view = snapshot.get(look)
    html = {name: piece.body.decode() for name, piece in view.sections.items()}
    digests = {name: piece.digest for name, piece in view.sections.items()}
    meter = any(route.path == METER for route in request.app.state.api_routes)
    page = frame(view.document, html, look, acts=_acts(request, house, look), meter=meter, digests=digests)
    return Response(page, media_type="text/html; charset=utf-8", headers={**HEADERS, "Vary": ", ".join(FORWARDED)})


@router.get("/complete", summary="All that the page shows, as JSON", response_class=Response)
def dashboard_complete(request: Request, snapshot: SnapshotOf, look: LookOf) -> Response:
    """Prebuilt; ``generated_at`` tells when."""
    return _prebuilt(request, snapshot.get(look).json, "application/json", {"Cache-Control": "no-store"})


@router.get(
    "/sections/{name}",
    summary="A section of the page as HTML",
    response_class=Response,
    responses=responses(404),
)
def dashboard_section(
    request: Request,
    snapshot: SnapshotOf,
    look: LookOf,
    name: Annotated[str, Path(max_length=20, description="as the page's events name them")],
) -> Response:
    """As the page has it; the page puts it in the older one's place."""
    view = snapshot.get(look)
    if name not in view.sections:
        raise NotFoundError("name", name, f"one of {', '.join(SECTIONS)}")
    return _prebuilt(request, view.sections[name], "text/html; charset=utf-8", HEADERS)


@router.get("/plan.csv", summary="The plan as a table", response_class=Response, responses=responses(404))
def dashboard_plan_csv(house: HouseOf, look: LookOf) -> Response:
    """A row for each batch."""
    plan = _plan(house)
    return _file(as_csv(plan, texts(look.language)).encode("utf-8-sig"), "text/csv; charset=utf-8", plan, "csv")


@router.get("/plan.ics", summary="The plan as a calendar", response_class=Response, responses=responses(404))
def dashboard_plan_ics(house: HouseOf, look: LookOf) -> Response:
    """An event for each batch."""
    plan = _plan(house)
    body = as_calendar(plan, texts(look.language)).encode()
    return _file(body, "text/calendar; charset=utf-8", plan, "ics")


@router.get("/plan.png", summary="The plan as a picture", response_class=Response, responses=responses(404))
def dashboard_plan_png(request: Request, house: HouseOf, look: LookOf) -> Response:
    """As GET /plan/gantt.png, where a proxy lets only the dashboard through."""
    body = request.app.state.pictures.gantt(house.optimise.in_force(), "png", look.language)
    return _file(body, "image/png", _plan(house), "png")


@router.get("/events", summary="What has changed, as server-sent events", response_class=StreamingResponse)
async def dashboard_events(events: EventsOf, look: LookOf) -> StreamingResponse:
    """Event ``news``: when the newest build was made, and a digest of each section; every five seconds at least."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(events.stream(look), media_type="text/event-stream", headers=headers)


def _plan(house: House) -> dict[str, Any]:
    return record_document(house.optimise.in_force(), house.plans.locked_batches())


def _file(body: bytes, media_type: str, plan: dict[str, Any], kind: str) -> Response:
    """Something to be saved under the plan's day."""
    name = f"plan-{plan['made_at'][:10]}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(body, media_type=media_type, headers=headers)


def _acts(request: Request, house: HouseOf, look: Look) -> str:
    """Whether this reader may change something: ``yes``, ``token`` where it takes the token, or ``no``."""
    if look.external:
        return "no"
    if is_local(request, house.settings.api_local_networks):
        return "yes"
    return "token" if house.settings.api_token is not None else "no"


def _prebuilt(request: Request, piece: Piece, media_type: str, headers: dict[str, str]) -> Response:
    """The compressed bytes for those who take them."""
    varied = {**headers, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(piece.packed, media_type=media_type, headers={**varied, "Content-Encoding": "gzip"})
    return Response(piece.body, media_type=media_type, headers=varied)
