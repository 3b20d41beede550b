"""Long work on every core of this machine, or on the machines of a Dask scheduler, both by joblib.

Worth it for long work only: processes take a second or two to start, in which one core runs a week 200 times. They
are kept for the next call. A worker of a Dask scheduler must have this package, of this version, installed.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import joblib

from chocolate_factory.domain.errors import InputError, SettingsError, UpstreamDownError
from chocolate_factory.simulation.certificate import Mapper

#: A Dask scheduler that has not answered by then is down, and so is one without a worker, s.
ANSWER_S = 10
#: How often a worker looks whether its parent is there, s.
LOOK_S = 1.0

Item = TypeVar("Item")
Result = TypeVar("Result")


def mapper_of(workers: int = 1, dask_scheduler: str | None = None) -> Mapper:
    """Who runs the chunks; it can be sent to another process.

    Args:
        workers: processes of this machine; 1 is this process alone. Idle where there is a scheduler.
        dask_scheduler: ``tcp://host:port``.

    Raises:
        InputError: no workers.
    """
    if workers < 1:
        raise InputError("workers", workers, "a whole number of at least 1")
    if dask_scheduler:
        return Dask(dask_scheduler)
    return map if workers == 1 else Processes(workers)


@dataclass(frozen=True)
class Processes:
    """On processes of this machine (loky), which end when the one that asked for them does."""

    workers: int

    def __call__(self, work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """The results in the order of the items."""
        chunks = list(items)
        workers = max(1, min(self.workers, len(chunks)))
        with joblib.parallel_config("loky", initializer=_leave_with, initargs=(os.getpid(),)):
            return _each(joblib.Parallel(n_jobs=workers), work, chunks)


@dataclass(frozen=True)
class Dask:
    """On the workers of a scheduler; the connection lasts for one call."""

    address: str

    def __call__(self, work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """The results in the order of the items.

        Raises:
            SettingsError: the extra ``dask`` is not installed.
            UpstreamDownError: no scheduler or no worker answers there.
        """
        with _client(self.address) as client, joblib.parallel_config("dask", client=client):
            return _each(joblib.Parallel(), work, list(items))


def _each(parallel: joblib.Parallel, work: Callable[[Item], Result], items: list[Item]) -> list[Result]:
    found: list[Result] = parallel(joblib.delayed(work)(item) for item in items)
    return found


def _leave_with(parent: int) -> None:
    """In a worker: end when the process that started it is gone, however that ended."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent watch").start()


def _client(address: str) -> Any:
    """A client of the scheduler, with a worker behind it."""
    try:
        from distributed import Client  # noqa: PLC0415  an extra, and slow to import
    except ModuleNotFoundError as e:
        raise SettingsError(["DASK_SCHEDULER needs the extra: uv sync --extra dask"]) from e
    try:
        client: Any = Client(address, timeout=ANSWER_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as e:
        raise UpstreamDownError("dask", f"no scheduler answers at {address}") from e
    try:
        client.wait_for_workers(1, timeout=ANSWER_S)
    except TimeoutError as e:
        client.close()
        raise UpstreamDownError("dask", f"the scheduler at {address} has no worker") from e
    return client
