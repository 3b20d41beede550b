"""The figures of a price model's card: its scores tomorrow, by lead, and the naive forecasts' on the same hours.

All are of prices and calendar alone, decided at 12:00 the day before, when that is all that is surely published; what
guides add is told beside (``guided_…``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.forecast import LEADS, LeadScore
from chocolate_factory.domain.models import Scores
from chocolate_factory.forecasting.model import SERVED, Variant
from chocolate_factory.forecasting.naive import NAIVES
from chocolate_factory.forecasting.panel import Panel
from chocolate_factory.forecasting.scores import mae
from chocolate_factory.forecasting.walk import Told, quantiles, score
from chocolate_factory.modelling.numbers import Ints

Walked = Mapping[Variant, Told]
TOMORROW: Final = Variant(1, guided=False)
GUIDED: Final = Variant(1, guided=True)

#: By the name under which each is tracked.
FIGURES: Final[Mapping[str, Callable[[LeadScore], float]]] = {
    "mae_eur_mwh": lambda s: s.mae,
    "rmae": lambda s: s.rmae,
    "rmae_to_last_week": lambda s: s.weekly_rmae,
    "pinball_eur_mwh": lambda s: s.pinball,
    "coverage": lambda s: s.coverage,
}


def judged_rows(panel: Panel, walked: Walked) -> Ints:
    """The days tomorrow's scores are of: those that have intervals."""
    return quantiles(panel, walked[TOMORROW], SERVED, TOMORROW.lead)[0]


def scores_of(panel: Panel, walked: Walked) -> Scores:
    """Tomorrow's, and with guides where there were any.

    Raises:
        InputError: no day has an interval.
    """
    found = _figures(score(panel, walked[TOMORROW], SERVED, TOMORROW.lead))
    if GUIDED in walked:
        guided = _if_any(panel, walked, GUIDED)
        found |= {f"guided_{name}": value for name, value in _figures(guided).items()} if guided else {}
    return found


def curves_of(panel: Panel, walked: Walked) -> Mapping[str, tuple[tuple[int, float], ...]]:
    """Each figure by lead day."""
    leads = [Variant(lead, guided=False) for lead in LEADS]
    by_lead = [s for v in leads if v in walked and (s := _if_any(panel, walked, v)) is not None]
    return {f"{name}_by_lead": tuple((s.lead, of(s)) for s in by_lead) for name, of in FIGURES.items()}


def naive_scores(panel: Panel, rows: Ints) -> Mapping[str, Scores]:
    """Tomorrow's error of each naive forecast of these days, EUR/MWh."""
    said = {name: method(panel.prices, panel.first, rows, TOMORROW.lead) for name, method in NAIVES.items()}
    names = {"EPF naive": "epf_naive", "the week's mean": "week_mean", "last week": "last_week"}
    return {names.get(name, name): {"mae_eur_mwh": mae(panel.prices[rows], p)} for name, p in said.items()}


def _figures(score: LeadScore) -> dict[str, float]:
    return {name: of(score) for name, of in FIGURES.items()}


def _if_any(panel: Panel, walked: Walked, variant: Variant) -> LeadScore | None:
    try:
        return score(panel, walked[variant], SERVED, variant.lead)
    except InputError:  # none of its days has come, or had its guides
        return None
