from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from learning_world import FIRST, PLANT, Shelf, filled_store, version

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.domain.errors import NotYetError
from chocolate_factory.domain.models import Alias, ModelName
from chocolate_factory.domain.plan import Level
from chocolate_factory.domain.series import TRUE_KINDS, Query
from chocolate_factory.domain.time import DAY, HOUR, Interval
from chocolate_factory.learning.advice_model import PRICE_RANK, AdviceModel
from chocolate_factory.learning.files import advice_to_bytes, score_to_bytes
from chocolate_factory.learning.score_model import PERCENTILE, ScoreModel
from chocolate_factory.usecases.predict import Predict
from chocolate_factory.usecases.predict_document import prediction_document
from chocolate_factory.usecases.present import Conditions

SCORE, ADVICE = ModelName.ENERGY_OPTIMIZATION, ModelName.PRODUCTION_RECOMMENDATION
#: A Wednesday at half past nine in Madrid.
NOW = FIRST + 30 * DAY + 9 * HOUR + timedelta(minutes=37)
#: Of each bin of the price's rank: Optimal when cheap, Reduced when dear.
RANKED = np.array([[0.1, 0.2, 0.7]] * 6 + [[0.6, 0.3, 0.1]] * 6)


def shelf(*aliases: Alias) -> Shelf:
    files = {SCORE: score_to_bytes(ScoreModel(PERCENTILE)), ADVICE: advice_to_bytes(AdviceModel(PRICE_RANK, RANKED))}
    return Shelf(
        {(name, a): (version(name, number=n), files[name]) for name in files for n, a in enumerate(aliases, 1)}
    )


def predict(now: datetime = NOW, held: Shelf | None = None, store=None) -> Predict:
    store = store if store is not None else filled_store()
    return Predict(store, held or shelf(Alias.CHAMPION), FixedClock(now), lambda: PLANT, TRUE_KINDS)


def test_a_prediction_says_what_was_given_and_what_was_filled():
    document = prediction_document(predict(), Conditions(price_eur_kwh=0.15))
    given, filled, _ = document["energy_optimization"]["inputs"]
    assert given == {
        "name": "price_eur_kwh", "value": 0.15, "given": True, "source": None, "kind": None, "start": None,
        "age_minutes": None,
    }  # fmt: skip
    assert (filled["given"], filled["source"], filled["kind"], filled["age_minutes"]) == (
        False, "aemet", "observed", 157,
    )  # fmt: skip
    assert document["energy_optimization"]["model"]["version"] == 1
    assert document["production_recommendation"]["model"]["alias"] == "champion"


def test_a_dearer_price_has_a_lower_score():
    told = predict()
    scores = [told.score(told.question(Conditions(price_eur_kwh=price))).value for price in (0.02, 0.1, 0.15, 0.2, 0.5)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 90
    assert scores[-1] < 10


def test_the_stored_price_posted_is_the_stored_answer():
    told = predict()
    stored = told.question()
    posted = told.question(Conditions(price_eur_kwh=stored.values[0].value))
    assert told.score(posted).value == pytest.approx(told.score(stored).value, abs=1.0)


def test_probabilities_are_of_four_levels_and_add_up():
    told = predict()
    advice = told.advice(told.question())
    assert set(advice.probabilities) == set(Level)
    assert sum(advice.probabilities.values()) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    "conditions", [Conditions(temperature=45, humidity=20), Conditions(temperature=34, humidity=90)]
)
def test_heat_halts_whatever_the_price(conditions):
    told = predict(held=Shelf())  # and no model is asked
    advice = told.advice(told.question(conditions))
    assert advice.level is Level.HALT
    assert advice.speaker is None
    assert advice.probabilities[Level.HALT] == 1
    assert "kW" in advice.reasons[0]["es"]
    assert "kW" in advice.reasons[0]["en"]


def test_without_crew_production_halts():
    told = predict(FIRST + 30 * DAY + 3 * HOUR)
    assert told.advice(told.question()).level is Level.HALT


def test_no_price_ever_halts():
    told = predict()
    dear = told.advice(told.question(Conditions(price_eur_kwh=5.9)))
    assert dear.level is Level.REDUCED


def test_without_a_model_it_says_so_and_how_to_get_one():
    told = predict(held=Shelf())
    with pytest.raises(NotYetError, match="chocolate-factory train"):
        told.score(told.question())


def test_an_empty_store_has_no_prediction_and_says_what_is_missing():
    with pytest.raises(NotYetError, match="price_eur_kwh, temperature, humidity"):
        predict(store=MemoryStore()).question()


def test_three_numbers_are_not_enough_without_the_weeks_prices():
    with pytest.raises(NotYetError, match="the last seven days"):
        predict(store=MemoryStore()).question(Conditions(0.15, 22, 55))


def test_another_model_on_the_shelf_is_taken_up_at_once():
    held = shelf(Alias.CHAMPION)
    told = predict(held=held)
    assert told.score(told.question()).speaker.number == 1
    held.put_there(SCORE, Alias.CHAMPION, version(SCORE, number=7), score_to_bytes(ScoreModel(PERCENTILE)))
    assert told.score(told.question()).speaker.number == 7


def test_predictions_and_features_are_stored_with_their_version_before_their_hour():
    store = filled_store()
    count, advised = predict(held=shelf(Alias.CHAMPION, Alias.CHALLENGER), store=store).refresh()
    hour = NOW - timedelta(minutes=37)
    window = Interval(hour, hour + 2 * HOUR)
    told = store.read(Query("energy_optimization_score", window))
    assert {o.source for o in told} == {"energy_optimization/1", "energy_optimization/2"}
    assert {o.start for o in told} == {hour, hour + HOUR}
    assert all(o.published_at == NOW for o in told)
    assert {o.value for o in store.read(Query("production_recommendation", window))} <= {0.0, 1.0, 2.0, 3.0}
    assert len(store.read(Query("feature_temperature_c", window))) == 2
    assert count.new == 2 * (13 + 4)
    assert advised is not None


def test_without_models_features_alone_are_stored():
    store = filled_store()
    count, advised = predict(held=Shelf(), store=store).refresh()
    assert count.new == 26
    assert advised is None


def test_a_missing_hour_is_looked_for_again_after_a_minute():
    store, clock = MemoryStore(), FixedClock(NOW)
    told = Predict(store, shelf(Alias.CHAMPION), clock, lambda: PLANT, TRUE_KINDS)
    with pytest.raises(NotYetError):
        told.question()
    for series in ("pvpc", "spot", "demand", "temperature", "humidity"):
        store.write(filled_store().read(Query(series, Interval(FIRST, FIRST + 40 * DAY))))
    with pytest.raises(NotYetError):
        told.question()
    clock.set(NOW + timedelta(minutes=2))
    assert told.score(told.question()).value >= 0
