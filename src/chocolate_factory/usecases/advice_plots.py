"""The pictures of a training, as PNG: what matters, what was told against what came, whether probabilities hold."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from chocolate_factory.learning.advice_model import AdviceModel
from chocolate_factory.learning.examples import Examples
from chocolate_factory.learning.measures import brier, confusion, mae, reliability
from chocolate_factory.learning.rows import INPUTS, NAMES
from chocolate_factory.learning.score_model import ScoreModel
from chocolate_factory.learning.targets import CLASSES
from chocolate_factory.modelling.numbers import Floats

#: Rows whose columns are shuffled, for speed.
SHUFFLED = 2000


def score_plots(model: ScoreModel, rows: Examples, told: Floats, seed: int) -> dict[str, bytes]:
    """``importance.png``, ``predicted_against_actual.png``."""
    losses = importance(rows, lambda part, columns: mae(part.target, model.predict(columns)), seed)
    return {
        "importance.png": _bars(losses, "MAE that a shuffled feature adds, points"),
        "predicted_against_actual.png": _against(rows.target, told),
    }


def advice_plots(model: AdviceModel, rows: Examples, told: Floats, seed: int) -> dict[str, bytes]:
    """``importance.png``, ``reliability.png``, ``confusion.png``."""

    def loss(part: Examples, columns: Floats) -> float:
        return float(brier(part.target.astype(int), model.probabilities(columns, part.month)).mean())

    actual = rows.target.astype(int)
    return {
        "importance.png": _bars(importance(rows, loss, seed), "Brier score that a shuffled feature adds"),
        "reliability.png": _reliability(actual, told),
        "confusion.png": _confusion(confusion(actual, model.told(told), len(CLASSES))),
    }


def importance(rows: Examples, loss: Callable[[Examples, Floats], float], seed: int) -> dict[str, float]:
    """How much worse a model tells when one of its inputs is shuffled, by input."""
    chance = np.random.default_rng(seed)
    part = rows.where(np.isin(np.arange(len(rows)), chance.permutation(len(rows))[:SHUFFLED]))
    before = loss(part, part.features)
    found = {}
    for name in INPUTS:
        columns = part.features.copy()
        columns[:, NAMES.index(name)] = chance.permutation(columns[:, NAMES.index(name)])
        found[name] = loss(part, columns) - before
    return found


# ------------------------------------------------------------------------------------------------------------- pictures
@contextmanager
def _picture(body: io.BytesIO, width: float = 6.0, height: float = 4.5) -> Iterator[Any]:
    from matplotlib.figure import Figure  # noqa: PLC0415  slow to import, and for the child alone

    figure = Figure(figsize=(width, height), layout="constrained")
    yield figure.subplots()
    figure.savefig(body, format="png", dpi=100)


def _bars(losses: dict[str, float], title: str) -> bytes:
    body = io.BytesIO()
    ordered = sorted(losses.items(), key=lambda item: item[1])
    with _picture(body, 7.0) as axes:
        axes.barh([name for name, _ in ordered], [value for _, value in ordered])
        axes.set_title(title)
    return body.getvalue()


def _against(actual: Floats, told: Floats) -> bytes:
    body = io.BytesIO()
    with _picture(body) as axes:
        axes.hexbin(told, actual, gridsize=40, mincnt=1)
        axes.plot([0, 100], [0, 100], color="black", linewidth=0.8)
        axes.set(xlabel="score told", ylabel="score that came")
    return body.getvalue()


def _reliability(actual: Any, told: Floats) -> bytes:
    body = io.BytesIO()
    with _picture(body) as axes:
        axes.plot([0, 1], [0, 1], color="black", linewidth=0.8)
        for of, level in enumerate(CLASSES):
            table = reliability(actual, told, of)
            axes.plot(table[:, 0], table[:, 1], marker="o", label=str(level))
        axes.set(xlabel="probability told", ylabel="share that came")
        axes.legend()
    return body.getvalue()


def _confusion(counts: Any) -> bytes:
    body = io.BytesIO()
    names = [str(level) for level in CLASSES]
    with _picture(body) as axes:
        axes.imshow(counts, cmap="Blues")
        for row, column in np.ndindex(*counts.shape):
            axes.text(column, row, str(counts[row, column]), ha="center", va="center")
        axes.set_xticks(range(len(names)), names)
        axes.set_yticks(range(len(names)), names)
        axes.set(xlabel="told", ylabel="came")
    return body.getvalue()
