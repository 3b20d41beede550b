"""What came of the hours that score and recommendation spoke of, and what following either would have cost.

It looks up the votes of planned weeks, so it belongs where the planner is loaded: into a child process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from chocolate_factory.domain.models import ModelName
from chocolate_factory.domain.time import DAY, Interval
from chocolate_factory.learning.euros import followed
from chocolate_factory.learning.history import History
from chocolate_factory.learning.targets import CLASSES, classes
from chocolate_factory.usecases.came import ScoreOutcomes
from chocolate_factory.usecases.hours import HourReader
from chocolate_factory.usecases.labels import DRAWN_FROM_DAYS, Kept, on_hours, weeks_of
from chocolate_factory.usecases.outcomes import Hourly
from chocolate_factory.usecases.predict import NUMBERS

#: A label looks at its whole calendar week.
WEEK: Final = timedelta(days=7)
#: What the votes of a window's first week need before the window: the days up to its Monday, what the errors are drawn
#: from, and the week before that; a day more, for Madrid's days of 25 hours.
DRAWN: Final = WEEK + timedelta(days=DRAWN_FROM_DAYS) + WEEK + DAY


@dataclass(frozen=True)
class AdviceOutcomes:
    """The deeds, with their ports.

    Attributes:
        of_score: the same of the score alone.
        kept: votes of planned weeks; a week that is not among them has no outcome, for planning it takes seconds.
    """

    of_score: ScoreOutcomes
    kept: Kept

    def came(self, name: ModelName, window: Interval) -> Mapping[datetime, float]:
        """Score, or recommendation as a number, of each hour whose week is over."""
        if name is not ModelName.PRODUCTION_RECOMMENDATION:
            return self.of_score.came(name, window)
        history = self._history(Interval(window.start - DRAWN, window.end + WEEK))
        weeks = weeks_of(history.hours, history.plant)
        votes = {monday: self.kept[w.fingerprint] for monday, w in weeks.items() if w.fingerprint in self.kept}
        classed = classes(on_hours(votes, history.hours)).tolist()
        numbers = [float(NUMBERS[level]) for level in CLASSES]
        told = zip(history.hours.starts, classed, strict=True)
        return {start: numbers[number] for start, number in told if start in window and number >= 0}

    def regrets(self, said: Mapping[str, Hourly], came: Hourly) -> dict[str, float]:
        """By source, EUR that the line's hours would have cost beyond foresight, the best-advised hours first."""
        history = self._history(Interval(min(came) - WEEK, max(came) + WEEK))
        rows = [(start, row) for start in sorted(came) if (row := history.hours.row_of(start)) >= 0]
        numbers = np.array([row for _, row in rows], dtype=int)
        found = {}
        for source, values in said.items():
            told = followed(history, numbers, np.array([values[start] for start, _ in rows]))
            found[source] = told.advised - told.clairvoyant
        return found

    def _history(self, window: Interval) -> History:
        read, plant = self.of_score, self.of_score.plant()
        now = read.clock.now()
        wide = Interval(window.start, max(window.start, min(window.end, now + DAY)))
        hours, _ = HourReader(read.store, read.filling).read(plant, wide, now)
        return History(hours, plant)
