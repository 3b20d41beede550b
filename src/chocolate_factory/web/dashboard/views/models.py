"""The models: who serves, how old, how good beside its baselines, who challenges, what drifts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chocolate_factory.web.dashboard import figures
from chocolate_factory.web.dashboard.texts import Texts

#: What each model is judged by first: the key of its score and the decimals shown.
HEADLINES = {
    "spot_price": ("mae_eur_mwh", 2),
    "pvpc_price": ("mae_eur_mwh", 2),
    "energy_optimization": ("mae_points", 2),
    "production_recommendation": ("brier", 3),
}


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model. ``scores`` are (who, its headline score), the champion's first, then the challenger's and baselines'.

    Attributes:
        waiting: why there is no version yet; empty where there is one.
        state: class of its word: ``ok``, ``degraded`` where it drifts, ``unknown`` where there is none.
    """

    name: str
    champion: str
    age: str
    measure: str
    scores: list[tuple[str, str]]
    challenger: str
    drift: list[str]
    waiting: str
    state: str
    label: str


def model_rows(models: list[dict[str, Any]] | None, texts: Texts) -> list[ModelRow]:
    """All of them."""
    return [_row(model, texts) for model in models or []]


def _row(model: Mapping[str, Any], texts: Texts) -> ModelRow:
    there, drift = model["version"] is not None, model.get("drift") or []
    key, digits = HEADLINES.get(model["name"], ("", 2))
    state = "unknown" if not there else "degraded" if drift else "ok"
    return ModelRow(
        name=texts.name("model", model["name"]),
        champion=_version(model["version"], model["sort"], texts) if there else "",
        age=figures.duration(model["age_days"] * figures.DAY_S, texts) if there else "",
        measure=texts.name("score", key),
        scores=_scores(model, key, digits, texts) if there else [],
        challenger=_challenger(model.get("challenger"), texts),
        drift=drift,
        waiting="" if there else model.get("waiting_for") or texts.say("models.first"),
        state=state,
        label=texts.say(f"models.{state}"),
    )


def _version(number: int, sort: str, texts: Texts) -> str:
    return texts.say("models.version", version=number, sort=texts.name("sort", sort))


def _challenger(challenger: Mapping[str, Any] | None, texts: Texts) -> str:
    return _version(challenger["version"], challenger["sort"], texts) if challenger else texts.say("models.alone")


def _scores(model: Mapping[str, Any], key: str, digits: int, texts: Texts) -> list[tuple[str, str]]:
    """The headline of everybody who has one, on the hours that the champion was judged on."""
    rows = [(texts.say("models.champion"), model["scores"])]
    if model.get("challenger"):
        rows.append((texts.say("models.challenger"), model["challenger"]["scores"]))
    rows += [(texts.name("sort", name), scores) for name, scores in model["baselines"].items()]
    return [(who, figures.number(scores[key], digits, texts)) for who, scores in rows if key in scores]
