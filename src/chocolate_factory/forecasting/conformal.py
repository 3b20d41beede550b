"""Intervals from what the model itself got wrong: quantiles of its past out-of-sample errors, by hour and lead.

Split conformal prediction on the errors with their signs: P10 is the forecast plus the 10 % quantile of the errors
(actual less forecast) of the same lead and hour and the hours beside it, P90 likewise; of n days the
``share / 2 (n + 1)``-th from either end, so that they promise no more than n days can. The hours beside smooth, and
count for no more days.

Markets calm down and grow nervous: the share that may lie outside, 20 %, follows what lately did (adaptive conformal
inference, Gibbs and Candès 2021): ``share += GAIN (0.2 - missed)`` after each day, so that it holds in the long run.

Invariants:
    Only errors of days that were over at the origin count.
    P10 <= P50 <= P90; P50 is the forecast itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from chocolate_factory.domain.errors import InputError
from chocolate_factory.modelling.numbers import Floats

#: The latest days whose errors count.
DAYS: Final = 84
#: Fewest days for a tenth to mean something, with three hours each.
FEWEST: Final = 14
#: The share of hours meant to lie outside.
SHARE: Final = 0.2
GAIN: Final = 0.03
_BESIDE: Final = (-1, 0, 1)
_SHARES: Final = (0.02, 0.6)


@dataclass(frozen=True)
class Margins:
    """What to add to a forecast for P10 and P90, by local hour, EUR/MWh."""

    low: Floats
    high: Floats

    def around(self, forecast: Floats) -> Floats:
        """P10, P50, P90 of forecasts of days x 24."""
        return np.stack([forecast + np.minimum(self.low, 0.0), forecast, forecast + np.maximum(self.high, 0.0)])

    def missed(self, errors: Floats) -> float:
        """The share of a day's errors that lie outside."""
        low, _, high = self.around(np.zeros_like(errors))
        return float(np.mean((errors < low) | (errors > high)))


def margins_of(errors: Floats, share: float = SHARE) -> Margins:
    """From errors of one lead (actual less forecast), days x 24, the latest last.

    Raises:
        InputError: there are too few.
    """
    if len(errors) < FEWEST:
        raise InputError("errors", f"{len(errors)} days", f"an interval needs those of at least {FEWEST} days")
    latest = errors[-DAYS:]
    beside = np.sort(np.concatenate([np.roll(latest, shift, axis=1) for shift in _BESIDE]), axis=0)
    rank = max(len(_BESIDE) * math.floor(share / 2 * (len(latest) + 1)), 1)
    return Margins(beside[rank - 1], beside[-rank])


def adaptive_margins(errors: Floats, known: Iterable[int]) -> list[Margins | None]:
    """The margins of each forecast of one lead, in order; None while too few errors are known.

    Args:
        errors: of the forecasts so far, days x 24.
        known: for each forecast, how many of the errors were known when it was made; rising. There may be more
            forecasts than errors: the last ones' days have not come.
    """
    made: list[Margins | None] = []
    share, seen = SHARE, 0
    for count in known:
        for day in range(seen, count):
            share = _next(share, made[day], errors[day])
        seen = max(seen, count)
        made.append(margins_of(errors[:count], share) if count >= FEWEST else None)
    return made


def _next(share: float, made: Margins | None, errors: Floats) -> float:
    if made is None:
        return share
    return min(max(share + GAIN * (SHARE - made.missed(errors)), _SHARES[0]), _SHARES[1])
