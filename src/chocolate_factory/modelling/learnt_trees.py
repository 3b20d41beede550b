"""scikit-learn's trees taken out as numbers; for the process that trains.

scikit-learn names a boosting's trees privately; ``tests/unit/test_learning_trees.py`` notices when that changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chocolate_factory.modelling.numbers import Floats, Ints
from chocolate_factory.modelling.trees import Trees


def trees_of_boosting(model: Any, output: int = 0) -> Trees:
    """The trees of a fitted histogram boosting without categories; their sum is the raw score of one output.

    Args:
        output: of a classifier with several classes, whose score; 0 of a regressor with the identity link.
    """
    parts = [stage[output].nodes for stage in model._predictors]  # noqa: SLF001  there is no public name for them
    nodes, roots, shift = _joined(parts)
    leaf = nodes["is_leaf"].astype(bool)
    base = np.asarray(model._baseline_prediction).ravel()[output]  # noqa: SLF001  as above
    return Trees(
        roots=roots,
        feature=np.where(leaf, 0, nodes["feature_idx"]).astype(np.int_),
        threshold=nodes["num_threshold"].astype(float),
        left=_child(nodes["left"], leaf, shift),
        right=_child(nodes["right"], leaf, shift),
        value=np.where(leaf, nodes["value"], 0.0),
        base=float(base),
        depth=int(nodes["depth"].max()),
    )


def trees_of_forest(model: Any, output: int = 0) -> Trees:
    """The trees of a fitted random forest; their sum is its mean.

    It compares columns of single precision: give it columns that are rounded to that.

    Args:
        output: of a classifier, the class whose share is meant.
    """
    grown = [estimator.tree_ for estimator in model.estimators_]
    sizes = np.array([tree.node_count for tree in grown])
    roots = np.cumsum(sizes) - sizes
    shift = np.repeat(roots, sizes)
    left = np.concatenate([tree.children_left for tree in grown])
    leaf = left < 0
    values = np.concatenate([tree.value[:, 0, output] for tree in grown])
    return Trees(
        roots=roots,
        feature=np.where(leaf, 0, np.concatenate([tree.feature for tree in grown])).astype(np.int_),
        threshold=np.concatenate([tree.threshold for tree in grown]),
        left=_child(left, leaf, shift),
        right=_child(np.concatenate([tree.children_right for tree in grown]), leaf, shift),
        value=np.where(leaf, values / len(grown), 0.0),
        base=0.0,
        depth=max(tree.max_depth for tree in grown),
    )


def _joined(parts: Sequence[NDArray[np.void]]) -> tuple[NDArray[np.void], Ints, Ints]:
    """All nodes, each tree's first, and what to add to the numbers that a node names."""
    sizes = np.array([len(nodes) for nodes in parts])
    roots = np.cumsum(sizes) - sizes
    return np.concatenate(parts), roots, np.repeat(roots, sizes)


def _child(named: Floats | Ints, leaf: NDArray[np.bool_], shift: Ints) -> Ints:
    return np.where(leaf, np.arange(len(leaf)), named.astype(np.int_) + shift)
