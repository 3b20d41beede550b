"""What a champion's predictions cost in error, day by day, beside the naive forecast's on the same hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chocolate_factory.domain.models import ModelVersion
from chocolate_factory.domain.time import DAY, Interval
from chocolate_factory.learning.skill import DailyLosses
from chocolate_factory.ports import Clock, TimeSeriesStore
from chocolate_factory.usecases.outcomes import Outcomes, common_days, mean_loss, said_in_time

#: Days that are looked at: what drift needs to be sure, and some that may be missing.
BACK: Final = timedelta(days=42)


@dataclass(frozen=True)
class Losses:
    """The deed, with its ports; it reads weeks of predictions, so once a day is enough."""

    store: TimeSeriesStore
    outcomes: Outcomes
    clock: Clock

    def __call__(self, champion: ModelVersion) -> DailyLosses:
        """The days on which it, the naive forecast and the truth are there."""
        name, now = champion.card.name, self.clock.now()
        window = Interval(now - BACK, now + DAY)
        said = said_in_time(self.store, name, champion.source, window)
        came, naive = self.outcomes.came(name, window), self.outcomes.naive(name, window)
        days = common_days(name, window, said, came, naive)
        own = [mean_loss(said, came, hours) for hours in days.values()]
        return DailyLosses(list(days), own, [mean_loss(naive, came, hours) for hours in days.values()])
