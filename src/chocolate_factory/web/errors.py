"""Errors as RFC 9457 problems; the only place that knows HTTP codes for them.

An upstream that fails is 424 (failed dependency): this service is well, and what it depends on is not. 5xx is kept for
our own store and ledger.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from chocolate_factory.domain.errors import (
    BusyError,
    ChocolateFactoryError,
    ForbiddenError,
    InputError,
    NotFoundError,
    NotYetError,
    RegistryAwayError,
    SettingsError,
    StoppedError,
    StoreError,
    UpstreamDownError,
    UpstreamError,
)
from chocolate_factory.web.schemas import writable

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

#: Wrong values that one answer names.
MOST_TOLD = 20

#: The nearest ancestor in the tree decides.
STATUS: dict[type[ChocolateFactoryError], int] = {
    NotFoundError: 404,
    InputError: 422,
    ForbiddenError: 403,
    BusyError: 409,
    NotYetError: 404,
    StoppedError: 503,
    StoreError: 503,
    RegistryAwayError: 503,
    SettingsError: 503,
    UpstreamError: 424,
    ChocolateFactoryError: 500,
}


class Problem(BaseModel):
    """RFC 9457, with the field, the value and what is allowed where a value was wrong."""

    type: str = Field("about:blank", description="always about:blank: the title says it")
    title: str
    status: int
    detail: str = Field(description="what happened and what to do next")
    instance: str = Field(description="the path that was asked for")
    errors: list[dict[str, str]] = Field(default_factory=list, description="for wrong values: field, value, allowed")


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI should say of these error codes."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {s: {"description": HTTPStatus(s).phrase, "content": content} for s in statuses}


def problem(
    request: Request,
    status: int,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """One problem."""
    body = Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=writable(detail),
        instance=request.scope["path"],
        errors=[{key: writable(text) for key, text in wrong.items()} for wrong in errors or []],
    )
    return JSONResponse(body.model_dump(), status, media_type=MEDIA_TYPE, headers=headers)


def install(app: FastAPI) -> None:
    """Every error of ours and of the framework becomes a problem."""
    app.add_exception_handler(ChocolateFactoryError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _fault)


def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ChocolateFactoryError)  # noqa: S101  it is registered for these
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    if status >= 500:
        log.error("request failed", path=request.scope["path"], error=str(error))
    if isinstance(error, InputError):
        wrong = [{"field": error.field, "value": error.value, "allowed": error.allowed}]
        return problem(request, status, str(error), wrong)
    if isinstance(error, UpstreamError):
        return problem(request, status, _upstream_sentence(error), headers=_retry_after(error))
    return problem(request, status, str(error))


def _upstream_sentence(error: UpstreamError) -> str:
    what = "It is asked again by itself; stored values stay available." if isinstance(error, UpstreamDownError) else (
        "See /health for its state."
    )  # fmt: skip
    return f"The upstream {error.upstream} did not give it: {error.why}. {what}"


def _retry_after(error: UpstreamError) -> dict[str, str]:
    return {"Retry-After": "60"} if isinstance(error, UpstreamDownError) else {}


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  it is registered for these
    wrong = [
        {
            "field": _field(e["loc"]),
            "value": "nothing" if e["type"] == "missing" else str(e.get("input"))[:200],
            "allowed": str(e["msg"]),
        }
        for e in error.errors()[:MOST_TOLD]
    ]
    detail = "; ".join(f"{w['field']}: {w['value']!r} is not allowed; {w['allowed']}" for w in wrong)
    return problem(request, 422, f"{detail}. See /docs for what this path takes.", wrong)


def _field(location: tuple[int | str, ...]) -> str:
    """The parameter's name: the last word of its place; numbers are places in a list."""
    return next((part[:80] for part in reversed(location) if isinstance(part, str) and part), "body")


def _framework(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  it is registered for these
    path = request.scope["path"]
    detail = {
        404: f"There is nothing at {path}; GET / lists what there is.",
        405: f"{request.method} is not allowed at {path}; GET / lists what is.",
    }.get(error.status_code, str(error.detail))
    headers = dict(error.headers or {})
    return problem(request, error.status_code, detail, headers=headers)


def _gone(request: Request, _error: Exception) -> JSONResponse:
    """The caller hung up in the middle of the body: nobody hears this, and it is no fault of ours."""
    return problem(request, 400, "The body ended before it was whole.")


def _fault(request: Request, error: Exception) -> JSONResponse:
    """A fault of ours: its traceback goes to the log, never to the caller."""
    log.error("request broke", method=request.method, path=request.scope["path"], exc_info=error)
    return problem(request, 500, "A fault of this service; its log says more. The same request may fail again.")
