"""What the meter said, by the quarter-hour.

Invariants:
    A quarter-hour has one energy, whoever read it how often: quarter-hours go before the hour that holds them, the
    distributor's before the plant's own. An hour is its four quarter-hours in equal parts. Nothing is filled in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chocolate_factory.domain.metering import METER_ENERGY, Reading
from chocolate_factory.domain.series import Kind, Observation, Query
from chocolate_factory.domain.time import Interval, Resolution, floor
from chocolate_factory.ports import TimeSeriesStore
from chocolate_factory.quality.select import best_per_slot


@dataclass(frozen=True)
class Meter:
    """The deed, with its ports."""

    store: TimeSeriesStore
    filling: frozenset[Kind]

    def __call__(self, window: Interval) -> dict[datetime, float]:
        """What was measured of the window: energy in kWh by the start of its quarter-hour."""
        quarters = quarters_of(self._read(window))
        return {start: kwh for start, kwh in sorted(quarters.items()) if start in window}

    def is_hourly(self, window: Interval) -> bool:
        """Whether the meter was read by the hour alone: a peak is then an hour's mean."""
        return {o.resolution_minutes for o in self._read(window)} == {int(Resolution.HOUR)}

    def _read(self, window: Interval) -> list[Observation]:
        wide = Interval(floor(window.start, Resolution.HOUR), window.end)
        return self.store.read(Query(METER_ENERGY, wide, kinds=self.filling))


def quarters_of(observations: Iterable[Observation]) -> dict[datetime, float]:
    """Energy by quarter-hour of readings of both lengths and any source.

    An hour counts unless all four of its quarter-hours are there: what was read of them alone is then less than it.
    """
    by_length: defaultdict[int, list[Observation]] = defaultdict(list)
    for o in observations:
        by_length[o.resolution_minutes].append(o)
    fine = {o.start: o.value for o in best_per_slot(by_length[Resolution.QUARTER])}
    for hour in best_per_slot(by_length[Resolution.HOUR]):
        parts = [hour.start + i * Resolution.QUARTER.span for i in range(4)]
        if not all(part in fine for part in parts):
            fine |= dict.fromkeys(parts, hour.value / 4)
    return fine


def quarters_of_readings(readings: Iterable[Reading]) -> dict[datetime, float]:
    """The same of readings that are in no store."""
    quarters: dict[datetime, float] = {}
    for r in readings:
        parts = int(r.resolution) // int(Resolution.QUARTER)
        quarters |= {r.start + i * Resolution.QUARTER.span: r.kwh / parts for i in range(parts)}
    return quarters
