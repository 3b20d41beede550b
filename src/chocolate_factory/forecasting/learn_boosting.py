"""How the boosted trees are learnt: scikit-learn's histogram boosting, seeded, and its trees taken out as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from chocolate_factory.forecasting.boosting import Boosting
from chocolate_factory.forecasting.lags import hourly_columns, level
from chocolate_factory.forecasting.panel import Panel
from chocolate_factory.modelling.learnt_trees import trees_of_boosting
from chocolate_factory.modelling.numbers import Ints

#: Days to learn from: two years and their seasons, and not the years of other gas prices before.
WINDOW: Final = 728
ROUNDS: Final = 300


def fit_boosting(panel: Panel, leads: Sequence[int], seed: int, rounds: int = ROUNDS) -> Boosting:
    """Learnt from the days up to the panel's origin; several leads share the days out among them.

    A day seen from another lead has other inputs and the same prices: to see it six times costs six times as much and
    teaches little more, so each day is seen from two of the leads.

    Raises:
        InputError: too few days.
    """
    seen = [(lead, _share(panel.targets(lead, WINDOW), number, len(leads))) for number, lead in enumerate(leads)]
    columns = np.vstack([hourly_columns(panel, rows, lead) for lead, rows in seen])
    prices = np.concatenate([(panel.prices[rows] - level(panel, rows, lead)).ravel() for lead, rows in seen])
    model = HistGradientBoostingRegressor(
        loss="absolute_error", max_iter=rounds, learning_rate=0.05, max_leaf_nodes=31, min_samples_leaf=40,
        l2_regularization=1.0, max_features=0.4, early_stopping=False, random_state=seed,
    )  # fmt: skip
    with threadpool_limits(1):  # OpenMP's threads spin while they wait: on a busy machine two take many times as long
        model.fit(columns, prices)
    return Boosting(trees_of_boosting(model))


def _share(rows: Ints, number: int, leads: int) -> Ints:
    """The days that the ``number``-th of so many leads is shown: two in ``leads``."""
    return rows[(rows + number) % leads < 2]
