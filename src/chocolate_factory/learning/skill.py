"""Whether a model still errs as much less than the naive forecast as it promised.

Invariants:
    Hard days are hard for both: errors are told as a share of the naive forecast's on the same days (rMAE).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from chocolate_factory.domain.errors import InputError
from chocolate_factory.learning.drift import DriftFinding, DriftKind, Remedy
from chocolate_factory.learning.seasons import WINDOW
from chocolate_factory.modelling.numbers import Floats
from chocolate_factory.modelling.paired import diebold_mariano

#: Scored days in a row on which the last fortnight's rMAE is worse than promised by this factor: train again.
PERSIST, WORSE_BY = 7, 1.25
#: So many on which it is beaten by the naive forecast: the naive forecast serves.
PERSIST_BEATEN: Final = 14
#: How sure it must be that the naive forecast is the better one.
LEVEL: Final = 0.05
_MEASURE: Final = f"rMAE of {WINDOW} days against the naive forecast"


@dataclass(frozen=True)
class DailyLosses:
    """Mean losses of days that both forecast, in one unit.

    Attributes:
        days: those that could be scored, in order; some may be missing.
        own, naive: the model's and the naive forecast's.
    """

    days: Sequence[date]
    own: Sequence[float]
    naive: Sequence[float]

    def __post_init__(self) -> None:
        if not len(self.days) == len(self.own) == len(self.naive):
            raise InputError(
                "losses", f"{len(self.own)} and {len(self.naive)}", f"one for each of {len(self.days)} days"
            )


def skill_lost(name: str, losses: DailyLosses, promise: float) -> DriftFinding | None:
    """Whether the model errs more than it promised, or is even beaten; None while there are too few days.

    Args:
        name: the model's.
        promise: its rMAE when it was judged, against the same naive forecast.
    """
    rolling = _rolling(losses)
    run_beaten, run_worse = _run_above(rolling, 1.0), _run_above(rolling, WORSE_BY * promise)
    if run_beaten >= PERSIST_BEATEN and _is_sure(losses, run_beaten):
        why = f"{name}: beaten by the naive forecast for {run_beaten} days in a row (rMAE {rolling[-1]:.2f})."
        return _finding(name, losses, rolling, run_beaten, 1.0, Remedy.BASELINE, why)
    if run_worse >= PERSIST:
        why = f"{name}: its rMAE of the last {WINDOW} days is {rolling[-1]:.2f}, where it promised {promise:.2f}."
        return _finding(name, losses, rolling, run_worse, WORSE_BY * promise, Remedy.RETRAIN, why)
    return None


def _finding(
    name: str, losses: DailyLosses, rolling: Floats, run: int, limit: float, remedy: Remedy, why: str
) -> DriftFinding:
    since = losses.days[-run]
    return DriftFinding(DriftKind.MODEL, name, since, _MEASURE, float(rolling[-1]), limit, remedy, why)


def _rolling(losses: DailyLosses) -> Floats:
    """The rMAE of each run of ``WINDOW`` scored days, the newest last; empty where they are fewer."""
    if len(losses.days) < WINDOW:
        return np.array([])
    ones = np.ones(WINDOW)
    own, naive = (np.convolve(np.asarray(x, dtype=float), ones, "valid") for x in (losses.own, losses.naive))
    return np.where(naive > 0.0, own / np.where(naive > 0.0, naive, 1.0), np.where(own > 0.0, np.inf, 1.0))


def _run_above(rolling: Floats, limit: float) -> int:
    """How many of the newest are above."""
    below = np.flatnonzero(rolling <= limit)
    return len(rolling) - (int(below[-1]) + 1 if len(below) else 0)


def _is_sure(losses: DailyLosses, run: int) -> bool:
    """Whether luck does not explain it, over all the days that the run's fortnights hold."""
    days = run + WINDOW - 1
    own, naive = (np.asarray(x[-days:], dtype=float)[:, None] for x in (losses.own, losses.naive))
    return diebold_mariano(naive, own).p_first_better <= LEVEL
