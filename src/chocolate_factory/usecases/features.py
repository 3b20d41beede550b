"""The 13 features of some hours out of the store, each row as it could be made when its hour began."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY as _DAY
from chocolate_factory.domain.time import HOUR, Interval, Resolution, floor, madrid_date, madrid_midnight, slots
from chocolate_factory.learning.history import PUBLIC_AFTER_H, History, earlier
from chocolate_factory.learning.rows import NAMES, REACH_H, columns_of
from chocolate_factory.modelling.numbers import Floats
from chocolate_factory.ports import Clock, PlantFile, TimeSeriesStore
from chocolate_factory.usecases.hours import HourReader, Sky

#: What the hybrid chose a row's weather from; of the hour that was the freshest to be known.
AUDIT: Final = ("temp_observed", "temp_realtime", "temp_interpolated", "humidity_observed", "humidity_realtime")


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """One hour.

    Attributes:
        features: by name; None where an input is missing.
        audit: what station and second source said of the freshest hour that could be known; where neither did,
            ``temp_interpolated`` is the reading before, which stands in.
    """

    start: datetime
    features: Mapping[str, float | None]
    audit: Mapping[str, float | None]


class Features:
    """The deed, with its ports."""

    def __init__(self, store: TimeSeriesStore, clock: Clock, plant: PlantFile, filling: frozenset[Kind]) -> None:
        self._reader = HourReader(store, filling)
        self._clock = clock
        self._plant = plant

    def __call__(self, window: Interval) -> list[FeatureRow]:
        """The hours of the window that have begun."""
        now = self._clock.now()
        last = madrid_midnight(madrid_date(window.end) + 2 * _DAY)
        wide = Interval(floor(window.start, Resolution.HOUR) - (REACH_H + 24) * HOUR, last)
        hours, sky = self._reader.read(self._plant(), wide, now)
        history = History(hours, self._plant())
        starts = [s for s in slots(window, Resolution.HOUR) if s <= now and 0 <= hours.row_of(s) < len(hours)]
        numbers = np.array([hours.row_of(start) for start in starts], dtype=int)
        return list(_rows(starts, columns_of(history, numbers), _audit(history, sky)[numbers]))


def _rows(starts: list[datetime], features: Floats, audit: Floats) -> Iterator[FeatureRow]:
    for start, own, said in zip(starts, features.tolist(), audit.tolist(), strict=True):
        yield FeatureRow(start, _known(NAMES, own), _known(AUDIT, said))


def _audit(history: History, sky: Sky) -> Floats:
    """Hours x 5, in the order of ``AUDIT``."""
    observed, realtime, damp, damp_now = (
        earlier(values, PUBLIC_AFTER_H)
        for values in (sky.temp_observed, sky.temp_realtime, sky.humidity_observed, sky.humidity_realtime)
    )
    stands_in = np.where(np.isnan(observed) & np.isnan(realtime), history.temperature_c, np.nan)
    return np.stack([observed, realtime, stands_in, damp, damp_now], axis=1)


def _known(names: tuple[str, ...], values: list[float]) -> dict[str, float | None]:
    pairs = zip(names, values, strict=True)
    return {name: None if math.isnan(value) else round(value, 6) for name, value in pairs}
