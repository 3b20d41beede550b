"""InfluxDB's figures, against a real influxd of this machine: bulk writing beside `influx -import`, a year read.

    benchmarks/run influx    or    .venv/bin/python benchmarks/influx.py [--quick]    fewer and smaller pairs

Needs Debian's packages influxdb and influxdb-client; says so where they are absent. Server and clients share the cores,
and perhaps others do: so both loads run in pairs, now one first and now the other, each into a server of its own; and
processor time is told beside the wall's.
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
from collections.abc import Callable, Iterator, Sequence
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
HOUR = timedelta(hours=1)


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

    def __init__(self, server: Influxd, count: int = 1) -> None:
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


def written(server: Influxd, count: int, _folder: Path) -> Load:
    """By the store, in batches; made beforehand."""
    made = list(quarters(count))
    store = server.store()
    with Load(server, count) as load:
        total = sum(store.write(made[i : i + BATCH]).new for i in range(0, count, BATCH))
    store.close()
    assert total == count
    return load


def with_a_server(load: Callable[[Influxd, int, Path], Load], count: int, folder: Path) -> Load:
    server = Influxd()
    try:
        return load(server, count, folder)
    finally:
        server.remove()


def pairs(number: int, count: int, folder: Path) -> Iterator[tuple[Load, Load]]:
    """`-import` and the store, the first of each pair by turns."""
    for i in range(number):
        order = (imported, written) if i % 2 else (written, imported)
        found = {load: with_a_server(load, count, folder) for load in order}
        yield found[imported], found[written]


class Reading:
    """Milliseconds of each reading of one hourly series' year: by the wall, and of this process's processor."""

    def __init__(self, store: TimeSeriesStore) -> None:
        store.write(Observation("pvpc", "ree", Kind.OBSERVED, T + i * HOUR, i / 7, T, T, 60) for i in range(3 * 8760))
        gc.freeze()  # as `serve` does
        query = Query("pvpc", Interval(T + 8760 * HOUR, T + 2 * 8760 * HOUR))
        times = [_timed(lambda: store.read(query)) for _ in range(READS + 5)][5:]
        self.wall, self.core = zip(*times, strict=True)

    def __str__(self) -> str:
        return f"median {_median(self.wall)}, p99 {_p99(self.wall)}; core: {_median(self.core)} and {_p99(self.core)}"


def _timed(deed: Callable[[], list[Observation]]) -> tuple[float, float]:
    wall, core = time.perf_counter(), time.process_time()
    assert len(deed()) == 8760
    return 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - core)


def _median(times: Sequence[float]) -> str:
    return f"{statistics.median(times):.0f} ms"


def _p99(times: Sequence[float]) -> str:
    return f"{statistics.quantiles(times, n=100)[98]:.0f} ms"


def main() -> None:
    """Measure, and write a section of the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    if shutil.which("influx") is None or shutil.which("influxd") is None:
        raise SystemExit("influx and influxd are needed: apt-get install influxdb influxdb-client")
    number, count = (3, 200_000) if asked.quick else (6, 500_000)
    with tempfile.TemporaryDirectory() as folder:
        page = writing(list(pairs(number, count, Path(folder))), count) + reading(Path(folder))
    print(page)
    if asked.out:
        asked.out.write_text(page)


def writing(found: list[tuple[Load, Load]], count: int) -> str:
    """A row for each pair."""
    rows = [
        f"| {theirs.pace:,.0f} | {ours.pace:,.0f} | {ours.pace / theirs.pace:.0%} "
        f"| {theirs.client_us:.1f} + {theirs.server_us:.1f} | {ours.client_us:.1f} + {ours.server_us:.1f} |\n"
        for theirs, ours in found
    ]
    paces = statistics.median(ours.pace for _, ours in found)
    ratio = statistics.median(ours.pace / theirs.pace for theirs, ours in found)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{count:,} observations, {BATCH:,} a call, both by turns; others were waiting for the two cores: "
        f"{os.getloadavg()[1]:.1f} at a time.\n\n"
        "| `influx -import`, a second | the store, a second | ratio | core of `-import`: client + server, µs each "
        "| of the store |\n|---|---|---|---|---|\n" + "".join(rows) + "\n"
        "| what | at least | measured |\n|---|---|---|\n"
        f"| written in batches, median | 100,000 observations/s, or 80 % of `-import` | {paces:,.0f}; {ratio:.0%} |\n"
        f"| memory of the writing process, at most | | {peak:.0f} MB, the observations themselves in it |\n"
    )


def reading(folder: Path) -> str:
    """Two more rows of the table."""
    here, server = SqliteStore(folder / "here.db"), Influxd()
    far = server.store()
    try:
        near = f"| a year of one hourly series read, SQLite | p99 30 ms (60 on a busy machine) | {Reading(here)} |\n"
        return near + f"| the same, InfluxDB | p99 80 ms (120) | {Reading(far)} of the client |\n"
    finally:
        far.close()
        here.close()
        server.remove()


if __name__ == "__main__":
    main()
