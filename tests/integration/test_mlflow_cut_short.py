"""What becomes of a training that is cut short, and of a registry that is not there: whole or failed, never half."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import time
from datetime import timedelta

import pytest
from made_models import MADE_AT, file_of, made
from mlflow_victim import add_and_die

from chocolate_factory.adapters import mlflow_client
from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.mlflow_registry import MlflowRegistry
from chocolate_factory.domain.errors import RegistryAwayError
from chocolate_factory.domain.models import Alias, ModelName

SPOT = ModelName.SPOT_PRICE
NOW = MADE_AT + timedelta(hours=1)


# ---------------------------------------------------------------------- cut short
STEPS = [
    "log_batch",
    "log_artifacts",
    "create_logged_model",
    "log_model_artifacts",
    "log_outputs",
    "create_registered_model",
    "create_model_version",
]


@pytest.mark.parametrize("step", STEPS)
def test_what_fails_midway_is_a_failed_run_and_no_version(the_run, registry, client, monkeypatch, step):
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    def fail(*_, **__):
        raise MlflowException("planted")

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, step, fail)
        with pytest.raises(RegistryAwayError, match="planted"):
            registry.add(made())
    run = the_run()
    assert run.info.status == "FAILED"
    assert registry.versions(SPOT) == []
    logged = client.search_logged_models([run.info.experiment_id])
    assert {model.status for model in logged} <= {"FAILED"}
    assert registry.add(made()).number == 1, "and the next one goes well"


def test_an_answer_that_was_lost_leaves_the_version_whole_and_single(the_run, registry, client, monkeypatch):
    from mlflow import MlflowClient

    register = MlflowClient.create_model_version

    def register_and_fail(*args, **kwargs):
        register(*args, **kwargs)
        raise ConnectionResetError("planted")

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "create_model_version", register_and_fail)
        with pytest.raises(RegistryAwayError):
            registry.add(made())
    assert the_run().info.status == "FINISHED"
    [version] = registry.versions(SPOT)
    assert registry.file(version) == file_of()


def test_a_run_whose_end_could_not_be_told_is_ended_by_the_next_contact(the_run, registry, uri, client, monkeypatch):
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    def fail(*_, **__):
        raise MlflowException("planted")

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_terminated", fail)
        with pytest.raises(RegistryAwayError):
            registry.add(made())
    assert the_run().info.status == "RUNNING"
    assert MlflowRegistry(uri, FixedClock(NOW)).state().connected
    assert the_run().info.status == "RUNNING", "this process lives: it may be at it"
    monkeypatch.setattr("chocolate_factory.adapters.processes.is_alive", lambda _who: False)
    assert MlflowRegistry(uri, FixedClock(NOW)).state().connected
    assert the_run().info.status == "FINISHED"


def test_a_run_of_another_machine_is_given_up_in_time(the_run, uri, client, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("chocolate_factory.adapters.processes.identity", lambda: "another boot 7 1234")
        patch.setattr("chocolate_factory.adapters.mlflow_runs.Runs._settle", lambda *_: None)
        MlflowRegistry(uri, FixedClock(NOW)).add(made())
    for later, status in ((timedelta(hours=5), "RUNNING"), (timedelta(hours=7), "FINISHED")):
        MlflowRegistry(uri, FixedClock(NOW + later)).state()
        assert the_run().info.status == status


@pytest.mark.parametrize(
    ("step", "status", "versions"),
    [("log_model_artifacts", "FAILED", 0), ("set_terminated", "FINISHED", 1)],
)
def test_a_killed_process_leaves_a_run_that_the_next_contact_ends(the_run, uri, client, step, status, versions):
    child = multiprocessing.get_context("spawn").Process(target=add_and_die, args=(uri, step))
    child.start()
    child.join(120)
    assert child.exitcode == -signal.SIGKILL
    assert the_run().info.status == "RUNNING"
    registry = MlflowRegistry(uri, FixedClock(NOW))
    assert len(registry.versions(SPOT)) == versions
    assert the_run().info.status == status
    assert [registry.file(version) for version in registry.versions(SPOT)] == [file_of()] * versions


# ---------------------------------------------------------------------- away
def test_a_server_that_is_not_there_is_told_within_seconds(monkeypatch):
    monkeypatch.setattr(os, "environ", os.environ.copy())
    registry = MlflowRegistry("http://brain:hunter2@127.0.0.1:9", FixedClock(NOW))
    for ask in (
        lambda: registry.add(made()),
        lambda: registry.versions(SPOT),
        lambda: registry.aliased(SPOT, Alias.CHAMPION),
        lambda: registry.point(SPOT, Alias.CHAMPION, 1),
    ):
        with pytest.raises(RegistryAwayError) as away:
            ask()
        assert "hunter2" not in str(away.value)
    state = registry.state()
    assert (state.connected, state.address, state.versions) == (False, "http://127.0.0.1:9", ())
    assert "127.0.0.1" in state.error
    assert "hunter2" not in repr(state)


def test_a_server_that_takes_the_call_and_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.setitem(mlflow_client._NAMES, "MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        state = MlflowRegistry(f"http://127.0.0.1:{silent.getsockname()[1]}", FixedClock(NOW)).state()
        took = time.monotonic() - began
    assert (state.connected, "Read timed out" in state.error) == (False, True)
    assert 1 <= took < 10, "one patience, and no second try"


def test_a_database_that_is_none_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "environ", os.environ.copy())
    (tmp_path / "mlflow.db").write_text("no database")
    state = MlflowRegistry(f"sqlite:///{tmp_path}/mlflow.db", FixedClock(NOW)).state()
    assert not state.connected
    assert "not a database" in state.error
