"""From hours to quarter-hours: the hour's forecast plus the shape that its quarters had in the last weeks.

Within an hour prices climb or fall with the sun and the demand, each morning and evening alike; what shifts from day
to day is the hour's level, and that is the hourly forecast's work.

Invariants:
    A shape sums to zero over each hour, so that the four quarters' mean is the hour's forecast.
    Where no quarter-hours were traded there is no shape, and none is made up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

import numpy as np

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.forecast import ExpectedPrice
from chocolate_factory.domain.time import HOUR, MADRID, Interval, Resolution, floor, slots
from chocolate_factory.forecasting.days import refuse_later
from chocolate_factory.modelling.numbers import Floats

#: Weeks whose quarter-hours make the shape, and the fewest whole hours of each local hour of the day that do.
WEEKS: Final = timedelta(weeks=4)
FEWEST: Final = 7


@dataclass(frozen=True)
class Shape:
    """What each quarter adds to its hour, EUR/MWh: 24 local hours x 4."""

    offsets: Floats

    def quarters_of(self, hour: ExpectedPrice) -> list[ExpectedPrice]:
        """The hour as four slots; all three quantiles move together."""
        offsets = self.offsets[hour.slot.start.astimezone(MADRID).hour]
        starts = slots(hour.slot, Resolution.QUARTER)
        pieces = zip(starts, offsets.tolist(), strict=True)
        return [
            ExpectedPrice(Interval(start, start + HOUR / 4), hour.p10 + o, hour.p50 + o, hour.p90 + o)
            for start, o in pieces
        ]


def shape_known_at(
    at: datetime, quarters: Mapping[datetime, float], published: Callable[[datetime], datetime]
) -> Shape:
    """The mean shape of the last four weeks up to the latest quarter-hour known.

    Args:
        quarters: EUR/MWh by start of quarter-hour, aware; older ones do not count.
        published: when the world could know the quarter that begins at its argument.

    Raises:
        InputError: a quarter was published only later, or the quarters of some hour of the day are too few.
    """
    refuse_later(at, quarters, published)
    since = max(quarters, default=at) - WEEKS
    by_hour: list[list[Floats]] = [[] for _ in range(24)]
    for hour, prices in _whole_hours(item for item in sorted(quarters.items()) if item[0] > since):
        by_hour[hour.astimezone(MADRID).hour].append(prices - prices.mean())
    fewest = min(map(len, by_hour))
    if fewest < FEWEST:
        raise InputError("quarters", f"{fewest} of an hour", f"a shape needs {FEWEST} of each hour of the day")
    return Shape(np.stack([np.mean(shapes, axis=0) for shapes in by_hour]))


def _whole_hours(quarters: Iterable[tuple[datetime, float]]) -> Iterable[tuple[datetime, Floats]]:
    for hour, found in groupby(quarters, key=lambda item: floor(item[0], Resolution.HOUR)):
        prices = [price for _, price in found]
        if len(prices) == 4:
            yield hour, np.array(prices)
