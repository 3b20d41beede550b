"""Walk-forward: at each origin what a model would have said that was learnt from what came before it.

Invariants:
    A step's model is learnt from ``panel.until(origin)``; the days it then forecasts come after that origin, each with
    the inputs of its own origin.
    An interval at an origin is made of errors of days up to that origin.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from chocolate_factory.domain.forecast import LeadScore
from chocolate_factory.forecasting.conformal import adaptive_margins
from chocolate_factory.forecasting.learn import Recipe, train
from chocolate_factory.forecasting.model import Model, Variant
from chocolate_factory.forecasting.naive import epf_naive, last_week
from chocolate_factory.forecasting.panel import Panel
from chocolate_factory.forecasting.scores import lead_score
from chocolate_factory.modelling.numbers import Floats, Ints


@dataclass(frozen=True)
class Told:
    """What was forecast of one lead.

    Attributes:
        targets: rows of the panel, rising.
        members: targets x 24 by member, EUR/MWh.
    """

    targets: Ints
    members: dict[str, Floats]


def steps(first: int, last: int, refit_days: int) -> list[Ints]:
    """The origins from one row to another, in pieces that share a model."""
    return [np.arange(start, min(start + refit_days, last + 1)) for start in range(first, last + 1, refit_days)]


def step(panel: Panel, origins: Ints, recipe: Recipe) -> dict[Variant, Told]:
    """One training and its forecasts: learnt at the first of the origins, asked at each of them."""
    return told_by(train(panel.until(int(origins[0])), recipe), panel, origins)


def told_by(
    model: Model, panel: Panel, origins: Ints, variants: Collection[Variant] | None = None
) -> dict[Variant, Told]:
    """What a model that was learnt before says at each origin; by those of its variants, or all."""
    chosen = model.variants if variants is None else variants
    return {variant: _tell(model, variant, panel, origins + variant.lead) for variant in chosen}


def _tell(model: Model, variant: Variant, panel: Panel, targets: Ints) -> Told:
    """Of the days that have come since, and whose inputs were there."""
    come = targets[targets < len(panel.real)]
    come = come[panel.real[come]]
    seen = panel if variant.guided else panel.without_guides()
    rows = come[seen.has_inputs(come, variant.lead)]
    return Told(rows, model.predict(variant, panel, rows))


def joined(parts: Iterable[dict[Variant, Told]]) -> dict[Variant, Told]:
    """The steps of a walk, in order, as one."""
    walked = list(parts)
    return {variant: _join([part[variant] for part in walked]) for variant in walked[0]}


def _join(parts: list[Told]) -> Told:
    members = {name: np.concatenate([part.members[name] for part in parts]) for name in parts[0].members}
    return Told(np.concatenate([part.targets for part in parts]), members)


def errors(panel: Panel, told: Told, member: str) -> Floats:
    """Actual less forecast, targets x 24."""
    return panel.prices[told.targets] - told.members[member]


def known_errors(targets: Ints, lead: int) -> list[int]:
    """Of each target, how many of the earlier ones were over at its origin."""
    return [int(count) for count in np.searchsorted(targets, targets - lead, side="right")]


def quantiles(panel: Panel, told: Told, member: str, lead: int) -> tuple[Ints, Floats]:
    """The targets that have intervals, and their P10, P50, P90: each from the errors known at its own origin."""
    margins = adaptive_margins(errors(panel, told, member), known_errors(told.targets, lead))
    made = {row: margin.around(told.members[member][row]) for row, margin in enumerate(margins) if margin}
    return told.targets[list(made)], np.stack([*made.values()], axis=1) if made else np.empty((3, 0, 24))


def score(panel: Panel, told: Told, member: str, lead: int, since: int = 0) -> LeadScore:
    """The scores of a lead over the targets from row ``since`` on that have intervals.

    Raises:
        InputError: there is none.
    """
    targets, told_quantiles = quantiles(panel, told, member, lead)
    kept = targets >= since
    rows = targets[kept]
    naive = (method(panel.prices, panel.first, rows, lead) for method in (epf_naive, last_week))
    return lead_score(lead, panel.prices[rows], told_quantiles[:, kept], *naive)
