"""Is it alive, is the data whole: every part looked at, nothing assumed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from chocolate_factory.domain.catalogue import expected_series
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.series_spec import Family
from chocolate_factory.domain.tariff import prices_at
from chocolate_factory.domain.time import HOUR, madrid_date
from chocolate_factory.domain.work import Check, Outcome, Run, Severity, UpstreamHealth
from chocolate_factory.ports import AlertLedger, Clock, JobLedger, PlantFile, TimeSeriesStore
from chocolate_factory.usecases.detect import behind_hours

OK, DEGRADED, DOWN, UNKNOWN = "ok", "degraded", "down", "unknown"
#: Below this the disk is nearly full.
DISK_LEFT_BYTES = 500 * 2**20
#: A table of tolls that ends within this is told.
WARN_BEFORE = timedelta(days=30)
#: After so many runs in a row that brought nothing a job is worth an alert.
VAIN_RUNS = 3


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh one series is.

    Attributes:
        last: end of the last slot held, or None.
        behind_hours: hours since then, none for one that lies ahead; None when nothing is held.
        status: ``fresh``, ``late`` (the next slot should have been there for three hours) or ``missing``.
    """

    series: str
    last: datetime | None
    behind_hours: float | None
    status: str
    source: str | None = None


class Watch:
    """The deed, with its ports."""

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
        parts: Callable[[], list[Check]] = list,
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._alerts = alerts
        self._clock = clock
        self._upstreams = upstreams
        self._data_dir = data_dir
        self._filling = filling
        self._plant = plant
        self._parts = parts

    def checks(self) -> list[Check]:
        """Every part, the store first."""
        own = [self._ledger_check(), self._disk_check(), self._plant_check(), self._tariff_check()]
        return [self._store_check(), *own, *self._parts(), *self._upstream_checks()]

    def status(self, checks: list[Check]) -> str:
        """``down`` when the store is, ``degraded`` when any part is not well, else ``ok``."""
        if any(c.status == DOWN and not c.name.startswith("upstream:") for c in checks):
            return DOWN
        return OK if all(c.status in (OK, UNKNOWN) for c in checks) else DEGRADED

    def freshness(self) -> list[Freshness]:
        """Each expected series: how far behind."""
        now = self._clock.now()
        found = []
        for spec in expected_series():
            # only prices are known before their slot; what else lies ahead is a forecast (in the demo it has no kind)
            ahead = spec.family is Family.PRICES or spec.name == "demand_forecast"
            last = self._store.last(spec.name, self._filling, before=None if ahead else now)
            if last is None:
                found.append(Freshness(spec.name, None, None, "missing"))
                continue
            end = spec.end(last.start)
            # the first slot that is not there: late once it is due by more than three hours
            late = spec.due(end) + 3 * HOUR < now
            found.append(Freshness(spec.name, end, behind_hours(end, now), "late" if late else "fresh", last.source))
        return found

    def alarm(self, last_runs: Mapping[str, timedelta]) -> list[Check]:
        """Look at everything and raise or close the alerts.

        Args:
            last_runs: by job, how long it may take until it should have run again.
        """
        checks = self.checks()
        for check in checks:
            if check.status != UNKNOWN:  # nobody has asked yet: what was said before a restart stands
                self._tell(check)
        for job_id, allowed in last_runs.items():
            self._tell_job(job_id, allowed)
        return checks

    # ------------------------------------------------------------------ parts
    def _store_check(self) -> Check:
        try:
            self._store.last("pvpc", self._filling)
        except StoreError as e:
            return Check("store", DOWN, str(e))
        return Check("store", OK, self._store.backend)

    def _ledger_check(self) -> Check:
        try:
            self._jobs.jobs(1)
        except StoreError as e:
            return Check("ledger", DOWN, str(e))
        return Check("ledger", OK, "answers")

    def _disk_check(self) -> Check:
        try:
            left = shutil.disk_usage(self._data_dir).free
        except OSError as e:
            return Check("disk", DOWN, f"{self._data_dir} cannot be read ({e.strerror})")
        status = OK if left > DISK_LEFT_BYTES else DEGRADED
        return Check("disk", status, f"{left / 2**30:.1f} GiB left")

    def _plant_check(self) -> Check:
        name = self._plant().name
        if self._plant.problem:
            return Check("plant file", DEGRADED, f"{self._plant.problem} The plant before holds: {name}")
        return Check("plant file", OK, name)

    def _tariff_check(self) -> Check:
        """Tolls change by decree: the table in force must reach a month ahead."""
        today = madrid_date(self._clock.now())
        tariff = self._plant().contract.tariff
        prices, ahead = prices_at(today, tariff), prices_at(today + WARN_BEFORE, tariff)
        if prices is not None and ahead is not None:
            return Check("tariff tables", OK, f"{tariff}: in force since {prices.valid_from}")
        ends = f"the last one ends on {prices.valid_to}" if prices else "none holds today"
        return Check("tariff tables", DEGRADED, f"{tariff}: {ends}; the new decree's file is needed")

    def _upstream_checks(self) -> list[Check]:
        checks = []
        for h in self._upstreams():
            status = UNKNOWN if h.up is None else OK if h.up else DOWN
            detail = h.last_error or ("answers" if h.up else "not asked yet")
            checks.append(Check(f"upstream:{h.name}", status, detail, h.since))
        return checks

    def _tell(self, check: Check) -> None:
        severity, action = Severity.CRITICAL, "Run `chocolate-factory doctor` on the machine."
        if check.name == "tariff tables":
            severity, action = (
                Severity.WARNING,
                "Add the new tolls and charges: docs/operate.md says where.",
            )
        if check.name == "models":
            return  # the registry's silence has an alert of its own
        if check.name.startswith("upstream:"):
            severity, action = Severity.WARNING, "It is asked again by itself; other sources stand in."
        wrong = f"{check.name}: {check.detail}" if check.status in (DOWN, DEGRADED) else ""
        self._keep(f"down:{check.name}", severity, wrong, action)

    def _tell_job(self, job_id: str, allowed: timedelta) -> None:
        runs = self._jobs.runs(job_id, VAIN_RUNS + 1)
        if not runs:
            return
        started = runs[0].started_at
        rest = (
            f"The job {job_id} last ran at {started:%Y-%m-%dT%H:%MZ}." if self._clock.now() - started > allowed else ""
        )
        self._keep(f"job-did-not-run:{job_id}", Severity.WARNING, rest, "See /scheduler/status and the log.")
        ended = [run for run in runs if run.outcome not in (Outcome.RUNNING, Outcome.SKIPPED)]
        if ended:
            self._tell_outcome(job_id, ended)

    def _tell_outcome(self, job_id: str, ended: Sequence[Run]) -> None:
        """Of the newest runs that are over, the newest first."""
        failed = f"The job {job_id} failed: {ended[0].error}" if ended[0].outcome is Outcome.FAILED else ""
        self._keep(f"job-failed:{job_id}", Severity.WARNING, failed, "It runs again by itself; see the log.")
        vain = [run for run in ended[:VAIN_RUNS] if run.outcome is Outcome.NOTHING]
        nothing = f"The job {job_id} has brought nothing {VAIN_RUNS} times running." if len(vain) == VAIN_RUNS else ""
        self._keep(f"job-brought-nothing:{job_id}", Severity.WARNING, nothing, "See /gaps/summary and /health.")

    def _keep(self, cause: str, severity: Severity, wrong: str, action: str) -> None:
        """The alert is open while something is wrong, and closed when nothing is."""
        if wrong:
            self._alerts.raise_alert(cause, severity, wrong, action)
        else:
            self._alerts.close_alert(cause)
