"""What following each version's predictions would have cost beyond perfect foresight, for the judgement of a shadow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from chocolate_factory.domain.models import ModelName
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.time import DAY, HOUR, Interval, madrid_date, madrid_midnight
from chocolate_factory.usecases.outcomes import Hourly, is_price
from chocolate_factory.usecases.price_regret import AHEAD, SAMPLE, Decision, Sample, regrets

#: Which days are planned, where there are more than a sample.
SEED: Final = 1

Mapper = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]


@dataclass(frozen=True)
class Regrets:
    """The deed: plans made with what was said, paid at what came.

    Attributes:
        of_advice: the same of score and recommendation.

    Of a plan made at noon the shadow knows what was said of tomorrow; the morning after is taken as it came, for both.
    """

    plant: Plant
    mapper: Mapper
    of_advice: Callable[[Mapping[str, Hourly], Hourly], dict[str, float]]

    def __call__(self, name: ModelName, said: Mapping[str, Hourly], came: Hourly) -> dict[str, float]:
        """EUR by source; no plan rests on PVPC, so that nothing is lost by an error in it."""
        if not is_price(name):
            return self.of_advice(said, came)
        if name is ModelName.PVPC_PRICE:
            return dict.fromkeys(said, 0.0)
        days = Sample(SAMPLE, SEED).of(_whole_days(came))
        decisions = [self._decision(day, said, came) for day in days]
        paid = [found for found in self.mapper(regrets, decisions) if found]
        return {source: sum(day[source] for day in paid) for source in said}

    def _decision(self, day: date, said: Mapping[str, Hourly], came: Hourly) -> Decision:
        tomorrow = Interval(madrid_midnight(day + DAY), madrid_midnight(day + 2 * DAY))
        told = {source: {t: v for t, v in prices.items() if t in tomorrow} for source, prices in said.items()}
        return Decision(self.plant, day, came, told)


def _whole_days(came: Hourly) -> list[date]:
    """The days at whose noon a plan can be made and paid: every hour of its horizon has come."""
    first, last = madrid_date(min(came)), madrid_date(max(came))
    days = [first + n * DAY for n in range((last - first).days + 1)]
    return [day for day in days if _is_known(day, came)]


def _is_known(day: date, came: Hourly) -> bool:
    noon: datetime = madrid_midnight(day + DAY) - timedelta(hours=12)
    return all(noon + n * HOUR in came for n in range(int(AHEAD / HOUR)))
