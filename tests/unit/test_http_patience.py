"""The HTTP client: patience, Retry-After and pacing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest
from http_world import NOW, World, html, ok, status
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.http import Limits, Pacer, PoliteClient
from chocolate_factory.adapters.memo import MemoryMemo
from chocolate_factory.domain.errors import StoppedError, UpstreamDownError


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
    pacer = Pacer("ree", 5, clock, MemoryMemo())
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
    pacer = Pacer("ree", 1, clock, MemoryMemo())
    assert pacer.wait_needed() == 0.0
    for _ in range(3):
        clock.sleep(pacer.wait_needed())
        if pacer.last_minute() == 0:
            break
    assert pacer.wait_needed() == 0.0
