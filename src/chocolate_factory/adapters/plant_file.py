"""The plant's file: YAML to ``Plant``, its errors in the file's own words, and its JSON schema.

Shapes are Pydantic's work, straight on the dataclasses of ``domain/plant.py``, so that no field is written down twice;
ranges and what belongs together are ``domain/plant_checks.py``'s.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from datetime import date, datetime
from difflib import get_close_matches
from enum import Enum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, get_args, get_origin

import structlog
import yaml
from pydantic import TypeAdapter, ValidationError

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.plant_checks import PlantError, require_sound
from chocolate_factory.domain.plant_figures import hints_of, label, range_of

log = structlog.get_logger(__name__)

DEFAULT_NAME = "the packaged plant"


def read_plant(path: Path | None = None) -> Plant:
    """The plant of a file; None for the packaged one of 2 t a day.

    Raises:
        PlantError: with every flaw that was found.
        InputError: the file cannot be read or is no YAML.
    """
    if path is None:
        return parse_plant(default_text(), DEFAULT_NAME)
    try:
        return parse_plant(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError) as e:
        raise InputError("plant file", path, f"a readable text file in UTF-8 ({type(e).__name__})") from e


class PlantSource:
    """The plant of a file, read again when the file changes; while the file is wrong, the plant before holds.

    Attributes:
        problem: what is wrong with the file now; empty where nothing is.

    Raises:
        InputError: as ``read_plant``, where the file is wrong from the start.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._stamp = self._changed()
        self._plant = read_plant(path)
        self.problem = ""

    def __call__(self) -> Plant:
        """The plant."""
        if (stamp := self._changed()) != self._stamp:
            self._stamp = stamp
            try:
                self._plant, self.problem = read_plant(self._path), ""
            except InputError as e:
                self.problem = str(e)
                log.warning("the plant's file is wrong: the plant before holds", why=self.problem)
        return self._plant

    def _changed(self) -> int:
        """When the file was changed, in nanoseconds; 0 where there is none."""
        return self._path.stat().st_mtime_ns if self._path is not None and self._path.exists() else 0


def default_text() -> str:
    """The packaged plant as YAML, comments and all: what to copy from."""
    return (resources.files("chocolate_factory") / "plants" / "default.yaml").read_text(encoding="utf-8")


def parse_plant(text: str, origin: str = "plant") -> Plant:
    """The plant that a YAML (or JSON) text describes; ``origin`` names it in errors. Raises as ``read_plant``."""
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506  a SafeLoader that guesses less
    except (yaml.YAMLError, ValueError, RecursionError) as e:  # ValueError: a number of thousands of digits
        mark = getattr(e, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        raise InputError(origin, where, f"YAML; {getattr(e, 'problem', None) or e}") from e
    return plant_of(document, origin)


def plant_of(document: Any, origin: str = "plant") -> Plant:
    """The plant of a document of plain values, as YAML or JSON gives it.

    Raises:
        PlantError: with every flaw that was found.
    """
    if not isinstance(document, dict):
        raise PlantError([InputError(origin, document, "keys and values, as in the packaged plant")], origin)
    # as JSON, where Pydantic can be strict and still read a list as a tuple and a text as a date
    try:
        text = json.dumps(document, default=str)
    except (ValueError, RecursionError) as e:
        raise InputError(origin, "an anchor", "parts that do not contain themselves") from e
    found = list(_unknown_keys(document, Plant, ""))
    try:
        plant = _adapter().validate_json(text, strict=True)
    except ValidationError as e:
        found += [_flaw(error["loc"], error, document) for error in e.errors(include_url=False)]
    if found:
        raise PlantError(found, origin)
    return require_sound(plant, origin)


def document_of(plant: Plant) -> dict[str, Any]:
    """The plant as plain values; ``plant_of`` reads them back as the same plant."""
    document: dict[str, Any] = _adapter().dump_python(plant, mode="json")
    return document


def plant_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the file: shapes, units, bounds; the cross-checks are ``plant check``'s alone."""
    schema = _adapter().json_schema()
    parts = {cls.__name__: cls for cls in _dataclasses(Plant)}
    for name, part in [("Plant", schema), *schema["$defs"].items()]:
        if name in parts:
            part["additionalProperties"] = False
            for field, hint in hints_of(parts[name]).items():
                _bound(part["properties"][field], hint)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


@cache
def _adapter() -> TypeAdapter[Plant]:
    return TypeAdapter(Plant)


# -------------------------------------------------------------------------------------------------------------- YAML
class _Loader(yaml.SafeLoader):
    """YAML without its traps: a key written twice is an error, dates and times stay text, ``no`` is no switch."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002  PyYAML's signature
        seen: set[object] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be a word", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} comes twice", key.start_mark
                )
            seen.add(key.value)
        return {str(key): value for key, value in super().construct_mapping(node, deep).items()}


#: What a plain word may mean beside text: nothing, a switch (``true`` and ``false`` alone) or a number.
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|)$", ["~", "n", ""]),
    ("bool", r"^(?:true|false)$", list("tf")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    ("float", r"^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


# ------------------------------------------------------------------------------------------------------------- errors
def _unknown_keys(document: Any, hint: Any, path: str) -> Iterator[InputError]:
    """Keys that no dataclass knows, each with the nearest name that it does."""
    items: Iterable[tuple[Any, Any]] = ()
    if isinstance(document, dict):
        items = document.items()
    elif isinstance(document, list):
        items = ((label(child, i), child) for i, child in enumerate(document))
    for name, child in items:
        below = _join(path, name)
        if is_dataclass(hint) and name not in hints_of(_class(hint)):
            yield InputError(below, name, _meant(name, list(hints_of(_class(hint)))))
        else:
            yield from _unknown_keys(child, _hint_below(hint, name), below)


def _meant(key: str, known: list[str]) -> str:
    near = get_close_matches(key, known, n=1, cutoff=0.5)
    return f"there is no such key, did you mean {near[0]}" if near else f"the keys here are {', '.join(known)}"


def _flaw(loc: tuple[int | str, ...], error: Mapping[str, Any], document: Any) -> InputError:
    """Pydantic's complaint in the file's words: path, value, what is allowed."""
    path, here = "", document
    parent: Any = None
    hint: Any = Plant
    for step in loc:
        if step == "[key]":  # the complaint is about the key before it, not about its value
            return InputError(path, loc[-2], f"one of {_choices(get_args(parent)[0])}")
        name = label(here[step], step) if isinstance(here, list) and isinstance(step, int) else str(step)
        parent, path = hint, _join(path, name)
        hint, here = _hint_below(hint, name), _value_below(here, step)
    value = "nothing" if error["type"] == "missing" else error["input"]
    return InputError(path, value, _allowed(hint, error["msg"]))


def _value_below(value: Any, step: int | str) -> Any:
    if isinstance(value, list):
        return value[int(step)]
    return value.get(step) if isinstance(value, dict) else None


def _hint_below(hint: Any, name: str) -> Any:
    """The annotation of a part: a field, a mapping's value or a list's item."""
    if is_dataclass(hint):
        return hints_of(_class(hint)).get(name, Any)
    items = get_args(hint)
    if get_origin(hint) is tuple:
        return items[0]
    return items[1] if get_origin(hint) is Mapping else Any


def _allowed(hint: Any, otherwise: str) -> str:
    bounds = range_of(hint)
    if bounds:
        return f"{bounds}, whole" if hint.__origin__ is int else str(bounds)
    if is_dataclass(hint):
        return f"an object with the keys {', '.join(hints_of(_class(hint)))}"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return f"one of {_choices(hint)}"
    if get_origin(hint) in WORDS:
        return WORDS[get_origin(hint)]
    return WORDS.get(hint, f"{otherwise[:1].lower()}{otherwise[1:]}")


WORDS: dict[Any, str] = {
    str: "text; in quotes where it looks like a number",
    bool: "true or false",
    date: "a date as YYYY-MM-DD",
    datetime: "a date and time in ISO 8601, e.g. 2026-09-17T14:00",
    tuple: "a list",
    Mapping: "an object of keys and values",
}


def _choices(kind: type[Enum]) -> str:
    return ", ".join(str(member.value) for member in kind)


def _class(hint: Any) -> type:
    """A dataclass as a type; ``is_dataclass`` is true of an instance too."""
    return hint if isinstance(hint, type) else type(hint)


def _join(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


# ------------------------------------------------------------------------------------------------------------- schema
def _dataclasses(hint: Any) -> Iterator[type]:
    """Every dataclass that an annotation leads to."""
    if is_dataclass(hint):
        yield _class(hint)
    below = hints_of(_class(hint)).values() if is_dataclass(hint) else get_args(hint)
    for part in below:
        yield from _dataclasses(part)


def _bound(schema: dict[str, Any], hint: Any) -> None:
    """Write the bounds and units of an annotation into its schema, in place."""
    bounds = range_of(hint)
    if bounds:
        schema |= {"exclusiveMinimum" if bounds.above else "minimum": bounds.low, "maximum": bounds.high}
        schema |= {"unit": bounds.unit} if bounds.unit else {}
    inside = schema.get("items") or schema.get("additionalProperties")
    if isinstance(inside, dict):
        _bound(inside, _hint_below(hint, ""))
