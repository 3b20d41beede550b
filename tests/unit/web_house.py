"""A house for the routes: a present that stands still, upstreams that are a function, a client that is local."""

from __future__ import annotations

import asyncio
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from chocolate_factory.adapters.clock import SystemClock
from chocolate_factory.adapters.http import PoliteClient
from chocolate_factory.domain.catalogue import expected_series, observation, spec_of
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import parse_moment, parse_window
from chocolate_factory.scheduler.runner import Runner
from chocolate_factory.settings import Settings, read_settings
from chocolate_factory.web.app import create_app
from chocolate_factory.wiring import House, build, upstreams

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette's move to httpx2, which is not here yet
    from starlette.testclient import TestClient

#: A working day in summer, long after a change of clocks.
NOON = parse_moment("2026-06-17T12:10", "now")
LOCAL = ("127.0.0.1", 50000)
STRANGER = ("203.0.113.7", 50000)


class StillClock(SystemClock):
    """Stands at a moment. A sleep is over at once, and its thread's stop-watch says that it was long enough.

    Each thread has its own: what one job waits for its upstream is not taken from another's limit.
    """

    def __init__(self, now: datetime = NOON) -> None:
        super().__init__()
        self.moment = now
        self._slept = threading.local()

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return time.monotonic() + getattr(self._slept, "seconds", 0.0)

    def sleep(self, seconds: float) -> None:
        self._slept.seconds = getattr(self._slept, "seconds", 0.0) + max(0.0, seconds)
        self.stopping.wait(0.002)


def silence(request: httpx.Request) -> httpx.Response:
    """An upstream that is down."""
    return httpx.Response(500, html="<html>Oops</html>")


def settings(folder: Path, **names: str) -> Settings:
    return read_settings({"DATA_DIR": str(folder), **names}, folder / "no.env")


def behind_every_house(patch: pytest.MonkeyPatch, upstream: Callable[[httpx.Request], httpx.Response]) -> None:
    """Whoever builds a house from now on has that function in place of the network."""
    patch.setattr(upstreams, "PoliteClient", partial(PoliteClient, transport=httpx.MockTransport(upstream)))


def real_house(
    folder: Path,
    patch: pytest.MonkeyPatch,
    upstream: Callable[[httpx.Request], httpx.Response] = silence,
    **names: str,
) -> House:
    """A house of the real world, whose upstreams are that function."""
    behind_every_house(patch, upstream)
    found = settings(folder, **names)
    return build(found, clock=StillClock(), again=lambda: found)


def demo_house(folder: Path, days: float = 2, **names: str) -> House:
    """The simulated world, with its last days in the store."""
    found = settings(folder, **names)
    house = build(found, demo=True, clock=StillClock(), again=lambda: found)
    house.repair({s.name: house.detect.window(days) for s in expected_series()}, trigger="demo")
    house.ingest("all", insist=True)
    return house


def plant(house: House, series: str, start: str, end: str, *, source: str, value: float = 50.0) -> int:
    """Observed values in every slot of a window of Madrid days; how many."""
    spec, window = spec_of(series), parse_window(start, end, timedelta(days=40000))
    rows = [observation(series, source, Kind.OBSERVED, s, value, spec.end(s)) for s in spec.slots(window)]
    return house.store.write(rows).written


@contextmanager
def client_of(house: House, *, awake: bool = False, peer: tuple[str, int] = LOCAL) -> Iterator[TestClient]:
    """A client of the whole application; what breaks in there answers 500 and is not raised here."""
    app = create_app(house, Runner(house), awake=awake)
    with TestClient(app, client=peer, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


def from_elsewhere(client: TestClient, peer: tuple[str, int] = STRANGER) -> TestClient:
    """Another client of the same application, which is running."""
    return TestClient(client.app, client=peer, raise_server_exceptions=False, follow_redirects=False)


def ended(client: TestClient, answer: httpx.Response) -> dict[str, Any]:
    """The job that a 202 stands for, once it is over."""
    assert answer.status_code == 202, answer.text
    deadline = time.monotonic() + 20
    while (job := client.get(answer.json()["follow"]).json())["state"] in ("queued", "running"):
        assert time.monotonic() < deadline, job
        time.sleep(0.005)
    return job


def problem_of(answer: httpx.Response, status: int, *fields: str) -> dict[str, Any]:
    """The problem that an answer is; it names these fields, each with what would be allowed."""
    assert answer.status_code == status, (answer.status_code, answer.text[:500])
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "instance", "errors"}
    assert body["status"] == status
    assert [error["field"] for error in body["errors"]] == list(fields)
    assert all(error["allowed"] and error["field"] in body["detail"] for error in body["errors"])
    assert body["detail"].rstrip().endswith(".")
    return body


@dataclass
class Raw:
    """What the application sent, and how much of the body it took."""

    status: int
    headers: dict[str, str]
    body: bytes
    taken: int


def raw(app: Any, scope: dict[str, Any], parts: Iterable[bytes] = ()) -> Raw:
    """The answer to a request that no client of good manners makes, or whose body must not be sent at once."""
    pieces, sent, taken = iter(parts), [], 0

    async def receive() -> dict[str, Any]:
        nonlocal taken
        piece = next(pieces, None)
        taken += len(piece or b"")
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    base: dict[str, Any] = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http"}
    base |= {"method": "GET", "headers": [], "client": LOCAL, "server": ("127.0.0.1", 8000), "root_path": ""}
    base |= {"query_string": b"", "raw_path": b"/nope", "path": "/nope"}
    asyncio.run(app({**base, **scope}, receive, send))
    start, *rest = sent
    headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
    return Raw(start["status"], headers, b"".join(part.get("body", b"") for part in rest), taken)


def readable(document: Mapping[str, Any]) -> list[str]:
    """The paths to GET as they are, from the interface's document; not the stream, which never ends."""
    paths = document["paths"].items()
    return [path for path, has in paths if "get" in has and "{" not in path and path != "/dashboard/events"]


def fine_so_far(path: str) -> tuple[int, ...]:
    """How a GET may be answered in a new house: no plan and no model yet, and upstreams that may be down."""
    return (200, 404, 424) if path.startswith(("/plan", "/predict", "/dashboard/plan.")) else (200, 424)
