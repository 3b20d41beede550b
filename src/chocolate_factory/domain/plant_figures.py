"""Every figure of a plant, with its path, unit and range.

One walk over the dataclasses yields them: it is what is checked, what ``plant show`` prints and what the paths under
``estimated`` point at. A path is dotted, with names instead of positions where a part has one:
``products.dark.conche_kw.3``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, get_args, get_type_hints

from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.plant_units import Range


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of a plant.

    Attributes:
        range: its unit and bounds; None for text, dates and switches.
        estimated: whether the plant's file calls it an engineering estimate.
    """

    path: str
    value: Any
    range: Range | None
    estimated: bool = False


@cache
def hints_of(cls: type) -> dict[str, Any]:
    """The annotations of a dataclass, units and ranges included."""
    return get_type_hints(cls, include_extras=True)


def range_of(hint: Any) -> Range | None:
    """The range that an annotation carries."""
    return next((m for m in getattr(hint, "__metadata__", ()) if isinstance(m, Range)), None)


def label(item: Any, position: int) -> str:
    """How a path names an item of a list: by its name or id where it has one, else by its position."""
    names = [item.get(key) if isinstance(item, dict) else getattr(item, key, None) for key in ("name", "id")]
    return str(next(filter(None, names), position))


def figures(plant: Plant) -> Iterator[Figure]:
    """Every value of the plant, in the file's order."""
    for figure in _walk(plant, None, ""):
        estimated = any(is_below(figure.path, path) for path in plant.estimated)
        if not is_below(figure.path, "estimated"):
            yield Figure(figure.path, figure.value, figure.range, estimated)


def is_below(path: str, top: str) -> bool:
    """Whether a path is another one, or leads further down."""
    return path == top or path.startswith(f"{top}.")


def _walk(value: Any, hint: Any, path: str) -> Iterator[Figure]:
    if isinstance(value, tuple | Mapping) and not value:
        yield Figure(path, value, None)
    elif (children := list(_children(value, hint))) or is_dataclass(value):
        for name, child, child_hint in children:
            yield from _walk(child, child_hint, f"{path}.{name}" if path else name)
    else:
        yield Figure(path, value, range_of(hint))


def _children(value: Any, hint: Any) -> Iterator[tuple[str, Any, Any]]:
    """The parts of a value, each with its name and annotation."""
    if is_dataclass(value):
        hints = hints_of(value.__class__)
        yield from ((f.name, getattr(value, f.name), hints[f.name]) for f in fields(value))
    elif isinstance(value, Mapping):
        yield from ((str(key), item, get_args(hint)[1]) for key, item in value.items())
    elif isinstance(value, tuple):
        yield from ((label(item, i), item, get_args(hint)[0]) for i, item in enumerate(value))
