"""The energy optimisation score: how cheap an hour is in its week, told before the week is over. NumPy alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from chocolate_factory.learning.rows import NAMES, inputs
from chocolate_factory.modelling.numbers import Floats
from chocolate_factory.modelling.trees import Trees

#: The baseline's name: the place among seven days that end with the last public price; nothing is learnt.
PERCENTILE: Final = "percentile_7d"
_INDEX: Final = NAMES.index("energy_optimization_index")


@dataclass(frozen=True)
class ScoreModel:
    """A model of the score.

    Attributes:
        sort: ``forest``, ``boosting`` or the baseline's name.
        trees: of what the percentile misses; None of the baseline.
    """

    sort: str
    trees: Trees | None = None

    def predict(self, features: Floats) -> Floats:
        """The score of each row, 0 to 100, from all 13 features; NaN where one that it reads is missing."""
        plain = percentile_score(features)
        if self.trees is None:
            return plain
        columns = inputs(features)
        told = np.clip(plain + self.trees.predict(columns), 0.0, 100.0)
        return np.where(np.isnan(columns).any(axis=1), np.nan, told)


def percentile_score(features: Floats) -> Floats:
    """The baseline's score: 100 for an hour cheaper than all of those seven days, 0 for one dearer."""
    told: Floats = 100 * (1 - features[:, _INDEX])
    return told
