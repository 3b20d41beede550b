"""What the outside world is to us: feeds, and keys that upstreams may refuse."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from chocolate_factory.domain.series import Observation
from chocolate_factory.domain.time import Interval
from chocolate_factory.domain.work import KeyStatus


class Feed(Protocol):
    """One thing that an upstream offers: prices, demand, observations, an archive.

    ``fetch`` is I/O and hands the body to a pure ``parse``. It returns only what the upstream said, each value with
    its source, kind and times; nothing is filled in.
    """

    @property
    def name(self) -> str:
        """Unique, ``upstream.what``, e.g. ``ree.prices``."""
        ...

    @property
    def upstream(self) -> str:
        """Whose pacing and health it shares, e.g. ``ree``."""
        ...

    @property
    def series(self) -> frozenset[str]:
        """The catalogue's names it can give."""
        ...

    @property
    def longest(self) -> timedelta:
        """The longest window that one ``fetch`` takes."""
        ...

    def reach(self, now: datetime) -> Interval:
        """The slots that it can give at that moment; outside there is no use in asking."""
        ...

    def fetch(self, window: Interval, patience: float) -> list[Observation]:
        """What it has in the window.

        Args:
            window: slots that begin inside it; at most ``longest``.
            patience: seconds that retries and waits for the pacing may take in all.

        Raises:
            UpstreamError: one of its four leaves.
        """
        ...


class KeyedUpstream(Protocol):
    """An upstream that wants a key."""

    def key_status(self, *, check: bool, patience: float = 10.0) -> KeyStatus:
        """What is known of the key; ``check`` asks the upstream."""
        ...
