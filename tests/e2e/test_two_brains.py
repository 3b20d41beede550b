"""Acceptance 6 of issue 5: two brains on one PostgreSQL and one InfluxDB, each run of each job once between them.

Also when one is killed with -9 in the middle of a run: the other begins that run again once the lease of a minute, by
PostgreSQL's clock, is over (a real minute: the trial writes nothing into the ledger). Also while PostgreSQL is away.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pytest
from simulated import OwnReplay
from stage import NOW, PREFIX, Plant, Service, until
from truth import wrong

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract"))

from influx_server import Influxd
from postgres_server import Postgres

from chocolate_factory.adapters.clock import SystemClock
from chocolate_factory.adapters.influx_http import address_of
from chocolate_factory.adapters.influx_store import InfluxStore
from chocolate_factory.adapters.ledger import SqlJobLedger, open_ledger
from chocolate_factory.adapters.ledger.brains import LEASE_S
from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.series import Observation
from chocolate_factory.domain.series_spec import Family
from chocolate_factory.domain.work import Outcome, Run
from chocolate_factory.scheduler.jobs import TIMETABLE
from chocolate_factory.scheduler.living import PULSE_SECONDS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

#: A brain reads the trial's clock so often, and ticks, s.
SEES_S = 7.0
STEP = timedelta(minutes=5)
SLOW = {"match": f"^{PREFIX['ree']}/", "kind": "slow", "seconds": 8}
AWAY, BACK = "nothing runs: the ledger cannot serve", "the ledger serves again"


class MovedClock(SystemClock):
    """Runs as the machine's does, from the moment that it was set to."""

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self.at(now)

    def at(self, moment: datetime) -> None:
        self._offset = moment - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset


class Brain:
    """A service with a data folder of its own, killed and started at will; its log goes on over its lives."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.plant = Plant(folder, environment)
        self.service = Service(self.plant)

    @property
    def life(self) -> str:
        """The name that it has in the ledger."""
        return (self.plant.data / "serve.lock").read_text()

    def kill(self) -> None:
        self.service.kill()
        self.service.http.close()

    def start(self) -> None:
        self.service = Service(self.plant)
        self.service.wait_until_it_answers()

    def lines(self, *events: str) -> list[dict[str, Any]]:
        """What its log says of these, in all its lives."""
        said = self.plant.log.read_text().splitlines()
        lines = [json.loads(line) for line in said if line.startswith("{") and line.endswith("}")]
        return [line for line in lines if line.get("event") in events]


class Pair:
    """The two, what they share, and the trial's hands on it."""

    def __init__(self, folder: Path, replay: OwnReplay, clock: MovedClock, server: Postgres, influx: Influxd) -> None:
        self.replay, self.clock, self.server = replay, clock, server
        self.store_url = influx.url("factory")
        shared = {"LEDGER_URL": server.address(), "TIMESERIES_URL": self.store_url}
        self._ledger = open_ledger(server.address())
        self.ledger = SqlJobLedger(self._ledger, SystemClock(), "the trial")
        environment = replay.environment() | {"CLOCK_URL": f"{replay.url}/__control"} | shared
        self.brains = [Brain(folder / name, environment) for name in ("first", "second")]
        self.began = clock.now()

    def close(self) -> None:
        for brain in self.brains:
            brain.service.close()
        self._ledger.dispose()

    def runs(self) -> list[Run]:
        return [run for run in self.ledger.runs(limit=10_000) if run.started_at >= self.began]

    def step(self, steps: int = 1) -> datetime:
        """On to an occurrence of the shortest interval, the next one by default."""
        now = self.clock.now().replace(microsecond=0)
        midnight = now.replace(hour=0, minute=0, second=0)
        moment = midnight + ((now - midnight) // STEP + steps) * STEP
        self.clock.at(moment)
        return moment

    def all_done(self, moment: datetime) -> bool:
        """Nothing runs, and each job has run for its newest occurrence at that moment."""
        last = {spec.id: self.ledger.last_run(spec.id) for spec in TIMETABLE}
        newest = {spec.id: spec.schedule.previous(moment) for spec in TIMETABLE}
        over = all(run is not None and run.outcome is not Outcome.RUNNING for run in last.values())
        return over and all(last[job_id].due_at >= due for job_id, due in newest.items())

    def wait_until_all_done(self, moment: datetime, seconds: float = 120.0) -> None:
        until(lambda: self.all_done(moment), seconds, f"every job has run for {moment}", pause=0.3)

    def begun(self) -> Counter[tuple[str, str]]:
        """How often each run was begun, by both logs."""
        return Counter((line["job"], line["run"]) for brain in self.brains for line in brain.lines("run begins"))

    def running(self, job_id: str) -> Run | None:
        last = self.ledger.last_run(job_id)
        return last if last is not None and last.outcome is Outcome.RUNNING else None


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    clock = MovedClock(NOW)
    server, influx = Postgres(), Influxd()
    try:
        with OwnReplay(clock).serving() as replay:
            made = Pair(tmp_path, replay, clock, server, influx)
            try:
                yield made
            finally:
                made.close()
    finally:
        server.close()
        influx.remove()


def test_each_run_happens_once_between_them(pair: Pair) -> None:
    for brain in pair.brains:
        brain.service.wait_until_it_answers()
    pair.wait_until_all_done(pair.clock.now())
    with timed("six occurrences between two brains"):
        for _ in range(3):
            pair.wait_until_all_done(pair.step())
        pair.wait_until_all_done(pair.step(2))  # half past: plans, predictions and training too
    assert {run.attempts for run in pair.runs()} == {1}
    assert set(pair.begun().values()) == {1}

    with timed("one killed in the middle of a run, and its lease"):
        killed, run = kill_one_in_the_middle(pair)
    with timed("the killed one takes its part again"):
        killed.start()
        takes_part_again(pair, killed)
    with timed("PostgreSQL away"):
        goes_away_in_the_middle_of_a_run(pair)

    twice = {key for key, count in pair.begun().items() if count != 1}
    taken_over = {(one.job_id, told(one)) for one in pair.runs() if one.attempts == 2}
    assert (run.job_id, told(run)) in taken_over
    assert twice == taken_over, "none but those whose brain was killed"
    assert {due for _, due in taken_over} == {told(run)}, "of that moment"
    assert pair.begun().keys() == {(run.job_id, told(run)) for run in pair.runs()}
    assert {run.attempts for run in pair.runs()} == {1, 2}
    for brain in pair.brains:
        unexpected = [line for line in brain.service.broken() if AWAY not in line]
        assert unexpected == []
    assert_each_value_is_there_once(pair)


def kill_one_in_the_middle(pair: Pair) -> tuple[Brain, Run]:
    """The brain, and its run: the other begins it again, and does meanwhile what else is due."""
    pair.replay.faults(SLOW)
    pair.step()
    run = until(lambda: pair.running("ree_ingestion"), 60.0, "a run to be killed")
    (killed,) = (brain for brain in pair.brains if brain.life == run.brain)
    (other,) = (brain for brain in pair.brains if brain is not killed)
    until(lambda: pair.begun()[run.job_id, told(run)], 30.0, "it is in the middle of it", pause=0.2)
    killed.kill()
    pair.replay.faults()
    pair.wait_until_all_done(pair.clock.now(), 2 * (LEASE_S + PULSE_SECONDS) + 60.0)
    again = pair.ledger.run(run.job_id, run.due_at)
    assert (again.brain, again.attempts, again.outcome) == (other.life, 2, Outcome.DONE)
    assert "taken over" in again.note
    assert again.started_at - run.started_at > timedelta(seconds=0.5 * LEASE_S)
    lost = [alert["message"] for alert in other.service.get("/alerts")["alerts"] if alert["cause"].startswith("brain-")]
    assert len(lost) == 1
    assert lost[0].startswith(f"The brain {run.brain} died while ree_ingestion ran; what it left is begun again")
    return killed, again


def takes_part_again(pair: Pair, killed: Brain) -> None:
    """Who sees an occurrence first is chance: within a few, it is the one that was killed."""
    until(lambda: killed.life in pair.ledger.pulse.alive(), 30.0, "it says that it lives")
    for _ in range(15):
        pair.wait_until_all_done(pair.step())
        if sum(run.brain == killed.life for run in pair.runs()) > 1:  # one is for its own start
            return
    raise AssertionError("fifteen occurrences, and none was its")


def goes_away_in_the_middle_of_a_run(pair: Pair) -> None:
    """The run's end waits, nothing begins, both brains answer; afterwards all goes on, and nothing twice."""
    pair.replay.faults(SLOW)
    pair.step()
    run = until(lambda: pair.running("ree_ingestion"), 60.0, "a run")
    until(lambda: pair.begun()[run.job_id, told(run)], 30.0, "its begin", pause=0.2)
    pair.server.kill()
    until(lambda: all(brain.lines(AWAY) for brain in pair.brains), 60.0, "both say that nothing runs", pause=0.2)
    waits = "the end of a run waits until the ledger serves"
    until(lambda: any(brain.lines(waits) for brain in pair.brains), 60.0, "its end waits", pause=0.2)
    pair.replay.faults()
    begun, asked = pair.begun(), len(pair.replay.asked)
    moment = pair.step()
    time.sleep(SEES_S)
    assert pair.begun() == begun
    assert len(pair.replay.asked) == asked
    for brain in pair.brains:
        assert {check["name"]: check["status"] for check in brain.service.get("/health")["checks"]}["ledger"] == "down"
    pair.server.start()
    pair.wait_until_all_done(moment)
    ended = pair.ledger.run(run.job_id, run.due_at)
    assert (ended.outcome is not Outcome.RUNNING, ended.attempts, ended.brain) == (True, 1, run.brain)
    assert ended.outcome is Outcome.DONE or "ledger cannot serve" in ended.error, "its deed needs the ledger itself"
    for brain in pair.brains:
        assert [len(brain.lines(event)) for event in (AWAY, BACK)] == [1, 1]


def assert_each_value_is_there_once(pair: Pair) -> None:
    store = InfluxStore(address_of(pair.store_url))
    held = [o for o in store.everything() if spec_of(o.series).family is not Family.MODELS]
    store.close()
    assert wrong(held) == []
    assert len({o.series for o in held}) > 10
    for _, revisions in groupby(held, key=slot):
        assert all(a.value != b.value for a, b in pairwise(revisions)), "the same value twice"


def slot(o: Observation) -> tuple:
    return o.series, o.site, o.source, o.kind, o.resolution_minutes, o.start


def told(run: Run) -> str:
    """A run's moment, as the logs have it."""
    return run.due_at.isoformat(timespec="seconds")


@contextmanager
def timed(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - began:.0f} s")
