"""What one machine holds: 25 years of quarter-hours times 30 series, in either back end; docs/scale.md tells the rest.

    benchmarks/run scale    or    .venv/bin/python benchmarks/scale.py [--quick]    one year instead of 25

Each store is filled by a process of its own, so that its memory is its own, and then served. Takes some ten minutes and
3 GB under the folder for temporary files; runs behind everything else on the machine (nice 10). InfluxDB's half needs
influxd, and is left out without it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "contract"), str(ROOT / "benchmarks")]

from influx_server import Influxd  # noqa: E402  its folder is added above
from spine import Service, environment, free_port  # noqa: E402  as above

from chocolate_factory.domain.catalogue import CATALOGUE, expected_series  # noqa: E402
from chocolate_factory.domain.series import Kind, Observation, Query  # noqa: E402
from chocolate_factory.domain.time import DAY, Interval  # noqa: E402
from chocolate_factory.ports import TimeSeriesStore  # noqa: E402
from chocolate_factory.settings import read_settings  # noqa: E402
from chocolate_factory.wiring.stores import store_at  # noqa: E402

QUARTER = timedelta(minutes=15)
END = datetime(2026, 11, 22, tzinfo=UTC)
YEAR = timedelta(days=365.25)
SERIES = 30
BATCH = 100_000
#: Nobody answers there: what is measured is the store.
NOBODY = 9


# ---------------------------------------------------------------------- filling, in a process of its own
def names() -> list[str]:
    """Those that the service expects, so that it finds no gap, and others of the catalogue."""
    expected = [spec.name for spec in expected_series()]
    return (expected + [name for name in CATALOGUE if name not in expected])[:SERIES]


def quarters(name: str, years: float) -> Iterator[list[Observation]]:
    """Batches of one series, each value received when its slot was over."""
    count = int(years * YEAR / QUARTER)
    first = END - count * QUARTER
    for begin in range(0, count, BATCH):
        slots = [first + i * QUARTER for i in range(begin, min(begin + BATCH, count))]
        yield [_observed(name, start, 20 + i * 37 % 1900 / 100) for i, start in enumerate(slots, begin)]


def _observed(name: str, start: datetime, value: float) -> Observation:
    known = start + QUARTER
    return Observation(name, "ree", Kind.OBSERVED, start, value, known, known, 15)


def fill(url: str, years: float) -> None:
    """Says as JSON what it took; making the observations is not counted."""
    store, wall, core, rows = opened(url), 0.0, 0.0, 0
    for name in names():
        for batch in quarters(name, years):
            began, used = time.perf_counter(), time.process_time()
            rows += store.write(batch).new
            wall, core = wall + time.perf_counter() - began, core + time.process_time() - used
    store.close()
    print(json.dumps({"rows": rows, "s": wall, "core": core, "peak": peak_mb()}))


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def opened(url: str) -> TimeSeriesStore:
    return store_at(url, read_settings({}, Path("/nonexistent")))


# ---------------------------------------------------------------------- measuring
class Meter:
    """How long deeds take: by the wall, and of the processors of this process and of those that serve it.

    Others work on the machine: the wall's time is theirs too.
    """

    def __init__(self, *pids: int) -> None:
        self._stats = [Path(f"/proc/{pid}/stat") for pid in pids]

    def __call__(self, deed: Callable[[], object], times: int = 1) -> str:
        """Of one, where there are several on average."""
        wall, core = time.perf_counter(), self._core()
        for _ in range(times):
            deed()
        return f"{_told((time.perf_counter() - wall) / times)}; core {_told((self._core() - core) / times)}"

    def _core(self) -> float:
        ticks = (stat.read_text().rpartition(")")[2].split()[11:13] for stat in self._stats)
        return time.process_time() + sum(sum(map(int, some)) for some in ticks) / os.sysconf("SC_CLK_TCK")


def _told(seconds: float) -> str:
    return f"{seconds:,.1f} s" if seconds >= 1 else f"{1000 * seconds:,.1f} ms"


def filled(url: str, years: float) -> dict[str, Any]:
    command = [sys.executable, __file__, "--fill", url, "--years", str(years)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return dict(json.loads(said.splitlines()[-1]))


def reading(store: TimeSeriesStore, target: Path, meter: Meter) -> dict[str, str]:
    """What is asked of a store."""
    day, year, ever = (Query("spot", Interval(END - length, END)) for length in (DAY, 365 * DAY, 30 * YEAR))
    return {
        "the latest value of a series": meter(lambda: store.last("spot", frozenset({Kind.OBSERVED})), 50),
        "a day of one series read": meter(lambda: store.read(day), 50),
        "a year of one series read, 35,040 rows": meter(lambda: store.read(year), 10),
        "inventory, the first time": meter(store.inventory),
        "inventory, later": meter(store.inventory, 5),
        "every slot of one series listed": meter(lambda: store.starts(ever)),
        "every row verified": meter(store.verify),
        "backup, checked": meter(lambda: store.backup(target)),
    }


def serving(env: dict[str, str], *pids: int) -> dict[str, str]:
    """What the service does on top of it."""
    began = time.perf_counter()
    service = Service(env)
    meter = Meter(service.process.pid, *pids)
    try:
        service.wait_for("/ready", lambda answer: answer["status"] == "ready")
        core = Path(f"/proc/{service.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        ready = f"{_told(time.perf_counter() - began)}; core {_told(sum(map(int, core)) / os.sysconf('SC_CLK_TCK'))}"
        caught_up(service)
        asked = {f"GET {path}": meter(lambda path=path: get(service, path)) for path in PAGES}
        memory = service.memory_mb()
    finally:
        service.stop()
    return {"start to /ready": ready, **asked, "memory of serve, after all that": f"{memory:.0f} MB"}


PAGES = ("/influxdb/verify", "/gaps/detect?days_back=10", "/gaps/summary", "/init/status", "/dashboard/complete")


def get(service: Service, path: str) -> None:
    httpx.get(service.url + path, timeout=300).raise_for_status()


def caught_up(service: Service) -> None:
    """The search for gaps through all of history, which follows every start, has ended."""
    end = time.monotonic() + 600
    while time.monotonic() < end:
        jobs = httpx.get(f"{service.url}/scheduler/status", timeout=60).json()["scheduler"]["jobs"]
        last = next(job["last"] for job in jobs if job["id"] == "auto_backfill_check")
        if last and last["ended_at"]:
            return
        time.sleep(1)
    raise SystemExit("the catch-up did not end within ten minutes")


# ---------------------------------------------------------------------- the two back ends
def sqlite(folder: Path, years: float) -> dict[str, str]:
    url = f"sqlite:///{folder / 'data' / 'timeseries.db'}"
    wrote = filled(url, years)
    size = (folder / "data" / "timeseries.db").stat().st_size
    store = opened(url)
    read = reading(store, folder / "sqlite.backup", Meter())
    store.close()
    return of_writing(wrote, size) | read | serving(environment(NOBODY, folder / "data", free_port()))


def influxdb(folder: Path, years: float) -> dict[str, str]:
    server = Influxd(folder)
    try:
        url = server.url("factory")
        wrote = filled(url, years)
        server.stop()  # it packs what it has, as it does by itself after some hours
        again = Meter()(server.start)
        store = opened(url)
        read = reading(store, folder / "influxdb.backup", Meter(server.process.pid))
        store.close()
        env = environment(NOBODY, folder / "far", free_port()) | {"TIMESERIES_URL": url}
        own = {"start of influxd": again, "memory of influxd, after all that": f"{memory_of(server):,.0f} MB"}
        return of_writing(wrote, size_of(server)) | read | serving(env, server.process.pid) | own
    finally:
        server.remove()


def size_of(server: Influxd) -> int:
    files = (f for part in ("data", "wal") for f in (server.folder / part).rglob("*"))
    return sum(f.stat().st_size for f in files if f.is_file())


def memory_of(server: Influxd) -> float:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def of_writing(wrote: dict[str, Any], size: int) -> dict[str, str]:
    rows, took, core = wrote["rows"], wrote["s"], wrote["core"]
    return {
        "rows": f"{rows:,}",
        "size on disk": f"{size / 2**20:,.0f} MiB, {size / rows:.0f} bytes a row",
        "written": f"{took:,.0f} s, {rows / took:,.0f} a second; core of the writer {core:,.0f} s",
        "memory of the writer, at most": f"{wrote['peak']:.0f} MB",
    }


def table(found: dict[str, dict[str, str]]) -> str:
    what = list(dict.fromkeys(row for rows in found.values() for row in rows))
    head = f"| what | {' | '.join(found)} |\n|---|{'---|' * len(found)}\n"
    return head + "".join(f"| {row} | {' | '.join(rows.get(row, '') for rows in found.values())} |\n" for row in what)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--years", type=float, default=25.0)
    parser.add_argument("--fill", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help="a file for the section; printed without one")
    asked = parser.parse_args()
    if asked.fill:
        return fill(asked.fill, asked.years)
    os.nice(10)
    years = 1.0 if asked.quick else asked.years
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        found = {"SQLite": sqlite(Path(folder), years)}
        if shutil.which("influxd"):
            found["InfluxDB"] = influxdb(Path(folder), years)
    text = (
        f"{years:g} years of quarter-hours, {SERIES} series; {os.getloadavg()[2]:.1f} others at work.\n\n{table(found)}"
    )
    print(text)
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")
    return None


if __name__ == "__main__":
    main()
