"""A model as one file of numbers: NumPy's npz, read without pickle, so that a file can never run anything.

Names inside are paths, e.g. ``2/blind/lear/0/coefficients``; ``meta`` is JSON and says at least what ``sort`` it is.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeAlias, TypeVar

import numpy as np

from chocolate_factory.domain.errors import StoreError

Arrays: TypeAlias = dict[str, Any]
Model = TypeVar("Model")


def write_file(meta: Mapping[str, Any], arrays: Arrays) -> bytes:
    """The file, compressed."""
    body = io.BytesIO()
    np.savez_compressed(body, meta=np.array(json.dumps(dict(meta))), **arrays)
    return body.getvalue()


def read_file(body: bytes, build: Callable[[dict[str, Any], Arrays], Model]) -> Model:
    """What ``build`` makes of meta and arrays.

    Raises:
        StoreError: the bytes are damaged, or of a version that said something else (``build`` raised ``ValueError``
            or ``KeyError``).
    """
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return build(json.loads(str(arrays.pop("meta"))), arrays)
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as e:
        raise StoreError("A model's file cannot be read; train again.") from e


def put(name: str, part: Any) -> Arrays:
    """The numbers of a dataclass, and of those inside it."""
    found: Arrays = {}
    for field in fields(part):
        value = getattr(part, field.name)
        inner = f"{name}/{field.name}"
        found |= put(inner, value) if is_dataclass(value) else {inner: np.asarray(value)}
    return found


def get(kind: Any, arrays: Arrays, name: str, given: Mapping[str, Any] | None = None) -> Any:
    """A dataclass of what ``put`` put; single numbers come back as such.

    Args:
        given: fields that are dataclasses themselves, built already.
    """
    parts = dict(given or {})
    for field in fields(kind):
        if field.name not in parts:
            value = arrays[f"{name}/{field.name}"]
            parts[field.name] = value if value.ndim else value.item()
    return kind(**parts)
