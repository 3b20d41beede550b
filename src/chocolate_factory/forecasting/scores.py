"""How good forecasts were: mean absolute error, pinball loss, coverage."""

from __future__ import annotations

import math

import numpy as np

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.forecast import LeadScore
from chocolate_factory.modelling.numbers import Floats

#: Relative errors below this were never reached by anyone on a day-ahead market: something of the future leaked in.
TOO_GOOD = 0.3


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
