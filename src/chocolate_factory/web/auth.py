"""Who may change something: holders of the token, and clients of a local network; never a page of another origin."""

from __future__ import annotations

import secrets
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from chocolate_factory.domain.errors import ForbiddenError
from chocolate_factory.web.state import HouseOf


def may_change(request: Request, house: HouseOf) -> None:
    """Let the request pass or refuse it.

    Raises:
        ForbiddenError: it says what would be accepted.
    """
    if not same_origin(request):
        raise ForbiddenError("A page of another origin may not change anything here; use the API directly.")
    token = house.settings.api_token
    offered = _offered_token(request)
    if token is not None and offered and secrets.compare_digest(offered, token.get_secret_value()):
        return
    if is_local(request, house.settings.api_local_networks):
        return
    raise ForbiddenError(
        "Only a client of a local network (API_LOCAL_NETWORKS) or one with the header "
        "'Authorization: Bearer <API_TOKEN>' may change anything."
    )


def same_origin(request: Request) -> bool:
    """Whether no page of another site made this request.

    A page's request carries ``Origin`` or ``Sec-Fetch-Site``; a program's need not. The origin's host must be the one
    that was asked and an address or plain name, so that a foreign domain that resolves to us is foreign still.
    """
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    parts = urlsplit(origin)
    return parts.netloc == request.headers.get("host", "") and _is_plain(parts.hostname or "")


def is_local(request: Request, networks: tuple[object, ...]) -> bool:
    """Whether the peer itself is of a local network; whatever came through a proxy is not."""
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers or request.client is None:
        return False
    try:
        peer = ip_address(request.client.host)
    except ValueError:
        return False
    return any(peer in network for network in networks)  # type: ignore[operator]  # both are ip networks


def _offered_token(request: Request) -> str:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def _is_plain(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return "." not in host
    return True


Changes = Annotated[None, Depends(may_change)]
