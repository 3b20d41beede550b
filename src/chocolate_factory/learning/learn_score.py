"""How the score is learnt: a bounded random forest, and histogram boosting beside it; scikit-learn, seeded.

Both learn what the percentile misses: on 2023, learnt from what came before, that errs by 6.5 points where a forest of
the score itself errs by 6.6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from threadpoolctl import threadpool_limits

from chocolate_factory.learning.examples import Examples
from chocolate_factory.learning.score_model import ScoreModel, percentile_score
from chocolate_factory.modelling.learnt_trees import trees_of_boosting, trees_of_forest
from chocolate_factory.modelling.numbers import Floats

TREES: Final = 60
FOREST_LEAF: Final = 100
ROUNDS: Final = 150
BOOSTING_LEAF: Final = 100


def forest(examples: Examples, seed: int) -> ScoreModel:
    """A random forest whose leaves hold ``FOREST_LEAF`` hours at least, so that its size is bounded."""
    model = RandomForestRegressor(TREES, min_samples_leaf=FOREST_LEAF, max_features=0.5, random_state=seed)
    model.fit(examples.inputs, _missed(examples))
    return ScoreModel("forest", trees_of_forest(model))


def boosting(examples: Examples, seed: int) -> ScoreModel:
    """Boosted trees of fifteen leaves."""
    model = HistGradientBoostingRegressor(
        max_iter=ROUNDS, learning_rate=0.05, max_leaf_nodes=15, min_samples_leaf=BOOSTING_LEAF, early_stopping=False,
        random_state=seed,
    )  # fmt: skip
    with threadpool_limits(1):  # OpenMP's threads spin while they wait
        model.fit(examples.inputs, _missed(examples))
    return ScoreModel("boosting", trees_of_boosting(model))


def _missed(examples: Examples) -> Floats:
    """What the percentile's score lacks, points."""
    return examples.target - percentile_score(examples.features)


#: What competes for the challenger's place.
SORTS: Final[Mapping[str, Callable[[Examples, int], ScoreModel]]] = {"forest": forest, "boosting": boosting}


def seed_recipe(examples: Examples, seed: int, rows: int = 4000) -> tuple[Floats, Floats]:
    """What the original guide did, for comparison alone: target and prediction of its "test" rows.

    Each row once more with one per cent of noise, and a random split: most test rows have their twin, or the hour
    beside them, among those learnt from. The figure says how well a forest remembers.
    """
    chance = np.random.default_rng(seed)
    chosen = chance.permutation(len(examples))[:rows]
    columns, target = examples.inputs[chosen], examples.target[chosen]
    noise = 0.01 * columns.std(axis=0) * chance.normal(size=columns.shape)
    columns, target = np.concatenate([columns, columns + noise]), np.concatenate([target, target])
    order = chance.permutation(len(target))
    learnt, tested = np.split(order, [int(0.8 * len(order))])
    model = RandomForestRegressor(20, random_state=seed).fit(columns[learnt], target[learnt])
    return target[tested], np.asarray(model.predict(columns[tested]))
