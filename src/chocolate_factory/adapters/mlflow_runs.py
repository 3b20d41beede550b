"""A training as a run of MLflow: whole or failed, never half, whatever dies in between.

A run is whole when a version of the registry names it: that is one write, the last but for marking the run. So whoever
finds a run whose process is gone can tell what became of it, and does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from chocolate_factory.adapters import processes
from chocolate_factory.adapters.mlflow_client import THERE, Address, mlflow_error, unless
from chocolate_factory.domain.models import ModelCard, ModelName
from chocolate_factory.ports import Clock

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

#: The run's tag that says which process is at it.
_PROCESS: Final = "process"
#: A run of another machine, of which nobody here can know whether it lives, is given up after this; no training takes
#: a tenth of it.
_GIVEN_UP: Final = timedelta(hours=6)


class Runs:
    """The runs of one tracking server."""

    def __init__(self, client: MlflowClient, address: Address, clock: Clock) -> None:
        self._client = client
        self._address = address
        self._clock = clock

    @contextmanager
    def under_way(self, card: ModelCard) -> Iterator[Run]:
        """A run for as long as the block takes; where the block fails, the run has failed too."""
        title = f"{card.name} {card.sort} {card.made_at:%Y-%m-%d %H:%M}Z"
        tags = {_PROCESS: processes.identity(), "mlflow.source.name": "chocolate-factory"}
        run = self._client.create_run(self._experiment_of(card.name), self._now_ms(), tags, title)
        try:
            yield run
        except BaseException:
            with suppress(mlflow_error(), OSError):  # the server may be what failed; the next contact ends it
                self._settle(run)
            raise
        self._settle(run)

    def end_dead(self) -> None:
        """Runs that nobody is at any more end as what became of them."""
        ours = [e.experiment_id for e in self._client.search_experiments() if e.name in set(ModelName)]
        running = self._client.search_runs(ours, "attributes.status = 'RUNNING'") if ours else []
        for run in running:
            if _PROCESS in run.data.tags and self._is_dead(run):
                self._settle(run)

    def _is_dead(self, run: Run) -> bool:
        alive = processes.is_alive(run.data.tags[_PROCESS])
        if alive is None:
            return self._clock.now() - datetime.fromtimestamp(run.info.start_time / 1000, UTC) > _GIVEN_UP
        return not alive

    def _settle(self, run: Run) -> None:
        run_id, experiment = run.info.run_id, run.info.experiment_id
        whole = bool(self._client.search_model_versions(f"run_id = '{run_id}'", max_results=1))
        for model in self._client.search_logged_models([experiment], f"source_run_id = '{run_id}'"):
            self._client.finalize_logged_model(model.model_id, "READY" if whole else "FAILED")
        self._client.set_terminated(run_id, "FINISHED" if whole else "FAILED", self._now_ms())

    def _experiment_of(self, name: ModelName) -> str:
        found = self._client.get_experiment_by_name(name)
        if found is None:
            with unless(THERE):  # another process may have been first
                return str(self._client.create_experiment(name, self._address.artifacts_of(name)))
            found = self._client.get_experiment_by_name(name)
        return str(found.experiment_id)

    def _now_ms(self) -> int:
        return round(self._clock.now().timestamp() * 1000)
