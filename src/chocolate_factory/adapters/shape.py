"""Reading a JSON document that may be anything: each surprise is a lie that names what was wrong."""

from __future__ import annotations

from typing import Any

from chocolate_factory.domain.errors import UpstreamEmptyError, UpstreamLiedError
from chocolate_factory.domain.series import Observation
from chocolate_factory.domain.time import Interval

#: No number of ours is larger, a Unix time included; infinity is.
LARGEST = 1e10


class Shape:
    """What one upstream's documents must look like.

    Every method returns the value in the type asked for, or raises ``UpstreamLiedError``.
    """

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream

    def an_object(self, value: Any, what: str) -> dict[str, Any]:
        """A JSON object."""
        if not isinstance(value, dict):
            raise UpstreamLiedError(self.upstream, f"{what} is {str(value)[:40]!r} where an object belongs")
        return value

    def a_list(self, value: Any, what: str) -> list[Any]:
        """A JSON array."""
        if not isinstance(value, list):
            raise UpstreamLiedError(self.upstream, f"{what} is no list")
        return value

    def objects(self, value: Any, what: str) -> list[dict[str, Any]]:
        """An array of objects."""
        return [self.an_object(item, what) for item in self.a_list(value, what)]

    def a_number(self, value: Any, what: str) -> float:
        """A JSON number that is finite."""
        if not isinstance(value, int | float) or isinstance(value, bool) or not -LARGEST < value < LARGEST:
            raise UpstreamLiedError(self.upstream, f"{what} is {str(value)[:40]!r}, which is no number")
        return float(value) + 0.0  # "-0" is zero

    def inside(self, window: Interval, found: list[Observation]) -> list[Observation]:
        """Those whose slot begins in the window.

        Raises:
            UpstreamEmptyError: none does.
        """
        inside = [o for o in found if o.start in window]
        if not inside:
            raise UpstreamEmptyError(self.upstream, f"it has nothing for {window}")
        return inside
