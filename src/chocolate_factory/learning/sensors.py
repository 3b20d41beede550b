"""Broken data: a line that is flat, a clock that stands still, a source that jumps, or falls silent.

Invariants:
    What the world may do is no fault: zero prices for a night, fog at 100 % for a day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Final

from chocolate_factory.domain.time import DAY, HOUR, Interval, madrid_date
from chocolate_factory.learning.drift import DriftFinding, DriftKind, Remedy

#: Start and value, in order.
Readings = Sequence[tuple[datetime, float]]


@dataclass(frozen=True, slots=True)
class FlatRule:
    """When equal values in a row are a fault.

    Attributes:
        hours: so many of them: longer than any real run of 2021 to 2024 but one of a hygrometer
        idle_low, idle_high: values at which the series may well rest.
    """

    hours: float
    idle_low: float = float("inf")
    idle_high: float = float("-inf")

    def may_rest(self, value: float) -> bool:
        """Whether the world itself holds such a value for long."""
        return self.idle_low <= value <= self.idle_high


#: By series.
FLAT: Final = {
    "temperature": FlatRule(20),
    "humidity": FlatRule(36, 95.0, 100.0),
    "demand": FlatRule(4),
    "spot": FlatRule(18, -1.0, 5.0),
    "pvpc": FlatRule(12),
}
#: A hole of more than this ends a run of equal values.
HOLE: Final = 2 * HOUR

#: A clock stands still when so many readings over so long brought no later slot.
CLOCK_READINGS, CLOCK_SPAN = 4, timedelta(hours=6)

#: A source that spoke at least so often on the last day of which it spoke is silent when that day ended so long ago.
SPOKE, SILENT_AFTER = 12, 7 * HOUR  # six hours, and one that an observation may take to come

#: A source has jumped when its distance from the others changed by so much, and by five of its usual deviations.
JUMPS: Final = {"temperature": 4.0, "humidity": 20.0}
_DEVIATIONS: Final = 5 * 1.4826  # of the median absolute deviation, as standard deviations of a normal distribution
_NOW, _BEFORE = DAY, 28 * DAY
_FEWEST_NOW, _FEWEST_BEFORE = 12, 72


def flat_runs(series: str, readings: Readings) -> list[Interval]:
    """The stretches of a series whose values are too equal to be true, in order; none for a series without a rule."""
    rule = FLAT.get(series)
    if rule is None:
        return []
    stretches = (Interval(run[0][0], run[-1][0] + _step(run)) for run in _equal_runs(readings) if _is_odd(run, rule))
    return [stretch for stretch in stretches if stretch.duration >= rule.hours * HOUR]


def flat_line(series: str, source: str, readings: Readings) -> DriftFinding | None:
    """Whether the newest readings of a source are flat."""
    runs = flat_runs(series, readings)
    if not runs or runs[-1].end <= readings[-1][0]:
        return None
    hours = runs[-1].duration / HOUR
    why = f"{series} of {source} has stood at {readings[-1][1]:g} for {hours:.0f} hours."
    return _broken(series, source, runs[-1].start, "hours of one value", hours, FLAT[series].hours, why)


def frozen_clock(series: str, source: str, arrivals: Sequence[tuple[datetime, datetime]]) -> DriftFinding | None:
    """Whether a source goes on talking, always of the same old slot.

    A source that repeats itself to the letter is silent to the store: see ``fallen_silent``.

    Args:
        arrivals: start of the slot and moment of receipt, in order of receipt.
    """
    if not arrivals:
        return None
    newest, last = max(start for start, _ in arrivals), arrivals[-1][1]
    first_said = min(received for start, received in arrivals if start == newest)
    since = [received for _, received in arrivals if received > first_said]
    stood = last - first_said
    if len(since) < CLOCK_READINGS or stood < CLOCK_SPAN or last - newest < CLOCK_SPAN:
        return None
    why = (
        f"{series} of {source} speaks of {newest:%Y-%m-%dT%H:%MZ} for {stood / HOUR:.0f} hours: its clock stands still."
    )
    limit = CLOCK_SPAN / HOUR
    return _broken(series, source, first_said, "hours without a later slot", stood / HOUR, limit, why)


def fallen_silent(starts: Sequence[datetime], now: datetime) -> bool:
    """Whether a source of hourly values that used to speak has said nothing new for long.

    Args:
        starts: of the hours that it spoke of lately.
    """
    newest = max(starts)
    spoke = sum(newest - DAY < start for start in starts)
    return spoke >= SPOKE and now - (newest + HOUR) > SILENT_AFTER


def lone_jumps(series: str, sources: Mapping[str, Mapping[datetime, float]], last: datetime) -> list[DriftFinding]:
    """The sources that have moved away from the others within a day, while these stayed.

    Args:
        sources: by name, value by start of hour, of the last weeks.
        last: the start of the newest hour.
    """
    found = (_lone_jump(series, name, sources, last) for name in sorted(sources)) if series in JUMPS else ()
    return [finding for finding in found if finding is not None]


def _lone_jump(
    series: str, name: str, sources: Mapping[str, Mapping[datetime, float]], last: datetime
) -> DriftFinding | None:
    own, others = sources[name], _median_of([v for n, v in sources.items() if n != name])
    apart = {start: value - others[start] for start, value in own.items() if start in others}
    now, before = _parts(apart, last)
    if len(now) < _FEWEST_NOW or len(before) < _FEWEST_BEFORE:
        return None
    usual = median(before)
    moved = abs(median(now) - usual)
    limit = max(JUMPS[series], _DEVIATIONS * median(abs(value - usual) for value in before))
    if moved <= limit or _own_change(own, last) <= _own_change(others, last):
        return None
    why = f"{series} of {name} has moved by {moved:.1f} against the other sources, which stayed."
    return _broken(series, name, last - _NOW + HOUR, "change of its distance from the others", moved, limit, why)


def _parts(values: Mapping[datetime, float], last: datetime) -> tuple[list[float], list[float]]:
    """Those of the last day, and those of the weeks before it."""
    edge = last - _NOW
    now = [value for start, value in values.items() if edge < start <= last]
    return now, [value for start, value in values.items() if edge - _BEFORE < start <= edge]


def _own_change(values: Mapping[datetime, float], last: datetime) -> float:
    """By how much the last day's median differs from that of the three days before: who jumped, of two."""
    now, before = _parts({s: v for s, v in values.items() if s > last - 4 * DAY}, last)
    return abs(median(now) - median(before)) if now and before else 0.0


def _median_of(sources: Sequence[Mapping[datetime, float]]) -> dict[datetime, float]:
    said: dict[datetime, list[float]] = {}
    for values in sources:
        for start, value in values.items():
            said.setdefault(start, []).append(value)
    return {start: median(values) for start, values in said.items()}


def _equal_runs(readings: Readings) -> list[list[tuple[datetime, float]]]:
    runs = [[reading] for reading in readings[:1]]
    for before, reading in pairwise(readings):
        if reading[1] == before[1] and reading[0] - before[0] <= HOLE:
            runs[-1].append(reading)
        else:
            runs.append([reading])
    return runs


def _is_odd(run: Sequence[tuple[datetime, float]], rule: FlatRule) -> bool:
    return len(run) > 1 and not rule.may_rest(run[0][1])


def _step(run: Sequence[tuple[datetime, float]]) -> timedelta:
    return run[-1][0] - run[-2][0] if len(run) > 1 else HOUR


def _broken(
    series: str, source: str, since: datetime, measure: str, statistic: float, limit: float, why: str
) -> DriftFinding:
    what, day = f"{series}/{source}", madrid_date(since)
    return DriftFinding(DriftKind.SENSOR, what, day, measure, statistic, limit, Remedy.LEAVE_OUT, why)
