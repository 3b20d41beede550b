"""HTTP to one upstream, politely.

Timeouts, retries with jittered back-off for what is transient and nothing else, ``Retry-After``, pacing by the
upstream's limit, content types checked, bodies bounded, keys kept out of every message and away from other hosts, one
log line when an upstream goes and one when it comes back.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

import httpx
import structlog
import tenacity

from chocolate_factory.adapters.http.pacing import Limits, Pacer
from chocolate_factory.adapters.http.reply import Reply, SettledError, judge
from chocolate_factory.adapters.http.vitals import Vitals
from chocolate_factory.adapters.memo import MemoryMemo
from chocolate_factory.adapters.raw_archive import RawArchive
from chocolate_factory.domain.errors import StoppedError, UpstreamDownError, UpstreamError, UpstreamLiedError
from chocolate_factory.domain.work import UpstreamHealth
from chocolate_factory.ports import Clock, Memo

log = structlog.get_logger(__name__)

USER_AGENT = "chocolate-factory/0.1 (+a plant's planning; paced)"
TRIES = 3

T = TypeVar("T")


class PoliteClient:
    """HTTP to one upstream.

    Args:
        upstream: its name, for health, logs and errors.
        base_url: without a slash at the end.
        transport: a stand-in for the network, for tests.
        jitter: 0..1, scales the back-off; an argument so that tests are exact.
        memo: where the brain's processes count their calls together; None for a process that is alone.
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
        memo: Memo | None = None,
    ) -> None:
        self.memo: Memo = MemoryMemo() if memo is None else memo
        self.upstream = upstream
        self.base_url = base_url.rstrip("/")
        self._limits = limits
        self._clock = clock
        self._raw = raw
        self._jitter = jitter
        self._pacer = Pacer(upstream, limits.per_minute, clock, self.memo)
        self._vitals = Vitals(upstream, limits.per_minute, clock, self.memo)
        # httpx writes every address, keys in the query included, at INFO.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._http = httpx.Client(
            transport=transport,
            headers={"User-Agent": USER_AGENT},
            follow_redirects=True,
            event_hooks={"request": [self._must_stay]},
        )

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        patience: float,
        headers: Mapping[str, str] | None = None,
        meaningful: frozenset[int] = frozenset(),
        check: Callable[[Reply], None] | None = None,
    ) -> Reply:
        """``read`` of an answer that the caller takes as it is."""
        return self.read(
            path,
            params,
            parse=lambda reply: reply,
            patience=patience,
            headers=headers,
            meaningful=meaningful,
            check=check,
        )

    def read_json(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        parse: Callable[[Any, datetime], T],
        patience: float,
        headers: Mapping[str, str] | None = None,
        meaningful: frozenset[int] = frozenset(),
    ) -> T:
        """``read`` of a JSON document: ``parse`` gets it and when it came; one that is cut off is asked for again."""
        return self.read(
            path,
            params,
            parse=lambda reply: parse(reply.json(), reply.received_at),
            patience=patience,
            headers=headers,
            meaningful=meaningful,
            check=_must_be_json,
        )

    def read(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        parse: Callable[[Reply], T],
        patience: float,
        headers: Mapping[str, str] | None = None,
        meaningful: frozenset[int] = frozenset(),
        check: Callable[[Reply], None] | None = None,
    ) -> T:
        """GET, with patience, and what ``parse`` makes of the answer.

        Args:
            path: below ``base_url``, or a whole URL.
            parse: raises ``UpstreamLiedError`` for a body that is not what its format promises. It is not asked for
                again, and an upstream whose answer nobody can read is down.
            patience: seconds that tries, waits and pacing may take in all; one try is always made when a place is
                free, and it has at least the time that a connection may take.
            meaningful: error statuses that this caller can read (a JSON "no data" behind 400, a 404 that means
                "not published"), handed back instead of raised.
            check: raises ``UpstreamLiedError`` for a body that is cut off or is no JSON; it is then asked for again.

        Raises:
            UpstreamError: one of its leaves.
        """
        deadline = self._clock.monotonic() + patience

        def one_try() -> Reply:
            self._take_place(deadline)
            reply = self._receive(path, params, headers, deadline)
            self._judge(reply, meaningful)
            self._keep(reply, path)
            if check is not None:
                check(reply)
            return reply

        return self._with_patience(one_try, parse, deadline)

    def _with_patience(self, one_try: Callable[[], Reply], parse: Callable[[Reply], T], deadline: float) -> T:
        """Try again what is transient, within the deadline, and keep the upstream's health."""
        again = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_transient),
            wait=self._pause,
            stop=lambda state: state.attempt_number >= TRIES or self._too_late(state.upcoming_sleep, deadline),
            sleep=self._rest,
            reraise=True,
        )
        try:
            found = parse(again(one_try))
        except UpstreamError as e:
            self._vitals.went_down(e) if _is_transient(e) else self._vitals.answered(e)
            raise
        self._vitals.answered(None)
        return found

    def health(self) -> UpstreamHealth:
        """What calling it showed."""
        return self._vitals.health(self._pacer)

    def close(self) -> None:
        """Release connections."""
        self._http.close()

    # ------------------------------------------------------------------ one try
    def _take_place(self, deadline: float) -> None:
        while (wait := self._pacer.wait_needed()) > 0:
            if self._too_late(wait, deadline):
                retry_at = self._clock.now() + timedelta(seconds=wait)
                raise UpstreamDownError(self.upstream, f"its limit leaves no call for another {wait:.0f} s", retry_at)
            self._rest(wait)

    def _too_late(self, seconds: float, deadline: float) -> bool:
        return self._clock.monotonic() + seconds > deadline

    def _rest(self, seconds: float) -> None:
        """Sleep; a sleep that is cut short means that the service stops.

        Raises:
            StoppedError: it does.
        """
        start = self._clock.monotonic()
        self._clock.sleep(seconds)
        if self._clock.monotonic() - start < 0.5 * seconds:
            raise StoppedError("The service is stopping; what was asked is asked again after the start.")

    def _receive(
        self, path: str, params: Mapping[str, str] | None, headers: Mapping[str, str] | None, deadline: float
    ) -> Reply:
        """Whatever it answers, read whole."""
        self._vitals.called()
        left = max(deadline - self._clock.monotonic(), self._limits.connect_s)
        timeout = httpx.Timeout(min(self._limits.read_s, left), connect=min(self._limits.connect_s, left))
        try:
            url = httpx.URL(self._url(path))
            stay = {"stay": _family(url.host)}
            with self._http.stream(
                "GET", url, params=params, headers=headers, timeout=timeout, extensions=stay
            ) as response:
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

    def _must_stay(self, request: httpx.Request) -> None:
        """A redirect may not carry a key, or us, to somebody else's host."""
        if _family(request.url.host) != request.extensions.get("stay", _family(request.url.host)):
            raise SettledError(self.upstream, f"it redirects to another host, {request.url.host}")

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
                raise SettledError(self.upstream, f"its body is larger than {limit} MiB")
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

    def _judge(self, reply: Reply, meaningful: frozenset[int]) -> None:
        now = self._clock.now()
        try:
            judge(reply, now, meaningful)
        except UpstreamDownError as e:
            if e.retry_at is not None:
                self._pacer.hold((e.retry_at - now).total_seconds())
            raise

    def _pause(self, state: tenacity.RetryCallState) -> float:
        """As long as the upstream asked for, or a jittered back-off."""
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, UpstreamDownError) and error.retry_at is not None:
            return max(0.0, (error.retry_at - self._clock.now()).total_seconds())
        return float(0.4 * 2.0 ** (state.attempt_number - 1) * (0.5 + self._jitter()))


def _is_transient(error: BaseException) -> bool:
    """Silence, trouble and cut-off bodies; not "no data", a refused key, or an answer that would only come again."""
    return isinstance(error, UpstreamDownError | UpstreamLiedError) and not isinstance(error, SettledError)


def _family(host: str) -> str:
    """The registered name of a host, near enough for Spain's upstreams; an address stands for itself."""
    labels = host.split(".")
    return host if labels[-1].isdigit() else ".".join(labels[-2:])


def _must_be_json(reply: Reply) -> None:
    reply.json()
