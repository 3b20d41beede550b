"""The two predictions learnt from the store: the energy optimisation score, the production recommendation.

Slow, and with scikit-learn: a child process calls it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from chocolate_factory.domain.models import Evidence, MadeModel, ModelName, Training
from chocolate_factory.learning import learn_advice, learn_score
from chocolate_factory.learning.advice_model import AdviceModel, by_price_rank, climatology
from chocolate_factory.learning.examples import Examples, examples_of
from chocolate_factory.learning.files import advice_from_bytes, advice_to_bytes, score_from_bytes, score_to_bytes
from chocolate_factory.learning.judging import (
    Judged,
    by_month_and_hour,
    chosen,
    class_figures,
    euros,
    score_figures,
    trailing,
    worth,
)
from chocolate_factory.learning.measures import (
    TOO_GOOD_BALANCED,
    TOO_GOOD_R2,
    brier,
    class_scores,
    daily,
    r2,
)
from chocolate_factory.learning.score_model import PERCENTILE, ScoreModel
from chocolate_factory.learning.targets import classes, scores
from chocolate_factory.modelling.numbers import Floats
from chocolate_factory.usecases.advice_plots import advice_plots, score_plots
from chocolate_factory.usecases.labels import Kept, Votes, WeekMapper, on_hours, voted, weeks_of
from chocolate_factory.usecases.lessons import (
    Lesson,
    Side,
    card,
    champion_name,
    enough,
    evidence,
    features_of,
    history_of,
    judged_from,
    must_have_some,
    unseen,
)

SCORE: Final = ModelName.ENERGY_OPTIMIZATION
ADVICE: Final = ModelName.PRODUCTION_RECOMMENDATION


# ------------------------------------------------------------------------------------------------------------ the score
def make_energy_optimization(lesson: Lesson) -> Training:
    """Baseline, challenger, and the evidence of hours that neither challenger nor champion had seen.

    Raises:
        NotYetError: too little even to say how good the baseline is.
    """
    lesson.tell(0.0, "reading prices and weather")
    history = history_of(lesson)
    examples = examples_of(history, features_of(history), scores(history))
    return score_training(lesson, examples)


def score_training(lesson: Lesson, examples: Examples) -> Training:
    """As ``make_energy_optimization``, of examples that are read already."""
    must_have_some(examples, SCORE)
    judged = examples.since(judged_from(examples))
    plain = ScoreModel(PERCENTILE)
    figures = score_figures(judged, plain.predict(judged.features))
    baseline = MadeModel(
        card(lesson, SCORE, PERCENTILE, examples, judged, figures, {}, is_baseline=True), score_to_bytes(plain)
    )
    if missing := enough(examples, SCORE):
        return Training(baseline, None, None, missing)
    lesson.tell(0.3, "learning")
    best = chosen(learn_score.SORTS, examples, lesson.seed, _regret)
    told = best.twin.predict(best.rows.features)
    own = score_figures(best.rows, told)
    if own["r2"] > TOO_GOOD_R2:
        return Training(baseline, None, None, _too_good("R²", own["r2"], TOO_GOOD_R2))
    final = learn_score.SORTS[best.sort](examples, lesson.seed)
    lesson.tell(0.8, "drawing")
    seeds = {"seed_recipe_r2": r2(*learn_score.seed_recipe(examples, lesson.seed))}
    others = _score_baselines(examples, best.rows, figures)
    made = MadeModel(
        card(lesson, SCORE, best.sort, examples, best.rows, own | seeds, others, is_baseline=False),
        score_to_bytes(final),
        score_plots(best.twin, best.rows, told, lesson.seed),
    )
    return Training(baseline, made, _score_evidence(lesson, baseline, best))


def _regret(model: ScoreModel, rows: Examples) -> float:
    return euros(rows, model.predict(rows.features))["regret_eur"]


def _score_baselines(examples: Examples, rows: Examples, percentile: dict[str, float]) -> dict[str, dict[str, float]]:
    learnt = examples.before(int(rows.day[0]))
    return {
        PERCENTILE: percentile,
        "trailing_7d": score_figures(rows, trailing(rows)),
        "month_and_hour": score_figures(rows, by_month_and_hour(learnt, rows)),
    }


def _score_evidence(lesson: Lesson, baseline: MadeModel, best: Judged[ScoreModel]) -> Evidence | None:
    """By the mean absolute error of each day, in points."""
    rows = unseen(lesson, best.rows)
    if rows is None:
        return None
    file = baseline.file if lesson.champion is None else lesson.champion[1]
    sides = [
        Side(who, daily(np.abs(rows.target - told), rows.day), euros(rows, told)["regret_eur"])
        for who, model in ((champion_name(lesson, baseline), score_from_bytes(file)), (best.sort, best.twin))
        for told in (model.predict(rows.features),)
    ]
    return evidence(rows, *sides)


# --------------------------------------------------------------------------------------------------- the recommendation
def make_production_recommendation(lesson: Lesson, kept: Kept, mapper: WeekMapper = map) -> Training:
    """As ``make_energy_optimization``; the weeks that nobody has planned yet are planned first.

    Args:
        kept: the votes of weeks planned before.
        mapper: who plans the others.

    Raises:
        NotYetError: too little even to say how good the baseline is.
    """
    lesson.tell(0.0, "reading prices and weather")
    history = history_of(lesson)
    lesson.tell(0.1, "planning the weeks that are new")
    votes = voted(weeks_of(history.hours, lesson.plant, lesson.seed), kept, mapper)
    return advice_training(lesson, advice_examples(lesson, votes))


def advice_examples(lesson: Lesson, votes: dict[date, Votes]) -> Examples:
    """The hours with votes in which production is possible."""
    history = history_of(lesson)
    target = classes(on_hours(votes, history.hours)).astype(float)
    return examples_of(history, features_of(history), np.where(target < 0, np.nan, target), history.possible > 0)


@dataclass(frozen=True)
class Plain:
    """Both baselines learnt from the same hours; the one with the smaller Brier score is who must be beaten."""

    models: dict[str, AdviceModel]
    figures: dict[str, dict[str, float]]

    @property
    def hardest(self) -> str:
        """Its name."""
        return min(self.figures, key=lambda name: self.figures[name]["brier"])


def advice_training(lesson: Lesson, examples: Examples) -> Training:
    """As ``make_production_recommendation``, of examples that are read already."""
    must_have_some(examples, ADVICE)
    plain = _plain(examples)
    judged = examples.since(judged_from(examples))
    name = plain.hardest
    whole = _baselines(examples)[name]
    baseline = MadeModel(
        card(lesson, ADVICE, name, examples, judged, plain.figures[name], plain.figures, is_baseline=True),
        advice_to_bytes(whole),
    )
    if missing := enough(examples, ADVICE):
        return Training(baseline, None, None, missing)
    lesson.tell(0.5, "learning")
    best = chosen(learn_advice.SORTS, examples, lesson.seed, _expected_regret)
    told = best.twin.probabilities(best.rows.features, best.rows.month)
    own = class_figures(best.rows, told, best.twin.told(told))
    if own["balanced_accuracy"] > TOO_GOOD_BALANCED:
        return Training(
            baseline, None, None, _too_good("balanced accuracy", own["balanced_accuracy"], TOO_GOOD_BALANCED)
        )
    final = learn_advice.SORTS[best.sort](examples, lesson.seed)
    lesson.tell(0.9, "drawing")
    made = MadeModel(
        card(
            lesson, ADVICE, best.sort, examples, best.rows, own | _seed_figures(examples, lesson.seed), plain.figures,
            is_baseline=False,
        ),
        advice_to_bytes(final),
        advice_plots(best.twin, best.rows, told, lesson.seed),
    )  # fmt: skip
    return Training(baseline, made, _advice_evidence(lesson, baseline, plain, best))


def _baselines(examples: Examples) -> dict[str, AdviceModel]:
    target = examples.target.astype(int)
    models = (climatology(examples.features, examples.month, target), by_price_rank(examples.features, target))
    return {model.sort: model for model in models}


def _plain(examples: Examples) -> Plain:
    first = judged_from(examples)
    early, rows = examples.before(first), examples.since(first)
    models = _baselines(early if len(early) else rows)
    told = {name: model.probabilities(rows.features, rows.month) for name, model in models.items()}
    return Plain(models, {name: class_figures(rows, told[name], m.told(told[name])) for name, m in models.items()})


def _expected_regret(model: AdviceModel, rows: Examples) -> float:
    return _advice_regret(rows, model.probabilities(rows.features, rows.month))


def _seed_figures(examples: Examples, seed: int) -> dict[str, float]:
    actual, told = learn_advice.seed_recipe(examples, seed)
    found = class_scores(actual, told, told.argmax(axis=1))
    return {"seed_recipe_accuracy": found.accuracy, "seed_recipe_balanced_accuracy": found.balanced_accuracy}


def _advice_evidence(lesson: Lesson, baseline: MadeModel, plain: Plain, best: Judged[AdviceModel]) -> Evidence | None:
    """By the mean Brier score of each day: balanced accuracy is no mean over days."""
    rows = unseen(lesson, best.rows)
    if rows is None:
        return None
    champion = plain.models[baseline.card.sort]  # its twin: the baseline's own file has seen these hours
    if lesson.champion is not None and not lesson.champion[0].card.is_baseline:
        champion = advice_from_bytes(lesson.champion[1])
    sides = [
        Side(who, daily(brier(rows.target.astype(int), told), rows.day), _advice_regret(rows, told))
        for who, model in ((champion_name(lesson, baseline), champion), (best.sort, best.twin))
        for told in (model.probabilities(rows.features, rows.month),)
    ]
    return evidence(rows, *sides)


def _advice_regret(rows: Examples, told: Floats) -> float:
    return euros(rows, worth(told))["regret_eur"]


def _too_good(what: str, found: float, most: float) -> str:
    return (
        f"Refused: {what} {found:.3f} on hours to come is better than honest models get ({most:g}); "
        "something of the future is among the inputs."
    )
