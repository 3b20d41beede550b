from __future__ import annotations

from datetime import timedelta
from functools import cache

import numpy as np
import pytest
from learning_world import FIRST, PLANT, filled_store, history, lesson, version

from chocolate_factory.domain.errors import NotYetError, StoreError
from chocolate_factory.domain.models import ModelName
from chocolate_factory.domain.series import Kind
from chocolate_factory.learning import learn_advice, learn_score
from chocolate_factory.learning.advice_model import AdviceModel, by_price_rank, climatology
from chocolate_factory.learning.euros import followed
from chocolate_factory.learning.examples import Examples, examples_of
from chocolate_factory.learning.files import advice_from_bytes, advice_to_bytes, score_from_bytes, score_to_bytes
from chocolate_factory.learning.judging import FEWEST_DAYS, Split
from chocolate_factory.learning.measures import class_scores, daily, r2
from chocolate_factory.learning.rows import NAMES, columns_of
from chocolate_factory.learning.score_model import PERCENTILE, ScoreModel
from chocolate_factory.learning.targets import CLASSES, PURGE_DAYS, classes, scores
from chocolate_factory.usecases.advice_models import advice_training, make_energy_optimization, score_training

DAYS = 392


@pytest.fixture(scope="module", autouse=True)
def quick():
    """Few trees: what is tested here is not how good they are."""
    with pytest.MonkeyPatch.context() as patched:
        for recipe in (learn_score, learn_advice):
            patched.setattr(recipe, "TREES", 6)
            patched.setattr(recipe, "ROUNDS", 12)
        yield


@cache
def world() -> tuple:
    made = history(DAYS)
    return made, columns_of(made, np.arange(len(made.hours)))


@cache
def of_score() -> Examples:
    made, features = world()
    return examples_of(made, features, scores(made))


@cache
def of_advice() -> Examples:
    """Votes as if plans ran in the cheap hours of each week, with chance."""
    made, features = world()
    votes = np.clip(scores(made) / 100 + np.random.default_rng(1).normal(0, 0.15, len(made.hours)), 0, 1)
    target = classes(votes).astype(float)
    may = np.array([PLANT.crew.present(start) for start in made.hours.starts])
    return examples_of(made, features, np.where(target < 0, np.nan, target), may)


@cache
def trained_score():
    return score_training(lesson(), of_score())


@cache
def trained_advice():
    return advice_training(lesson(), of_advice())


# ------------------------------------------------------------------------------------------------------------ the parts
def test_no_label_reaches_from_one_part_into_the_other():
    split = Split.of(of_score())
    early, late = of_score().before(split.judged_from), of_score().since(split.judged_from)
    assert late.day[0] - early.day[-1] > PURGE_DAYS
    assert split.chosen_from < split.judged_from


def test_votes_become_classes():
    assert classes(np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0, np.nan])).tolist() == [0, 0, 1, 1, 2, 2, -1]


def test_measures_by_hand():
    told = np.array([[0.8, 0.1, 0.1], [0.2, 0.5, 0.3], [0.6, 0.3, 0.1], [0.0, 0.0, 1.0]])
    found = class_scores(np.array([0, 1, 1, 2]), told, told.argmax(axis=1))
    assert (found.accuracy, found.balanced_accuracy) == (0.75, pytest.approx((1 + 0.5 + 1) / 3))
    assert found.macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert found.brier == pytest.approx((0.06 + 0.38 + 0.86 + 0) / 4)
    assert r2(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0])) == 1
    assert daily(np.array([1.0, 3.0, 5.0]), np.array([4, 4, 6])) == (2.0, 5.0)


def test_the_right_order_of_hours_costs_what_foresight_costs():
    rows = of_score()
    best = followed(rows.history, rows.numbers, -rows.history.eur_kg[rows.numbers])
    worst = followed(rows.history, rows.numbers, rows.history.eur_kg[rows.numbers])
    assert best.captured == pytest.approx(1)
    assert worst.advised > best.fixed > best.clairvoyant > 0


# ----------------------------------------------------------------------------------------------------------- the models
@pytest.mark.parametrize("sort", ["forest", "boosting"])
def test_a_score_that_was_kept_tells_the_same(sort):
    model = learn_score.SORTS[sort](of_score(), 1)
    again = score_from_bytes(score_to_bytes(model))
    assert np.array_equal(again.predict(of_score().features), model.predict(of_score().features))
    assert again.sort == sort


@pytest.mark.parametrize("sort", ["forest", "boosting"])
def test_a_recommendation_that_was_kept_tells_the_same(sort):
    rows = of_advice()
    model = learn_advice.SORTS[sort](rows, 1)
    again = advice_from_bytes(advice_to_bytes(model))
    told = again.probabilities(rows.features, rows.month)
    assert np.array_equal(told, model.probabilities(rows.features, rows.month))
    assert np.array_equal(again.told(told), model.told(told))
    assert np.allclose(told.sum(axis=1), 1)


def test_baselines_are_kept_and_tell_frequencies():
    rows, target = of_advice(), of_advice().target.astype(int)
    for model in (climatology(rows.features, rows.month, target), by_price_rank(rows.features, target)):
        again = advice_from_bytes(advice_to_bytes(model))
        told = again.probabilities(rows.features, rows.month)
        assert np.allclose(told.mean(axis=0), np.bincount(target) / len(target), atol=0.02)


@pytest.mark.parametrize("body", [b"", b"no model", score_to_bytes(ScoreModel("x"))[:-20]])
def test_damaged_files_are_called_so(body):
    with pytest.raises(StoreError):
        score_from_bytes(body)


def test_a_score_is_no_recommendation():
    with pytest.raises(StoreError):
        advice_from_bytes(score_to_bytes(ScoreModel(PERCENTILE)))


def test_a_missing_input_gives_no_score():
    features = of_score().features[:2].copy()
    features[0, NAMES.index("temperature_c")] = np.nan
    told = learn_score.forest(of_score(), 1).predict(features)
    assert np.isnan(told[0])
    assert 0 <= told[1] <= 100


@pytest.mark.slow
def test_the_same_seed_learns_the_same():
    assert trained_score().challenger.file == score_training(lesson(), of_score()).challenger.file


# --------------------------------------------------------------------------------------------------------- the training
def test_a_training_brings_baseline_challenger_and_evidence_of_hours_that_neither_saw():
    training = trained_score()
    card = training.challenger.card
    assert training.baseline.card.is_baseline
    assert training.baseline.card.sort == PERCENTILE
    assert {"r2", "mae_points", "regret_eur", "captured_share", "seed_recipe_r2"} <= set(card.scores)
    assert {PERCENTILE, "trailing_7d", "month_and_hour"} == set(card.baselines)
    assert card.scores["r2"] > card.baselines["month_and_hour"]["r2"]
    assert card.rows == len(of_score())
    assert "a twin of the same recipe" in card.parameters["judged_as"]
    assert training.evidence.hours == card.judged_on
    assert len(training.evidence.champion_losses) == len(training.evidence.challenger_losses)
    assert all(plot.startswith(b"\x89PNG") for plot in training.challenger.plots.values())


def test_a_recommendation_is_trained_likewise():
    training = trained_advice()
    scored = training.challenger.card.scores
    assert {"balanced_accuracy", "macro_f1", "brier", "calibration_error", "seed_recipe_accuracy"} <= set(scored)
    assert set(training.challenger.plots) == {"importance.png", "reliability.png", "confusion.png"}
    hardest = training.baseline.card.sort
    assert training.challenger.card.baselines[hardest]["brier"] == min(
        figures["brier"] for figures in training.challenger.card.baselines.values()
    )
    assert np.mean(training.evidence.champion_losses) == pytest.approx(
        training.challenger.card.baselines[hardest]["brier"], abs=0.05
    )


def test_the_seed_recipe_looks_better_than_anything_honest():
    assert trained_score().challenger.card.scores["seed_recipe_r2"] > trained_score().challenger.card.scores["r2"]


def test_a_planted_future_is_refused():
    planted = of_score().features.copy()
    planted[:, NAMES.index("temperature_c")] = of_score().target
    rows = of_score()
    training = score_training(lesson(), Examples(rows.history, rows.numbers, planted, rows.target))
    assert training.challenger is None
    assert "something of the future" in training.problem


def test_a_planted_class_is_refused():
    rows = of_advice()
    planted = rows.features.copy()
    planted[:, NAMES.index("temperature_c")] = rows.target
    training = advice_training(lesson(), Examples(rows.history, rows.numbers, planted, rows.target))
    assert training.challenger is None
    assert "balanced accuracy" in training.problem


def test_too_few_rows_say_how_many_are_missing():
    short = of_score().before(int(of_score().day[0]) + 60)
    training = score_training(lesson(), short)
    missing = FEWEST_DAYS - 7 * len(np.unique(short.day // 7))
    assert training.challenger is None
    assert f"{missing} more are missing" in training.problem
    assert score_from_bytes(training.baseline.file).sort == PERCENTILE


def test_two_days_of_data_are_no_model():
    with pytest.raises(NotYetError, match="more are missing"):
        make_energy_optimization(lesson(filled_store(2), FIRST + timedelta(days=2)))


@pytest.mark.slow
def test_what_is_not_observed_is_not_learnt_from():
    store = filled_store(60, kind=Kind.SIMULATED, world="simulated")
    with pytest.raises(NotYetError):
        make_energy_optimization(lesson(store, FIRST + timedelta(days=60)))
    shown = make_energy_optimization(
        lesson(store, FIRST + timedelta(days=60), filling=frozenset({Kind.SIMULATED}))
    ).baseline.card
    assert shown.parameters["kinds"] == "simulated"


@pytest.mark.slow
def test_a_champion_that_has_seen_the_hours_is_no_evidence():
    whole = of_score().window.end
    champion = version(ModelName.ENERGY_OPTIMIZATION, "forest", 3, whole)
    training = score_training(lesson(champion=(champion, score_to_bytes(ScoreModel(PERCENTILE)))), of_score())
    assert training.evidence is None
    assert training.challenger is not None


@pytest.mark.slow
def test_a_champion_is_judged_on_what_came_after_it():
    until = of_score().window.end - timedelta(days=60)
    champion = version(ModelName.ENERGY_OPTIMIZATION, "forest", 3, until)
    training = score_training(lesson(champion=(champion, score_to_bytes(ScoreModel(PERCENTILE)))), of_score())
    assert training.evidence.champion == "energy_optimization/3"
    assert training.evidence.hours.start >= until + timedelta(days=PURGE_DAYS)


def test_classes_are_the_contracts_words():
    assert [level.value for level in CLASSES] == ["Reduced", "Moderate", "Optimal"]
    assert AdviceModel("x", table=np.full((12, 3), 1 / 3)).told(np.eye(3)).tolist() == [0, 1, 2]
