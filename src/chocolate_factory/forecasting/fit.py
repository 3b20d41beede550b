"""A price model with its margins, learnt from all that is known; in one go, or in pieces for several processes."""

from __future__ import annotations

from typing import Final

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.forecast import LEADS
from chocolate_factory.forecasting.conformal import DAYS, Margins, adaptive_margins, margins_of
from chocolate_factory.forecasting.forecast import Fitted
from chocolate_factory.forecasting.learn import Recipe, train
from chocolate_factory.forecasting.model import SERVED, Variant
from chocolate_factory.forecasting.panel import FEWEST_DAYS, REACH, Panel
from chocolate_factory.forecasting.walk import Told, errors, joined, known_errors, step, steps
from chocolate_factory.modelling.numbers import Ints

#: Origins whose forecasts make the margins, so that every lead has ``DAYS`` errors; two earlier trainings in all.
_ORIGINS: Final = DAYS + LEADS[-1] - 1
#: Days of prices without which there is no model with margins.
FEWEST_IN_ALL: Final = _ORIGINS + FEWEST_DAYS + REACH + LEADS[-1]


def fit(series: str, panel: Panel, recipe: Recipe | None = None) -> Fitted:
    """Train on all that is known, and twice on less, for errors that no model had seen.

    Raises:
        InputError: too few days.
    """
    chosen = recipe or Recipe()
    walked = joined(step(panel, origins, chosen) for origins in calibration_steps(panel))
    return fitted_of(series, panel, walked, chosen)


def calibration_steps(panel: Panel) -> list[Ints]:
    """The origins whose forecasts make the margins, in two pieces that can be walked apart.

    Raises:
        InputError: too few days.
    """
    days = panel.origin + 1
    if days < FEWEST_IN_ALL:
        allowed = f"{FEWEST_IN_ALL - days} more are needed, {FEWEST_IN_ALL} in all"
        raise InputError("prices", f"{days} days", allowed)
    return steps(panel.origin - _ORIGINS, panel.origin - 1, _ORIGINS // 2)


def fitted_of(series: str, panel: Panel, walked: dict[Variant, Told], recipe: Recipe) -> Fitted:
    """The model of all days, with margins from what earlier ones told."""
    margins = {variant: _margins(panel, told, variant.lead) for variant, told in walked.items()}
    return Fitted(series, train(panel, recipe), margins)


def _margins(panel: Panel, told: Told, lead: int) -> Margins:
    """Those for the next forecast, when all that was told is known.

    Raises:
        InputError: too few of the days had their inputs.
    """
    wrong = errors(panel, told, SERVED)
    latest = adaptive_margins(wrong, [*known_errors(told.targets, lead), len(wrong)])[-1]
    return latest or margins_of(wrong)
