"""A fitted price model as a file (see ``modelling.files``)."""

from __future__ import annotations

from typing import Any, Final

from chocolate_factory.forecasting.boosting import Boosting
from chocolate_factory.forecasting.conformal import Margins
from chocolate_factory.forecasting.forecast import Fitted
from chocolate_factory.forecasting.lear import Lear, Scale, Window
from chocolate_factory.forecasting.model import LeadModel, PriceModel, Variant
from chocolate_factory.modelling.files import Arrays, get, put, read_file, write_file
from chocolate_factory.modelling.trees import Trees

#: Raised when what is in a file changes its meaning.
VERSION: Final = 1


def to_bytes(fitted: Fitted) -> bytes:
    """The model as npz, compressed."""
    variants = fitted.model.variants
    shared = {id(model.boosting): model.boosting for model in variants.values()}  # some leads have theirs in common
    numbers = {_name(v): list(shared).index(id(model.boosting)) for v, model in variants.items()}
    meta = {"version": VERSION, "series": fitted.series, "guides": fitted.model.guides, "boosting": numbers}
    arrays: Arrays = {}
    for number, boosting in enumerate(shared.values()):
        arrays |= put(f"boosting/{number}", boosting.trees)
    for variant, model in variants.items():
        arrays |= put(f"{_name(variant)}/margins", fitted.margins[variant])
        for number, window in enumerate(model.lear.windows):
            arrays |= put(f"{_name(variant)}/lear/{number}", window)
    return write_file(meta, arrays)


def from_bytes(body: bytes) -> Fitted:
    """The model.

    Raises:
        StoreError: the bytes are damaged, or of a version that said something else.
    """
    return read_file(body, _fitted)


def _fitted(meta: dict[str, Any], arrays: Arrays) -> Fitted:
    if meta["version"] != VERSION:
        raise ValueError(meta["version"])
    owners: dict[str, int] = meta["boosting"]
    boostings = [Boosting(get(Trees, arrays, f"boosting/{n}")) for n in range(max(owners.values()) + 1)]
    variants = {_variant(name): LeadModel(_lear(arrays, name), boostings[n]) for name, n in owners.items()}
    margins = {_variant(name): get(Margins, arrays, f"{name}/margins") for name in owners}
    return Fitted(str(meta["series"]), PriceModel(variants, tuple(meta["guides"])), margins)


def _lear(arrays: Arrays, name: str) -> Lear:
    numbers = sorted({int(key.split("/")[3]) for key in arrays if key.startswith(f"{name}/lear/")})
    return Lear(_variant(name).lead, tuple(_window(arrays, f"{name}/lear/{number}") for number in numbers))


def _window(arrays: Arrays, name: str) -> Window:
    scales = {part: get(Scale, arrays, f"{name}/{part}") for part in ("inputs", "output")}
    window: Window = get(Window, arrays, name, scales)
    return window


def _name(variant: Variant) -> str:
    return f"{variant.lead}/{'guided' if variant.guided else 'blind'}"


def _variant(name: str) -> Variant:
    lead, sort = name.split("/")
    return Variant(int(lead), sort == "guided")
