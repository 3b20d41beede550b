"""What differs between two values of the same kind, field by field; what a dataclass gains one day is compared too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from math import isclose
from typing import Any

from chocolate_factory.domain.plan import Batch, PlanSlot, SlotInput
from chocolate_factory.domain.plant import Order
from chocolate_factory.domain.replay import Difference, Scalar
from chocolate_factory.domain.time import isoformat_madrid


@dataclass(frozen=True)
class Compare:
    """How two values are compared.

    Attributes:
        without: fields that do not count, wherever they stand.
        relative, absolute: how near two numbers are the same.
    """

    without: frozenset[str] = frozenset()
    relative: float = 1e-12
    absolute: float = 1e-12

    def __call__(self, then: Any, now: Any, *path: str) -> Iterator[Difference]:
        """What differs, in the order of the fields; parts of a list are told by their names, whatever their order."""
        if then is now or self._same(then, now):
            return
        parts = (_parts(then), _parts(now)) if type(then) is type(now) else (None, None)
        if parts[0] is None or parts[1] is None:
            yield Difference(path, scalar(then), scalar(now))
            return
        for name in dict.fromkeys((*parts[0], *parts[1])):
            if name not in self.without:
                yield from self(parts[0].get(name), parts[1].get(name), *path, name)

    def _same(self, then: Any, now: Any) -> bool:
        if isinstance(then, float | int) and isinstance(now, float | int) and not isinstance(then, bool):
            return isclose(then, now, rel_tol=self.relative, abs_tol=self.absolute)
        return bool(then == now)


def scalar(value: Any) -> Scalar:
    """A value as it is told: a part of a list by what matters of it."""
    if value is None or (isinstance(value, bool | int | float | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return isoformat_madrid(value)
    if isinstance(value, Batch):
        return f"{isoformat_madrid(value.start)} / {isoformat_madrid(value.end)}, {value.kg:g} kg"
    if isinstance(value, Order):
        return f"{value.kg:g} kg, {isoformat_madrid(value.due)}"
    return "…"


# --------------------------------------------------------------------------------------------------------------- parts
def _parts(value: Any) -> dict[str, Any] | None:
    """What a value is made of, by name; None where it is one figure or word."""
    if is_dataclass(value):
        return {f.name: getattr(value, f.name) for f in fields(value)}
    if isinstance(value, Mapping):
        return {_name(key): part for key, part in value.items()}
    if isinstance(value, tuple | list):
        return dict(zip(_names(value), value, strict=True))
    return None


def _names(parts: Iterable[Any]) -> list[str]:
    """Each part's own name, or its number where some have none or the same."""
    found = list(parts)
    names = [_own_name(part) for part in found]
    if None in names or len(set(names)) < len(names):
        return [str(i) for i in range(1, len(found) + 1)]
    return [name for name in names if name is not None]


def _own_name(part: Any) -> str | None:
    if isinstance(part, SlotInput):
        return isoformat_madrid(part.slot.start)
    if isinstance(part, PlanSlot):
        return isoformat_madrid(part.input.slot.start)
    name = getattr(part, "id", None) or getattr(part, "name", None)
    return name if isinstance(name, str) else None


def _name(key: Any) -> str:
    return str(scalar(key))
