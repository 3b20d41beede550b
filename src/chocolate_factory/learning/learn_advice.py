"""How the recommendation is learnt: forest and boosting, calibrated on later hours; scikit-learn, seeded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from chocolate_factory.learning.advice_model import AdviceModel, Learnt, Steps
from chocolate_factory.learning.examples import Examples
from chocolate_factory.learning.targets import CLASSES
from chocolate_factory.modelling.learnt_trees import trees_of_boosting, trees_of_forest
from chocolate_factory.modelling.numbers import Floats, Ints

TREES: Final = 60
FOREST_LEAF: Final = 60
ROUNDS: Final = 80
BOOSTING_LEAF: Final = 60
#: Days at the end of what is learnt from that set the probabilities right.
CALIBRATION_DAYS: Final = 84

Sort = Callable[[Examples, int], AdviceModel]


def forest(examples: Examples, seed: int) -> AdviceModel:
    """A random forest whose leaves hold ``FOREST_LEAF`` hours at least."""

    def fit(part: Examples) -> tuple[Any, bool]:
        model = RandomForestClassifier(TREES, min_samples_leaf=FOREST_LEAF, max_features=0.5, random_state=seed)
        return _trees(model.fit(part.inputs, part.target.astype(int)), trees_of_forest), True

    return _calibrated("forest", examples, fit)


def boosting(examples: Examples, seed: int) -> AdviceModel:
    """Boosted trees of eight leaves for each class."""

    def fit(part: Examples) -> tuple[Any, bool]:
        model = HistGradientBoostingClassifier(
            max_iter=ROUNDS, learning_rate=0.06, max_leaf_nodes=8, min_samples_leaf=BOOSTING_LEAF,
            early_stopping=False, random_state=seed,
        )  # fmt: skip
        with threadpool_limits(1):  # OpenMP's threads spin while they wait
            return _trees(model.fit(part.inputs, part.target.astype(int)), trees_of_boosting), False

    return _calibrated("boosting", examples, fit)


#: What competes for the challenger's place.
SORTS: Final[Mapping[str, Sort]] = {"forest": forest, "boosting": boosting}


def _trees(model: Any, take: Callable[[Any, int], Any]) -> tuple[Any, ...]:
    return tuple(take(model, of) for of in range(len(CLASSES)))


def _calibrated(sort: str, examples: Examples, fit: Callable[[Examples], tuple[Any, bool]]) -> AdviceModel:
    """Learnt from all but the last weeks, set right on those, a purge between; then learnt from all of them."""
    cut = int(examples.day[-1]) + 1 - CALIBRATION_DAYS
    early, late = examples.before(cut), examples.since(cut)
    weights = _weights(examples.target.astype(int))
    trees, adds_up = fit(early)
    raw = Learnt(trees, adds_up, (), weights).raw(late.features)
    steps = tuple(_steps(raw[:, of], late.target == of) for of in range(len(CLASSES)))
    trees, adds_up = fit(examples)
    return AdviceModel(sort, learnt=Learnt(trees, adds_up, steps, weights))


def _steps(told: Floats, came: NDArray[np.bool_]) -> Steps:
    """Platt's curve by its corners: two numbers for each class, which twelve weeks can bear; isotonic steps overfit."""
    if came.all() or not came.any():
        return Steps(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    curve = LogisticRegression(C=10.0).fit(_log_odds(told)[:, None], came)
    corners = np.linspace(0.0, 1.0, 41)
    return Steps(corners, np.asarray(curve.predict_proba(_log_odds(corners)[:, None])[:, 1]))


def _log_odds(shares: Floats) -> Floats:
    inside = np.clip(shares, 0.01, 0.99)
    return np.asarray(np.log(inside / (1 - inside)))


def _weights(classes: Ints) -> Floats:
    """One over the root of a class's frequency: rare classes are told too, and not as if they were common.

    On 2024, of none, this and one over the frequency it had the best macro F1, and nearly the best balanced accuracy.
    """
    shares = np.bincount(classes, minlength=len(CLASSES)) / len(classes)
    return np.asarray(1 / np.sqrt(np.maximum(shares, 1e-3)))


def seed_recipe(examples: Examples, seed: int, rows: int = 4000) -> tuple[Ints, Floats]:
    """As ``learn_score.seed_recipe``: classes and probabilities of "test" rows whose twins were learnt from."""
    chance = np.random.default_rng(seed)
    chosen = chance.permutation(len(examples))[:rows]
    columns, target = examples.inputs[chosen], examples.target[chosen].astype(int)
    noise = 0.01 * columns.std(axis=0) * chance.normal(size=columns.shape)
    columns, target = np.concatenate([columns, columns + noise]), np.concatenate([target, target])
    learnt, tested = np.split(chance.permutation(len(target)), [int(0.8 * len(target))])
    model = RandomForestClassifier(20, random_state=seed).fit(columns[learnt], target[learnt])
    return target[tested], np.asarray(model.predict_proba(columns[tested]))
