"""Diebold and Mariano's paired test: which of two forecasts of the same hours errs less, and how surely."""

from __future__ import annotations

import math

import numpy as np

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.models import PairedTest
from chocolate_factory.modelling.numbers import Floats

#: Fewest pairs for a test that speaks of normal distributions.
FEWEST_PAIRS = 20


def diebold_mariano(first: Floats, second: Floats, lags: int = 0) -> PairedTest:
    """Whether the first forecast errs less than the second, by the days' mean absolute errors.

    ``DM = mean(d) / sqrt(var(d) / n)`` with ``d = |first| - |second|`` summed over a day (Lago et al. 2021, the
    multivariate form), with the small-sample factor of Harvey, Leybourne and Newbold (1997).

    Args:
        first, second: errors, days x hours, of the same hours.
        lags: days by which forecasts overlap, lead - 1: so many autocovariances of ``d`` count (Bartlett weights).

    Raises:
        InputError: they differ in shape, or are too few.
    """
    if first.shape != second.shape or len(first) < FEWEST_PAIRS:
        allowed = f"errors of the same hours of at least {FEWEST_PAIRS} days"
        raise InputError("errors", f"{first.shape} and {second.shape}", allowed)
    difference = np.abs(first).mean(axis=1) - np.abs(second).mean(axis=1)
    days, variance = len(difference), _long_run_variance(difference, lags)
    if variance <= 0.0:
        statistic = math.copysign(math.inf, difference.mean()) if difference.any() else 0.0
    else:
        steps = lags + 1
        small_sample = math.sqrt(max(days + 1 - 2 * steps + steps * (steps - 1) / days, 1.0) / days)
        statistic = small_sample * float(difference.mean()) / math.sqrt(variance / days)
    return PairedTest(statistic, _normal_below(statistic), days)


def _long_run_variance(series: Floats, lags: int) -> float:
    centred, count = series - series.mean(), len(series)
    weights = [(1.0, 0)] + [(2.0 * (1 - lag / (lags + 1)), lag) for lag in range(1, lags + 1)]
    return float(sum(w * np.dot(centred[lag:], centred[: count - lag]) / count for w, lag in weights))


def _normal_below(statistic: float) -> float:
    return 0.5 * math.erfc(-statistic / math.sqrt(2))
