"""Predictions and features as JSON, for the API and the command line alike."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from chocolate_factory.domain.plan import Level
from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.usecases.features import FeatureRow
from chocolate_factory.usecases.predict import Advice, Predict, Question, Score, Speaker
from chocolate_factory.usecases.present import Conditions, Value


def prediction_document(predict: Predict, conditions: Conditions | None = None) -> dict[str, Any]:
    """Both predictions. Raises ``NotYetError``."""
    question = predict.question(conditions)
    score, advice = predict.score(question), predict.advice(question)
    return {
        "energy_optimization": score_document(question, score),
        "production_recommendation": advice_document(question, advice),
    }


def score_document(question: Question, score: Score) -> dict[str, Any]:
    """The score with what it was made from."""
    return {"energy_optimization_score": score.value, "model": _model(score.speaker)} | _question(question)


def advice_document(question: Question, advice: Advice) -> dict[str, Any]:
    """The recommendation with what it was made from."""
    return {
        "recommendation": advice.level.value,
        "probabilities": {level.value: advice.probabilities[level] for level in reversed(Level)},
        "model": _model(advice.speaker) if advice.speaker is not None else None,
        "reasons": [dict(reason) for reason in advice.reasons],
    } | _question(question)


def feature_document(row: FeatureRow) -> dict[str, Any]:
    """One hour's features, and what its weather was read from."""
    return {"start": isoformat_madrid(row.start)} | dict(row.features) | dict(row.audit)


def _model(speaker: Speaker) -> dict[str, Any]:
    return {
        "name": speaker.name.value,
        "version": speaker.number,
        "alias": speaker.alias.value,
        "sort": speaker.model.sort,
    }


def _question(question: Question) -> dict[str, Any]:
    return {
        "hour": isoformat_madrid(question.hour),
        "made_at": isoformat_madrid(question.made_at),
        "inputs": [_value(value, question.made_at) for value in question.values],
    }


def _value(value: Value, now: datetime) -> dict[str, Any]:
    return {
        "name": value.name,
        "value": round(value.value, 6),
        "given": value.given,
        "source": value.source,
        "kind": value.kind.value if value.kind is not None else None,
        "start": isoformat_madrid(value.start) if value.start is not None else None,
        "age_minutes": int((now - value.start) / timedelta(minutes=1)) if value.start is not None else None,
    }
