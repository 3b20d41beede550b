"""Which door a request came through: from within the house, or from outside through a proxy.

What comes through a proxy is the external view: it may look, and is told nothing of the inside. nginx says so itself
with ``X-Chocolate-Factory-External: 1``; a proxy that does not is known by what every proxy adds.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from chocolate_factory.web.auth import FORWARDED

#: What the proxy of the external door sets, and whatever a visitor sends under this name is overwritten there.
HEADER = "x-chocolate-factory-external"


def is_external(request: Request) -> bool:
    """Whether the request came through the external door."""
    return request.headers.get(HEADER) == "1" or any(name in request.headers for name in FORWARDED)


External = Annotated[bool, Depends(is_external)]
