"""The polite client, branch by branch; no test waits, FixedClock moves on instead."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.http import TRIES, USER_AGENT, Limits, Pacer, PoliteClient, Reply
from chocolate_factory.adapters.raw_archive import RawArchive
from chocolate_factory.domain.errors import (
    StoppedError,
    UpstreamDownError,
    UpstreamEmptyError,
    UpstreamError,
    UpstreamLiedError,
    UpstreamRefusedError,
)

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


def as_it_is(document, received_at):
    return document


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


# ---------------------------------------------------------------------- patience
def test_the_back_off_doubles_and_the_jitter_scales_it():
    world = World(html(500))
    with pytest.raises(UpstreamDownError):
        world.get()
    assert world.asked_at == [0.0, pytest.approx(0.4), pytest.approx(1.2)]  # jitter 0.5: factor 1


@pytest.mark.parametrize(("jitter", "first"), [(0.0, 0.2), (1.0, 0.6)])
def test_the_jitter_goes_from_half_to_one_and_a_half(jitter, first):
    world = World(html(500))
    world.client._jitter = lambda: jitter
    with pytest.raises(UpstreamDownError):
        world.get()
    assert world.asked_at[1] == pytest.approx(first)


def test_without_patience_one_try_is_made():
    world = World(html(500))
    with pytest.raises(UpstreamDownError):
        world.get(patience=0.0)
    assert len(world.asked) == 1


def test_patience_bounds_retries():
    world = World(html(500))
    with pytest.raises(UpstreamDownError):
        world.get(patience=1.0)
    assert len(world.asked) == 2  # the third would begin at 1.2 s


@pytest.mark.parametrize(("patience", "read"), [(60.0, 12.0), (7.0, 7.0), (0.0, 5.0)])
def test_patience_bounds_the_time_out_of_a_try(patience, read):
    world = World(ok())
    world.get(patience=patience)
    assert world.asked[0].extensions["timeout"]["read"] == read
    assert world.asked[0].extensions["timeout"]["connect"] == 5.0


def test_a_body_that_drips_is_given_up():
    class Drip(httpx.SyncByteStream):
        def __init__(self, clock: FixedClock) -> None:
            self.clock = clock

        def __iter__(self) -> Iterator[bytes]:
            for _ in range(1000):
                self.clock.sleep(3.0)
                yield b"."

    clock = FixedClock(NOW)
    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=Drip(clock)))
    client = PoliteClient("ree", "https://ree.example", Limits(30), clock, transport=transport)
    with pytest.raises(UpstreamDownError, match="slowly"):
        client.get("/", patience=20.0)
    assert clock.monotonic() < 30.0


class StoppingClock(FixedClock):
    """A service that stops: no sleep takes time any more."""

    def sleep(self, seconds: float) -> None:
        pass


def test_a_service_that_stops_does_not_spin_through_its_patience():
    clock, asked = StoppingClock(NOW), []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return html(500)

    client = PoliteClient("ree", "https://ree.example", Limits(1), clock, transport=httpx.MockTransport(answer))
    for _ in range(2):  # the second finds no place and cannot wait for one
        with pytest.raises(StoppedError):
            client.get("/", patience=600.0)
    assert len(asked) == 1


# ---------------------------------------------------------------------- Retry-After
RETRY_AFTER = [
    ("7", 7.0),
    ("0", 1.0),
    ("86400", 3600.0),
    ("9" * 400, 3600.0),
    (format_datetime(NOW + timedelta(seconds=25), usegmt=True), 25.0),
    (format_datetime(NOW - timedelta(days=1), usegmt=True), 1.0),
    ("Mon, 04 May 2026 09:30:25 -0000", 60.0),
    ("soon", 60.0),
    ("nan", 60.0),
    ("-5", 60.0),
    ("7 s", 60.0),
    ("", 60.0),
]


@pytest.mark.parametrize(("said", "seconds"), RETRY_AFTER)
def test_retry_after_is_read_as_number_and_as_date(said, seconds):
    world = World(status(429, retry_after=said))
    with pytest.raises(UpstreamDownError, match="429") as caught:
        world.get(patience=0.5)
    assert caught.value.retry_at == NOW + timedelta(seconds=seconds)
    assert len(world.asked) == 1


def test_a_429_without_the_header_means_a_minute():
    world = World(html(429))
    with pytest.raises(UpstreamDownError) as caught:
        world.get(patience=5.0)
    assert caught.value.retry_at == NOW + timedelta(seconds=60)


def test_it_waits_as_asked_where_patience_allows():
    world = World(status(429, retry_after="7"), ok())
    assert world.get(patience=10.0).status == 200
    assert world.asked_at == [0.0, pytest.approx(7.0)]


def test_a_503_that_names_its_time_is_left_alone_too():
    world = World(status(503, retry_after="20"), ok())
    assert world.get(patience=30.0).status == 200
    assert world.asked_at == [0.0, pytest.approx(20.0)]


def test_other_calls_leave_it_alone_as_well():
    world = World(status(429, retry_after="40"), ok())
    with pytest.raises(UpstreamDownError):
        world.get(patience=1.0)
    with pytest.raises(UpstreamDownError, match="its limit leaves no call") as caught:
        world.get(patience=39.0)
    assert caught.value.retry_at == NOW + timedelta(seconds=40)
    assert len(world.asked) == 1
    assert world.get(patience=41.0).status == 200


# ---------------------------------------------------------------------- pacing
@given(
    per_minute=st.integers(1, 8),
    pauses=st.lists(st.floats(0.0, 45.0, allow_nan=False), min_size=1, max_size=40),
    patience=st.sampled_from([0.0, 10.0, 500.0]),
)
def test_no_sixty_seconds_hold_more_calls_than_allowed(per_minute, pauses, patience):
    world = World(ok(), limits=Limits(per_minute))
    refused = 0
    for pause in pauses:
        world.clock.sleep(pause)
        try:
            world.get(patience=patience)
        except UpstreamDownError:
            refused += 1
    assert len(world.asked_at) + refused == len(pauses)
    for later, earlier in zip(world.asked_at[per_minute:], world.asked_at, strict=False):
        assert later - earlier >= 60.0 - 1e-6


def test_a_wait_that_fits_is_waited():
    world = World(ok(), limits=Limits(2))
    for _ in range(3):
        world.get(patience=61.0)
    assert world.asked_at == [0.0, 0.0, pytest.approx(60.0)]


def test_retries_count_too():
    world = World(html(500), limits=Limits(2))
    with pytest.raises(UpstreamDownError, match="its limit"):
        world.get(patience=30.0)
    assert len(world.asked) == 2


def test_two_threads_share_the_pacing():
    clock = FixedClock(NOW)
    pacer = Pacer(5, clock)
    taken: list[float] = []
    threads = [threading.Thread(target=lambda: taken.extend(pacer.wait_needed() for _ in range(50))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken.count(0.0) == 5
    assert pacer.last_minute() == 5


@given(st.floats(0.0, 1e6, allow_nan=False))
def test_a_place_comes_free_after_the_wait_it_named(start):
    clock = FixedClock(NOW)
    clock.sleep(start)
    pacer = Pacer(1, clock)
    assert pacer.wait_needed() == 0.0
    for _ in range(3):
        clock.sleep(pacer.wait_needed())
        if pacer.last_minute() == 0:
            break
    assert pacer.wait_needed() == 0.0


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
