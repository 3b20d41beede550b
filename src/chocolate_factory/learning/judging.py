"""A recipe judged: chosen on one part of the past, measured on a later one, a purge between, beside its baselines.

Invariants:
    What is measured was told by a *twin*: learnt by the same recipe from hours that end a week before the judged ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import numpy as np

from chocolate_factory.learning.euros import followed
from chocolate_factory.learning.examples import Examples
from chocolate_factory.learning.features import Rows
from chocolate_factory.learning.history import earlier
from chocolate_factory.learning.measures import class_scores, mae, r2
from chocolate_factory.learning.places import place
from chocolate_factory.modelling.numbers import Floats, Ints

#: With fewer days of examples, counted in weeks, nothing is learnt: a year has all seasons.
FEWEST_DAYS: Final = 364
_LEAST_PART: Final = 60
_YEAR: Final = 365

Model = TypeVar("Model")


@dataclass(frozen=True)
class Split:
    """The days from which on a recipe is chosen, and judged."""

    chosen_from: int
    judged_from: int

    @classmethod
    def of(cls, examples: Examples) -> Split:
        """A third of the days to be judged on, at most a year; of the rest as much to choose on."""
        first, end = int(examples.day[0]), int(examples.day[-1]) + 1
        judged = end - min(max((end - first) // 3, _LEAST_PART), _YEAR)
        return cls(judged - min(max((judged - first) // 3, _LEAST_PART), _YEAR), judged)


@dataclass(frozen=True)
class Judged(Generic[Model]):
    """What came of it.

    Attributes:
        sort: the name of the recipe that was chosen.
        twin: what told the judged hours.
        rows: those hours.
    """

    sort: str
    twin: Model
    rows: Examples


def chosen(
    sorts: Mapping[str, Callable[[Examples, int], Model]],
    examples: Examples,
    seed: int,
    loss: Callable[[Model, Examples], float],
) -> Judged[Model]:
    """The recipe with the least loss on the hours to choose on; its twin learnt up to the hours to be judged on."""
    split = Split.of(examples)
    trial = examples.since(split.chosen_from, split.judged_from)
    early = examples.before(split.chosen_from)
    losses = {name: loss(learn(early, seed), trial) for name, learn in sorts.items()}
    best = min(losses, key=losses.__getitem__)
    return Judged(best, sorts[best](examples.before(split.judged_from), seed), examples.since(split.judged_from))


# -------------------------------------------------------------------------------------------------------------- a score
def trailing(rows: Examples) -> Floats:
    """The score by the place among the 168 hours before, whatever is public of those to come."""
    history = rows.history
    prices = history.hours.energy_eur_kwh * history.kwh_kg
    before = np.stack([earlier(prices, lag)[rows.numbers] for lag in range(1, 169)], axis=1)
    asked = Rows.of(history, rows.numbers)
    own = asked.energy_eur_kwh * history.kwh_kg[rows.numbers - 2]
    told: Floats = 100 * (1 - place(own, before))
    return told


def by_month_and_hour(learnt: Examples, rows: Examples) -> Floats:
    """The mean score of each month and hour of the past."""
    sums, counts = np.zeros((12, 24)), np.zeros((12, 24))
    hour = learnt.history.hours.hour
    np.add.at(sums, (learnt.month - 1, hour[learnt.numbers]), learnt.target)
    np.add.at(counts, (learnt.month - 1, hour[learnt.numbers]), 1.0)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), 50.0)
    told: Floats = means[rows.month - 1, hour[rows.numbers]]
    return told


def score_figures(rows: Examples, told: Floats) -> dict[str, float]:
    """R², error in points, and in euros what following it would have saved and cost beyond perfect foresight."""
    known = ~np.isnan(told)
    return {"r2": r2(rows.target[known], told[known]), "mae_points": mae(rows.target[known], told[known])} | euros(
        rows, np.where(known, told, 50.0)
    )


def euros(rows: Examples, advice: Floats) -> dict[str, float]:
    """Share of the clairvoyant's saving over the fixed 06:00 block, and regret in EUR, over the rows' whole weeks."""
    came = followed(rows.history, rows.numbers, advice)
    figures = {"regret_eur": came.advised - came.clairvoyant}
    return figures if came.captured is None else figures | {"captured_share": came.captured}


# -------------------------------------------------------------------------------------------------------------- a class
def class_figures(rows: Examples, probabilities: Floats, told: Ints) -> dict[str, float]:
    """Accuracy, balanced accuracy, macro F1, Brier, calibration error; euros as ``score_figures``."""
    scores = class_scores(rows.target.astype(int), probabilities, told)
    named = {name: float(getattr(scores, name)) for name in scores.__dataclass_fields__}
    return named | euros(rows, worth(probabilities))


def worth(probabilities: Floats) -> Floats:
    """Probabilities as one number to order hours by: the expected class, 0 Reduced to 2 Optimal."""
    expected: Floats = probabilities @ np.arange(probabilities.shape[1])
    return expected
