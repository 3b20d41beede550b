"""Everything looked at, nothing assumed; and the alerts that follow from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import madrid_date
from chocolate_factory.domain.work import Certificate, Check, UpstreamHealth
from chocolate_factory.ports import AlertLedger, Clock, JobLedger, PlantFile, TimeSeriesStore
from chocolate_factory.usecases.tell import Look, keep_to
from chocolate_factory.usecases.watch.data import Data, Freshness
from chocolate_factory.usecases.watch.ends import look_at_ends, tables_check
from chocolate_factory.usecases.watch.jobs import Duty, health_check_check, is_awake, look_at_jobs, tell_outcome
from chocolate_factory.usecases.watch.parts import DEGRADED, DOWN, OK, UNKNOWN, UPSTREAM, Parts, look_at_parts

log = structlog.get_logger(__name__)


class Watch:
    """The deed, with its ports.

    Args:
        filling: the kinds of truth that count.
        others: further parts, of whoever builds the house.
        offered: the series that some feed gives, as far as its key is there.
        certificates: those to watch, read anew at each call.
    """

    def __init__(
        self,
        store: TimeSeriesStore,
        jobs: JobLedger,
        alerts: AlertLedger,
        clock: Clock,
        upstreams: Callable[[], list[UpstreamHealth]],
        data_dir: Path,
        filling: frozenset[Kind],
        plant: PlantFile,
        others: Callable[[], list[Check]] = list,
        offered: Callable[[], frozenset[str]] = frozenset,
        certificates: Callable[[], list[Certificate]] = list,
    ) -> None:
        self._parts = Parts(store, jobs, plant, data_dir, filling, upstreams)
        self._data = Data(store, filling)
        self._jobs = jobs
        self._alerts = alerts
        self._clock = clock
        self._others = others
        self._offered = offered
        self._certificates = certificates

    def checks(self) -> list[Check]:
        """Every part, the store first."""
        parts, now = self._parts, self._clock.now()
        tables = tables_check(parts.plant().contract.tariff, madrid_date(now))
        own = [parts.store_check(), parts.ledger_check(), parts.disk_check(), parts.plant_check(), tables]
        return [*own, *self._watch_check(), *self._others(), *parts.upstream_checks()]

    def status(self, checks: list[Check]) -> str:
        """``down`` when the store is, ``degraded`` when any part is not well, else ``ok``."""
        if any(c.status == DOWN and not c.name.startswith(UPSTREAM) for c in checks):
            return DOWN
        return OK if all(c.status in (OK, UNKNOWN) for c in checks) else DEGRADED

    def freshness(self) -> list[Freshness]:
        """Each expected series: how far behind."""
        return self._data.freshness(self._clock.now())

    def alarm(self, duties: Sequence[Duty] = ()) -> list[Check]:
        """Look at everything, and raise or close the alerts.

        Args:
            duties: the jobs that must run.
        """
        now = self._clock.now()
        awake = is_awake(self._jobs, now)
        data = self._look_at_data() if awake else Look()
        checks = self.checks()  # after the data: a store that is away may show it only when it is asked for history
        looks = [
            look_at_parts(checks),
            look_at_jobs(self._jobs, duties, now, awake=awake),
            look_at_ends(self._parts.plant().crew, self._certificates(), now, madrid_date(now)),
            Look() if any(c.name.startswith("store") and c.status != OK for c in checks) else data,
        ]
        keep_to(self._alerts, looks)
        return checks

    def run_ended(self, job_id: str) -> None:
        """A run of a job is over: tell at once what is wrong with it, or that it is well again."""
        tell_outcome(self._jobs, self._alerts, job_id)

    def _look_at_data(self) -> Look:
        """Nothing while the store cannot say what it holds: what was said of the data before stands."""
        try:
            return self._data.look(self._clock.now(), self._offered(), self._parts.upstreams())
        except StoreError as e:
            log.warning("the data could not be looked at", error=str(e))
            return Look()

    def _watch_check(self) -> list[Check]:
        """Nothing while the ledger does not answer, as another part says."""
        try:
            return [health_check_check(self._jobs, self._clock.now())]
        except StoreError:
            return []
