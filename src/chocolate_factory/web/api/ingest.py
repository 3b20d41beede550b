"""Ingest now."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from chocolate_factory.domain.errors import InputError
from chocolate_factory.usecases.bring import Brought
from chocolate_factory.usecases.ingest import SOURCES
from chocolate_factory.web.auth import Changes
from chocolate_factory.web.schemas import IngestOut, PartOut
from chocolate_factory.web.state import HouseOf

router = APIRouter(tags=["ingest"])

MOST_BYTES = 10_000
#: Somebody waits: seconds that one request may take with its retries; five of them may follow each other.
PATIENCE = 8.0


class IngestIn(BaseModel):
    """What to ingest."""

    model_config = ConfigDict(extra="forbid")

    source: Literal["ree", "aemet", "openweather", "hybrid", "all"] = Field("all", description="all by default")


SCHEMA: dict[str, Any] = {
    "requestBody": {"required": False, "content": {"application/json": {"schema": IngestIn.model_json_schema()}}}
}


async def small_body(request: Request) -> bytes:
    """The body whatever its Content-Type says, so that plain ``curl -d`` works.

    Raises:
        InputError: it is larger than any such request needs.
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise InputError("body", f"{len(body)} bytes or more", f"at most {MOST_BYTES} bytes of JSON")
    return body


def read_source(body: bytes) -> str:
    """The source that a body asks for; all without a body.

    Raises:
        InputError: naming what is wrong.
    """
    if not body.strip():
        return "all"
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as e:
        raise InputError(
            "body", body[:80].decode("utf-8", "replace"), 'JSON such as {"source": "ree"}, or nothing'
        ) from e
    if not isinstance(document, dict):
        raise InputError("body", document, 'a JSON object such as {"source": "ree"}')
    unknown = sorted(set(document) - {"source"})
    if unknown:
        raise InputError(unknown[0][:80] or "body", document[unknown[0]], "the only key is source")
    try:
        return TypeAdapter(IngestIn).validate_python(document).source
    except ValidationError as e:
        raise InputError("source", document.get("source"), f"one of {', '.join(SOURCES)}") from e


@router.post("/ingest-now", summary="Ingest now", openapi_extra=SCHEMA)
def ingest_now(house: HouseOf, _allowed: Changes, body: Annotated[bytes, Depends(small_body)]) -> IngestOut:
    """Ask the upstreams now, whatever was asked a moment ago; what failed is told part by part."""
    report = house.ingest(read_source(body), insist=True, patience=PATIENCE)
    return IngestOut(
        source=report.source, found=report.found, written=report.written, parts=[part_out(p) for p in report.parts]
    )


def part_out(part: Brought) -> PartOut:
    """One feed's part for the wire."""
    return PartOut(
        feed=part.feed,
        found=part.found,
        written=part.count.written,
        unchanged=part.count.unchanged,
        rejected=len(part.rejected),
        error=part.error,
    )
