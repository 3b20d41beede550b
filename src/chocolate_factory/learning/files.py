"""The two models as files (see ``modelling.files``)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from chocolate_factory.learning.advice_model import AdviceModel, Learnt, Steps
from chocolate_factory.learning.rows import INPUTS
from chocolate_factory.learning.score_model import ScoreModel
from chocolate_factory.modelling.files import Arrays, get, put, read_file, write_file
from chocolate_factory.modelling.trees import Trees

#: Raised when what is in a file changes its meaning.
VERSION: Final = 1


def score_to_bytes(model: ScoreModel) -> bytes:
    """The score's model as npz."""
    arrays = {} if model.trees is None else put("trees", model.trees)
    return write_file(_meta("score", model.sort), arrays)


def score_from_bytes(body: bytes) -> ScoreModel:
    """The score's model. Raises ``StoreError`` where the bytes are not one, or one of another version."""
    return read_file(body, _score)


def advice_to_bytes(model: AdviceModel) -> bytes:
    """The recommendation's model as npz."""
    if model.learnt is None:
        return write_file(_meta("advice", model.sort), {"table": np.asarray(model.table)})
    arrays: Arrays = {"weights": model.learnt.weights}
    for number, (trees, steps) in enumerate(zip(model.learnt.trees, model.learnt.steps, strict=True)):
        arrays |= put(f"{number}/trees", trees) | put(f"{number}/steps", steps)
    return write_file(_meta("advice", model.sort) | {"adds_up": model.learnt.adds_up}, arrays)


def advice_from_bytes(body: bytes) -> AdviceModel:
    """The recommendation's model; raises as ``score_from_bytes``."""
    return read_file(body, _advice)


def _meta(what: str, sort: str) -> dict[str, Any]:
    return {"version": VERSION, "what": what, "sort": sort, "inputs": list(INPUTS)}


def _check(meta: dict[str, Any], what: str) -> None:
    """Raises ``ValueError`` for another version, another model, or one that reads other columns."""
    if (meta["version"], meta["what"], tuple(meta["inputs"])) != (VERSION, what, INPUTS):
        raise ValueError(meta)


def _score(meta: dict[str, Any], arrays: Arrays) -> ScoreModel:
    _check(meta, "score")
    return ScoreModel(str(meta["sort"]), get(Trees, arrays, "trees") if arrays else None)


def _advice(meta: dict[str, Any], arrays: Arrays) -> AdviceModel:
    _check(meta, "advice")
    if "table" in arrays:
        return AdviceModel(str(meta["sort"]), table=arrays["table"])
    numbers = sorted({int(name.split("/")[0]) for name in arrays if "/" in name})
    trees = tuple(get(Trees, arrays, f"{n}/trees") for n in numbers)
    steps = tuple(get(Steps, arrays, f"{n}/steps") for n in numbers)
    return AdviceModel(str(meta["sort"]), learnt=Learnt(trees, bool(meta["adds_up"]), steps, arrays["weights"]))
