"""How good a model is: errors of a score; accuracy, F1 and calibration of a class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chocolate_factory.modelling.numbers import Floats, Ints

#: No honest model of hours to come gets here (the best of 2024: R² 0.89, balanced accuracy 0.8): the future leaked in.
TOO_GOOD_R2 = 0.97
TOO_GOOD_BALANCED = 0.97


def r2(actual: Floats, told: Floats) -> float:
    """Share of the variance that is explained; below zero where the mean would have told more."""
    return float(1 - np.sum((actual - told) ** 2) / np.sum((actual - actual.mean()) ** 2))


def mae(actual: Floats, told: Floats) -> float:
    """Mean absolute error, in the values' unit."""
    return float(np.mean(np.abs(actual - told)))


def confusion(actual: Ints, told: Ints, classes: int) -> Ints:
    """Hours by class that came (row) and class that was told (column)."""
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (actual, told), 1)
    return counts


@dataclass(frozen=True)
class ClassScores:
    """Of a classifier's answers.

    Attributes:
        balanced_accuracy: mean over the classes of the share that was found.
        macro_f1: mean over the classes of the harmonic mean of precision and recall.
        brier: mean over the hours of the squared distance between probabilities and truth, 0 to 2.
        calibration_error: mean distance between told probability and frequency, over ten bins by their size.
    """

    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    brier: float
    calibration_error: float


def class_scores(actual: Ints, probabilities: Floats, told: Ints) -> ClassScores:
    """All of a classifier's scores; classes that never came count in no mean."""
    counts = confusion(actual, told, probabilities.shape[1])
    came, said, right = counts.sum(axis=1), counts.sum(axis=0), np.diag(counts)
    seen = came > 0
    recall = right[seen] / came[seen]
    f1 = 2 * right[seen] / np.maximum(came[seen] + said[seen], 1)
    return ClassScores(
        accuracy=float(right.sum() / counts.sum()),
        balanced_accuracy=float(recall.mean()),
        macro_f1=float(f1.mean()),
        brier=float(brier(actual, probabilities).mean()),
        calibration_error=calibration_error(actual, probabilities),
    )


def brier(actual: Ints, probabilities: Floats) -> Floats:
    """Squared distance between probabilities and truth, hour by hour, 0 to 2."""
    truth = np.eye(probabilities.shape[1])[actual]
    squared: Floats = ((probabilities - truth) ** 2).sum(axis=1)
    return squared


def reliability(actual: Ints, probabilities: Floats, of: int, bins: int = 10) -> Floats:
    """Of a class by bins of its probability: mean told, share that came, count; bins x 3 without empty ones."""
    told, came = probabilities[:, of], actual == of
    numbers = np.minimum((told * bins).astype(int), bins - 1)
    found = [(told[numbers == b].mean(), came[numbers == b].mean(), (numbers == b).sum()) for b in np.unique(numbers)]
    return np.array(found)


def calibration_error(actual: Ints, probabilities: Floats) -> float:
    """Mean distance between what was told and what came, over all classes and their bins."""
    tables = np.concatenate([reliability(actual, probabilities, of) for of in range(probabilities.shape[1])])
    return float(np.average(np.abs(tables[:, 0] - tables[:, 1]), weights=tables[:, 2]))


def daily(losses: Floats, days: Ints) -> tuple[float, ...]:
    """The mean loss of each day, in order.

    Args:
        days: never falling.
    """
    _, first, counts = np.unique(days, return_index=True, return_counts=True)
    return tuple((np.add.reduceat(losses, first) / counts).tolist())
