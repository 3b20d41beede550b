"""What a run of MLflow tells of a training: its card as parameters, metrics and tags, and its files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from chocolate_factory.adapters.model_codec import card_to_json
from chocolate_factory.domain.models import MadeModel, ModelCard

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param, RunTag


def track(client: MlflowClient, run_id: str, made: MadeModel) -> None:
    """All but the model itself."""
    client.log_batch(run_id, list(_metrics(made)), list(_params(made.card)), list(_tags(made.card)))
    with TemporaryDirectory() as folder:
        (Path(folder) / "card.json").write_text(card_to_json(made.card), encoding="utf-8")
        for name, picture in made.plots.items():
            (Path(folder) / name).write_bytes(picture)
        client.log_artifacts(run_id, folder)


def _metrics(made: MadeModel) -> Iterator[Metric]:
    """Scores, those of the baselines as ``baseline.<name>.<score>``, curves by step as ``curve.<name>``."""
    from mlflow.entities import Metric  # noqa: PLC0415  loaded by now

    at = round(made.card.made_at.timestamp() * 1000)
    baselines = {f"baseline.{who}": scores for who, scores in made.card.baselines.items()}
    for prefix, scores in ({"": made.card.scores} | baselines).items():
        for name, score in scores.items():
            yield Metric(_key(f"{prefix}.{name}".lstrip(".")), score, at, 0)
    for name, points in made.curves.items():
        for step, value in points:
            yield Metric(_key(f"curve.{name}"), value, at, step)


def _params(card: ModelCard) -> Iterator[Param]:
    from mlflow.entities import Param  # noqa: PLC0415  loaded by now

    known = {"sort": card.sort, "rows": str(card.rows), "inputs": ", ".join(card.inputs)}
    for name, value in (known | dict(card.parameters)).items():
        yield Param(_key(name), value)


def _tags(card: ModelCard) -> Iterator[RunTag]:
    from mlflow.entities import RunTag  # noqa: PLC0415  loaded by now

    told = {
        "fingerprint": card.fingerprint,
        "code_version": card.code_version,
        "reason": card.reason,
        "learnt_from": str(card.learnt_from),
        "judged_on": str(card.judged_on or ""),
        "is_baseline": str(card.is_baseline).lower(),
    }
    for name, value in told.items():
        yield RunTag(name, value)


def _key(name: str) -> str:
    """A name with nothing but what MLflow allows in one."""
    return re.sub(r"[^\w\-. :/]", "", name)
