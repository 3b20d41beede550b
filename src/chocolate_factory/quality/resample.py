"""Points as an upstream gives them, made into the slots of our catalogue.

Markets changed their step (spot: hours until 2025-09-30, quarter-hours since) and apidatos changes it within one
answer (demand: hours for the past, five minutes for today), so the step is read from the points, day by day.

Invariants:
    A slot is the mean of its points, never a guess: too few points, or points coarser than the slot, make no slot.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from statistics import fmean

from chocolate_factory.domain.errors import UpstreamLiedError
from chocolate_factory.domain.series_spec import SeriesSpec
from chocolate_factory.domain.time import Resolution, floor, madrid_date

#: When a step begins, aware, and its value.
Point = tuple[datetime, float]

#: What an upstream's step may be, the coarsest first.
STEPS = (Resolution.HOUR, Resolution.QUARTER, Resolution.FIVE_MINUTES)


def in_order(points: Iterable[Point], upstream: str) -> list[Point]:
    """The points in UTC, ordered, each moment once.

    Raises:
        UpstreamLiedError: one moment has two values, as where a body lost the offset of October's repeated hour.
    """
    values: dict[datetime, float] = {}
    for moment, value in points:
        start = moment.astimezone(UTC)
        if values.setdefault(start, value) != value:
            raise UpstreamLiedError(upstream, f"{start:%Y-%m-%dT%H:%MZ} has two values, {values[start]} and {value}")
    return sorted(values.items())


def step_of(starts: Sequence[datetime]) -> Resolution | None:
    """The coarsest step whose grid holds every start.

    Holes do not change it. None where it cannot be told: a lone point may be an hour or the first five minutes of
    one, and a start off every grid is no step's.
    """
    if len(starts) < 2:
        return None
    return next((step for step in STEPS if all(floor(start, step) == start for start in starts)), None)


def points_to_slots(points: Iterable[Point], spec: SeriesSpec, at_least: float = 1.0) -> list[Point]:
    """The hours, quarter-hours or five minutes of a series that the points fill, in order.

    Args:
        points: as ``in_order`` leaves them.
        spec: says how long the slot is that begins at a moment.
        at_least: share of a slot's points, 0..1, that must be there.
    """
    days = (list(day) for _, day in groupby(points, key=lambda point: madrid_date(point[0])))
    return [slot for day in days for slot in _slots_of_day(day, spec.resolution(day[0][0]), at_least)]


def _slots_of_day(day: Sequence[Point], resolution: Resolution, at_least: float) -> list[Point]:
    step = step_of([start for start, _ in day])
    if step is None or step > resolution:
        return []
    if step == resolution:
        return list(day)
    needed = math.ceil(at_least * resolution / step)
    values: dict[datetime, list[float]] = defaultdict(list)
    for start, value in day:
        values[floor(start, resolution)].append(value)
    return [(start, _mean(held)) for start, held in values.items() if len(held) >= needed]


def _mean(values: Sequence[float]) -> float:
    """Rounded to a millionth, so that equal points have exactly their own value as their mean."""
    return round(fmean(values), 6) if len(values) > 1 else float(values[0])
