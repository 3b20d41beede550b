"""The score's target as far as it has come, and what its baseline would have said: what a shadow is judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from chocolate_factory.domain.models import ModelName
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, HOUR, Interval
from chocolate_factory.learning.history import History
from chocolate_factory.learning.rows import REACH_H, columns_of
from chocolate_factory.learning.score_model import percentile_score
from chocolate_factory.learning.targets import scores
from chocolate_factory.modelling.numbers import Floats
from chocolate_factory.ports import Clock, PlantFile, TimeSeriesStore
from chocolate_factory.usecases.hours import HourReader

#: A calendar week lies within so much on either side of each of its hours.
_WEEK: Final = 7 * DAY


@dataclass(frozen=True)
class ScoreOutcomes:
    """The deed, with its ports; of every other model it knows nothing and says so by an empty answer."""

    store: TimeSeriesStore
    clock: Clock
    plant: PlantFile
    filling: frozenset[Kind]

    def came(self, name: ModelName, window: Interval) -> Mapping[datetime, float]:
        """The score that came, by hour; an hour whose week is not over has none."""
        if name is not ModelName.ENERGY_OPTIMIZATION:
            return {}
        history = self._history(Interval(window.start - _WEEK, window.end + _WEEK))
        return _inside(history, scores(history), window)

    def percentile(self, name: ModelName, window: Interval) -> Mapping[datetime, float]:
        """What the seven public days alone would have said, by hour."""
        if name is not ModelName.ENERGY_OPTIMIZATION:
            return {}
        history = self._history(Interval(window.start - REACH_H * HOUR - DAY, window.end + 2 * DAY))
        told = percentile_score(columns_of(history, np.arange(len(history.hours))))
        return _inside(history, told, window)

    def _history(self, window: Interval) -> History:
        plant = self.plant()
        hours, _ = HourReader(self.store, self.filling).read(plant, window, self.clock.now())
        return History(hours, plant)


def _inside(history: History, values: Floats, window: Interval) -> dict[datetime, float]:
    pairs = zip(history.hours.starts, values.tolist(), strict=True)
    return {start: value for start, value in pairs if start in window and not np.isnan(value)}
