"""How far a window of days lies from a reference: PSI and Wasserstein's distance, hour matched with hour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from chocolate_factory.modelling.numbers import Floats

#: Ten classes, each holding a tenth of the reference: the usual form of the index.
_DECILES: Final = np.linspace(0.1, 0.9, 9)
#: Levels at which quantile functions are compared.
_LEVELS: Final = (np.arange(20) + 0.5) / 20


@dataclass(frozen=True)
class Reference:
    """What is ordinary, by local hour.

    Attributes:
        deciles: 9 x 24.
        quantiles: 20 x 24.
        spread: standard deviation, 24; one where all values are equal.
    """

    deciles: Floats
    quantiles: Floats
    spread: Floats

    def psi(self, window: Floats) -> float:
        """Population stability index ``sum((p - q) ln(p / q))``, ``q`` a tenth each; 0 where the window is ordinary.

        Each value falls into the class of its own hour. Half a value is added to each class, so that an empty one
        stays finite.
        """
        classes = (window[None, :, :] >= self.deciles[:, None, :]).sum(axis=0)
        counts = np.bincount(classes.ravel(), minlength=10) + 0.5
        share = counts / counts.sum()
        return float(np.sum((share - 0.1) * np.log(share / 0.1)))

    def wasserstein(self, window: Floats) -> float:
        """Wasserstein's first distance, mean of the hours, in standard deviations of the reference."""
        apart = np.abs(np.quantile(window, _LEVELS, axis=0) - self.quantiles).mean(axis=0)
        return float(np.mean(apart / self.spread))


def reference_of(days: Floats) -> Reference:
    """The reference that whole days x 24 make."""
    spread = days.std(axis=0)
    return Reference(
        np.quantile(days, _DECILES, axis=0), np.quantile(days, _LEVELS, axis=0), np.where(spread > 0.0, spread, 1.0)
    )
