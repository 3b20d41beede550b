"""LEAR: for each hour of the day a LASSO on whole days of lagged prices (Lago et al. 2021, Applied Energy 293).

    z(x) = asinh((x - median) / (1.4826 MAD))            by column, over the calibration window
    z(y_h) = b_0h + sum_j b_jh (z(x_j) - mean_j) / std_j
    forecast = mean over the calibration windows

Invariants:
    A fitted model is arrays and numbers alone; it predicts without scikit-learn.
    A prediction stays within its window's prices and a margin, in the transformed scale: the hyperbolic sine makes of a
    small step beyond all experience an absurd price.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chocolate_factory.forecasting.lags import daily_columns
from chocolate_factory.forecasting.panel import Panel
from chocolate_factory.modelling.numbers import Floats, Ints


@dataclass(frozen=True)
class Scale:
    """The asinh-median transform of some columns, EUR/MWh or MW."""

    centre: Floats
    width: Floats

    def forth(self, values: Floats) -> Floats:
        """To the transformed scale."""
        transformed: Floats = np.arcsinh((values - self.centre) / self.width)
        return transformed

    def back(self, transformed: Floats) -> Floats:
        """From the transformed scale."""
        values: Floats = np.sinh(transformed) * self.width + self.centre
        return values


@dataclass(frozen=True)
class Window:
    """The 24 regressions of one calibration window.

    Attributes:
        coefficients: columns x 24, of columns less ``mean`` over ``std``.
        low, high: bounds of a prediction by hour, transformed.
    """

    inputs: Scale
    output: Scale
    mean: Floats
    std: Floats
    coefficients: Floats
    intercept: Floats
    low: Floats
    high: Floats

    def predict(self, lagged: Floats, calendar: Floats) -> Floats:
        """Days x 24, EUR/MWh."""
        columns = (np.hstack([self.inputs.forth(lagged), calendar]) - self.mean) / self.std
        return self.output.back(np.clip(columns @ self.coefficients + self.intercept, self.low, self.high))


@dataclass(frozen=True)
class Lear:
    """LEAR of one lead."""

    lead: int
    windows: tuple[Window, ...]

    def predict(self, panel: Panel, targets: Ints) -> Floats:
        """Targets x 24, EUR/MWh."""
        lagged, calendar = daily_columns(panel, targets, self.lead)
        mean: Floats = np.mean([w.predict(lagged, calendar) for w in self.windows], axis=0)
        return mean
