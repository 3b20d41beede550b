"""AEMET as it answers: envelopes, hours, days, a town."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx

from chocolate_factory.adapters.aemet import AemetObservations
from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.http import Limits, PoliteClient

NOW = datetime(2026, 5, 12, 10, 20, tzinfo=UTC)
BASE = "https://opendata.aemet.es"
LINK = f"{BASE}/opendata/sh/0a1b2c3d"
ENVELOPE = {"descripcion": "exito", "estado": 200, "datos": LINK, "metadatos": f"{BASE}/opendata/sh/ffff0000"}
NO_DATA = {"descripcion": "No hay datos que satisfagan esos criterios", "estado": 404}


class Aemet:
    """Answers in the order given; each a status and a body."""

    def __init__(self, *answers, headers=None):
        self.answers = list(answers)
        self.requests = []
        self.headers = headers or {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode("iso-8859-15")
        # The Content-Type is AEMET's own lie.
        return httpx.Response(
            status, content=raw, headers={"content-type": "text/plain; charset=utf-8", **self.headers}
        )


def client_of(aemet, clock, raw=None) -> PoliteClient:
    return PoliteClient("aemet", BASE, Limits(20), clock, raw, httpx.MockTransport(aemet), jitter=lambda: 0.5)


def observations(aemet, key="a-key", clock=None) -> AemetObservations:
    clock = clock or FixedClock(NOW)
    return AemetObservations(client=client_of(aemet, clock), clock=clock, key=lambda: key, station="5279X")


def read(feed, patience=5.0):
    return feed.fetch(feed.reach(NOW), patience)


def values(found) -> dict:
    return {(o.series, o.start): o.value for o in found}
