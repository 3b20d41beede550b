"""A fitted price model as a file (see ``modelling.files``): a learnt one, or the naive with its margins."""

from __future__ import annotations

from typing import Any, Final

from chocolate_factory.forecasting.boosting import Boosting
from chocolate_factory.forecasting.conformal import Margins
from chocolate_factory.forecasting.forecast import Fitted
from chocolate_factory.forecasting.lear import Lear, Scale, Window
from chocolate_factory.forecasting.model import SERVED, LeadModel, Model, PriceModel, Variant
from chocolate_factory.forecasting.naive_model import NAIVE, NaiveModel
from chocolate_factory.modelling.files import Arrays, get, put, read_file, write_file
from chocolate_factory.modelling.trees import Trees

#: Raised when what is in a file changes its meaning.
VERSION: Final = 1


def to_bytes(fitted: Fitted) -> bytes:
    """The model as npz, compressed."""
    model = fitted.model
    meta: dict[str, Any] = {"version": VERSION, "sort": model.sort, "series": fitted.series}
    arrays: Arrays = {}
    for variant in model.variants:
        arrays |= put(f"{_name(variant)}/margins", fitted.margins[variant])
    if isinstance(model, PriceModel):
        boostings = _boostings(model)
        numbers = {_name(v): list(boostings).index(id(one.boosting)) for v, one in model.variants.items()}
        meta |= {"guides": model.guides, "boosting": numbers}
        arrays |= _learnt(model, list(boostings.values()))
    return write_file(meta, arrays)


def _boostings(model: PriceModel) -> dict[int, Boosting]:
    """Each once, by its identity: some leads have theirs in common."""
    return {id(one.boosting): one.boosting for one in model.variants.values()}


def _learnt(model: PriceModel, boostings: list[Boosting]) -> Arrays:
    arrays: Arrays = {}
    for number, boosting in enumerate(boostings):
        arrays |= put(f"boosting/{number}", boosting.trees)
    for variant, one in model.variants.items():
        for number, window in enumerate(one.lear.windows):
            arrays |= put(f"{_name(variant)}/lear/{number}", window)
    return arrays


def from_bytes(body: bytes) -> Fitted:
    """The model.

    Raises:
        StoreError: the bytes are damaged, or of a version that said something else.
    """
    return read_file(body, _fitted)


def _fitted(meta: dict[str, Any], arrays: Arrays) -> Fitted:
    if meta["version"] != VERSION:
        raise ValueError(meta["version"])
    model = _SORTS[meta["sort"]](meta, arrays)
    margins = {variant: get(Margins, arrays, f"{_name(variant)}/margins") for variant in model.variants}
    return Fitted(str(meta["series"]), model, margins)


def _naive(_meta: dict[str, Any], _arrays: Arrays) -> Model:
    return NaiveModel()


def _price_model(meta: dict[str, Any], arrays: Arrays) -> Model:
    owners: dict[str, int] = meta["boosting"]
    boostings = [Boosting(get(Trees, arrays, f"boosting/{n}")) for n in range(max(owners.values()) + 1)]
    variants = {_variant(name): LeadModel(_lear(arrays, name), boostings[n]) for name, n in owners.items()}
    return PriceModel(variants, tuple(meta["guides"]))


_SORTS: Final = {SERVED: _price_model, NAIVE: _naive}


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
