"""Prometheus: read from the house at each scrape, so that no number can lag behind what it counts."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from chocolate_factory.domain.work import AlertState
from chocolate_factory.wiring import House

PREFIX = "chocolate_factory"


class Metrics(Collector):
    """One process's metrics."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self._runs = Counter(
            f"{PREFIX}_job_runs", "Runs of the timetable by outcome", ["job", "outcome"], registry=self._registry
        )
        self._written = Counter(
            f"{PREFIX}_job_written", "Observations that runs of a job wrote", ["job"], registry=self._registry
        )
        house.listeners.append(self.count_run)

    def count_run(self, job_id: str, outcome: str, counts: dict[str, float]) -> None:
        """A run has ended."""
        self._runs.labels(job_id, outcome).inc()
        self._written.labels(job_id).inc(counts.get("written", 0.0) + counts.get("filled", 0.0))

    def text(self) -> tuple[bytes, str]:
        """The page and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST

    def collect(self) -> Iterator[Metric]:
        """What is true now."""
        up = GaugeMetricFamily(f"{PREFIX}_upstream_up", "1 when its last answer was one", labels=["upstream"])
        calls = GaugeMetricFamily(f"{PREFIX}_upstream_requests", "Requests of this process", labels=["upstream"])
        for h in self._house.upstreams():
            calls.add_metric([h.name], h.requests)
            if h.up is not None:
                up.add_metric([h.name], float(h.up))
        yield up
        yield calls
        last = GaugeMetricFamily(
            f"{PREFIX}_series_last_timestamp_seconds", "End of the last slot held", labels=["series"]
        )
        for fresh in self._house.watch.freshness():
            if fresh.last is not None:
                last.add_metric([fresh.series], fresh.last.timestamp())
        yield last
        alive = self._house.alerts.alerts(frozenset({AlertState.OPEN, AlertState.ACKNOWLEDGED}), limit=1000)
        yield GaugeMetricFamily(f"{PREFIX}_alerts_open", "Alerts that are not closed", value=len(alive))
