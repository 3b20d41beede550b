"""The application: routes, errors, and the life of what stands behind them."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline
from starlette.types import ASGIApp, Receive, Scope, Send

from chocolate_factory import __version__
from chocolate_factory.ports import Timetable
from chocolate_factory.web import errors
from chocolate_factory.web.api import (
    alerts,
    dashboard,
    forecast,
    gaps,
    health,
    index,
    ingest,
    init,
    jobs,
    models,
    plan,
    predict,
    ree,
    savings,
    scheduler,
    simulate,
    store,
    tariff,
    weather,
)
from chocolate_factory.web.dashboard.events import Events
from chocolate_factory.web.dashboard.page import STATIC
from chocolate_factory.web.dashboard.snapshot import Snapshot
from chocolate_factory.web.metrics import Metrics
from chocolate_factory.web.pictures import Pictures
from chocolate_factory.wiring import House

log = structlog.get_logger(__name__)

#: Requests that are worked on at once; each may hold a store's reader. More wait their turn.
WORKERS = 16
#: The stop waits so long for work that hangs on a silent upstream. What that stored is safe; a start takes up the rest.
LEAVE_SECONDS = 4.0

#: Swagger UI and ReDoc ask others for a badge and a logo; a browser under this does not, so they work without internet.
DOCS_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "worker-src 'self' blob:; frame-ancestors 'none'"
)

DESCRIPTION = """
The brain of a chocolate plant in Linares: prices and weather in, gaps found and filled.

Times without an offset are read as Europe/Madrid. Errors are RFC 9457 problems that name the field, the value and what
is allowed. What changes something needs a client of a local network, or the token.
"""

ROUTERS = (
    index,
    health,
    ree,
    weather,
    ingest,
    store,
    init,
    gaps,
    jobs,
    models,
    scheduler,
    alerts,
    tariff,
    forecast,
    predict,
    plan,
    simulate,
    savings,
    dashboard,
)


def create_app(house: House, timetable: Timetable, *, awake: bool = True) -> FastAPI:
    """The application of one house.

    Args:
        timetable: started and stopped with the application.
        awake: False leaves the timetable asleep, for tests of the routes alone.
    """

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = WORKERS
        abandoned = house.jobs.abandon_jobs("the service stopped before it was done; ask again, it resumes")
        log.info("start", version=__version__, world=house.world, abandoned_jobs=abandoned)
        if awake:
            timetable.start()
        try:
            yield
        finally:
            house.clock.stopping.set()
            app.state.events.close()
            with anyio.move_on_after(LEAVE_SECONDS) as left:
                await anyio.to_thread.run_sync(leave, abandon_on_cancel=True)
            log.info("stopped", hung=left.cancelled_caught)

    def leave() -> None:
        timetable.stop()
        house.close()

    app = FastAPIOffline(
        title="Chocolate Factory",
        version=__version__,
        description=DESCRIPTION,
        lifespan=life,
        responses=errors.responses(422, 503),
        generate_unique_id_function=lambda route: route.name,
        static_url="/docs-static",
        swagger_ui_parameters={"validatorUrl": None},
    )
    app.state.house, app.state.timetable = house, timetable
    app.state.metrics, app.state.snapshot, app.state.sky, app.state.pictures = (
        Metrics(house, timetable),
        Snapshot(house, timetable),
        weather.SkyDesk(house),
        Pictures(house),
    )
    app.state.events = Events(app.state.snapshot)
    errors.install(app)
    app.mount("/dashboard/static", Revalidated(directory=STATIC), name="dashboard-static")
    app.state.api_routes = [route for room in ROUTERS for route in room.router.routes]
    for room in ROUTERS:
        app.include_router(room.router)
    app.middleware("http")(with_request_id)
    app.add_middleware(HeadAsGet)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    _with_problem_schema(app)
    return app


class Revalidated(StaticFiles):
    """Files whose names never change: a browser may keep them, and asks each time whether they are still the ones."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """As Starlette's, with the header."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


class HeadAsGet:
    """Whatever GET answers, HEAD answers too; the server leaves the body out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        is_head = scope["type"] == "http" and scope["method"] == "HEAD"
        await self._app({**scope, "method": "GET"} if is_head else scope, receive, send)


async def with_request_id(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """A correlation id for everything that a request logs; it is handed back. The request is counted."""
    request_id = secrets.token_hex(4)
    begun = time.perf_counter()
    with structlog.contextvars.bound_contextvars(request=request_id):
        response = await call_next(request)
    if request.method not in ("GET", "HEAD") and response.status_code < 400:
        request.app.state.snapshot.renew_soon()  # whoever looks at the page sees what was done
    route = getattr(request.scope.get("route"), "path", "none")
    seconds = time.perf_counter() - begun
    request.app.state.metrics.count_request(request.method, route, response.status_code, seconds)
    response.headers["X-Request-Id"] = request_id
    if request.scope["path"] in ("/docs", "/redoc"):
        response.headers["Content-Security-Policy"] = DOCS_POLICY
    return response


def _with_problem_schema(app: FastAPI) -> None:
    """Put the problem's schema where the documented errors point, and what a rule adds at every operation of a kind."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        document = original()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = errors.Problem.model_json_schema()
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        for operations in document["paths"].values():
            for method, operation in operations.items():
                operation["responses"].update(_by_rule(method, operation["responses"]))
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def _by_rule(method: str, responses: dict[str, Any]) -> dict[str, Any]:
    """What changes something may be forbidden; long work may have to wait."""
    statuses = [403] * (method != "get") + [409] * ("202" in responses)
    return {str(status): answer for status, answer in errors.responses(*statuses).items()}
