"""AEMET's two steps: an envelope names a link (``datos``) that is good for some five minutes; the link holds the data.

Bodies are ISO-8859-15 whatever their Content-Type says. The status stands in HTTP, in the body's ``estado`` and in a
header, and they need not agree: HTTP 200 with ``estado`` 404 is the usual "no data". Both steps count against the key's
40 a minute, so one client takes both.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

import httpx

from chocolate_factory.adapters.aemet.parse import SHAPE, UPSTREAM
from chocolate_factory.adapters.http import PoliteClient, Reply
from chocolate_factory.adapters.key_memory import Key
from chocolate_factory.domain.errors import (
    UpstreamDownError,
    UpstreamEmptyError,
    UpstreamLiedError,
    UpstreamRefusedError,
)
from chocolate_factory.ports import Clock

ENCODING = "iso-8859-15"
KEY_LINK = "https://opendata.aemet.es/centrodedescargas/altaUsuario"

T = TypeVar("T")


class TwoSteps:
    """Envelope, then data. The key goes with the first step only."""

    def __init__(self, client: PoliteClient, clock: Clock, key: Key) -> None:
        self._client = client
        self._clock = clock
        self._key = key

    def read(self, product: str, parse: Callable[[Any, datetime], T], patience: float) -> T:
        """What is read from the product's document; a link that expired meanwhile is asked for once more."""
        deadline = self._clock.monotonic() + patience
        for _ in range(2):
            link = self.envelope(product, self._left(deadline))
            try:
                return self._client.read(
                    link,
                    parse=lambda reply: parse(reply.json(ENCODING), reply.received_at),
                    patience=self._left(deadline),
                    check=_judge_data,
                )
            except UpstreamEmptyError:  # "datos expirados": the envelope promised data, so there is some
                continue
        raise UpstreamDownError(UPSTREAM, "the link to its data had expired both times we followed it")

    def envelope(self, product: str, patience: float) -> str:
        """The link to the data."""
        return self._client.read(
            f"opendata/api/{product}",
            parse=lambda reply: checked_link(reply.json(ENCODING).get("datos"), self._client.base_url),
            patience=patience,
            headers={"api_key": self._usable_key()},
            meaningful=frozenset({404}),
            check=_judge_envelope,
        )

    def _usable_key(self) -> str:
        key = (self._key() or "").strip()
        if not key:
            raise UpstreamRefusedError(UPSTREAM, f"AEMET_API_KEY is not set; a key is free at {KEY_LINK}")
        if not (key.isascii() and key.isprintable()):
            raise UpstreamRefusedError(UPSTREAM, "AEMET_API_KEY holds characters that no key has")
        return key

    def _left(self, deadline: float) -> float:
        return max(0.0, deadline - self._clock.monotonic())


def observations_path(station: str) -> str:
    """The product that holds the station's hours."""
    return f"observacion/convencional/datos/estacion/{station}"


def checked_link(link: object, base_url: str) -> str:
    """The link, if it leads to where the envelope came from or, over https, to AEMET.

    A forged envelope could otherwise make this machine read its own network for somebody else.

    Raises:
        UpstreamLiedError: it leads elsewhere or is none.
    """
    if not isinstance(link, str):
        raise UpstreamLiedError(UPSTREAM, "its envelope names no link")
    try:
        url, base = httpx.URL(link), httpx.URL(base_url)
    except httpx.InvalidURL:
        raise UpstreamLiedError(UPSTREAM, "its envelope's link is no address") from None
    is_home = (url.scheme, url.host, url.port) == (base.scheme, base.host, base.port)
    is_aemet = url.scheme == "https" and url.port is None and f".{url.host}".endswith(".aemet.es")
    if not (is_home or is_aemet):
        raise UpstreamLiedError(UPSTREAM, f"its envelope's link leads to {url.host[:60]!r}, not to AEMET")
    return str(url)


def _judge_envelope(reply: Reply) -> None:
    document = SHAPE.an_object(reply.json(ENCODING), "its envelope")
    _judge_status(document, reply)


def _judge_data(reply: Reply) -> None:
    """Data is a list; an object in its place is a status."""
    document = reply.json(ENCODING)
    if isinstance(document, dict):
        _judge_status(document, reply)
    if not isinstance(document, list):
        raise UpstreamLiedError(UPSTREAM, f"its data is no list ({reply.glimpse()})")


def _judge_status(document: dict[str, Any], reply: Reply) -> None:
    """Believe the body's status, then the header's, then HTTP's."""
    status = str(document.get("estado", reply.headers.get("aemet_estado", reply.status)))
    why = f"{str(document.get('descripcion', 'no reason given'))[:120]} ({status[:10]})"
    if status == "200":
        return
    if status == "404" and "rango" not in why.lower():
        raise UpstreamEmptyError(UPSTREAM, why)
    if status in {"401", "403"}:
        raise UpstreamRefusedError(UPSTREAM, f"it refuses the key: {why}")
    if status == "429":
        raise UpstreamDownError(UPSTREAM, why, reply.received_at + timedelta(minutes=1))
    if status.startswith("5"):
        raise UpstreamDownError(UPSTREAM, why)
    # Among them "El rango de fechas no puede ser superior…" with 404: a question too long is our mistake, and called
    # "no data" it would close a gap that can be filled.
    raise UpstreamLiedError(UPSTREAM, why)
