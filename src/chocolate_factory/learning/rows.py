"""Rows of features, for training and for a prediction alike."""

from __future__ import annotations

from typing import Final

import numpy as np

from chocolate_factory.learning.features import FEATURES, Rows
from chocolate_factory.learning.history import History
from chocolate_factory.modelling.numbers import Floats, Ints

#: The features in their order.
NAMES: Final = tuple(FEATURES)
#: What both models read, chosen one by one by the score's R² on 2023, learnt from what came before.
INPUTS: Final = (
    "energy_optimization_index",
    "price_rank_in_day",
    "is_working_day",
    "price_percentile_7d",
    "hour",
    "dew_point_c",
    "chocolate_production_index",
    "temperature_c",
)
_INPUT_COLUMNS: Final = [NAMES.index(name) for name in INPUTS]
#: Rows that are made at once: a week lies behind each.
_AT_ONCE: Final = 4096
#: Hours before a row that its features reach back to: the week, and the air of two days before.
REACH_H: Final = 168 + 48 + 8


def columns(rows: Rows) -> Floats:
    """All 13 features, rows x 13."""
    return np.stack([feature(rows) for feature in FEATURES.values()], axis=1)


def columns_of(history: History, numbers: Ints) -> Floats:
    """All 13 features of some hours of a history, rows x 13, in bounded memory."""
    pieces = [numbers[i : i + _AT_ONCE] for i in range(0, len(numbers), _AT_ONCE)]
    made = [columns(Rows.of(history, piece)) for piece in pieces]
    return np.concatenate(made) if made else np.empty((0, len(NAMES)))


def inputs(features: Floats) -> Floats:
    """The eight that the models read, rows x 8, rounded to single precision: a forest compares no finer."""
    return features[:, _INPUT_COLUMNS].astype(np.float32).astype(np.float64)
