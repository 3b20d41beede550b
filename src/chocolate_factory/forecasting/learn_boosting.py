"""How the boosted trees are learnt: scikit-learn's histogram boosting, seeded, and its trees taken out as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from chocolate_factory.forecasting.boosting import Boosting
from chocolate_factory.forecasting.lags import hourly_columns, level
from chocolate_factory.forecasting.panel import Panel
from chocolate_factory.modelling.numbers import Ints
from chocolate_factory.modelling.trees import Trees

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
    return Boosting(trees_of(model))


def _share(rows: Ints, number: int, leads: int) -> Ints:
    """The days that the ``number``-th of so many leads is shown: two in ``leads``."""
    return rows[(rows + number) % leads < 2]


def trees_of(model: HistGradientBoostingRegressor) -> Trees:
    """The trees of a fitted regressor with the identity link and without categories.

    scikit-learn names them privately; ``tests/unit/test_forecasting_trees.py`` notices when that changes.
    """
    parts = [stage[0].nodes for stage in model._predictors]  # noqa: SLF001  there is no public name for them
    sizes = np.array([len(nodes) for nodes in parts])
    roots = np.cumsum(sizes) - sizes
    nodes, shift = np.concatenate(parts), np.repeat(roots, sizes)
    return Trees(
        roots=roots,
        feature=nodes["feature_idx"].astype(np.int_),
        threshold=nodes["num_threshold"].astype(float),
        left=_child(nodes, "left", shift),
        right=_child(nodes, "right", shift),
        value=np.where(nodes["is_leaf"], nodes["value"], 0.0),
        base=float(model._baseline_prediction.item()),  # noqa: SLF001  as above
        depth=int(nodes["depth"].max()),
    )


def _child(nodes: NDArray[np.void], side: str, shift: Ints) -> Ints:
    own = np.arange(len(nodes))
    return np.where(nodes["is_leaf"], own, nodes[side].astype(np.int_) + shift)
