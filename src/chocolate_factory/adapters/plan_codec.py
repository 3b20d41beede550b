"""A plan's record as bytes: JSON of the dataclasses as they are, compressed; what comes back is equal."""

from __future__ import annotations

import zlib
from functools import cache

from pydantic import TypeAdapter, ValidationError

from chocolate_factory.domain.errors import UnreadableError
from chocolate_factory.domain.plan_record import PlanRecord


def encoded(record: PlanRecord) -> bytes:
    """Small enough to keep every one: some 10 kB for two days of hours."""
    return zlib.compress(_adapter().dump_json(record))


def decoded(body: bytes) -> PlanRecord:
    """The record.

    Raises:
        UnreadableError: the bytes are damaged, or of a version that said something else.
    """
    try:
        return _adapter().validate_json(zlib.decompress(body))
    except (zlib.error, ValidationError) as e:
        raise UnreadableError("A plan in the ledger cannot be read; it was written by another version.") from e


@cache
def _adapter() -> TypeAdapter[PlanRecord]:
    return TypeAdapter(PlanRecord)
