"""InfluxDB stopped while a process ingests and started again, the process killed with -9 in between, twice.

Every observation that was acknowledged is there, once. Ten minutes of polls pass in some seconds: what is tried is the
order of events, not their length.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import influx_victim
import pytest
from influx_victim import batch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract"))

from influx_server import Influxd

from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.settings import read_settings
from chocolate_factory.wiring.stores import open_store


class Victim:
    """The ingesting process, and what it acknowledged."""

    def __init__(self, url: str, folder: Path) -> None:
        self._command = [sys.executable, influx_victim.__file__, url, str(folder)]
        self.acknowledged = -1

    def start(self) -> None:
        """At work when this returns."""
        first = [*self._command, str(self.acknowledged + 1)]
        self._process = subprocess.Popen(first, stdout=subprocess.PIPE, bufsize=0)
        self._said = self._process.stdout.readline()
        assert self._said, "it died before its first batch"

    def kill(self) -> None:
        self._process.kill()
        rest, _ = self._process.communicate(timeout=30)
        lines = (self._said + rest).split(b"\n")[:-1]  # one that was cut off was not said
        self.acknowledged = int(lines[-1])


@pytest.fixture
def server():
    made = Influxd()
    yield made
    made.remove()


def waits(store, until_empty: float = 60.0) -> None:
    end = time.monotonic() + until_empty
    while store.check().status != "ok":
        assert time.monotonic() < end, store.check().detail
        time.sleep(0.1)


def expected(last: int) -> list:
    model = MemoryStore()
    for number in range(last + 1):
        model.write(batch(number))
    return list(model.everything())


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_influx_stopped_and_the_service_killed_in_between(server, tmp_path, seed):
    luck = random.Random(seed)
    url = server.url("factory")
    victim = Victim(url, tmp_path)
    victim.start()
    time.sleep(luck.uniform(0.3, 0.8))
    server.stop()
    time.sleep(luck.uniform(0.5, 1.5))
    victim.kill()  # the store is away, something waits
    victim.start()
    time.sleep(luck.uniform(0.3, 1.0))
    server.start()
    time.sleep(luck.uniform(0.0, 6.0))  # before, while or after it is brought
    victim.kill()

    settings = read_settings({"TIMESERIES_URL": url, "DATA_DIR": str(tmp_path)}, Path("/nonexistent"))
    store = open_store(settings, "real")
    try:
        waits(store)
        held = list(store.everything())
        assert store.verify() == []
    finally:
        store.close()
    # the last batch may have been written and its acknowledgement cut off
    assert held in (expected(victim.acknowledged), expected(victim.acknowledged + 1))
    assert victim.acknowledged > 20
