"""The shadow: a challenger predicts beside the champion, unseen, and both are held against what came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

from chocolate_factory.domain.models import Evidence, ModelName, ModelVersion
from chocolate_factory.domain.time import DAY, Interval, madrid_day
from chocolate_factory.ports import Clock, TimeSeriesStore
from chocolate_factory.usecases.outcomes import Hourly, Outcomes, common_days, is_price, mean_loss, said_in_time

#: The model, what each version said (by its source), and what came: what following each would have cost beyond
#: perfect foresight, EUR, by source. All speak of the same hours.
Regret: TypeAlias = Callable[[ModelName, Mapping[str, Hourly], Hourly], Mapping[str, float]]

#: Evidence is no older than this: what was true long ago says little of tomorrow.
LONGEST: Final = timedelta(days=91)
#: Days by which targets overlap, less one: score and recommendation look at a whole week.
_OVERLAP_LAGS: Final = 6


@dataclass(frozen=True)
class Shadow:
    """The deed, with its ports. It reads months day by day and counts euros, so it belongs into a child process.

    Attributes:
        regret: see ``Regret``.
    """

    store: TimeSeriesStore
    clock: Clock
    outcomes: Outcomes
    regret: Regret

    def __call__(self, champion: ModelVersion, challenger: ModelVersion) -> Evidence | None:
        """How both did on the days since the younger was made; None where no day counts yet."""
        name, now = challenger.card.name, self.clock.now()
        begin = max(champion.card.made_at, challenger.card.made_at, now - LONGEST)
        window = Interval(min(begin, now), now + DAY)  # tomorrow's prices are known today
        both = (champion.source, challenger.source)
        said = {source: said_in_time(self.store, name, source, window) for source in both}
        came = self.outcomes.came(name, window)
        return self._evidence(name, both, said, came, window)

    def _evidence(
        self,
        name: ModelName,
        both: tuple[str, str],
        said: Mapping[str, Hourly],
        came: Hourly,
        window: Interval,
    ) -> Evidence | None:
        days = common_days(name, window, came, *said.values())
        if not days:
            return None
        hours = [start for shared in days.values() for start in shared]
        told = {source: {start: said[source][start] for start in hours} for source in both}
        losses = {source: tuple(mean_loss(told[source], came, shared) for shared in days.values()) for source in both}
        cost = self.regret(name, told, {start: came[start] for start in hours})
        champion, challenger = both
        whole = Interval(madrid_day(min(days)).start, madrid_day(max(days)).end)
        return Evidence(
            champion, challenger, whole, losses[champion], losses[challenger], cost[champion], cost[challenger],
            0 if is_price(name) else _OVERLAP_LAGS,
        )  # fmt: skip
