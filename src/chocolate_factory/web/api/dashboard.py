"""The dashboard: its page, its JSON, its files. All of it lives under /dashboard."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from chocolate_factory.web.dashboard.page import CONTENT_SECURITY_POLICY, render
from chocolate_factory.web.state import HouseOf, SnapshotOf

router = APIRouter(prefix="/dashboard", tags=["dashboard"])

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-cache",
}


Language = Annotated[Literal["es", "en"] | None, Query(description="of the sentences; UI_LANGUAGE by default")]


@router.get("", summary="The page", response_class=Response)
def dashboard(house: HouseOf, snapshot: SnapshotOf, lang: Language = None) -> Response:
    """Readable without JavaScript; it renews itself with it."""
    language = lang or house.language
    page = render(snapshot.get(language).document, language, external=False)
    return Response(page, media_type="text/html; charset=utf-8", headers=HEADERS)


@router.get("/complete", summary="All that the page shows, as JSON", response_class=Response)
def dashboard_complete(request: Request, house: HouseOf, snapshot: SnapshotOf, lang: Language = None) -> Response:
    """Prebuilt; ``generated_at`` tells when."""
    built = snapshot.get(lang or house.language)
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(built.packed, media_type="application/json", headers={**headers, "Content-Encoding": "gzip"})
    return Response(built.body, media_type="application/json", headers=headers)
