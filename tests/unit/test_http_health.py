"""The HTTP client: health in two lines, keys in none, bodies in the archive."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

import httpx
import pytest
from http_world import KEY, Answer, World, as_it_is, html, ok, status
from structlog.testing import capture_logs

from chocolate_factory.adapters.raw_archive import RawArchive
from chocolate_factory.domain.errors import UpstreamDownError, UpstreamError, UpstreamLiedError


# ---------------------------------------------------------------------- health and its two lines
def test_one_line_going_and_one_coming_back():
    world = World(html(500))
    with capture_logs() as lines:
        for _ in range(3):
            with pytest.raises(UpstreamDownError):
                world.get()
        world._answers = [ok()]
        for _ in range(3):
            world.get()
    assert [(line["event"], line["log_level"], line["upstream"]) for line in lines] == [
        ("upstream is down", "warning", "ree"),
        ("upstream is back", "info", "ree"),
    ]


def test_a_failure_that_a_retry_mended_is_no_line():
    with capture_logs() as lines:
        World(html(500), ok()).get()
    assert lines == []


def test_health_tells_since_when_and_why():
    world = World(html(500))
    assert world.client.health().up is None
    with pytest.raises(UpstreamDownError):
        world.get()
    health = world.client.health()
    assert (health.up, health.failures, health.requests, health.last_minute) == (False, 1, 3, 3)
    assert "500" in health.last_error
    went_at = health.since
    world.clock.sleep(300.0)
    with pytest.raises(UpstreamDownError):
        world.get()
    assert world.client.health().since == went_at
    world._answers = [ok()]
    world.get()
    health = world.client.health()
    assert (health.up, health.last_error, health.last_ok_at) == (True, "", world.clock.now())
    assert health.since == world.clock.now()
    world.clock.sleep(60.0)
    assert world.client.health().last_minute == 0
    world.client.close()


# ---------------------------------------------------------------------- keys
LEAKS: list[Callable[[], Answer]] = [
    lambda: html(500),
    lambda: status(401, json.dumps({"message": f"bad key {KEY}"}).encode()),
    lambda: status(418, f"no such thing: /weather?appid={KEY}".encode()),
    lambda: status(418, b"x" * 55 + KEY.encode()),
    lambda: ok(f"<{KEY}>".encode()),
    lambda: httpx.ConnectError(f"https://ree.example/?appid={KEY}"),
    lambda: httpx.ReadTimeout(f"https://ree.example/?appid={KEY}"),
]


@pytest.mark.parametrize("answer", LEAKS)
def test_a_key_is_in_no_message_and_no_log(answer, caplog):
    world = World(answer())
    with caplog.at_level(logging.DEBUG), capture_logs() as lines, pytest.raises(UpstreamError) as caught:
        world.client.read_json("/weather", {"appid": KEY}, parse=as_it_is, patience=30.0, headers={"api_key": KEY})
    told = f"{caught.value} {caught.value.__dict__} {lines} {caplog.text} {world.client.health()}"
    assert KEY[:8] not in told


def test_a_key_in_an_address_that_worked_is_not_logged_either(caplog):
    with caplog.at_level(logging.DEBUG):
        World(ok()).get("/weather", params={"appid": KEY})
    assert KEY not in caplog.text


def test_a_short_body_is_shown():
    with pytest.raises(UpstreamLiedError, match="date range is wrong"):
        World(status(418, b'{"reason": "date range is wrong"}')).get()


# ---------------------------------------------------------------------- the archive
def test_what_came_with_200_is_kept(tmp_path):
    world = World(ok(b'{"a": 1}'), status(400, b"{}"), raw=RawArchive(tmp_path))
    world.get("/es/datos", params={"appid": KEY})
    world.get(meaningful=frozenset({400}))
    names = [path.name for path in tmp_path.rglob("*.gz")]
    assert len(names) == 1
    assert names[0].startswith("093000-es-datos-")


def test_a_full_disk_costs_a_line_and_not_the_values(tmp_path):
    (tmp_path / "ree").write_text("a file where the folder should be")
    with capture_logs() as lines:
        reply = World(ok(), raw=RawArchive(tmp_path)).get()
    assert reply.status == 200
    assert [line["event"] for line in lines] == ["body not kept"]
