"""Uploaded files, bounded, and read only once it is known who sends them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from chocolate_factory.adapters.uploads import MAX_BYTES
from chocolate_factory.domain.errors import InputError
from chocolate_factory.web.auth import Changes

MOST_FILES = 400
#: What multipart adds around each file.
WRAPPING = 4096

#: What OpenAPI should say of the body, which FastAPI does not read itself.
UPLOADS: dict[str, Any] = {
    "requestBody": {
        "required": False,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {"type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"}}
                    },
                }
            }
        },
    }
}


async def uploaded(request: Request, _allowed: Changes) -> list[tuple[str, bytes]]:
    """Name and content of every file of a multipart body, whatever its field is called; none without such a body.

    FastAPI would read the body, gigabytes of it too, before it asks who may send one.

    Raises:
        InputError: it is no multipart body, holds no file, too many or too much.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/"):
        return []
    parser = MultiPartParser(request.headers, _bounded(request), max_files=MOST_FILES, max_fields=100)
    try:
        form = await parser.parse()
    except MultiPartException as e:
        raise InputError("files", "the body", f"{e.message.rstrip('.')}; send files as multipart/form-data") from e
    try:
        parts = [part for _, part in form.multi_items() if isinstance(part, UploadFile)]
        files = [(part.filename or "file", await part.read()) for part in parts]
    finally:
        await form.close()
    if not files:
        raise InputError("files", "nothing", "at least one file in a multipart body, or no body at all")
    return files


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    """The body as it comes, as far as files of ``MAX_BYTES`` in all need."""
    size, most = 0, MAX_BYTES + MOST_FILES * WRAPPING
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise MultiPartException(f"it is larger than {MAX_BYTES // 2**20} MiB in all")
        yield part
