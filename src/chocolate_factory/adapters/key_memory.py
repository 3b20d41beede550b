"""What an upstream said of its key when it was last asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from chocolate_factory.domain.errors import UpstreamEmptyError, UpstreamError, UpstreamRefusedError
from chocolate_factory.domain.work import KeyState
from chocolate_factory.ports import Clock

Key = Callable[[], str | None]


class KeyMemory:
    """Remembers the last answer about one key; a replaced key is unchecked."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: tuple[str, KeyState, datetime] | None = None

    def ask(self, key: str, call: Callable[[], object]) -> str:
        """Make a call that needs the key; returns what stood in the way, if anything.

        Silence says nothing about the key, so the last answer stands.
        """
        state, trouble = KeyState.VALID, ""
        try:
            call()
        except UpstreamRefusedError as e:
            state, trouble = KeyState.REFUSED, e.why
        except UpstreamEmptyError as e:
            trouble = e.why
        except UpstreamError as e:
            return f"it could not be checked: {e.why}"
        self._last = (key, state, self._clock.now())
        return trouble

    def recall(self, key: str) -> tuple[KeyState, datetime | None]:
        """The last answer about this key and when it came."""
        if self._last is None or self._last[0] != key:
            return KeyState.UNCHECKED, None
        return self._last[1], self._last[2]
