"""The watch over a small world: store, ledger, upstreams and certificates that say what the test wants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from fakes import Plant, at, truth

from chocolate_factory.adapters.plant_file import PlantSource
from chocolate_factory.domain.catalogue import expected_series, observation
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, Interval, madrid_date, madrid_midnight
from chocolate_factory.domain.work import Alert, Certificate, Check, Outcome, UpstreamHealth
from chocolate_factory.usecases.watch import Duty, Watch

NOW = at("2026-11-20T10:20")


def health(name: str, up: bool | None, since: datetime | None = None, error: str = "") -> UpstreamHealth:
    return UpstreamHealth(name, up, since, None, error, 3, 0, 1, 30)


class Watched(Plant):
    """A plant, and who watches it.

    Attributes:
        duties: the jobs that must run.
        others: parts beside the watch's own.
    """

    def __init__(self, folder: Path, now: datetime = NOW, plant_file: Path | None = None) -> None:
        super().__init__(now)
        self.upstreams: list[UpstreamHealth] = []
        self.duties: Sequence[Duty] = ()
        self.others: list[Check] = []
        self.offered: frozenset[str] = frozenset()
        self.certificates: list[Certificate] = []
        self.watch = Watch(
            self.store, self.jobs, self.alerts, self.clock, lambda: self.upstreams, folder, self.filling,
            PlantSource(plant_file), lambda: self.others, lambda: self.offered, lambda: self.certificates,
        )  # fmt: skip

    def look(self, kind: str = "") -> set[str]:
        """The causes that are alive once everything was looked at, or those that begin so."""
        self.watch.alarm(self.duties)
        return {cause for cause in self.causes() if cause.startswith(kind)}

    def told(self, cause: str) -> Alert:
        """The alert of a cause that is alive."""
        return next(alert for alert in self.alive() if alert.cause == cause)

    def ran(self, job: str, outcome: Outcome, error: str = "", minutes: float = 5.0, *, hung: bool = False) -> None:
        """A run of a job, after the one before it, and some time."""
        before = self.jobs.last_run(job)
        if before is not None and before.outcome is Outcome.RUNNING:
            self.jobs.end_run(before, Outcome.SKIPPED, {})
        run = self.jobs.claim_run(job, self.clock.now())
        assert run is not None
        if outcome is not Outcome.RUNNING:
            self.jobs.end_run(run, outcome, {}, error, hung=hung)
        self.clock.sleep(60 * minutes)

    def wake(self) -> None:
        """A health check has ended a moment ago: what is missing now is not missing because the machine was off."""
        run = self.jobs.claim_run("health_check", self.clock.now())
        if run is not None:  # else it has ended at this very moment
            self.jobs.end_run(run, Outcome.DONE, {})

    def fill_all(self, but: Sequence[str] = ()) -> None:
        """What is published of each expected series, of the last sixteen days and of tomorrow."""
        now = self.clock.now()
        today = madrid_date(now)
        window = Interval(madrid_midnight(today - 16 * DAY), madrid_midnight(today + 2 * DAY))
        for spec in expected_series():
            starts = (s for s in spec.slots(window) if spec.published(s) <= now and spec.name not in but)
            self.store.write(observation(spec.name, "ree", Kind.OBSERVED, s, truth(spec.name, s), now) for s in starts)
