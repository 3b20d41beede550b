"""One polite client for every upstream.

Timeouts, retries with jittered back-off for what is transient and nothing else, ``Retry-After``, pacing by the
upstream's limit, content types checked, bodies bounded, keys kept out of every message, one log line when an upstream
goes and one when it comes back.
"""

from __future__ import annotations

import json
import logging
import random
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import structlog

from chocolate_factory.adapters.raw_archive import RawArchive
from chocolate_factory.domain.errors import (
    UpstreamDownError,
    UpstreamEmptyError,
    UpstreamError,
    UpstreamLiedError,
    UpstreamRefusedError,
)
from chocolate_factory.domain.work import UpstreamHealth
from chocolate_factory.ports import Clock

log = structlog.get_logger(__name__)

USER_AGENT = "chocolate-factory/0.1 (+a plant's planning; paced)"
TRIES = 3
#: A key's look: long and without a break. Words and numbers are shorter.
KEYLIKE = re.compile(r"[\w.~+/=-]{20,}")


@dataclass(frozen=True, slots=True)
class Limits:
    """How we treat one upstream.

    Attributes:
        per_minute: calls in any sixty seconds.
        connect_s, read_s: time-outs.
        max_bytes: a larger body is refused.
    """

    per_minute: int
    connect_s: float = 5.0
    read_s: float = 12.0
    max_bytes: int = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer whose status the caller can use."""

    upstream: str
    status: int
    content_type: str
    body: bytes
    received_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self, encoding: str = "utf-8") -> Any:
        """The body as JSON.

        Raises:
            UpstreamLiedError: it is none.
        """
        try:
            return json.loads(self.body.decode(encoding), parse_constant=_no_constant)
        except (ValueError, RecursionError) as e:
            raise UpstreamLiedError(self.upstream, f"its body is not JSON ({self.glimpse()})") from e

    def glimpse(self) -> str:
        """The first characters, for a message; what looks like a key that an upstream echoes is left out."""
        return repr(KEYLIKE.sub("…", self.body[:600].decode("latin-1"))[:60])


def _no_constant(name: str) -> float:
    """JSON has no NaN or Infinity, and no price is either."""
    raise ValueError(f"{name} is not a JSON number")


class _SettledError(UpstreamLiedError):
    """A lie that the same request would only hear again: it is not asked twice."""


class Pacer:
    """At most ``per_minute`` calls in any sixty seconds, for all threads.

    Invariants:
        0.0 means that a place was taken. A wait is never shorter than a millisecond, which every clock can sleep.
    """

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: deque[float] = deque()
        self._not_before = float("-inf")

    def wait_needed(self) -> float:
        """Take a place now (0.0), or the seconds until one is free."""
        with self._lock:
            now = self._clock.monotonic()
            self._forget(now)
            free_at = self._not_before
            if len(self._calls) >= self.per_minute:
                free_at = max(free_at, self._calls[0] + 60.0)
            if now < free_at:
                return max(free_at - now, 0.001)
            self._calls.append(now)
            return 0.0

    def hold(self, seconds: float) -> None:
        """The upstream asked to be left alone."""
        with self._lock:
            self._not_before = max(self._not_before, self._clock.monotonic() + seconds)

    def last_minute(self) -> int:
        """Calls in the last sixty seconds."""
        with self._lock:
            self._forget(self._clock.monotonic())
            return len(self._calls)

    def _forget(self, now: float) -> None:
        while self._calls and now >= self._calls[0] + 60.0:
            self._calls.popleft()


class PoliteClient:
    """HTTP to one upstream.

    Args:
        upstream: its name, for health, logs and errors.
        base_url: without a slash at the end.
        transport: a stand-in for the network, for tests.
        jitter: 0..1, scales the back-off; an argument so that tests are exact.
    """

    def __init__(
        self,
        upstream: str,
        base_url: str,
        limits: Limits,
        clock: Clock,
        raw: RawArchive | None = None,
        transport: httpx.BaseTransport | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.upstream = upstream
        self.base_url = base_url.rstrip("/")
        self._limits = limits
        self._clock = clock
        self._raw = raw
        self._jitter = jitter
        self._pacer = Pacer(limits.per_minute, clock)
        self._lock = threading.Lock()
        self._health = UpstreamHealth(upstream, None, None, None, "", 0, 0, 0, limits.per_minute)
        # httpx writes every address, keys in the query included, at INFO.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._http = httpx.Client(transport=transport, headers={"User-Agent": USER_AGENT}, follow_redirects=True)

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        patience: float,
        headers: Mapping[str, str] | None = None,
        meaningful: frozenset[int] = frozenset(),
        check: Callable[[Reply], None] | None = None,
        may_be_empty: bool = False,
    ) -> Reply:
        """GET, with patience.

        Args:
            path: below ``base_url``, or a whole URL.
            patience: seconds that tries, waits and pacing may take in all; one try is always made when a place is
                free, and it has at least the time that a connection may take.
            meaningful: error statuses that this caller can read (a JSON "no data" behind 400, a 404 that means
                "not published"), handed back instead of raised.
            check: raises ``UpstreamLiedError`` for a body that is cut off or is no JSON; it is then asked for again.
            may_be_empty: an empty body with 200 has a meaning here.

        Raises:
            UpstreamError: one of its leaves.
        """
        deadline = self._clock.monotonic() + patience
        for attempt in range(1, TRIES + 1):
            self._take_place(deadline)
            try:
                reply = self._receive(path, params, headers, deadline)
                self._judge(reply, meaningful, may_be_empty)
                self._keep(reply, path)
                if check is not None:
                    check(reply)
            except (UpstreamRefusedError, UpstreamEmptyError, _SettledError) as e:
                self._answered(e)
                raise
            except UpstreamError as e:
                pause = self._pause(attempt, e)
                if attempt == TRIES or not self._rested(pause, deadline):
                    self._went_down(e)
                    raise
            else:
                self._answered(None)
                return reply
        raise AssertionError("the loop returns or raises")  # pragma: no cover

    def get_json(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        patience: float,
        headers: Mapping[str, str] | None = None,
        meaningful: frozenset[int] = frozenset(),
    ) -> tuple[Any, Reply]:
        """``get`` of a JSON document; one that is cut off is asked for again."""
        reply = self.get(path, params, patience=patience, headers=headers, meaningful=meaningful, check=_must_be_json)
        return reply.json(), reply

    def health(self) -> UpstreamHealth:
        """What calling it showed."""
        with self._lock:
            return replace(self._health, last_minute=self._pacer.last_minute())

    def close(self) -> None:
        """Release connections."""
        self._http.close()

    # ------------------------------------------------------------------ one try
    def _take_place(self, deadline: float) -> None:
        while (wait := self._pacer.wait_needed()) > 0:
            if not self._rested(wait, deadline):
                raise UpstreamDownError(
                    self.upstream,
                    f"its limit leaves no call for another {wait:.0f} s",
                    self._clock.now() + timedelta(seconds=wait),
                )

    def _rested(self, seconds: float, deadline: float) -> bool:
        """Sleep, where it does not pass the deadline; False too where the sleep was cut short: the service stops."""
        start = self._clock.monotonic()
        if start + seconds > deadline:
            return False
        self._clock.sleep(seconds)
        return self._clock.monotonic() - start >= 0.5 * seconds

    def _receive(
        self, path: str, params: Mapping[str, str] | None, headers: Mapping[str, str] | None, deadline: float
    ) -> Reply:
        """Whatever it answers, read whole."""
        with self._lock:
            self._health = replace(self._health, requests=self._health.requests + 1)
        left = max(deadline - self._clock.monotonic(), self._limits.connect_s)
        timeout = httpx.Timeout(min(self._limits.read_s, left), connect=min(self._limits.connect_s, left))
        try:
            with self._http.stream("GET", self._url(path), params=params, headers=headers, timeout=timeout) as response:
                body = self._bounded(response, self._clock.monotonic() + left)
        except httpx.TimeoutException as e:
            raise UpstreamDownError(self.upstream, f"no answer in time ({type(e).__name__})") from e
        except httpx.RequestError as e:
            raise UpstreamDownError(self.upstream, f"the connection broke ({type(e).__name__})") from e
        except httpx.InvalidURL as e:
            raise UpstreamLiedError(self.upstream, "it pointed to an address that is none") from e
        content_type = response.headers.get("content-type", "")
        now = self._clock.now()
        return Reply(self.upstream, response.status_code, content_type, body, now, dict(response.headers))

    def _url(self, path: str) -> str:
        return path if "://" in path else f"{self.base_url}/{path.lstrip('/')}"

    def _bounded(self, response: httpx.Response, until: float) -> bytes:
        """The body, neither too large nor dripping for ever: time-outs count between its parts only."""
        parts: list[bytes] = []
        size = 0
        for part in response.iter_bytes():
            size += len(part)
            if size > self._limits.max_bytes:
                limit = self._limits.max_bytes // 2**20
                raise _SettledError(self.upstream, f"its body is larger than {limit} MiB")
            if self._clock.monotonic() > until:
                raise UpstreamDownError(self.upstream, f"its body came too slowly ({size} bytes in all that time)")
            parts.append(part)
        return b"".join(parts)

    def _keep(self, reply: Reply, path: str) -> None:
        """The archive is for looking back: a full disk must not cost the values themselves."""
        if self._raw is None or reply.status != 200 or not reply.body:
            return
        try:
            self._raw.keep(self.upstream, httpx.URL(self._url(path)).path, reply.received_at, reply.body)
        except OSError as e:
            log.warning("body not kept", upstream=self.upstream, why=e.strerror or type(e).__name__)

    def _judge(self, reply: Reply, meaningful: frozenset[int], may_be_empty: bool) -> None:  # noqa: FBT001
        status, html = reply.status, "html" in reply.content_type.lower()
        if status == 200:
            if not reply.body and not may_be_empty:
                raise UpstreamLiedError(self.upstream, "it answered 200 with an empty body")
            if html:
                raise UpstreamDownError(self.upstream, "a page of HTML came instead of data")
            return
        if status in meaningful and not (html and status >= 500):
            return
        if status == 401:
            raise UpstreamRefusedError(self.upstream, "it refuses the key (401)")
        if status == 429 or (status == 503 and "retry-after" in reply.headers):
            wait = self._retry_after(reply)
            self._pacer.hold(wait)
            retry_at = self._clock.now() + timedelta(seconds=wait)
            what = "too many requests" if status == 429 else "not in service"
            raise UpstreamDownError(self.upstream, f"{what} ({status}), {wait:.0f} s to wait", retry_at)
        if status == 403 and not html:
            raise UpstreamRefusedError(self.upstream, "it refuses access (403)")
        if status == 403 or status >= 500 or status == 408:
            what = "its firewall's page" if status == 403 else "a server error"
            raise UpstreamDownError(self.upstream, f"{what} (HTTP {status})")
        if status == 404:
            raise UpstreamEmptyError(self.upstream, "nothing at that address (404)")
        raise _SettledError(self.upstream, f"HTTP {status}: {reply.glimpse()}")

    def _retry_after(self, reply: Reply) -> float:
        """Seconds, from a number or a date; a minute when it does not say, an hour at most."""
        text = reply.headers.get("retry-after", "").strip()
        try:
            seconds = float(text) if text[:1].isdigit() else self._seconds_until(parsedate_to_datetime(text))
        except (ValueError, TypeError):
            seconds = 60.0
        return min(max(seconds, 1.0), 3600.0)

    def _seconds_until(self, moment: datetime) -> float:
        return (moment - self._clock.now()).total_seconds()

    def _pause(self, attempt: int, error: UpstreamError) -> float:
        if isinstance(error, UpstreamDownError) and error.retry_at is not None:
            return max(0.0, (error.retry_at - self._clock.now()).total_seconds())
        return float(0.4 * 2.0 ** (attempt - 1) * (0.5 + self._jitter()))

    # ------------------------------------------------------------------ health
    def _answered(self, error: UpstreamError | None) -> None:
        """It spoke: data, "no data" or "wrong key" all mean that it is there."""
        now = self._clock.now()
        with self._lock:
            h = self._health
            came_back = h.up is False
            since = h.since if h.up else now
            self._health = replace(h, up=True, since=since, last_ok_at=now, last_error=error.why if error else "")
        if came_back:
            log.info("upstream is back", upstream=self.upstream, was_down_since=h.since)

    def _went_down(self, error: UpstreamError) -> None:
        now = self._clock.now()
        with self._lock:
            h = self._health
            went = h.up is not False
            self._health = replace(
                h, up=False, since=now if went else h.since, last_error=error.why, failures=h.failures + 1
            )
        if went:
            log.warning("upstream is down", upstream=self.upstream, why=error.why)


def _must_be_json(reply: Reply) -> None:
    reply.json()
