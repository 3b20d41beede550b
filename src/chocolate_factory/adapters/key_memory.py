"""What an upstream said of its key when it was last asked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from chocolate_factory.domain.errors import UpstreamEmptyError, UpstreamError, UpstreamRefusedError
from chocolate_factory.domain.work import KeyState
from chocolate_factory.ports import Clock, Memo

Key = Callable[[], str | None]


class KeyMemory:
    """Remembers the last answer about one key; a replaced key is unchecked. The key itself is written nowhere."""

    def __init__(self, upstream: str, clock: Clock, memo: Memo) -> None:
        self._name = f"key:{upstream}"
        self._clock = clock
        self._memo = memo

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
        self._memo.note(self._name, [_print_of(key), state.value, self._clock.now().isoformat()])
        return trouble

    def recall(self, key: str) -> tuple[KeyState, datetime | None]:
        """The last answer about this key and when it came."""
        last = self._memo.recall(self._name)
        if last is None or last[0] != _print_of(key):
            return KeyState.UNCHECKED, None
        return KeyState(last[1]), datetime.fromisoformat(last[2])


def _print_of(key: str) -> str:
    """Tells keys apart and gives none away: eight bytes of a hash."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]
