"""Rows to learn from or to be judged on, cut by days with a purge between, so that no label looks into the other part.

Invariants:
    ``before`` and ``since`` of one day never share a label's week: ``PURGE_DAYS`` lie between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.domain.time import HOUR, Interval
from chocolate_factory.learning.history import History
from chocolate_factory.learning.rows import inputs
from chocolate_factory.learning.targets import PURGE_DAYS
from chocolate_factory.modelling.numbers import Floats, Ints


@dataclass(frozen=True)
class Examples:
    """Hours with all their features and a target.

    Attributes:
        numbers: their rows in the history.
        features: rows x 13.
        target: a score, or the number of a class.
    """

    history: History
    numbers: Ints
    features: Floats
    target: Floats

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def inputs(self) -> Floats:
        """Rows x 8: what the models read."""
        return inputs(self.features)

    @property
    def day(self) -> Ints:
        """The number of each row's Madrid day."""
        return self.history.hours.day[self.numbers]

    @property
    def month(self) -> Ints:
        """Each row's month, 1 to 12."""
        return self.history.hours.month[self.numbers]

    @property
    def window(self) -> Interval:
        """From the first row's hour to the last one's end."""
        starts = self.history.hours.starts
        return Interval(starts[int(self.numbers[0])], starts[int(self.numbers[-1])] + HOUR)

    def where(self, kept: NDArray[np.bool_]) -> Examples:
        """Some of them."""
        return Examples(self.history, self.numbers[kept], self.features[kept], self.target[kept])

    def before(self, day: int) -> Examples:
        """What may be learnt from by a model that is judged from a day on."""
        return self.where(self.day < day - PURGE_DAYS)

    def since(self, day: int, end: int | None = None) -> Examples:
        """The rows from a day on, before another."""
        return self.where((self.day >= day) & (self.day < end) if end is not None else self.day >= day)


def examples_of(history: History, features: Floats, target: Floats, kept: NDArray[np.bool_] | None = None) -> Examples:
    """The rows of a history that have a target and every feature.

    Args:
        features, target: of every hour of the history; NaN where unknown.
        kept: only these hours.
    """
    whole = ~np.isnan(features).any(axis=1) & ~np.isnan(target)
    numbers = np.flatnonzero(whole if kept is None else whole & kept)
    return Examples(history, numbers, features[numbers], target[numbers])
