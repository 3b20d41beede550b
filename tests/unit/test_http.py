"""The polite client, branch by branch: what an answer is, what is asked again, what is settled."""

from __future__ import annotations

import httpx
import pytest
from http_world import KEY, NOW, Answer, World, as_it_is, html, ok, status

from chocolate_factory.adapters.http import TRIES, USER_AGENT, Limits, Reply
from chocolate_factory.domain.errors import (
    UpstreamDownError,
    UpstreamEmptyError,
    UpstreamError,
    UpstreamLiedError,
    UpstreamRefusedError,
)


# ---------------------------------------------------------------------- an answer
def test_an_answer_carries_what_came_and_when():
    world = World(ok(b'{"a": [1.5, 2]}'))
    reply = world.get("/es/datos", params={"b": "c"})
    assert (reply.upstream, reply.status, reply.received_at) == ("ree", 200, NOW)
    assert reply.json() == {"a": [1.5, 2]}
    assert str(world.asked[0].url) == "https://ree.example/es/datos?b=c"
    assert world.asked[0].headers["user-agent"] == USER_AGENT


def test_a_whole_url_is_taken_as_it_is():
    world = World(ok())
    world.get("https://other.example/ticket")
    assert world.asked[0].url.host == "other.example"


def test_json_in_another_encoding():
    world = World(ok('{"a": "Límite €"}'.encode("iso-8859-15")))
    assert world.get().json("iso-8859-15") == {"a": "Límite €"}


def test_a_redirect_is_followed():
    world = World(httpx.Response(302, headers={"location": "https://ree.example/there"}), ok())
    assert world.get().status == 200
    assert world.asked[1].url.path == "/there"


@pytest.mark.parametrize("elsewhere", ["https://evil.example.org/", "https://ree.example.org/", "http://127.0.0.1/"])
def test_a_redirect_to_another_host_is_not_followed_and_takes_no_key_along(elsewhere):
    world = World(httpx.Response(302, headers={"location": elsewhere}), ok())
    with pytest.raises(UpstreamLiedError, match="redirects to another host"):
        world.get(headers={"api_key": KEY})
    assert len(world.asked) == 1


def test_a_redirect_within_the_same_house_is_followed():
    world = World(httpx.Response(302, headers={"location": "https://www.ree.example/there"}), ok())
    assert world.get().status == 200


def test_headers_reach_the_upstream():
    world = World(ok())
    world.get(headers={"api_key": KEY})
    assert world.asked[0].headers["api_key"] == KEY


# ---------------------------------------------------------------------- what is transient
TRANSIENT: list[tuple[str, Answer]] = [
    ("server error", html(500)),
    ("bad gateway", html(502)),
    ("unavailable", html(503)),
    ("its time-out", status(408)),
    ("firewall", html(403)),
    ("HTML with 200", html(200)),
    ("time-out", httpx.ReadTimeout("slow")),
    ("connect time-out", httpx.ConnectTimeout("slow")),
    ("reset", httpx.ReadError("reset")),
    ("cut off", httpx.RemoteProtocolError("peer closed connection")),
    ("not to be unpacked", httpx.DecodingError("bad gzip")),
    ("round in circles", httpx.TooManyRedirects("20")),
]


@pytest.mark.parametrize("answer", [a for _, a in TRANSIENT], ids=[name for name, _ in TRANSIENT])
def test_the_transient_is_asked_again(answer):
    world = World(answer, ok())
    assert world.get().status == 200
    assert len(world.asked) == 2


@pytest.mark.parametrize("answer", [a for _, a in TRANSIENT], ids=[name for name, _ in TRANSIENT])
def test_the_transient_that_lasts_is_down(answer):
    world = World(answer)
    with pytest.raises(UpstreamDownError) as caught:
        world.get()
    assert len(world.asked) == TRIES
    assert caught.value.upstream == "ree"


@pytest.mark.parametrize(
    "body", [b"", b'{"a": [1, 2', b'{"data": {"type": NaN, ', b'{"a": Infinity}', b"\xff\xfe", b"[" * 200_000]
)
def test_garbage_with_200_is_asked_again_and_then_a_lie(body):
    world = World(ok(body))
    with pytest.raises(UpstreamLiedError):
        world.client.read_json("/prices", parse=as_it_is, patience=30.0)
    assert len(world.asked) == TRIES
    healed = World(ok(body), ok())
    assert healed.client.read_json("/prices", parse=as_it_is, patience=30.0) == {"a": 1}


def test_what_nobody_can_read_is_not_asked_again_and_the_upstream_is_down_until_something_can_be_read():
    def parse(document, received_at):
        if document != {"a": 1}:
            raise UpstreamLiedError("ree", "it has no a")
        return document["a"]

    world = World(ok(b'{"data": null}'), ok(b'{"data": null}'), ok())
    for _ in range(2):
        with pytest.raises(UpstreamLiedError):
            world.client.read_json("/prices", parse=parse, patience=30.0)
    health = world.client.health()
    assert (health.up, health.last_error, health.failures) == (False, "it has no a", 2)
    assert len(world.asked) == 2
    assert world.client.read_json("/prices", parse=parse, patience=30.0) == 1
    assert world.client.health().up is True


def test_a_check_that_is_not_passed_is_asked_again():
    def whole(reply: Reply) -> None:
        if not reply.body.endswith(b"*"):
            raise UpstreamLiedError("ree", "cut off")

    assert World(ok(b"1;2"), ok(b"1;2*")).get(check=whole).body == b"1;2*"


def test_a_check_may_say_that_there_is_nothing_and_is_believed():
    def nothing(reply: Reply) -> None:
        raise UpstreamEmptyError("ree", "no data")

    world = World(ok())
    with pytest.raises(UpstreamEmptyError):
        world.get(check=nothing)
    assert len(world.asked) == 1
    assert world.client.health().up is True


# ---------------------------------------------------------------------- what is settled
SETTLED: list[tuple[httpx.Response, type[UpstreamError]]] = [
    (status(401), UpstreamRefusedError),
    (html(401), UpstreamRefusedError),
    (status(403), UpstreamRefusedError),
    (status(404), UpstreamEmptyError),
    (html(404), UpstreamEmptyError),
    (status(400), UpstreamLiedError),
    (status(422), UpstreamLiedError),
    (status(204, b""), UpstreamLiedError),
]


@pytest.mark.parametrize(("answer", "error"), SETTLED)
def test_what_would_be_said_again_is_not_asked_again(answer, error):
    world = World(answer)
    with pytest.raises(error):
        world.get()
    assert len(world.asked) == 1
    assert world.client.health().up is True, "it spoke"


@pytest.mark.parametrize("code", [400, 404, 502])
def test_statuses_with_a_meaning_come_back(code):
    world = World(status(code, b'{"errors": []}'))
    reply = world.get(meaningful=frozenset({400, 404, 502}))
    assert (reply.status, reply.json()) == (code, {"errors": []})
    assert len(world.asked) == 1


def test_a_page_behind_a_meaningful_5xx_is_a_server_in_trouble():
    with pytest.raises(UpstreamDownError):
        World(html(502)).get(meaningful=frozenset({502}))


def test_a_body_too_large_is_refused_once():
    world = World(ok(b"x" * 2001), limits=Limits(per_minute=30, max_bytes=2000))
    with pytest.raises(UpstreamLiedError, match="larger"):
        world.get()
    assert len(world.asked) == 1
    assert len(World(ok(b"x" * 2000), limits=Limits(per_minute=30, max_bytes=2000)).get().body) == 2000


def test_an_address_that_is_none():
    with pytest.raises(UpstreamLiedError, match="address"):
        World(ok()).get("https://ree.example:noport/")
