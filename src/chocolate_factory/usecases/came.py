"""What came of the hours that score and recommendation spoke of, once their week is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from chocolate_factory.domain.models import ModelName
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, Interval
from chocolate_factory.learning.euros import followed
from chocolate_factory.learning.history import History
from chocolate_factory.learning.rows import REACH_H, columns_of
from chocolate_factory.learning.score_model import percentile_score
from chocolate_factory.learning.targets import CLASSES, classes, scores
from chocolate_factory.modelling.numbers import Floats
from chocolate_factory.ports import Clock, PlantFile, TimeSeriesStore
from chocolate_factory.usecases.hours import HourReader
from chocolate_factory.usecases.labels import DRAWN_FROM_DAYS, Kept, on_hours, weeks_of
from chocolate_factory.usecases.outcomes import Hourly
from chocolate_factory.usecases.predict import NUMBERS

#: A label looks at its whole calendar week, and features at the week behind them.
WEEK: Final = timedelta(days=7)
#: What the drawing of a week's votes reads before it.
DRAWN: Final = timedelta(days=DRAWN_FROM_DAYS + 8)


@dataclass(frozen=True)
class Came:
    """The deeds, with their ports.

    Attributes:
        filling: the kinds of truth that count.
        kept: votes of planned weeks; a week that is not among them has no outcome, for planning it takes seconds.
    """

    store: TimeSeriesStore
    clock: Clock
    plant: PlantFile
    filling: frozenset[Kind]
    kept: Kept

    def targets(self, name: ModelName, window: Interval) -> dict[datetime, float]:
        """Score, or recommendation as a number, of each hour whose week is over."""
        if name is ModelName.ENERGY_OPTIMIZATION:
            history = self._history(window, WEEK)
            return _on(history, scores(history), window)
        history = self._history(window, DRAWN)
        weeks = weeks_of(history.hours, history.plant)
        votes = {monday: self.kept[w.fingerprint] for monday, w in weeks.items() if w.fingerprint in self.kept}
        numbers = np.array([NUMBERS[level] for level in CLASSES], dtype=float)
        classed = classes(on_hours(votes, history.hours))
        return _on(history, np.where(classed >= 0, numbers[classed], np.nan), window)

    def yardstick(self, name: ModelName, window: Interval) -> dict[datetime, float]:
        """What needs no learning: the trailing percentile for the score; the recommendation has none as simple."""
        if name is not ModelName.ENERGY_OPTIMIZATION:
            return {}
        history = self._history(window, timedelta(hours=REACH_H + 24))
        return _on(history, percentile_score(columns_of(history, np.arange(len(history.hours)))), window)

    def regrets(self, said: Mapping[str, Hourly], came: Hourly) -> dict[str, float]:
        """By source, EUR that the line's hours would have cost beyond foresight, the best-advised hours first."""
        window = Interval(min(came), max(came) + WEEK)
        history = self._history(window, WEEK)
        rows = [(start, row) for start in sorted(came) if (row := history.hours.row_of(start)) >= 0]
        numbers = np.array([row for _, row in rows], dtype=int)
        found = {}
        for source, values in said.items():
            told = followed(history, numbers, np.array([values[start] for start, _ in rows]))
            found[source] = told.advised - told.clairvoyant
        return found

    def _history(self, window: Interval, before: timedelta) -> History:
        now, plant = self.clock.now(), self.plant()
        wide = Interval(window.start - before, min(window.end + WEEK, now + DAY))
        hours, _ = HourReader(self.store, self.filling).read(plant, wide, now)
        return History(hours, plant)


def _on(history: History, values: Floats, window: Interval) -> dict[datetime, float]:
    """The values that are there, by start, in the window."""
    pairs = zip(history.hours.starts, values.tolist(), strict=True)
    return {start: value for start, value in pairs if start in window and not np.isnan(value)}
