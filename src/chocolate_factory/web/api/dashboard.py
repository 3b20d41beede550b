"""The dashboard: its page, its JSON, its files. All of it lives under /dashboard."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

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


@router.get("", summary="The page", response_class=Response)
def dashboard(
    house: HouseOf,
    snapshot: SnapshotOf,
    lang: Annotated[str | None, Query(pattern="^(es|en)$", description="language; UI_LANGUAGE by default")] = None,
) -> Response:
    """Readable without JavaScript; it renews itself with it."""
    page = render(snapshot.data(), lang or house.language, external=False)
    return Response(page, media_type="text/html; charset=utf-8", headers=HEADERS)


@router.get("/complete", summary="All that the page shows, as JSON", response_class=Response)
def dashboard_complete(snapshot: SnapshotOf) -> Response:
    """Prebuilt; ``generated_at`` tells when."""
    return Response(snapshot.body(), media_type="application/json", headers={"Cache-Control": "no-store"})
