"""Prometheus: read from the house at each scrape, so that no number can lag behind what it counts.

Names and units follow Prometheus' conventions: a prefix, base units in the name, ``_total`` for what only grows.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from chocolate_factory import __version__
from chocolate_factory.domain.work import AlertState, Outcome, Run, Severity
from chocolate_factory.ports import Timetable
from chocolate_factory.wiring import House

PREFIX = "chocolate_factory"
ALIVE = frozenset({AlertState.OPEN, AlertState.ACKNOWLEDGED})
#: Runs of a job that are looked through for its last good one.
BACK = 50


class Metrics(Collector):
    """One process's metrics."""

    def __init__(self, house: House, timetable: Timetable) -> None:
        self._house = house
        self._timetable = timetable
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._runs = Counter(
            f"{PREFIX}_job_runs", "Runs of the timetable by outcome", ["job", "outcome"], registry=self._registry
        )
        self._written = Counter(
            f"{PREFIX}_job_written_observations",
            "Observations that runs of a job wrote",
            ["job"],
            registry=self._registry,
        )
        self._requests = Histogram(
            f"{PREFIX}_http_request_duration_seconds",
            "Requests answered, by the route's path and status",
            ["method", "route", "status"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=self._registry,
        )
        house.listeners.append(self.count_run)

    def count_run(self, job_id: str, outcome: str, counts: dict[str, float]) -> None:
        """A run has ended."""
        self._runs.labels(job_id, outcome).inc()
        self._written.labels(job_id).inc(counts.get("written", 0.0) + counts.get("filled", 0.0))

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered; ``route`` is a path of the API with its names, never what a client sent."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def text(self) -> tuple[bytes, str]:
        """The page and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST

    def collect(self) -> Iterator[Metric]:
        """What is true now."""
        yield InfoMetricFamily(
            f"{PREFIX}_build",
            "Which program this is, and on what it keeps its data",
            value={"version": __version__, "store": self._house.store.backend, "world": self._house.world},
        )
        yield from self._of_jobs()
        yield from self._of_upstreams()
        yield from self._of_data()
        yield from self._of_alerts()

    def _of_jobs(self) -> Iterator[Metric]:
        gauges = {
            name: GaugeMetricFamily(f"{PREFIX}_job_{name}", told, labels=["job"])
            for name, told in {
                "last_start_timestamp_seconds": "When its newest run began",
                "last_success_timestamp_seconds": "When its newest run that did not fail ended",
                "last_duration_seconds": "How long its newest run that is over took",
                "running": "1 while it runs, on whichever brain",
                "paused": "1 while it is held back",
            }.items()
        }
        for job in self._timetable.view():
            runs = self._house.jobs.runs(job.id, BACK)
            values = _of_runs(runs) | {"running": float(job.running), "paused": float(job.paused)}
            for name, value in values.items():
                gauges[name].add_metric([job.id], value)
        yield from gauges.values()
        living = self._house.jobs.pulse.alive()
        yield GaugeMetricFamily(f"{PREFIX}_brains_alive", "Brains that share the ledger and live", value=len(living))

    def _of_upstreams(self) -> Iterator[Metric]:
        up = GaugeMetricFamily(f"{PREFIX}_upstream_up", "1 when its last answer was one", labels=["upstream"])
        calls = CounterMetricFamily(f"{PREFIX}_upstream_requests", "Requests", labels=["upstream"])
        failures = CounterMetricFamily(f"{PREFIX}_upstream_failures", "Requests without an answer", labels=["upstream"])
        for h in self._house.upstreams():
            calls.add_metric([h.name], h.requests)
            failures.add_metric([h.name], h.failures)
            if h.up is not None:
                up.add_metric([h.name], float(h.up))
        yield from (up, calls, failures)

    def _of_data(self) -> Iterator[Metric]:
        last = GaugeMetricFamily(
            f"{PREFIX}_series_last_timestamp_seconds", "End of the last slot held", labels=["series"]
        )
        for fresh in self._house.watch.freshness():
            if fresh.last is not None:
                last.add_metric([fresh.series], fresh.last.timestamp())
        yield last
        free = shutil.disk_usage(self._house.settings.data_dir).free
        yield GaugeMetricFamily(f"{PREFIX}_disk_free_bytes", "Room left where the data folder is", value=free)

    def _of_alerts(self) -> Iterator[Metric]:
        alive = self._house.alerts.alerts(ALIVE, limit=1000)
        found = GaugeMetricFamily(f"{PREFIX}_alerts_open", "Alerts that are not closed", labels=["severity"])
        for severity in Severity:
            found.add_metric([severity.value], sum(alert.severity is severity for alert in alive))
        yield found


def _of_runs(runs: list[Run]) -> dict[str, float]:
    """Of a job's runs, the newest first."""
    over = [
        (run, run.ended_at)
        for run in runs
        if run.ended_at is not None and run.outcome not in (Outcome.SKIPPED, Outcome.STOPPED)
    ]
    good = [end for run, end in over if run.outcome in (Outcome.DONE, Outcome.NOTHING)]
    found = {"last_start_timestamp_seconds": _seconds(runs[0].started_at)} if runs else {}
    if over:
        run, end = over[0]
        found["last_duration_seconds"] = (end - run.started_at).total_seconds()
    return found | ({"last_success_timestamp_seconds": _seconds(good[0])} if good else {})


def _seconds(moment: datetime) -> float:
    return moment.timestamp()
