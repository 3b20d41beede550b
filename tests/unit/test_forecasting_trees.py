from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from chocolate_factory.modelling.learnt_trees import trees_of_boosting


@pytest.mark.parametrize("loss", ["absolute_error", "squared_error"])
def test_the_plain_trees_say_what_scikit_learn_says(loss):
    chance = np.random.default_rng(1)
    columns = chance.normal(size=(600, 5))
    wanted = 3 * columns[:, 0] + np.sin(2 * columns[:, 1]) + chance.normal(0, 0.1, 600)
    model = HistGradientBoostingRegressor(loss=loss, max_iter=40, early_stopping=False, random_state=1)
    trees = trees_of_boosting(model.fit(columns, wanted))
    unseen = chance.normal(size=(200, 5)) * 2
    assert len(trees.roots) == 40
    np.testing.assert_allclose(trees.predict(unseen), model.predict(unseen), rtol=1e-12, atol=1e-12)


def test_trees_that_learnt_nothing_say_the_base():
    model = HistGradientBoostingRegressor(max_iter=3, early_stopping=False).fit(np.zeros((50, 2)), np.full(50, 7.0))
    assert trees_of_boosting(model).predict(np.ones((4, 2))).tolist() == [7.0] * 4
