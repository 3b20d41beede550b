"""Models fresh from training, small and real: the naive forecast with margins from a made-up market."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.mlflow_registry import MlflowRegistry
from chocolate_factory.domain.models import MadeModel, ModelCard, ModelName
from chocolate_factory.domain.time import Interval
from chocolate_factory.forecasting.files import to_bytes
from chocolate_factory.forecasting.fit import fit_naive
from chocolate_factory.forecasting.panel import Panel

MADE_AT = datetime(2026, 3, 10, 11, 30, tzinfo=UTC)
PICTURE = b"\x89PNG\r\n\x1a\n a picture"
SERIES = {ModelName.SPOT_PRICE: "spot", ModelName.PVPC_PRICE: "pvpc"}


@cache
def file_of(series: str = "spot", seed: int = 1) -> bytes:
    """A price model's file; another seed, other bytes."""
    prices = 60 + 20 * np.random.default_rng(seed).normal(size=(90, 24))
    return to_bytes(fit_naive(series, Panel(date(2025, 11, 1), prices, np.ones(90, dtype=bool)))[0])


def card(name: ModelName = ModelName.SPOT_PRICE, made_at: datetime = MADE_AT, **other) -> ModelCard:
    """All that a card may say, with what a careless writer would lose: accents, spaces, tiny numbers."""
    known = {
        "sort": "blend",
        "is_baseline": False,
        "learnt_from": Interval(made_at - timedelta(days=900), made_at - timedelta(days=30)),
        "rows": 20_880,
        "inputs": (SERIES.get(name, "hour"), "demand_forecast"),
        "fingerprint": "f" * 64,
        "code_version": "0.1.0+abcdef",
        "judged_on": Interval(made_at - timedelta(days=30), made_at),
        "scores": {"mae_eur_mwh": 11.25, "coverage": 0.1 + 0.2, "tiny": 5e-324},
        "baselines": {"EPF naive": {"mae_eur_mwh": 17.5}, "the week's mean": {"mae_eur_mwh": 19.0}},
        "parameters": {"seed": "1", "windows": "84, 112", "año": "sí; «ñ»"},
        "reason": "new data",
    }
    return ModelCard(name=name, made_at=made_at, **(known | other))


def made(name: ModelName = ModelName.SPOT_PRICE, seed: int = 1, **other) -> MadeModel:
    """A model with a picture and a curve."""
    return MadeModel(
        card(name, **other),
        file_of(SERIES.get(name, "spot"), seed),
        {"mae by lead.png": PICTURE},
        {"mae_eur_mwh": tuple((lead, 10.0 + lead) for lead in range(1, 8))},
    )


def empty_tables(folder: Path) -> Path:
    """MLflow's database without a model; to make its tables takes seconds, so once for many tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "environ", os.environ.copy())
        assert MlflowRegistry(f"sqlite:///{folder}/mlflow.db", FixedClock(MADE_AT)).state().connected
    return folder / "mlflow.db"
