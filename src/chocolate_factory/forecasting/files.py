"""A fitted model as one file of numbers: NumPy's npz, read without pickle, so that a file can never run anything.

Names inside are paths, e.g. ``2/blind/lear/0/coefficients``; ``meta`` is JSON.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

import numpy as np

from chocolate_factory.domain.errors import StoreError
from chocolate_factory.forecasting.boosting import Boosting
from chocolate_factory.forecasting.conformal import Margins
from chocolate_factory.forecasting.forecast import Fitted
from chocolate_factory.forecasting.lear import Lear, Scale, Window
from chocolate_factory.forecasting.model import LeadModel, PriceModel, Variant
from chocolate_factory.forecasting.trees import Trees

#: Raised when what is in a file changes its meaning.
VERSION: Final = 1
Arrays = dict[str, Any]


def to_bytes(fitted: Fitted) -> bytes:
    """The model as npz, compressed."""
    variants = fitted.model.variants
    shared = {id(model.boosting): model.boosting for model in variants.values()}  # some leads have theirs in common
    numbers = {_name(v): list(shared).index(id(model.boosting)) for v, model in variants.items()}
    meta = {"version": VERSION, "series": fitted.series, "guides": fitted.model.guides, "boosting": numbers}
    arrays: Arrays = {"meta": np.array(json.dumps(meta))}
    for number, boosting in enumerate(shared.values()):
        arrays |= _put(f"boosting/{number}", boosting.trees)
    for variant, model in variants.items():
        arrays |= _put(f"{_name(variant)}/margins", fitted.margins[variant])
        for number, window in enumerate(model.lear.windows):
            arrays |= _put(f"{_name(variant)}/lear/{number}", window)
    body = io.BytesIO()
    np.savez_compressed(body, **arrays)
    return body.getvalue()


def from_bytes(body: bytes) -> Fitted:
    """The model.

    Raises:
        StoreError: the bytes are damaged, or of a version that said something else.
    """
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return _fitted(arrays)
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as e:
        raise StoreError("A price model's file cannot be read; train again.") from e


def _fitted(arrays: Arrays) -> Fitted:
    meta = json.loads(str(arrays["meta"]))
    if meta["version"] != VERSION:
        raise ValueError(meta["version"])
    owners: dict[str, int] = meta["boosting"]
    boostings = [Boosting(_get(Trees, arrays, f"boosting/{n}")) for n in range(max(owners.values()) + 1)]
    variants = {_variant(name): LeadModel(_lear(arrays, name), boostings[n]) for name, n in owners.items()}
    margins = {_variant(name): _get(Margins, arrays, f"{name}/margins") for name in owners}
    return Fitted(str(meta["series"]), PriceModel(variants, tuple(meta["guides"])), margins)


def _lear(arrays: Arrays, name: str) -> Lear:
    numbers = sorted({int(key.split("/")[3]) for key in arrays if key.startswith(f"{name}/lear/")})
    return Lear(_variant(name).lead, tuple(_window(arrays, f"{name}/lear/{number}") for number in numbers))


def _window(arrays: Arrays, name: str) -> Window:
    scales = {part: _get(Scale, arrays, f"{name}/{part}") for part in ("inputs", "output")}
    window: Window = _get(Window, arrays, name, scales)
    return window


def _put(name: str, part: Any) -> Arrays:
    """The numbers of a dataclass, and of those inside it."""
    found: Arrays = {}
    for field in fields(part):
        value = getattr(part, field.name)
        inner = f"{name}/{field.name}"
        found |= _put(inner, value) if isinstance(value, Scale) else {inner: np.asarray(value)}
    return found


def _get(kind: Any, arrays: Arrays, name: str, given: Mapping[str, Any] | None = None) -> Any:
    """A dataclass of what ``_put`` put; single numbers come back as such."""
    parts = dict(given or {})
    for field in fields(kind):
        if field.name not in parts:
            value = arrays[f"{name}/{field.name}"]
            parts[field.name] = value if value.ndim else value.item()
    return kind(**parts)


def _name(variant: Variant) -> str:
    return f"{variant.lead}/{'guided' if variant.guided else 'blind'}"


def _variant(name: str) -> Variant:
    lead, sort = name.split("/")
    return Variant(int(lead), sort == "guided")
