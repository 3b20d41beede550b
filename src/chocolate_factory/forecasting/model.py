"""The price model: LEAR and boosting for each lead, and their blend.

The blend is their mean for tomorrow. From day 2 on the week's mean profile counts as much as that mean: how the level
will move in days nobody knows, and models that learnt dearer years say too much when prices collapse (spring 2024).

Lead 1 has two variants: *guided*, which also sees what is published for that day already (see ``panel``), and *blind*,
which sees prices and the calendar alone. The guided one answers where every guide is there.

Invariants:
    Forecasts of lead L are direct: each lead has regressions of its own, and none is fed another's output.
    Nothing here needs scikit-learn: what serves forecasts imports no more than NumPy (``learn`` makes the models).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import numpy as np

from chocolate_factory.domain.errors import InputError
from chocolate_factory.forecasting.boosting import Boosting
from chocolate_factory.forecasting.lear import Lear
from chocolate_factory.forecasting.naive import week_profile
from chocolate_factory.forecasting.panel import REACH, Panel
from chocolate_factory.modelling.numbers import Floats, Ints

#: Members by the name under which they are scored; the last is what is served.
MEMBERS: Final = ("lear", "boosting", "lear+boosting", "blend")
SERVED: Final = MEMBERS[-1]
NO_HISTORY: Final = "the prices of the five weeks before are needed"
_FLOOR: Final = 0.02


def market_floor(panel: Panel, targets: Ints, lead: int) -> Floats:
    """The price under which the market hardly goes, EUR/MWh: the 2 % quantile of the last known four weeks' hours.

    On sunny days supply bids at nothing and prices lie flat at their floor, where a regression shoots below.
    """
    recent = np.stack([panel.prices[targets - lag] for lag in range(lead, lead + REACH)])
    floor: Floats = np.quantile(recent, _FLOOR, axis=(0, 2))[:, None]
    return floor


class Variant(NamedTuple):
    """Which of the models: of a lead, with guides or without."""

    lead: int
    guided: bool


class Model(Protocol):
    """What forecasts prices, learnt or not.

    Attributes:
        sort: what a file and a card call it.
        guides: the series beside the prices that it can use, in their order.
        variants: those it has.
    """

    @property
    def sort(self) -> str: ...  # noqa: D102  as above

    @property
    def guides(self) -> tuple[str, ...]: ...  # noqa: D102  as above

    @property
    def variants(self) -> Collection[Variant]: ...  # noqa: D102  as above

    def best_variant(self, panel: Panel, target: int, lead: int) -> Variant:
        """The variant that can answer for a target day, or ``InputError``."""
        ...

    def predict(self, variant: Variant, panel: Panel, targets: Ints) -> dict[str, Floats]:
        """Targets x 24 by member, EUR/MWh; ``SERVED`` is among them."""
        ...


@dataclass(frozen=True)
class LeadModel:
    """Both members for one lead."""

    lear: Lear
    boosting: Boosting

    def predict(self, panel: Panel, targets: Ints) -> dict[str, Floats]:
        """Targets x 24 by member, EUR/MWh, none below the market's floor."""
        lear = self.lear.predict(panel, targets)
        boosting = self.boosting.predict(panel, targets, self.lear.lead)
        floor = market_floor(panel, targets, self.lear.lead)
        told = (lear, boosting, (lear + boosting) / 2, self._blend(panel, targets, (lear + boosting) / 2))
        return {name: np.maximum(prices, floor) for name, prices in zip(MEMBERS, told, strict=True)}

    def _blend(self, panel: Panel, targets: Ints, mean: Floats) -> Floats:
        lead = self.lear.lead
        return mean if lead == 1 else (mean + week_profile(panel.prices, panel.first, targets, lead)) / 2


@dataclass(frozen=True)
class PriceModel:
    """All that was learnt of one series.

    Attributes:
        variants: guided ones only where the panel they were learnt from had guides.
        guides: which those were, in their order.
    """

    variants: dict[Variant, LeadModel]
    guides: tuple[str, ...] = ()
    sort: str = SERVED

    def best_variant(self, panel: Panel, target: int, lead: int) -> Variant:
        """The variant that can answer for a target day.

        Raises:
            InputError: prices of the weeks before are missing, or the lead was not learnt.
        """
        row = np.array([target])
        guided = Variant(lead, guided=True)
        if guided in self.variants and tuple(panel.guides) == self.guides and panel.has_inputs(row, lead).all():
            return guided
        if Variant(lead, guided=False) not in self.variants:
            raise InputError("lead", lead, f"one of {sorted({v.lead for v in self.variants})}")
        if not panel.without_guides().has_inputs(row, lead).all():
            raise InputError("prices", "missing days", NO_HISTORY)
        return Variant(lead, guided=False)

    def predict(self, variant: Variant, panel: Panel, targets: Ints) -> dict[str, Floats]:
        """Targets x 24 by member, EUR/MWh; NaN where an input is missing."""
        return self.variants[variant].predict(panel if variant.guided else panel.without_guides(), targets)
