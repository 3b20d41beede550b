"""Gradient boosting: one model of all hours of a lead or several, for the median price (absolute error)."""

from __future__ import annotations

from dataclasses import dataclass

from chocolate_factory.forecasting.lags import hourly_columns, level
from chocolate_factory.forecasting.panel import Panel
from chocolate_factory.modelling.numbers import Floats, Ints
from chocolate_factory.modelling.trees import Trees


@dataclass(frozen=True)
class Boosting:
    """Boosted trees of some leads, of prices less their level."""

    trees: Trees

    def predict(self, panel: Panel, targets: Ints, lead: int) -> Floats:
        """Targets x 24, EUR/MWh."""
        relative = self.trees.predict(hourly_columns(panel, targets, lead)).reshape(len(targets), 24)
        return relative + level(panel, targets, lead)
