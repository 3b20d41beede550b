"""How often an upstream may be called, and how it is treated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chocolate_factory.ports import Clock, Memo


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
    """At most ``per_minute`` calls in any sixty seconds, for all threads and processes that share the memo.

    Moments are the clock's monotonic seconds, which the processes of a machine share. After a restart of the machine
    they begin anew: what then seems to lie ahead is of before it, and is forgotten.

    Invariants:
        0.0 means that a place was taken. A wait is never shorter than a millisecond, which every clock can sleep.
    """

    def __init__(self, upstream: str, per_minute: int, clock: Clock, memo: Memo) -> None:
        self.per_minute = per_minute
        self._calls, self._held = f"calls:{upstream}", f"hold:{upstream}"
        self._clock = clock
        self._memo = memo

    def wait_needed(self) -> float:
        """Take a place now (0.0), or the seconds until one is free."""
        wait = self._left()
        if wait > 0:
            return wait

        def take(calls: Any) -> list[float]:
            nonlocal wait
            now = self._clock.monotonic()
            recent = _recent(calls, now)
            full = len(recent) >= self.per_minute
            wait = max(recent[0] + 60.0 - now, 0.001) if full else 0.0
            return recent if full else [*recent, now]

        self._memo.change(self._calls, take)
        return wait

    def hold(self, seconds: float) -> None:
        """The upstream asked to be left alone."""
        now = self._clock.monotonic()
        self._memo.change(self._held, lambda held: [now, max(held[1] if held else now, now + seconds)])

    def last_minute(self) -> int:
        """Calls in the last sixty seconds."""
        return len(_recent(self._memo.recall(self._calls), self._clock.monotonic()))

    def _left(self) -> float:
        """Seconds for which the upstream wants to be left alone."""
        held, now = self._memo.recall(self._held), self._clock.monotonic()
        if held is None or held[0] > now or held[1] <= now:
            return 0.0
        return max(float(held[1]) - now, 0.001)


def _recent(calls: Any, now: float) -> list[float]:
    return [at for at in calls or () if at <= now < at + 60.0]
