"""A price model with its margins, learnt from all that is known; in one go, or in pieces for several processes."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from chocolate_factory.domain.errors import InputError
from chocolate_factory.forecasting.conformal import Margins, adaptive_margins, margins_of
from chocolate_factory.forecasting.enough import FEWEST_FOR_NAIVE, FEWEST_IN_ALL, ORIGINS
from chocolate_factory.forecasting.forecast import Fitted
from chocolate_factory.forecasting.learn import Recipe, train
from chocolate_factory.forecasting.model import SERVED, PriceModel, Variant
from chocolate_factory.forecasting.naive_model import NaiveModel
from chocolate_factory.forecasting.panel import Panel
from chocolate_factory.forecasting.walk import Told, errors, joined, known_errors, step, steps, told_by
from chocolate_factory.modelling.numbers import Ints


def fit(series: str, panel: Panel, recipe: Recipe | None = None) -> Fitted:
    """Train on all that is known, and twice on less, for errors that no model had seen.

    Raises:
        InputError: too few days.
    """
    chosen = recipe or Recipe()
    walked = joined(step(panel, origins, chosen) for origins in calibration_steps(panel))
    return fitted_of(series, panel, walked, train(panel, chosen))


def calibration_steps(panel: Panel) -> list[Ints]:
    """The origins whose forecasts make the margins, in two pieces that can be walked apart.

    Raises:
        InputError: too few days.
    """
    _refuse_short(panel, FEWEST_IN_ALL)
    return steps(panel.origin - ORIGINS, panel.origin - 1, ORIGINS // 2)


def fitted_of(series: str, panel: Panel, walked: dict[Variant, Told], model: PriceModel | NaiveModel) -> Fitted:
    """The model of all days, with margins from what earlier ones told."""
    margins = {variant: _margins(panel, told, variant.lead) for variant, told in walked.items()}
    return Fitted(series, model, margins)


def fit_naive(series: str, panel: Panel) -> tuple[Fitted, dict[Variant, Told]]:
    """The baseline with margins from its own errors, and what it told at the origins of a learnt model's margins.

    Raises:
        InputError: too few days.
    """
    _refuse_short(panel, FEWEST_FOR_NAIVE)
    origins = np.arange(max(panel.origin - ORIGINS, 0), panel.origin)
    walked = told_by(NaiveModel(), panel, origins)
    return fitted_of(series, panel, walked, NaiveModel()), walked


def _refuse_short(panel: Panel, fewest: int) -> None:
    days = panel.origin + 1
    if days < fewest:
        raise InputError("prices", f"{days} days", f"{fewest - days} more are needed, {fewest} in all")


def _margins(panel: Panel, told: Told, lead: int) -> Margins:
    """Those for the next forecast, when all that was told is known.

    Raises:
        InputError: too few of the days had their inputs.
    """
    wrong = errors(panel, told, SERVED)
    latest = adaptive_margins(wrong, [*known_errors(told.targets, lead), len(wrong)])[-1]
    return latest or margins_of(wrong)


# -------------------------------------------------------------------------------------------------------- in pieces
class Piece(NamedTuple):
    """Part of a fit, for a process of its own: some leads of one training.

    Attributes:
        panel: what is known when the piece ends.
        origins: at which the model is asked, learnt at the first; None: it is learnt from all, and kept.
    """

    panel: Panel
    origins: Ints | None
    recipe: Recipe


def pieces(panel: Panel, recipe: Recipe) -> list[Piece]:
    """A fit in six pieces, the longest first; ``done`` does each and ``whole`` puts them together.

    Raises:
        InputError: too few days.
    """
    tomorrow, later = (tuple(n for n in recipe.leads if (n > 1) is beyond) for beyond in (False, True))
    asked: list[Ints | None] = [*calibration_steps(panel), None]
    parts = [replace(recipe, leads=leads) for leads in (later, tomorrow) if leads]
    return [Piece(panel, origins, part) for part in parts for origins in asked]


def done(piece: Piece) -> PriceModel | dict[Variant, Told]:
    """The work of a piece, on one thread: several pieces share the machine."""
    with threadpool_limits(1):
        if piece.origins is None:
            return train(piece.panel, piece.recipe)
        return step(piece.panel, piece.origins, piece.recipe)


def whole(
    series: str, panel: Panel, parts: list[PriceModel | dict[Variant, Told]]
) -> tuple[Fitted, dict[Variant, Told]]:
    """What ``pieces`` gave, in their order: the model of all days, and what earlier ones told."""
    models = [part for part in parts if isinstance(part, PriceModel)]
    told = [part for part in parts if not isinstance(part, PriceModel)]
    both_steps = zip(told[::2], told[1::2], strict=True)
    walked = {variant: all_told for two in both_steps for variant, all_told in joined(two).items()}
    model = PriceModel({v: one for m in models for v, one in m.variants.items()}, models[0].guides)
    return fitted_of(series, panel, walked, model), walked
