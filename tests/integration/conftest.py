"""An embedded MLflow store of one's own, its tables made once."""

from __future__ import annotations

import os
import shutil
import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract"))

from made_models import MADE_AT, empty_tables

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.mlflow_registry import MlflowRegistry
from chocolate_factory.domain.models import ModelName

NOW = MADE_AT + timedelta(hours=1)


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory):
    return empty_tables(tmp_path_factory.mktemp("mlflow"))


@pytest.fixture
def folder(tmp_path):
    """With what people put into names."""
    folder = tmp_path / "mi fábrica"
    folder.mkdir()
    return folder


@pytest.fixture
def uri(folder, monkeypatch, empty_database):
    monkeypatch.setattr(os, "environ", os.environ.copy())  # MLflow writes its names there
    shutil.copy(empty_database, folder / "mlflow.db")
    return f"sqlite:///{folder}/mlflow.db"


@pytest.fixture
def registry(uri):
    return MlflowRegistry(uri, FixedClock(NOW))


@pytest.fixture
def client(uri):
    from mlflow import MlflowClient

    return MlflowClient(uri, uri)


@pytest.fixture
def the_run(client):
    """Asks for the one run of the spot price's model."""

    def ask():
        [run] = client.search_runs([client.get_experiment_by_name(ModelName.SPOT_PRICE).experiment_id])
        return run

    return ask
