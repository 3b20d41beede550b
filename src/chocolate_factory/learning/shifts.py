"""Whether inputs or predictions have moved, and whether prices have changed their scale.

Invariants:
    Nothing is found that lasts for less than ``PERSIST`` days, or where earlier years are missing.
    A fortnight counts as moved only where both distances are larger than any ordinary fortnight's of the earlier
    years, Wasserstein's by a margin. PSI knows its classes alone and is soon at its end, so it only has its say.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from chocolate_factory.domain.time import DAY
from chocolate_factory.learning.distances import Reference, reference_of
from chocolate_factory.learning.drift import DriftFinding, DriftKind, Remedy, since_when
from chocolate_factory.learning.seasons import (
    FEWEST_NOW,
    FEWEST_THEN,
    FEWEST_YEARS,
    MOST_YEARS,
    REACH,
    WINDOW,
    YEAR,
    DayTable,
    Season,
    days_between,
    season_of,
    window_to,
)
from chocolate_factory.modelling.numbers import Floats

#: Days in a row that a change must last.
PERSIST: Final = 3
#: How much farther than the farthest ordinary fortnight: two or three earlier years seldom hold the extreme. Shapes of
#: prices wander with each new gigawatt of sun, so they get more room: of 2024 they then tell 14 days of September, with
#: the others' margin 50 days.
MARGIN, PRICE_MARGIN = 1.25, 2.0
#: Below these a distance is small whatever earlier years say: the usual limit of PSI, a quarter of a deviation.
LEAST_PSI, LEAST_WASSERSTEIN = 0.25, 0.25
#: A level's fortnight is compared with so many days before it.
BEFORE: Final = 28
#: A change of level by less is no change of scale; and how much larger than the largest ordinary one it must be.
LEAST_RATIO, RATIO_MARGIN = 1.3, 1.1
#: Levels below this say nothing as a ratio, EUR/MWh.
LOW_PRICE: Final = 10.0
#: The level is that of the dear hours: the plant at the margin sets it, and cheap hours come and go with the wind.
DEAR: Final = 0.9


@dataclass(frozen=True)
class Limits:
    """What an ordinary fortnight stays below."""

    psi: float
    wasserstein: float


@dataclass(frozen=True)
class Rows:
    """A ``DayTable``."""

    first: date
    values: Floats


def moved(what: str, table: DayTable, last: date, margin: float = MARGIN) -> DriftFinding | None:
    """Whether a series lies where the same weeks of earlier years never did; it says nothing of why.

    Args:
        what: the series' name.
        last: the last whole day.
        margin: how much farther than any ordinary fortnight it must lie.
    """
    season = season_of(table, last)
    if season is None:
        return None
    ordinary, limits = reference_of(season.all_days), _limits(season, margin)
    since = since_when(last, lambda day: _is_beyond(ordinary, limits, window_to(table, day)), PERSIST)
    window = window_to(table, last)
    if since is None or window is None:
        return None
    psi, far = ordinary.psi(window), ordinary.wasserstein(window)
    why = (
        f"{what}: its last {WINDOW} days lie {far:.1f} deviations from the same weeks of earlier years, PSI {psi:.2f}."
    )
    measure = "Wasserstein distance from the same weeks of earlier years, standard deviations"
    return DriftFinding(DriftKind.WORLD, what, since, measure, far, limits.wasserstein, Remedy.RETRAIN_SHORT, why)


def without_level(table: DayTable) -> Rows:
    """Prices as shares of their day's mean: their shape, whatever they cost."""
    return Rows(table.first, table.values / np.maximum(table.values.mean(axis=1), LOW_PRICE)[:, None])


def scale_changed(tables: Mapping[str, DayTable], last: date) -> DriftFinding | None:
    """Whether all price series have changed their level together, and more than they ever did at that season.

    One series alone may be an error of its source; the market moves them all.

    Args:
        tables: EUR/MWh, by the series' name; at least two.
    """
    limit = _ordinary_change(tables, last) if len(tables) > 1 else None
    if limit is None:
        return None
    since = since_when(last, lambda day: abs(_shared_change(tables, day) or 0.0) > limit, PERSIST)
    change = _shared_change(tables, last)
    if since is None or change is None:
        return None
    told = ", ".join(f"{name} {math.exp(_change(t, last) or 0.0):.2f} times" for name, t in tables.items())
    why = f"Prices changed their level together: the last {WINDOW} days against the {BEFORE} before, {told}."
    measure = "ratio of the levels of the dear hours, the larger by the smaller, of the series that moved least"
    ratio, allowed = math.exp(abs(change)), math.exp(limit)
    return DriftFinding(DriftKind.WORLD, "price level", since, measure, ratio, allowed, Remedy.RETRAIN_SHORT, why)


def _limits(season: Season, margin: float) -> Limits:
    psi, far = [0.0], [0.0]
    for year, windows in enumerate(season.windows):
        others = reference_of(season.others(year))
        psi += [others.psi(window) for window in windows]
        far += [others.wasserstein(window) for window in windows]
    return Limits(max(LEAST_PSI, *psi), max(LEAST_WASSERSTEIN, margin * max(far)))


def _is_beyond(ordinary: Reference, limits: Limits, window: Floats | None) -> bool:
    if window is None:
        return False
    return ordinary.psi(window) > limits.psi and ordinary.wasserstein(window) > limits.wasserstein


def _shared_change(tables: Mapping[str, DayTable], last: date) -> float | None:
    """The change of the series that moved least; 0 where they moved apart, None where one is not known."""
    changes = [_change(table, last) for table in tables.values()]
    known = [change for change in changes if change is not None]
    if len(known) < len(changes):
        return None
    together = min(known) > 0.0 or max(known) < 0.0
    return min(known, key=abs) if together else 0.0


def _change(table: DayTable, last: date) -> float | None:
    """Logarithm of the fortnight's level over that of the four weeks before."""
    now, start = window_to(table, last), last - (WINDOW - 1) * DAY
    before = days_between(table, start - BEFORE * DAY, start)
    if now is None or len(before) < 2 * FEWEST_NOW:
        return None
    return math.log(_level(now) / _level(before))


def _ordinary_change(tables: Mapping[str, DayTable], last: date) -> float | None:
    """The largest change that is ordinary at that season; None where too few years tell."""
    years = [_changes_of(tables, last - back * YEAR * DAY) for back in range(1, MOST_YEARS + 1)]
    told = [max(changes) for changes in years if len(changes) >= FEWEST_THEN]
    return max(math.log(LEAST_RATIO), RATIO_MARGIN * max(told)) if len(told) >= FEWEST_YEARS else None


def _changes_of(tables: Mapping[str, DayTable], same: date) -> list[float]:
    changes = (_shared_change(tables, same + shift * DAY) for shift in range(-REACH, REACH + 1))
    return [abs(change) for change in changes if change is not None]


def _level(days: Floats) -> float:
    return max(float(np.quantile(days, DEAR)), LOW_PRICE)
