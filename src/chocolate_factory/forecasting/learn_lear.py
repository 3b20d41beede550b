"""How LEAR is learnt: LASSO regressions by the LARS path, on one Gram matrix for a window's 24 hours.

The penalty is the point of the path with the least corrected Akaike criterion.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Final

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import lars_path_gram

from chocolate_factory.forecasting.lags import daily_columns
from chocolate_factory.forecasting.lear import Lear, Scale, Window
from chocolate_factory.forecasting.panel import Panel
from chocolate_factory.modelling.numbers import Floats, Ints

#: Calibration windows, days.
WINDOWS: Final = (84, 364, 728)
#: Steps of the LARS path at most; and never more than a third of the days, or AICc has nothing to judge by.
PATH: Final = 60
#: How far beyond its window's prices a prediction may go, in the transformed scale.
MARGIN: Final = 0.5
_MAD_TO_STD: Final = 1.4826
_RIDGE: Final = 1e-6


def fit_lear(panel: Panel, lead: int, windows: Sequence[int] = WINDOWS) -> Lear:
    """Learnt from the days up to the panel's origin; with a short history several windows may be the same.

    Raises:
        InputError: too few days.
    """
    longest = panel.targets(lead, max(windows))
    chosen = {len(rows): rows for rows in (longest[-days:] for days in windows)}
    return Lear(lead, tuple(_fit_window(panel, rows, lead) for rows in chosen.values()))


def _fit_window(panel: Panel, targets: Ints, lead: int) -> Window:
    lagged, calendar = daily_columns(panel, targets, lead)
    prices = panel.prices[targets]
    inputs, output = _scale(lagged), _scale(prices)
    columns, wanted = np.hstack([inputs.forth(lagged), calendar]), output.forth(prices)
    mean, std = columns.mean(axis=0), _positive(columns.std(axis=0))
    intercept = wanted.mean(axis=0)
    coefficients = _lassos((columns - mean) / std, wanted - intercept)
    low, high = wanted.min(axis=0) - MARGIN, wanted.max(axis=0) + MARGIN
    return Window(inputs, output, mean, std, coefficients, intercept, low, high)


def _scale(columns: Floats) -> Scale:
    centre = np.median(columns, axis=0)
    return Scale(centre, _positive(_MAD_TO_STD * np.median(np.abs(columns - centre), axis=0)))


def _positive(widths: Floats) -> Floats:
    """A column that never changes is left as it is."""
    return np.where(widths > 1e-9, widths, 1.0)


def _lassos(columns: Floats, wanted: Floats) -> Floats:
    """Coefficients, columns x hours; all centred."""
    gram, products = columns.T @ columns, columns.T @ wanted
    # Columns that say the same, as hours of a demand forecast may, stop scikit-learn's path with an error.
    gram[np.diag_indices_from(gram)] += _RIDGE * len(columns)
    squares = (wanted**2).sum(axis=0)
    with warnings.catch_warnings():
        # A path that ends early, where nothing is left to explain, says so; what it found until then holds.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fits = [_lasso(gram, products[:, hour], squares[hour], len(columns)) for hour in range(wanted.shape[1])]
    return np.column_stack(fits)


def _lasso(gram: Floats, products: Floats, squares: float, days: int) -> Floats:
    """The point of the LARS path with the least corrected Akaike criterion.

    ``AICc = n ln(RSS / n) + 2 k + 2 k (k + 1) / (n - k - 1)``, k coefficients that are not zero.
    """
    steps = min(PATH, days // 3)
    _, _, path = lars_path_gram(products, gram, n_samples=days, method="lasso", max_iter=steps)
    residual = squares - 2 * products @ path + (path * (gram @ path)).sum(axis=0)
    used = (path != 0).sum(axis=0)
    fit = days * np.log(np.maximum(residual, 1e-9 * squares + 1e-12) / days)
    best: Floats = path[:, np.argmin(fit + 2 * used + 2 * used * (used + 1) / (days - used - 1))]
    return best
