"""How the price forecasts did that decisions were made with: error by day ahead, beside the EPF naive's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from chocolate_factory.domain.forecast import LEADS
from chocolate_factory.forecasting.model import SERVED, Variant
from chocolate_factory.forecasting.naive import epf_naive
from chocolate_factory.forecasting.panel import Panel
from chocolate_factory.forecasting.scores import mae
from chocolate_factory.modelling.numbers import Floats, Ints
from chocolate_factory.usecases.backtest.price_walk import Asked


@dataclass(frozen=True)
class AheadScore:
    """The error of one day ahead.

    Attributes:
        days_ahead: after the last day whose prices were out.
        mae, naive_mae: EUR/MWh, the model's and the EPF naive's on the same hours.
    """

    days_ahead: int
    hours: int
    mae: float
    naive_mae: float

    @property
    def rmae(self) -> float | None:
        """The one as a share of the other; None where the naive one never erred."""
        return self.mae / self.naive_mae if self.naive_mae else None


@dataclass(frozen=True)
class Spoken:
    """Who forecast over which days; empty for nobody."""

    first: date
    last: date
    by: str


def scores_of(panel: Panel, steps: Sequence[Asked], *, guided: bool = False) -> list[AheadScore]:
    """One for each day ahead that was forecast; with the demand forecast, of the first alone."""
    return list(_scores(panel, steps, guided=guided))


def _scores(panel: Panel, steps: Sequence[Asked], *, guided: bool) -> Iterator[AheadScore]:
    for lead in LEADS:
        told = [step.told[Variant(lead, guided)] for step in steps if Variant(lead, guided) in step.told]
        targets: Ints = np.concatenate([t.targets for t in told]) if told else np.empty(0, dtype=np.int64)
        if len(targets):
            said: Floats = np.concatenate([t.members[SERVED] for t in told])
            came, naive = panel.prices[targets], epf_naive(panel.prices, panel.first, targets, lead)
            yield AheadScore(lead, came.size, mae(came, said), mae(came, naive))


def spoken(panel: Panel, steps: Sequence[Asked]) -> list[Spoken]:
    """Each step's speaker."""
    return [Spoken(panel.day(int(s.rows[0])), panel.day(int(s.rows[-1])), s.by) for s in steps if len(s.rows)]
