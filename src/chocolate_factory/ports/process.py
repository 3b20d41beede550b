"""Time, what processes remember and whose turn it is: what everything runs on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol


class Clock(Protocol):
    """Time itself. Trials move it; production never does."""

    def now(self) -> datetime:
        """The present, aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back, for measuring durations."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; returns early when the service is stopping."""
        ...


class Memo(Protocol):
    """Small facts, as JSON values, that the processes of one brain share and that survive a restart."""

    def recall(self, name: str) -> Any:
        """What was noted; None where nothing was."""
        ...

    def note(self, name: str, value: Any) -> None:
        """Remember it."""
        ...

    def change(self, name: str, change: Callable[[Any], Any]) -> Any:
        """Make a new fact of the old one, nobody else in between; the new one."""
        ...


class Turn(Protocol):
    """What one may do at a time, of all threads and processes of this brain; a holder that dies has let go."""

    def take(self, *, wait: bool) -> AbstractContextManager[bool]:
        """Whether the turn was given; it lasts as long as the block. With ``wait`` it always is, in the end."""
        ...
