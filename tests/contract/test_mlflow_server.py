"""The registry behind a real tracking server on PostgreSQL: the same promises, and what happens when either dies."""

from __future__ import annotations

import os
import threading
import time
from datetime import timedelta

import pytest
from made_models import MADE_AT, file_of, made
from postgres_server import Postgres
from test_model_registry import *  # noqa: F403  the suite itself, run here against the fixture below
from tracking_server import TrackingServer

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.mlflow_registry import MlflowRegistry
from chocolate_factory.domain.errors import RegistryAwayError, StoreError
from chocolate_factory.domain.models import Alias, ModelName

SPOT = ModelName.SPOT_PRICE
CLOCK = FixedClock(MADE_AT + timedelta(hours=1))
#: "Quickly": a dead server is told by the system at once, and nothing is tried again.
SOON_S = 5.0


@pytest.fixture(scope="module")
def postgres():
    cluster = Postgres()
    yield cluster
    cluster.close()


@pytest.fixture(scope="module")
def server(postgres, tmp_path_factory):
    server = TrackingServer(postgres.address(), tmp_path_factory.mktemp("mlops"))
    yield server
    server.kill()


@pytest.fixture
def registry(server, postgres, monkeypatch):
    monkeypatch.setattr(os, "environ", os.environ.copy())  # MLflow writes its names there
    postgres.empty()
    return MlflowRegistry(server.uri, CLOCK)


def runs(server) -> list[str]:
    from mlflow import MlflowClient

    client = MlflowClient(server.uri, server.uri)
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    return [run.info.status for run in client.search_runs(experiments)] if experiments else []


def test_files_go_through_the_server(registry, server, tmp_path):
    version = registry.add(made())
    assert registry.file(version) == file_of()
    from mlflow import MlflowClient

    where = MlflowClient(server.uri, server.uri).get_model_version_download_uri(SPOT, "1")
    assert where.startswith("mlflow-artifacts:/")


def test_a_file_that_the_server_lost_is_told_as_lost(registry, server):
    version = registry.add(made())
    for file in server.folder.rglob("model.npz"):
        file.unlink()
    with pytest.raises(StoreError, match="lost"):
        registry.file(version)


def test_a_killed_server_is_told_at_once_and_one_that_is_back_goes_on(registry, server):
    version = registry.add(made())
    registry.point(SPOT, Alias.CHAMPION, version.number)
    server.kill()
    for ask in (lambda: registry.file(version), lambda: registry.versions(SPOT), lambda: registry.add(made())):
        began = time.monotonic()
        with pytest.raises(RegistryAwayError):
            ask()
        assert time.monotonic() - began < SOON_S
    state = registry.state()
    assert (state.connected, state.versions) == (False, ())
    server.start()
    assert registry.state().versions == (registry.aliased(SPOT, Alias.CHAMPION),)
    assert registry.file(version) == file_of()
    assert registry.add(made()).number == 2


@pytest.mark.parametrize("step", ["log_batch", "log_model_artifacts", "create_model_version", "set_terminated"])
def test_a_database_that_dies_in_the_middle_leaves_a_run_failed_or_whole(registry, server, postgres, monkeypatch, step):
    """It dies before the step and is back at once: the server's connections are all broken."""
    from mlflow import MlflowClient

    real = getattr(MlflowClient, step)

    def break_and_go_on(*args, **kwargs):
        postgres.kill()
        postgres.start()
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, step, break_and_go_on)
        ended_well = True
        try:
            registry.add(made())
        except RegistryAwayError:
            ended_well = False
    monkeypatch.setattr("chocolate_factory.adapters.processes.is_alive", lambda _who: False)
    versions = MlflowRegistry(server.uri, CLOCK).versions(SPOT)
    assert runs(server) == (["FINISHED"] if versions else ["FAILED"])
    assert len(versions) <= 1
    assert versions or not ended_well
    assert [registry.file(version) for version in versions] == [file_of()] * len(versions)
    assert registry.add(made()).number == len(versions) + 1, "and it goes on"


def test_a_database_that_stays_away_is_told_and_a_run_that_it_cut_short_is_ended_later(
    registry, server, postgres, monkeypatch
):
    from mlflow import MlflowClient

    def die(*_, **__):
        postgres.kill()
        return MlflowClient(server.uri, server.uri).search_experiments()

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "log_outputs", die)
        with pytest.raises(RegistryAwayError):
            registry.add(made())
    postgres.start()
    monkeypatch.setattr("chocolate_factory.adapters.processes.is_alive", lambda _who: False)
    assert MlflowRegistry(server.uri, CLOCK).versions(SPOT) == []
    assert runs(server) == ["FAILED"]


def test_two_trainings_at_once_are_two_whole_versions(server, registry):
    """Of different models in threads, as two processes would."""
    registry.state()
    problems = []

    def add(name):
        try:
            MlflowRegistry(server.uri, CLOCK).add(made(name))
        except RegistryAwayError as e:
            problems.append(e)

    both = [threading.Thread(target=add, args=(name,)) for name in (SPOT, SPOT, ModelName.PVPC_PRICE)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert problems == []
    assert sorted(version.source for version in registry.state().versions) == [
        "pvpc_price/1",
        "spot_price/1",
        "spot_price/2",
    ]
    assert set(runs(server)) == {"FINISHED"}
