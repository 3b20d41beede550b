"""The EPF naive with the face of a learnt model: the baseline that serves until something has beaten it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.forecast import LEADS
from chocolate_factory.forecasting.model import NO_HISTORY, SERVED, Variant
from chocolate_factory.forecasting.naive import epf_naive
from chocolate_factory.forecasting.panel import Panel
from chocolate_factory.modelling.numbers import Floats, Ints

NAIVE: Final = "epf_naive"


@dataclass(frozen=True)
class NaiveModel:
    """Nothing learnt and nothing kept (``naive.epf_naive``); it sees prices alone, of as many weeks as the others."""

    sort: str = NAIVE
    guides: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = tuple(Variant(lead, guided=False) for lead in LEADS)

    def best_variant(self, panel: Panel, target: int, lead: int) -> Variant:
        """The one there is of a lead.

        Raises:
            InputError: prices of the weeks before are missing.
        """
        if not panel.without_guides().has_inputs(np.array([target]), lead).all():
            raise InputError("prices", "missing days", NO_HISTORY)
        return Variant(lead, guided=False)

    def predict(self, variant: Variant, panel: Panel, targets: Ints) -> dict[str, Floats]:
        """Targets x 24 under the name of what is served, EUR/MWh."""
        return {SERVED: epf_naive(panel.prices, panel.first, targets, variant.lead)}
