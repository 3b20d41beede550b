"""An embedded MLflow store of one's own, its tables made once; a database of InfluxDB behind a proxy that can fail."""

from __future__ import annotations

import os
import shutil
import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract"))

import influx_proxy as bad
from influx_server import influxd
from made_models import MADE_AT, empty_tables

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.influx_store import InfluxStore
from chocolate_factory.adapters.mlflow_registry import MlflowRegistry
from chocolate_factory.adapters.spool_store import SpooledStore
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


# ------------------------------------------------------------------------------------------------ a sick InfluxDB
@pytest.fixture
def proxy():
    made = bad.Proxy(influxd().port)
    yield made
    made.close()


@pytest.fixture
def database():
    return influxd().url().rpartition("/")[2]


@pytest.fixture
def far(proxy, database):
    return InfluxStore(proxy.address(database))


@pytest.fixture
def store(far, tmp_path):
    made = SpooledStore(far, tmp_path / "spool.db", rest_s=0.05)
    yield made
    made.close()
