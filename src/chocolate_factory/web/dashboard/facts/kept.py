"""Parts of the document that are dear to make and change seldom: kept until their key is another."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Kept:
    """Each part by name, with the key it was made for. Whoever builds the document is alone while he does."""

    def __init__(self) -> None:
        self._parts: dict[str, tuple[Hashable, Any]] = {}

    def __call__(self, name: str, key: Hashable, make: Callable[[], T]) -> T:
        """The part; made again where the key has changed. What cannot be made is not kept."""
        held = self._parts.get(name)
        if held is None or held[0] != key:
            held = self._parts[name] = (key, make())
        made: T = held[1]
        return made
