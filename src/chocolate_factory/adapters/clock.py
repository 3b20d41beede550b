"""The one room that reads the wall clock."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import httpx

from chocolate_factory.domain.errors import SettingsError

#: What a URL that gives no time looks like: silent, no address, no JSON, no ``now``, or a ``now`` that is no moment.
NO_TIME = (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError)


class SystemClock:
    """The machine's clock."""

    def __init__(self) -> None:
        self.stopping = threading.Event()

    def now(self) -> datetime:
        """The present, aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait, or return early when ``stopping`` is set."""
        self.stopping.wait(max(0.0, seconds))


class UrlClock(SystemClock):
    """A trial's clock: ``{"now": ISO}`` at a URL, read again every few seconds. Never in production.

    Between readings it runs with the machine's; when the URL is silent it keeps the last offset.
    """

    def __init__(self, url: str, every: float = 5.0) -> None:
        super().__init__()
        self._url = url
        self._every = every
        self._lock = threading.Lock()
        self._offset = timedelta(0)
        self._read_at = float("-inf")
        try:
            self._read()
        except NO_TIME as e:
            raise SettingsError([f"CLOCK_URL: {url} does not answer with a JSON 'now' ({type(e).__name__})."]) from e

    def now(self) -> datetime:
        """The trial's present."""
        with self._lock:
            if time.monotonic() - self._read_at > self._every:
                try:
                    self._read()
                except NO_TIME:
                    self._read_at = time.monotonic()
            return datetime.now(UTC) + self._offset

    def _read(self) -> None:
        answer = httpx.get(self._url, timeout=2.0).json()["now"]
        self._offset = datetime.fromisoformat(answer) - datetime.now(UTC)
        self._read_at = time.monotonic()


class RunningClock(SystemClock):
    """Goes on from a moment at the machine's pace: a child's, whose order says what time it is."""

    def __init__(self, start: datetime) -> None:
        super().__init__()
        self._start = start
        self._begun = time.monotonic()

    def now(self) -> datetime:
        """The moment, and what has passed since."""
        return self._start + timedelta(seconds=time.monotonic() - self._begun)


class FixedClock:
    """A clock that stands still until it is told, for tests; ``sleep`` moves it on."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._start = now

    def now(self) -> datetime:
        """What was set."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since it was made."""
        return (self._now - self._start).total_seconds()

    def sleep(self, seconds: float) -> None:
        """Move on without waiting."""
        self._now += timedelta(seconds=max(0.0, seconds))

    def set(self, now: datetime) -> None:
        """Move to a moment."""
        self._now = now
