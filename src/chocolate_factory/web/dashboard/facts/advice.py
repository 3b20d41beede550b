"""What the models say of now, and who they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chocolate_factory.domain.errors import NotYetError, StoreError
from chocolate_factory.domain.models import ModelName
from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.usecases.model_document import model_document
from chocolate_factory.usecases.predict_document import advice_document, score_document
from chocolate_factory.wiring import House


def predictions(house: House) -> dict[str, Any]:
    """Both predictions for this hour; nulls, with the sentence why, where there is no model or no input."""
    missing: list[str] = []
    return {
        "energy_optimization": _told(missing, lambda: _score(house)),
        "production_recommendation": _told(missing, lambda: _advice(house)),
        "missing": " ".join(dict.fromkeys(missing)) or None,
    }


def _score(house: House) -> dict[str, Any]:
    question = house.predict.question(None)
    return score_document(question, house.predict.score(question))


def _advice(house: House) -> dict[str, Any]:
    question = house.predict.question(None)
    return advice_document(question, house.predict.advice(question))


def _told(missing: list[str], say: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """What a model says; where it cannot, why."""
    try:
        return say()
    except (NotYetError, StoreError) as e:
        missing.append(str(e))
        return None


def models(house: House, now: datetime) -> list[dict[str, Any]] | None:
    """Every model in short: who serves, how old, its scores beside the baselines'; None where the shelf is damaged."""
    try:
        state = house.models.known()
    except StoreError:  # /health says so, and the next refresh mends it
        return None
    return [_short(model_document(name, state, house.models, house.drift, now)) for name in ModelName]


def _short(document: dict[str, Any]) -> dict[str, Any]:
    champion = document["champion"]
    return {
        "name": document["name"],
        "version": champion["version"] if champion else None,
        "sort": champion["sort"] if champion else None,
        "is_baseline": champion["is_baseline"] if champion else None,
        "made_at": isoformat_madrid(champion["made_at"]) if champion else None,
        "age_days": champion["age_days"] if champion else None,
        "scores": champion["scores"] if champion else {},
        "baselines": champion["baselines"] if champion else {},
        "challenger": _challenger(document["challenger"]),
        "waiting_for": document["waiting_for"],
        "drift": [finding["why"] for finding in document["drift"]],
    }


def _challenger(version: dict[str, Any] | None) -> dict[str, Any] | None:
    return version and {key: version[key] for key in ("version", "sort", "age_days", "scores")}
