"""Both predictions, and the features that they are made from."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends

from chocolate_factory.learning.rows import INPUTS, NAMES
from chocolate_factory.usecases.predict_document import (
    advice_document,
    feature_document,
    prediction_document,
    score_document,
)
from chocolate_factory.usecases.present import Conditions
from chocolate_factory.web.auth import Changes
from chocolate_factory.web.bodies import documented, optional
from chocolate_factory.web.errors import responses
from chocolate_factory.web.predict_schemas import AdviceOut, ConditionsIn, FeaturesOut, PredictionOut, ScoreOut
from chocolate_factory.web.state import HouseOf
from chocolate_factory.web.windows import End, Start, window_of

router = APIRouter(tags=["predictions"])

Asked = Annotated[ConditionsIn | None, Depends(optional(ConditionsIn))]
BODY = documented(ConditionsIn, is_required=False)
ANSWERS = responses(404)


@router.get("/predict", summary="Both predictions for now", responses=ANSWERS)
def predict_now(house: HouseOf) -> PredictionOut:
    """From what the store knows now; each number says where it comes from and how old it is."""
    return PredictionOut.model_validate(prediction_document(house.predict))


@router.post("/predict", summary="Both predictions for posted conditions", responses=ANSWERS, openapi_extra=BODY)
def predict_posted(house: HouseOf, _allowed: Changes, asked: Asked) -> PredictionOut:
    """The present hour at another PVPC, temperature or humidity; what is left out is filled from the store."""
    return PredictionOut.model_validate(prediction_document(house.predict, _conditions(asked)))


@router.post(
    "/predict/energy-optimization", summary="The energy optimisation score", responses=ANSWERS, openapi_extra=BODY
)
def predict_energy_optimization(house: HouseOf, _allowed: Changes, asked: Asked) -> ScoreOut:
    """0 to 100: how cheap a kilogram's energy is in this hour among those of its calendar week."""
    question = house.predict.question(_conditions(asked))
    return ScoreOut.model_validate(score_document(question, house.predict.score(question)))


@router.post(
    "/predict/production-recommendation",
    summary="Optimal, Moderate, Reduced or Halt Production",
    responses=ANSWERS,
    openapi_extra=BODY,
)
def predict_production_recommendation(house: HouseOf, _allowed: Changes, asked: Asked) -> AdviceOut:
    """Halt comes from crew and physics alone; the rest is learnt from the vote of clairvoyant plans."""
    question = house.predict.question(_conditions(asked))
    return AdviceOut.model_validate(advice_document(question, house.predict.advice(question)))


@router.get("/mlflow/features", summary="The engineered features, hour by hour")
def mlflow_features(house: HouseOf, start: Start = None, end: End = None) -> FeaturesOut:
    """As each could be known when its hour began; today's by default."""
    window = window_of(start, end, house.clock, timedelta(days=62))
    rows = [feature_document(row) for row in house.features(window)]
    document = {"feature_names": list(NAMES), "model_inputs": list(INPUTS), "features": rows}
    return FeaturesOut.model_validate(document)


def _conditions(asked: ConditionsIn | None) -> Conditions:
    return Conditions(**asked.model_dump()) if asked is not None else Conditions()
