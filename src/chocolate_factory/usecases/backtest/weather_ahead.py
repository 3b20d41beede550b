"""How a weather forecast errs, where none was kept: what came, with an error that grows with the hours ahead.

Assumed [E], for want of kept forecasts of Linares: the temperature's error has a standard deviation of 1.0 °C for the
next hour and 3.0 °C for the seventh day ahead, the relative humidity's 6 and 15 points, growing evenly in between, of
the size that weather services publish of their own. A forecast errs in one direction for about a day (correlation
``exp(-h / 24)``), and one that is too warm is too dry (correlation -0.6). No bias.

Invariants:
    The same seed and day give the same forecast, whoever asks and whatever else is asked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime

import numpy as np
import numpy.typing as npt

from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import HOUR, Interval, Resolution, slots

#: Standard deviations for the next hour and seven days ahead, and the hours until then.
TEMPERATURE_C = (1.0, 3.0)
HUMIDITY_PCT = (6.0, 15.0)
WEEK_H = 168.0
#: Hours in which an error forgets itself to 1/e, and how the two errors go together.
MEMORY_H = 24.0
TOGETHER = -0.6


def air_ahead(truth: Mapping[datetime, Air], window: Interval, seed: int, day: date) -> dict[datetime, Air]:
    """A forecast of the window's hours, made at its start.

    Args:
        day: whose decision it is made for; with ``seed`` it fixes all chance.
    """
    hours = list(slots(window, Resolution.HOUR))
    warm, damp = _errors(len(hours), np.random.default_rng([seed, day.toordinal()]))
    found = {}
    for n, hour in enumerate(hours):
        lead_h = (hour - window.start) / HOUR
        if (air := truth.get(hour)) is not None:
            temperature_c = air.temperature_c + warm[n] * _spread(TEMPERATURE_C, lead_h)
            humidity_pct = air.humidity_pct + damp[n] * _spread(HUMIDITY_PCT, lead_h)
            found[hour] = Air(float(temperature_c), float(np.clip(humidity_pct, 1.0, 100.0)))
    return found


def _spread(ends: tuple[float, float], lead_h: float) -> float:
    return ends[0] + (ends[1] - ends[0]) * min(1.0, lead_h / WEEK_H)


def _errors(count: int, chance: np.random.Generator) -> npt.NDArray[np.float64]:
    """Two rows of standard errors that remember themselves and go together."""
    keep = math.exp(-1.0 / MEMORY_H)
    fresh = chance.standard_normal((2, count))
    fresh[1] = TOGETHER * fresh[0] + math.sqrt(1 - TOGETHER**2) * fresh[1]
    errors = fresh.copy()
    for n in range(1, count):
        errors[:, n] = keep * errors[:, n - 1] + math.sqrt(1 - keep**2) * fresh[:, n]
    return errors
