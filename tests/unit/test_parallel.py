"""Certificates by processes and by Dask: the same as by hand, and errors come back as they were."""

from __future__ import annotations

import pickle
import socket
import sys
from dataclasses import replace
from functools import partial

import pytest
from hand_plans import good_plan

from chocolate_factory.adapters.parallel import Dask, Processes, mapper_of
from chocolate_factory.domain.errors import InputError, SettingsError, UpstreamDownError
from chocolate_factory.simulation.certificate import certify, replicate_all


def contradictory():
    plan = good_plan()
    return replace(plan, batches=(*plan.batches[:-1], replace(plan.batches[-1], kg=5000.0)))


def test_one_worker_is_this_process():
    assert mapper_of() is map


@pytest.mark.parametrize("mapper", [Processes(2), Dask("tcp://127.0.0.1:8786"), map])
def test_a_mapper_can_be_sent_to_another_process(mapper):
    assert pickle.loads(pickle.dumps(mapper)) == mapper


def test_nobody_to_do_the_work_is_refused():
    with pytest.raises(InputError, match="workers"):
        mapper_of(0)


def test_processes_give_the_same_certificate():
    plan = good_plan()
    assert certify(plan, 60, 5, mapper_of(2)) == certify(plan, 60, 5)


def test_an_error_in_a_worker_is_ours_here():
    with pytest.raises(InputError, match="what the slots of run"):
        list(Processes(2)(partial(replicate_all, contradictory()), [[1], [2]]))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # what distributed and its event loop warn of is theirs
def test_dask_gives_the_same_certificate():
    from distributed import LocalCluster

    plan = good_plan()
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        assert certify(plan, 60, 5, mapper_of(dask_scheduler=address)) == certify(plan, 60, 5)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setattr("chocolate_factory.adapters.parallel.ANSWER_S", 1)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    with pytest.raises(UpstreamDownError, match="no scheduler answers"):
        certify(good_plan(), 10, 5, Dask(f"tcp://127.0.0.1:{port}"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_without_workers_is_told(monkeypatch):
    from distributed import LocalCluster

    monkeypatch.setattr("chocolate_factory.adapters.parallel.ANSWER_S", 1)
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=None) as cluster,
        pytest.raises(UpstreamDownError, match="has no worker"),
    ):
        certify(good_plan(), 10, 5, Dask(cluster.scheduler_address))


def test_the_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SettingsError, match="uv sync --extra dask"):
        certify(good_plan(), 10, 5, Dask("tcp://127.0.0.1:1"))
