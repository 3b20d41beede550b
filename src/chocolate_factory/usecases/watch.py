"""Is it alive, is the data whole: every part looked at, nothing assumed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from chocolate_factory.domain.catalogue import expected_series
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import HOUR
from chocolate_factory.domain.work import Check, Outcome, Severity, UpstreamHealth
from chocolate_factory.ports import AlertLedger, Clock, JobLedger, TimeSeriesStore
from chocolate_factory.usecases.detect import behind_hours

OK, DEGRADED, DOWN, UNKNOWN = "ok", "degraded", "down", "unknown"
#: Below this the disk is nearly full.
DISK_LEFT_BYTES = 500 * 2**20


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh one series is.

    Attributes:
        last: end of the last slot held, or None.
        behind_hours: hours since then beyond what its publication allows for nobody; None when nothing is held.
        status: ``fresh``, ``late`` or ``missing``.
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
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._alerts = alerts
        self._clock = clock
        self._upstreams = upstreams
        self._data_dir = data_dir
        self._filling = filling

    def checks(self) -> list[Check]:
        """Every part, the store first."""
        return [self._store_check(), self._ledger_check(), self._disk_check(), *self._upstream_checks()]

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
            last = self._store.last(spec.name, self._filling)
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
            self._tell(check.name, check.status == DOWN, f"{check.name}: {check.detail}")
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
        left = shutil.disk_usage(self._data_dir).free
        status = OK if left > DISK_LEFT_BYTES else DEGRADED
        return Check("disk", status, f"{left / 2**30:.1f} GiB left")

    def _upstream_checks(self) -> list[Check]:
        checks = []
        for h in self._upstreams():
            status = UNKNOWN if h.up is None else OK if h.up else DOWN
            detail = h.last_error or ("answers" if h.up else "not asked yet")
            checks.append(Check(f"upstream:{h.name}", status, detail, h.since))
        return checks

    def _tell(self, name: str, wrong: bool, message: str) -> None:  # noqa: FBT001  the state itself
        if wrong:
            severity = Severity.WARNING if name.startswith("upstream:") else Severity.CRITICAL
            action = "It is asked again by itself; other sources stand in." if severity is Severity.WARNING else (
                "Run `chocolate-factory doctor` on the machine."
            )  # fmt: skip
            self._alerts.raise_alert(f"down:{name}", severity, message, action)
        else:
            self._alerts.close_alert(f"down:{name}")

    def _tell_job(self, job_id: str, allowed: timedelta) -> None:
        run = self._jobs.last_run(job_id)
        cause = f"job-did-not-run:{job_id}"
        if run is not None and self._clock.now() - run.started_at > allowed:
            message = f"The job {job_id} last ran at {run.started_at.isoformat(timespec='minutes')}."
            self._alerts.raise_alert(cause, Severity.WARNING, message, "See /scheduler/status and the log.")
        elif run is not None:
            self._alerts.close_alert(cause)
        failed = run is not None and run.outcome is Outcome.FAILED
        cause = f"job-failed:{job_id}"
        if failed and run is not None:
            message = f"The job {job_id} failed: {run.error}"
            self._alerts.raise_alert(cause, Severity.WARNING, message, "It runs again by itself; see the log.")
        else:
            self._alerts.close_alert(cause)
