"""What there is."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute

from chocolate_factory import __version__
from chocolate_factory.web.schemas import Index, Operation
from chocolate_factory.web.state import HouseOf

router = APIRouter(tags=["index"])


@router.get("/", summary="Index of the API")
def index(request: Request, house: HouseOf) -> Index:
    """Every operation, built from the routes themselves."""
    endpoints: dict[str, Operation] = {}
    for route in request.app.state.api_routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            method = min(route.methods or {"GET"})
            endpoints[route.name] = Operation(method=method, path=route.path, summary=route.summary or route.name)
    return Index(name="Chocolate Factory", version=__version__, world=house.world, endpoints=endpoints)
