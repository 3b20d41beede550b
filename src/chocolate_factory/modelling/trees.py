"""Trees as plain arrays.

scikit-learn saves models by pickle, which runs whatever a file says. Here the trees are taken out as numbers: they can
be kept in any format, read without scikit-learn (273 MB less in the process that serves), and do nothing but add up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chocolate_factory.modelling.numbers import Floats, Ints


@dataclass(frozen=True)
class Trees:
    """A sum of regression trees.

    Attributes:
        roots: each tree's first node.
        feature, threshold: a row goes ``left`` where its feature is at most the threshold, else ``right``.
        left, right: node numbers; of a leaf, its own.
        value: what a leaf adds, the learning rate included.
        base: what all add to.
        depth: steps that lead from any root to its leaves.
    """

    roots: Ints
    feature: Ints
    threshold: Floats
    left: Ints
    right: Ints
    value: Floats
    base: float
    depth: int

    def predict(self, columns: Floats) -> Floats:
        """One number for each row."""
        rows = np.arange(len(columns))[:, None]
        nodes = np.broadcast_to(self.roots, (len(columns), len(self.roots)))
        for _ in range(self.depth):
            goes_left = columns[rows, self.feature[nodes]] <= self.threshold[nodes]
            nodes = np.where(goes_left, self.left[nodes], self.right[nodes])
        total: Floats = self.base + self.value[nodes].sum(axis=1)
        return total
