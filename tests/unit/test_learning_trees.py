"""scikit-learn's trees as our arrays: told by the library, told by us, the same."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from threadpoolctl import threadpool_limits

from chocolate_factory.modelling.learnt_trees import trees_of_boosting, trees_of_forest

CHANCE = np.random.default_rng(1)
#: Rounded to single precision, as the models' inputs are.
COLUMNS = CHANCE.normal(size=(400, 4)).astype(np.float32).astype(np.float64)
NUMBER = COLUMNS[:, 0] ** 2 + COLUMNS[:, 1] + CHANCE.normal(0, 0.1, 400)
CLASS = np.digitize(NUMBER, [0.3, 1.5])


def test_a_forest_of_a_number():
    model = RandomForestRegressor(7, min_samples_leaf=5, random_state=1).fit(COLUMNS, NUMBER)
    assert np.allclose(trees_of_forest(model).predict(COLUMNS), model.predict(COLUMNS))


def test_a_boosting_of_a_number():
    with threadpool_limits(1):
        model = HistGradientBoostingRegressor(max_iter=9, min_samples_leaf=5, random_state=1).fit(COLUMNS, NUMBER)
    assert np.allclose(trees_of_boosting(model).predict(COLUMNS), model.predict(COLUMNS))


@pytest.mark.parametrize("of", [0, 1, 2])
def test_a_forest_of_classes(of):
    model = RandomForestClassifier(7, min_samples_leaf=5, random_state=1).fit(COLUMNS, CLASS)
    assert np.allclose(trees_of_forest(model, of).predict(COLUMNS), model.predict_proba(COLUMNS)[:, of])


@pytest.mark.parametrize("of", [0, 1, 2])
def test_a_boosting_of_classes(of):
    with threadpool_limits(1):
        model = HistGradientBoostingClassifier(max_iter=9, min_samples_leaf=5, random_state=1).fit(COLUMNS, CLASS)
    assert np.allclose(trees_of_boosting(model, of).predict(COLUMNS), model.decision_function(COLUMNS)[:, of])
