"""Models asked by tables: the same answers as the brain's own functions give."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract"))

from made_models import card, file_of

from chocolate_factory.adapters.model_tables import answer, example_of, inputs_of, outputs_of
from chocolate_factory.domain.errors import InputError, StoreError
from chocolate_factory.domain.models import ModelName
from chocolate_factory.domain.time import HOUR, madrid_midnight
from chocolate_factory.forecasting.days import days_known_at
from chocolate_factory.forecasting.files import from_bytes
from chocolate_factory.forecasting.forecast import forecast_hours
from chocolate_factory.forecasting.panel import panel_of
from chocolate_factory.learning.advice_model import CLIMATOLOGY, AdviceModel
from chocolate_factory.learning.files import advice_to_bytes, score_to_bytes
from chocolate_factory.learning.rows import INPUTS
from chocolate_factory.learning.score_model import PERCENTILE, ScoreModel

SPOT = ModelName.SPOT_PRICE
#: Of month and hour: Optimal at 03:00 in January, Reduced ever else.
TABLE = np.zeros((12, 24, 3))
TABLE[..., 0] = 1.0
TABLE[0, 3] = (0.0, 0.25, 0.75)
FILES = {
    SPOT: file_of("spot"),
    ModelName.PVPC_PRICE: file_of("pvpc"),
    ModelName.ENERGY_OPTIMIZATION: score_to_bytes(ScoreModel(PERCENTILE)),
    ModelName.PRODUCTION_RECOMMENDATION: advice_to_bytes(AdviceModel(CLIMATOLOGY, table=TABLE)),
}


def history(until: date, days: int = 60) -> dict[str, list]:
    """Whole days of prices, the last of them the one before ``until``."""
    end, start = madrid_midnight(until), madrid_midnight(until - timedelta(days=days))
    starts = [start + n * HOUR for n in range(int((end - start) / HOUR))]
    prices = (60 + 25 * np.random.default_rng(3).normal(size=len(starts))).tolist()
    return {"start": [moment.isoformat() for moment in starts], "spot": prices}


@pytest.mark.parametrize("name", ModelName)
def test_the_example_is_a_question_that_the_model_answers_as_it_promises(name):
    question = example_of(card(name))
    required = [column.name for column in inputs_of(card(name)) if column.required]
    assert list(question) == required
    told = json.loads(json.dumps(answer(name, FILES[name], question)))
    assert list(told) == [column.name for column in outputs_of(name)]
    for column in outputs_of(name):
        assert {type(value) for value in told[column.name]} == {{"string": str, "double": float}[column.sort]}


# ---------------------------------------------------------------------- prices
def test_prices_are_those_of_the_brains_own_forecast():
    question = history(date(2026, 3, 10))
    hours = dict(zip(map(datetime.fromisoformat, question["start"]), question["spot"], strict=True))
    panel = panel_of(days_known_at(max(hours), hours, lambda start: start))
    expected = forecast_hours(from_bytes(FILES[SPOT]), panel, madrid_midnight(date(2026, 3, 10)))
    told = answer(SPOT, FILES[SPOT], question)
    assert told["p50_eur_mwh"] == [price.p50 for price in expected.prices]
    assert told["p10_eur_mwh"] == [price.p10 for price in expected.prices]
    assert told["start"] == [price.slot.start.isoformat() for price in expected.prices]


@pytest.mark.parametrize(("until", "hours"), [(date(2026, 3, 25), 167), (date(2026, 10, 21), 168)])
def test_a_week_with_a_change_of_clocks_is_told_as_far_as_a_forecast_reaches(until, hours):
    told = answer(SPOT, FILES[SPOT], history(until))
    assert len(told["start"]) == hours
    assert told["start"][0] == madrid_midnight(until).isoformat()


def test_hours_that_are_not_published_yet_and_other_columns_are_no_history():
    question = history(date(2026, 3, 10))
    expected = answer(SPOT, FILES[SPOT], question)
    more = [(datetime(2026, 3, 10, tzinfo=UTC) + n * HOUR).isoformat() for n in range(24)]
    longer = {"start": question["start"] + more, "spot": question["spot"] + [None] * 12 + [float("nan")] * 12}
    assert answer(SPOT, FILES[SPOT], longer | {"remark": ["x"] * len(longer["start"])}) == expected


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ({"spot": [1.0]}, "start must be among them"),
        ({"start": ["2026-03-01T00:00:00+00:00"]}, "spot must be among them"),
        ({"start": ["yesterday"], "spot": [1.0]}, "start"),
        ({"start": [], "spot": []}, "no whole day"),
        (history(date(2026, 3, 10), days=20), "prices"),
    ],
)
def test_a_history_that_is_none_is_told(question, why):
    with pytest.raises(InputError, match=why):
        answer(SPOT, FILES[SPOT], question)


# ---------------------------------------------------------------------- the two predictions
def features(**known: float) -> dict[str, list[float]]:
    return {name: [known.get(name, 0.5)] for name in (*INPUTS, "month")}


def test_the_score_is_the_models():
    asked = features(energy_optimization_index=0.25)
    assert answer(ModelName.ENERGY_OPTIMIZATION, FILES[ModelName.ENERGY_OPTIMIZATION], asked) == {
        "energy_optimization_score": [75.0]
    }


@pytest.mark.parametrize(
    ("month", "hour", "told"), [(1.0, 3.0, ("Optimal", 0.75)), (1.0, 4.0, ("Reduced", 0.0)), (2.0, 3.0, ("Reduced", 0))]
)
def test_the_recommendation_comes_with_its_probabilities(month, hour, told):
    name = ModelName.PRODUCTION_RECOMMENDATION
    answered = answer(name, FILES[name], features(month=month, hour=hour))
    assert (answered["recommendation"], answered["Optimal"]) == ([told[0]], [told[1]])
    assert sum(answered[level][0] for level in ("Reduced", "Moderate", "Optimal")) == pytest.approx(1)


@pytest.mark.parametrize("name", [ModelName.ENERGY_OPTIMIZATION, ModelName.PRODUCTION_RECOMMENDATION])
@pytest.mark.parametrize("feature", INPUTS)
def test_a_feature_that_is_missing_or_unknown_is_told_and_nothing_is_invented(name, feature):
    without = {column: values for column, values in features().items() if column != feature}
    with pytest.raises(InputError, match=feature):
        answer(name, FILES[name], without)
    with pytest.raises(InputError, match=feature):
        answer(name, FILES[name], features(**{feature: float("nan")}))


@pytest.mark.parametrize("name", ModelName)
def test_a_file_of_another_model_or_of_none_is_refused(name):
    others = [file for of, file in FILES.items() if of not in {name, *(PRICES if name in PRICES else ())}]
    for file in [*others, b"", b"PK\x03\x04 no archive", FILES[name][:-20]]:
        with pytest.raises(StoreError):
            answer(name, file, example_of(card(name)))


PRICES = (SPOT, ModelName.PVPC_PRICE)
