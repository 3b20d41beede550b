"""JSON bodies: read once it is known who sends them, bounded, whatever their Content-Type says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from chocolate_factory.domain.errors import InputError
from chocolate_factory.web.auth import Changes

Asked = TypeVar("Asked", bound=BaseModel)

SMALL = 20_000


def optional(model: type[Asked], most_bytes: int = SMALL) -> Callable[..., Awaitable[Asked | None]]:
    """A dependency: the body as that model; None where there is none.

    It raises:
        InputError: the body is larger than any such request needs.
        RequestValidationError: naming each wrong field.
    """

    async def read(request: Request, _allowed: Changes) -> Asked | None:
        body = await _bounded(request, most_bytes)
        if not body.strip():
            return None
        try:
            return model.model_validate_json(body)
        except ValidationError as e:
            raise RequestValidationError(e.errors(include_url=False, include_context=False)) from e

    return read


def required(model: type[Asked], example: str) -> Callable[..., Awaitable[Asked]]:
    """As ``optional``, of a request that says nothing without a body; the example is told where there is none."""
    read_optional = optional(model)

    async def read(request: Request, _allowed: Changes) -> Asked:
        found = await read_optional(request, _allowed)
        if found is None:
            raise InputError("body", "", f"JSON such as {example}")
        return found

    return read


def documented(model: type[BaseModel], *, is_required: bool) -> dict[str, Any]:
    """What OpenAPI should say of a body that FastAPI does not read itself."""
    schema = model.model_json_schema()
    whole = _inlined(schema, schema.pop("$defs", {}))
    return {"requestBody": {"required": is_required, "content": {"application/json": {"schema": whole}}}}


async def _bounded(request: Request, most_bytes: int) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > most_bytes:
            raise InputError("body", f"{len(body)} bytes or more", f"at most {most_bytes} bytes of JSON")
    return body


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """A schema without references: those of Pydantic point to where OpenAPI keeps nothing."""
    if isinstance(schema, list):
        return [_inlined(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        named = definitions[schema["$ref"].rsplit("/", 1)[1]]
        return _inlined({**named, **{k: v for k, v in schema.items() if k != "$ref"}}, definitions)
    return {key: _inlined(part, definitions) for key, part in schema.items()}
