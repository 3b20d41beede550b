"""Whether an upstream answers: its state for people, and one log line going and one coming back."""

from __future__ import annotations

import threading
from dataclasses import replace

import structlog

from chocolate_factory.adapters.http.pacing import Pacer
from chocolate_factory.domain.errors import UpstreamError
from chocolate_factory.domain.work import UpstreamHealth
from chocolate_factory.ports import Clock

log = structlog.get_logger(__name__)


class Vitals:
    """The state of one upstream, as calling it shows."""

    def __init__(self, upstream: str, per_minute: int, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._health = UpstreamHealth(upstream, None, None, None, "", 0, 0, 0, per_minute)

    def health(self, pacer: Pacer) -> UpstreamHealth:
        """What calling it showed."""
        with self._lock:
            return replace(self._health, last_minute=pacer.last_minute())

    def called(self) -> None:
        """One more request goes out."""
        with self._lock:
            self._health = replace(self._health, requests=self._health.requests + 1)

    def answered(self, error: UpstreamError | None) -> None:
        """It spoke: data, "no data" or "wrong key" all mean that it is there."""
        now = self._clock.now()
        with self._lock:
            h = self._health
            came_back = h.up is False
            since = h.since if h.up else now
            self._health = replace(h, up=True, since=since, last_ok_at=now, last_error=error.why if error else "")
        if came_back:
            log.info("upstream is back", upstream=h.name, was_down_since=h.since)

    def went_down(self, error: UpstreamError) -> None:
        """It was silent, or said what nobody can read."""
        now = self._clock.now()
        with self._lock:
            h = self._health
            went = h.up is not False
            self._health = replace(
                h, up=False, since=now if went else h.since, last_error=error.why, failures=h.failures + 1
            )
        if went:
            log.warning("upstream is down", upstream=h.name, why=error.why)
