"""InfluxDB's figures, against a real influxd of this machine: bulk writing beside `influx -import`, a year read.

    benchmarks/run influx    or    .venv/bin/python benchmarks/influx.py [--quick]    a fifth of the observations

Needs Debian's packages influxdb and influxdb-client; says so where they are absent. Server and clients share the cores.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "contract"))

from influx_server import Influxd  # noqa: E402  its folder is added above

from chocolate_factory.adapters import influx_query as ql  # noqa: E402
from chocolate_factory.adapters.influx_lines import lines_of  # noqa: E402
from chocolate_factory.adapters.sqlite_store import SqliteStore  # noqa: E402
from chocolate_factory.adapters.stream_keys import key_of, us  # noqa: E402
from chocolate_factory.domain.series import Kind, Observation, Query  # noqa: E402
from chocolate_factory.domain.time import Interval  # noqa: E402
from chocolate_factory.ports import TimeSeriesStore  # noqa: E402

T = datetime(2016, 1, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
STREAMS = 10
BATCH = 100_000
READS = 300


def quarters(count: int) -> Iterator[Observation]:
    """Quarter-hours of some streams, each received when it was over, as live ingestion does."""
    each = count // STREAMS
    for stream in range(STREAMS):
        for i in range(each):
            start = T + i * QUARTER
            known = start + QUARTER
            yield Observation("temperature", f"s{stream}", Kind.OBSERVED, start, i / 7, known, known, 15)


class Load:
    """A bulk load while it runs: its pace, and what it costs its client and the server in processor time."""

    def __init__(self, server: Influxd, count: int) -> None:
        self._stat = Path(f"/proc/{server.process.pid}/stat")
        self._count = count

    def __enter__(self) -> Load:
        self._began, self._client, self._server = time.perf_counter(), _client_seconds(), self._server_seconds()
        return self

    def __exit__(self, *_: object) -> None:
        self.pace = self._count / (time.perf_counter() - self._began)
        self.client_us = 1e6 * (_client_seconds() - self._client) / self._count
        self.server_us = 1e6 * (self._server_seconds() - self._server) / self._count

    def _server_seconds(self) -> float:
        ticks = self._stat.read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def __str__(self) -> str:
        return f"{self.pace:,.0f} observations/s; client {self.client_us:.1f} µs, server {self.server_us:.1f} µs each"


def _client_seconds() -> float:
    """Of this process and of children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def imported(server: Influxd, count: int, folder: Path) -> Load:
    """By `influx -import`, the same points into a database made alike."""
    file = folder / "import.txt"
    with file.open("w") as target:
        target.write(f"# DDL\n{ql.creation('bulk')}\n# DML\n# CONTEXT-DATABASE: bulk\n")
        for o in quarters(count):
            slot = {us(o.received_at): (us(o.published_at), o.value)}
            target.write(lines_of(key_of(o), us(o.start), {}, slot)[0] + "\n")
    command = ["influx", "-port", str(server.port), "-import", "-path", str(file), "-precision", "ns"]
    with Load(server, count) as load:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return load


def written(server: Influxd, store: TimeSeriesStore, count: int) -> Load:
    """By the store, in batches; made beforehand."""
    made = list(quarters(count))
    with Load(server, count) as load:
        total = sum(store.write(made[i : i + BATCH]).new for i in range(0, count, BATCH))
    assert total == count
    return load


def a_year(store: TimeSeriesStore) -> list[float]:
    """Milliseconds of each reading of one hourly series' year."""
    hour = timedelta(hours=1)
    store.write(Observation("pvpc", "ree", Kind.OBSERVED, T + i * hour, i / 7, T, T, 60) for i in range(3 * 8760))
    gc.freeze()  # as `serve` does
    query = Query("pvpc", Interval(T + 8760 * hour, T + 2 * 8760 * hour))
    return [_timed(lambda: store.read(query)) for _ in range(READS + 5)][5:]


def _timed(deed: Callable[[], list[Observation]]) -> float:
    began = time.perf_counter()
    assert len(deed()) == 8760
    return 1000 * (time.perf_counter() - began)


def p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def main() -> None:
    """Measure, and write a section of the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    if shutil.which("influx") is None or shutil.which("influxd") is None:
        raise SystemExit("influx and influxd are needed: apt-get install influxdb influxdb-client")
    count = 200_000 if asked.quick else 1_000_000
    server = Influxd()
    try:
        with tempfile.TemporaryDirectory() as folder:
            page = measured(server, count, Path(folder))
    finally:
        server.remove()
    print(page)
    if asked.out:
        asked.out.write_text(page)


def measured(server: Influxd, count: int, folder: Path) -> str:
    """The table."""
    theirs = imported(server, count, folder)
    far = server.store()
    ours = written(server, far, count)
    here = SqliteStore(folder / "here.db")
    reads = {"SQLite": a_year(here), "InfluxDB": a_year(far)}
    far.close()
    here.close()
    rows = [
        ("written, `influx -import`", str(theirs)),
        (f"written, the store, {BATCH:,} a batch", f"{ours}; {ours.pace / theirs.pace:.0%} of `-import`"),
        *(
            (f"a year of one hourly series read, {name}", f"median {statistics.median(t):.0f} ms, p99 {p99(t):.0f} ms")
            for name, t in reads.items()
        ),
        ("memory of this process, at most", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"),
    ]
    return "| what | measured |\n|---|---|\n" + "".join(f"| {what} | {found} |\n" for what, found in rows)


if __name__ == "__main__":
    main()
