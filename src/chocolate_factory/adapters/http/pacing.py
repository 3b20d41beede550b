"""How often an upstream may be called, and how it is treated."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from chocolate_factory.ports import Clock


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
