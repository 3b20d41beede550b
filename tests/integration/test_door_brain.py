"""The door before the brain itself: of everything that it can do, exactly the dashboard is seen from outside."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from door import Door, door_before, free_port
from web_house import demo_house

from chocolate_factory.scheduler.runner import Runner
from chocolate_factory.web.app import create_app
from chocolate_factory.web.dashboard.page import STATIC


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The application behind a real socket, as ``serve`` has it."""
    port = free_port()
    config = uvicorn.Config(app, port=port, log_config=None, proxy_headers=False, server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> Any:
    house = demo_house(tmp_path_factory.mktemp("house"), days=1, API_TOKEN="a-token-of-the-trial")
    return create_app(house, Runner(house), awake=False)


@pytest.fixture(scope="module")
def brain(app) -> Iterator[str]:
    with served(app) as url:
        yield url


@pytest.fixture(scope="module")
def door(brain, tmp_path_factory) -> Iterator[Door]:
    with door_before(brain, tmp_path_factory.mktemp("door")) as opened:
        yield opened


def operations(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Every method and path, with something in the place of each parameter."""
    return [
        (method.upper(), re.sub(r"\{\w+\}", "1", path))
        for path, methods in document["paths"].items()
        for method in methods
    ]


def test_of_every_operation_exactly_the_dashboard_is_seen(app, door: Door):
    seen = {(m, p) for m, p in operations(app.openapi()) if door.ask(p, m).status != 403}
    assert seen == {(m, p) for m, p in operations(app.openapi()) if m == "GET" and re.match(r"/dashboard(/|$)", p)}
    assert ("GET", "/dashboard/complete") in seen


def test_what_no_document_lists_is_not_seen_either(door: Door):
    for path in ("/docs", "/redoc", "/openapi.json", "/metrics", "/docs-static/swagger-ui-bundle.js", "/"):
        assert door.ask(path).status == 403


def test_no_method_but_get_and_head_is_seen_anywhere(app, door: Door):
    for path in {path for _, path in operations(app.openapi())}:
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            assert door.ask(path, method).status == 403, (method, path)


def test_the_token_opens_nothing(door: Door):
    assert door.ask("/plan", "POST", Authorization="Bearer a-token-of-the-trial").status == 403
    assert door.ask("/dashboard", "POST", Authorization="Bearer a-token-of-the-trial").status == 403


def test_the_page_and_every_file_of_it_come_through(door: Door):
    page = door.ask("/dashboard")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for address in set(re.findall(r'(?:src|href)="(/[^"]+)"', page.body.decode())):
        assert address.startswith("/dashboard"), address
        assert door.ask(address).status == 200, address
    for file in STATIC.rglob("*.*"):
        assert door.ask(f"/dashboard/static/{file.relative_to(STATIC)}").status == 200, file


def test_the_pages_policy_lets_nothing_inline_run(door: Door):
    policy = door.ask("/dashboard").headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_the_json_comes_through_packed_and_plain(door: Door):
    plain = door.ask("/dashboard/complete")
    assert json.loads(plain.body)["current_info"]
    packed = door.ask("/dashboard/complete", Accept_Encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(("path", "status"), [("/dashboard/nothing", 404), ("/dashboard/complete?lang=xx", 422)])
def test_what_the_brain_refuses_is_not_shown_in_its_words(door: Door, path: str, status: int):
    reply = door.ask(path)
    assert reply.status == status
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert b"errors" not in reply.body


def test_what_comes_through_the_door_is_never_local(brain: str):
    """Were nginx to let a change pass, the brain would not: it knows by what nginx adds that nobody local asks."""
    told = {"X-Chocolate-Factory-External": "1", "X-Forwarded-For": "127.0.0.1"}
    assert httpx.post(f"{brain}/scheduler/jobs/ml_training/pause", headers=told).status_code == 403
