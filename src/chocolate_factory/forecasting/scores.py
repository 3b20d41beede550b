"""How good forecasts were: mean absolute error, pinball loss, coverage, and Diebold and Mariano's paired test."""

from __future__ import annotations

import math

import numpy as np

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.forecast import LeadScore, PairedTest
from chocolate_factory.forecasting.days import Floats

#: Relative errors below this were never reached by anyone on a day-ahead market: something of the future leaked in.
TOO_GOOD = 0.3
#: Fewest pairs for a test that speaks of normal distributions.
FEWEST_PAIRS = 20


def mae(actual: Floats, forecast: Floats) -> float:
    """Mean absolute error, in the values' unit."""
    return float(np.mean(np.abs(actual - forecast)))


def pinball(actual: Floats, forecast: Floats, quantile: float) -> float:
    """Mean pinball loss of a quantile's forecast, ``max(q e, (q - 1) e)`` of ``e = actual - forecast``."""
    error = actual - forecast
    return float(np.mean(np.maximum(quantile * error, (quantile - 1) * error)))


def coverage(actual: Floats, low: Floats, high: Floats) -> float:
    """Share of the values that lie between the two, bounds included."""
    return float(np.mean((low <= actual) & (actual <= high)))


def lead_score(lead: int, actual: Floats, quantiles: Floats, epf: Floats, weekly: Floats) -> LeadScore:
    """All of a lead's scores.

    Args:
        quantiles: P10, P50, P90, each shaped as ``actual``.
        epf, weekly: the naive forecasts of the same hours.

    Raises:
        InputError: there is no hour to score.
    """
    if not actual.size:
        raise InputError("lead", lead, "no day's prices have come yet, so nothing can be scored")
    low, middle, high = quantiles
    error = mae(actual, middle)
    losses = [pinball(actual, q, level) for q, level in ((low, 0.1), (middle, 0.5), (high, 0.9))]
    return LeadScore(
        lead, actual.size, error, _share(error, mae(actual, epf)), _share(error, mae(actual, weekly)),
        float(np.mean(losses)), coverage(actual, low, high),
    )  # fmt: skip


def _share(error: float, of_naive: float) -> float:
    """A relative error; of a naive forecast that never erred, infinite, and 1 for one as perfect."""
    if of_naive == 0.0:
        return 1.0 if error == 0.0 else math.inf
    return error / of_naive


def is_too_good(score: LeadScore) -> bool:
    """Whether a score is better than honest forecasts can be: then the inputs are to be searched for the future."""
    return score.rmae < TOO_GOOD


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
