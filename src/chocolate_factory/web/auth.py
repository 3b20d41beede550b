"""Who may change something: holders of the token, and clients of a local network; never a page of another origin."""

from __future__ import annotations

import secrets
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from fastapi import Depends, Request

from chocolate_factory.domain.errors import ForbiddenError
from chocolate_factory.web.state import HouseOf

#: What a proxy or the sidecar adds. Whatever carries one of these did not come straight from its peer.
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def may_change(request: Request, house: HouseOf) -> None:
    """Let the request pass or refuse it.

    Raises:
        ForbiddenError: it says what would be accepted.
    """
    if not same_origin(request):
        raise ForbiddenError("A page of another origin may not change anything here; use the API directly.")
    token = house.settings.api_token
    if token is not None and _is_offered(request, token.get_secret_value()):
        return
    if not is_local(request, house.settings.api_local_networks):
        raise ForbiddenError(
            "Only a client of a local network (API_LOCAL_NETWORKS) or one with the header "
            "'Authorization: Bearer <API_TOKEN>' may change anything."
        )
    if _is_page(request) and not _is_plain(_parts(f"//{request.headers.get('host', '')}").hostname):
        raise ForbiddenError(
            "Without the token a page may change something only where it was opened by this machine's address or "
            "plain name: a foreign domain can be made to resolve to us."
        )


def same_origin(request: Request) -> bool:
    """Whether no page of another site made this request.

    A page's request carries ``Origin`` or ``Sec-Fetch-Site``; a program's need not.
    """
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or (_parts(origin).netloc or None) == request.headers.get("host", "")


def is_local(request: Request, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    """Whether the peer itself is of a local network; whatever came through a proxy is not."""
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    try:
        peer = ip_address(request.client.host)
    except ValueError:
        return False
    if isinstance(peer, IPv6Address) and peer.ipv4_mapped:  # how a socket of both families shows an IPv4 peer
        peer = peer.ipv4_mapped
    return any(peer in network for network in networks)


def _is_offered(request: Request, token: str) -> bool:
    """Whether the header holds the token; as bytes, for a header may hold any and the comparison takes ASCII alone."""
    scheme, _, offered = request.headers.get("authorization", "").partition(" ")
    same = secrets.compare_digest(offered.strip().encode("latin-1"), token.strip().encode())
    return same and scheme.lower() == "bearer"


def _is_page(request: Request) -> bool:
    return "origin" in request.headers or request.headers.get("sec-fetch-site") == "same-origin"


def _parts(url: str) -> SplitResult:
    """An address in its parts; one that is none has none."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _is_plain(host: str | None) -> bool:
    """Whether a host is an address or a name without a dot, which no foreign domain is."""
    if not host:
        return False
    try:
        ip_address(host)
    except ValueError:
        return "." not in host
    return True


Changes = Annotated[None, Depends(may_change)]
