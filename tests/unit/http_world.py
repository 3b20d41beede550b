"""An upstream that answers as it is told, and a client on a clock that stands still."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.http import Limits, PoliteClient, Reply
from chocolate_factory.adapters.raw_archive import RawArchive

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef"
PAGE = {"content-type": "text/html; charset=utf-8"}
Answer = httpx.Response | Exception


class World:
    """An upstream that gives its answers in turn, the last of them for ever; and when it was asked."""

    def __init__(self, *answers: Answer, limits: Limits | None = None, raw: RawArchive | None = None) -> None:
        self.clock = FixedClock(NOW)
        self.asked: list[httpx.Request] = []
        self.asked_at: list[float] = []
        self._answers = list(answers)
        self.client = PoliteClient(
            "ree",
            "https://ree.example/",
            limits or Limits(per_minute=30),
            self.clock,
            raw=raw,
            transport=httpx.MockTransport(self._answer),
            jitter=lambda: 0.5,
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        self.asked_at.append(self.clock.monotonic())
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def get(self, path: str = "/prices", patience: float = 30.0, **more) -> Reply:
        return self.client.get(path, patience=patience, **more)


def ok(body: bytes = b'{"a": 1}', kind: str = "application/json") -> httpx.Response:
    return httpx.Response(200, content=body, headers={"content-type": kind})


def status(code: int, body: bytes = b"{}", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(code, content=body, headers={"content-type": "application/json", **named})


def html(code: int) -> httpx.Response:
    return httpx.Response(code, content=b"<html>Incapsula incident</html>", headers=PAGE)


def as_it_is(document, received_at):
    return document
