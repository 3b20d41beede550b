"""The production recommendation where production is possible: Reduced, Moderate or Optimal. NumPy alone.

Whether it is possible at all is physics and calendar (``halt``), decided before any model is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from chocolate_factory.learning.rows import NAMES, inputs
from chocolate_factory.learning.targets import CLASSES
from chocolate_factory.modelling.numbers import Floats, Ints
from chocolate_factory.modelling.trees import Trees

#: The baselines: frequencies by month and hour, and by the price's rank in its day.
CLIMATOLOGY: Final = "month_and_hour"
PRICE_RANK: Final = "price_rank"
#: Bins of the rank.
RANK_BINS: Final = 12
_HOUR, _RANK = NAMES.index("hour"), NAMES.index("price_rank_in_day")


@dataclass(frozen=True)
class Steps:
    """A function of told probability by its corners: what sets it right."""

    told: Floats
    came: Floats

    def __call__(self, probabilities: Floats) -> Floats:
        """Linear between the corners, flat beyond."""
        return np.asarray(np.interp(probabilities, self.told, self.came))


@dataclass(frozen=True)
class Learnt:
    """Trees for each class, and what sets their probabilities right.

    Attributes:
        adds_up: whether the trees tell probabilities (forest) or scores whose softmax they are (boosting).
        weights: by class; the class of the largest weighted probability is told, so that a rare one is found too.
    """

    trees: tuple[Trees, ...]
    adds_up: bool
    steps: tuple[Steps, ...]
    weights: Floats

    def raw(self, features: Floats) -> Floats:
        """Probabilities as the trees tell them, rows x 3."""
        columns = inputs(features)
        told = np.stack([trees.predict(columns) for trees in self.trees], axis=1)
        if not self.adds_up:
            told = np.exp(told - told.max(axis=1, keepdims=True))
        shares: Floats = told / told.sum(axis=1, keepdims=True)
        missing = np.isnan(columns).any(axis=1, keepdims=True)
        return np.where(missing, np.nan, shares)

    def predict(self, features: Floats) -> Floats:
        """Calibrated probabilities, rows x 3."""
        raw = self.raw(features)
        right = np.stack([steps(raw[:, of]) for of, steps in enumerate(self.steps)], axis=1) + FLOOR
        shares: Floats = right / right.sum(axis=1, keepdims=True)
        return np.where(np.isnan(raw), np.nan, shares)


#: No class is ever ruled out: a frequency of none in a few hundred hours is no proof.
FLOOR: Final = 0.002


@dataclass(frozen=True)
class AdviceModel:
    """A model of the recommendation.

    Attributes:
        sort: ``forest``, ``boosting``, or a baseline's name.
        table: of a baseline, frequencies by class: months x hours x 3, or rank bins x 3.
        learnt: else.
    """

    sort: str
    table: Floats | None = None
    learnt: Learnt | None = None

    def probabilities(self, features: Floats, month: Ints) -> Floats:
        """Rows x 3 in the order of ``CLASSES``, from all 13 features; NaN where one that is read is missing."""
        if self.learnt is not None:
            return self.learnt.predict(features)
        assert self.table is not None  # noqa: S101  one of the two is there
        if self.sort == CLIMATOLOGY:
            return np.asarray(self.table[month - 1, features[:, _HOUR].astype(int)])
        rank = features[:, _RANK]
        found = self.table[rank_bins(np.nan_to_num(rank))]
        return np.where(np.isnan(rank)[:, None], np.nan, found)

    def told(self, probabilities: Floats) -> Ints:
        """The number of the class that is told."""
        weights = np.ones(len(CLASSES)) if self.learnt is None else self.learnt.weights
        return np.asarray(np.argmax(probabilities * weights, axis=1))


def rank_bins(rank: Floats) -> Ints:
    """The bin of each rank."""
    return np.minimum((rank * RANK_BINS).astype(np.int_), RANK_BINS - 1)


def frequencies(keys: tuple[Ints, ...], shape: tuple[int, ...], classes: Ints) -> Floats:
    """How often each class came by key, drawn towards all hours' frequencies where a key was seldom seen."""
    overall = np.bincount(classes, minlength=len(CLASSES)) / len(classes)
    counts = np.zeros((*shape, len(CLASSES)))
    np.add.at(counts, (*keys, classes), 1.0)
    total = counts.sum(axis=-1, keepdims=True)
    shares: Floats = (counts + _DRAWN * overall) / (total + _DRAWN)
    return shares


_DRAWN: Final = 10.0


def climatology(features: Floats, month: Ints, classes: Ints) -> AdviceModel:
    """The baseline that knows month and hour."""
    keys = (month - 1, features[:, _HOUR].astype(int))
    return AdviceModel(CLIMATOLOGY, table=frequencies(keys, (12, 24), classes))


def by_price_rank(features: Floats, classes: Ints) -> AdviceModel:
    """The baseline that knows the price's rank in its day."""
    return AdviceModel(PRICE_RANK, table=frequencies((rank_bins(features[:, _RANK]),), (RANK_BINS,), classes))
