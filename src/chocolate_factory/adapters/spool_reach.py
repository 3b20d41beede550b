"""Whether the store behind a spool answers, remembered for a moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

from chocolate_factory.domain.errors import StoreAwayError

#: Seconds for which a store that did not answer is left alone by readers and writers, and between tries to bring.
REST_S: Final = 5.0

T = TypeVar("T")


class Reach:
    """The way to a store that may be away.

    Args:
        rest_s: see ``REST_S``.

    Attributes:
        trouble: what the last call met with; None after one that was answered.

    Invariants:
        While the store is away one caller at a time tries it, and the others are told at once. A store that hangs keeps
        that one for as long as its connection's patience; it is then left alone for as long again.
    """

    def __init__(self, rest_s: float = REST_S) -> None:
        self.rest_s = rest_s
        self.trouble: StoreAwayError | None = None
        self._not_before = float("-inf")
        self._trying = threading.Lock()

    def __call__(self, call: Callable[[], T]) -> T:
        """Ask the store, unless it was away a moment ago.

        Raises:
            StoreAwayError: it was, or it is.
        """
        trouble = self.trouble
        if trouble is None:
            return self._asked(call)
        if time.monotonic() < self._not_before or not self._trying.acquire(blocking=False):
            raise StoreAwayError(str(trouble))
        try:
            return self._asked(call)
        finally:
            self._trying.release()

    def _asked(self, call: Callable[[], T]) -> T:
        began = time.monotonic()
        try:
            answer = call()
        except StoreAwayError as e:
            now = time.monotonic()
            self._not_before = now + max(self.rest_s, now - began)
            self.trouble = e
            raise
        self.trouble = None
        return answer
