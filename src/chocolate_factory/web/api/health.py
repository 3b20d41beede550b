"""Is it alive."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from chocolate_factory import __version__
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.web.schemas import CheckOut, Health, Ready
from chocolate_factory.web.state import HouseOf, TimetableOf

router = APIRouter(tags=["health"])


@router.get("/health", summary="Liveness, and a summary of every part")
def health(house: HouseOf, timetable: TimetableOf) -> Health:
    """Every part with its state and since when; the service itself is alive if this answers."""
    checks = [*house.watch.checks(), *timetable.checks()]
    return Health(
        status=house.watch.status(checks),
        world=house.world,
        version=__version__,
        checked_at=house.clock.now(),
        checks=[CheckOut(name=c.name, status=c.status, detail=c.detail, since=c.since) for c in checks],
    )


@router.get("/ready", summary="Ready only when what is configured can serve")
def ready(house: HouseOf) -> Ready:
    """200 when store and ledger answer; else 503."""
    checks = house.watch.checks()
    bad = [c for c in checks if c.status == "down" and not c.name.startswith("upstream:")]
    if bad:
        raise StoreError("; ".join(f"{c.name}: {c.detail}" for c in bad))
    return Ready(status="ready", detail=f"store and ledger answer; {house.models.check().detail}")


@router.get("/metrics", summary="Prometheus text", response_class=Response)
def metrics(request: Request) -> Response:
    """Counters and gauges in Prometheus' text format."""
    body, content_type = request.app.state.metrics.text()
    return Response(body, headers={"Content-Type": content_type})
