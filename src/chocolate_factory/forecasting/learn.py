"""How a price model is learnt.

LEAR's windows, the boosting's window, the market's floor, the blend and the intervals' gain were chosen by the errors
of 2024; figures of that year (``benchmarks/forecast.py``) are a little better than what other years can promise.

Invariants:
    The same panel and recipe give the same model.
"""

from __future__ import annotations

from dataclasses import dataclass

from chocolate_factory.domain.forecast import LEADS
from chocolate_factory.forecasting.learn_boosting import ROUNDS, fit_boosting
from chocolate_factory.forecasting.learn_lear import WINDOWS, fit_lear
from chocolate_factory.forecasting.model import LeadModel, PriceModel, Variant
from chocolate_factory.forecasting.panel import Panel


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes:
        windows: of LEAR, days.
        rounds: of boosting.
        leads: that are learnt; fewer for a quick look.
    """

    seed: int = 1
    windows: tuple[int, ...] = WINDOWS
    rounds: int = ROUNDS
    leads: tuple[int, ...] = tuple(LEADS)


def train(panel: Panel, recipe: Recipe | None = None) -> PriceModel:
    """The model of one series, from the days up to the panel's origin.

    Raises:
        InputError: too few days.
    """
    chosen = recipe or Recipe()
    tomorrow, later = (tuple(n for n in chosen.leads if (n > 1) is beyond) for beyond in (False, True))
    variants: dict[Variant, LeadModel] = {}
    for leads in (tomorrow, later):  # tomorrow alone; the later days share their boosted trees
        variants |= _train(panel.without_guides(), leads, chosen, guided=False)
    if panel.guides:
        variants |= _train(panel, tomorrow, chosen, guided=True)
    return PriceModel(variants, tuple(panel.guides))


def _train(panel: Panel, leads: tuple[int, ...], recipe: Recipe, *, guided: bool) -> dict[Variant, LeadModel]:
    if not leads:
        return {}
    boosting = fit_boosting(panel, leads, recipe.seed, recipe.rounds)
    return {Variant(n, guided): LeadModel(fit_lear(panel, n, recipe.windows), boosting) for n in leads}
