"""The service left alone on the replay for some minutes: its memory, its share of the processor, its requests.

    .venv/bin/python benchmarks/soak.py [--minutes 10]

Memory and processor time are read from /proc. What outlives its parent by a moment, as the servers that a run starts
for its own children, becomes this script's, so that it is counted. Needs ../shared/upstreams/replay.py beside the
repository.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from stage import NOW, PREFIX, UPSTREAMS, Plant, Replay, Service  # noqa: E402  its folder is added above

from chocolate_factory.wiring import LIMITS  # noqa: E402

#: prctl(2): orphans below this process become its children.
SUBREAPER = 36
TICKS = os.sysconf("SC_CLK_TCK")
EVERY_S = 30.0


@dataclass(frozen=True)
class Sample:
    """The serving process, the server of its forks, and how many processes they and their runs are.

    Attributes:
        own_s, all_s: processor time of the serving process; with that of everything that it started.
    """

    at: float
    serve_mb: float
    forks_mb: float
    processes: int
    own_s: float
    all_s: float


def stat(pid: int) -> list[int]:
    """proc(5), from the fourth field on."""
    return [int(n) for n in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1:]]


def seconds(pid: int, *, children: bool) -> float:
    fields = stat(pid)[10:14]  # utime, stime, cutime, cstime
    return sum(fields if children else fields[:2]) / TICKS


def rss_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def below(pid: int) -> list[int]:
    """A process and all below it; some may end while they are counted."""
    found = [pid]
    for parent in found:
        try:
            for thread in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (thread / "children").read_text().split())
        except OSError:
            continue
    return found


def fork_server(pid: int) -> int | None:
    for child in below(pid)[1:]:
        try:
            if b"forkserver" in Path(f"/proc/{child}/cmdline").read_bytes() and stat(child)[0] == pid:
                return child
        except OSError:
            continue
    return None


def everything_s(but: int) -> float:
    """Processor time of all below this process, dead ones included, but of one and what is below it."""
    spent = 0.0
    for pid in set(below(os.getpid())[1:]) - set(below(but)):
        with suppress(OSError):  # it has ended just now, and is counted with its parent
            spent += seconds(pid, children=True)
    return spent


def sample(pid: int, replay: int, began: float) -> Sample:
    forks = fork_server(pid)
    memory = rss_mb(forks) if forks else 0.0
    own, every = seconds(pid, children=False), everything_s(replay)
    return Sample(time.monotonic() - began, rss_mb(pid), memory, len(below(pid)), own, every)


def watched(service: Service, replay: Replay, minutes: float) -> list[Sample]:
    began, other = time.monotonic(), replay.pid
    samples = [sample(service.process.pid, other, began)]
    while samples[-1].at < 60 * minutes:
        time.sleep(EVERY_S)
        samples.append(sample(service.process.pid, other, began))
        s = samples[-1]
        print(f"{s.at:5.0f} s  serve {s.serve_mb:5.0f} MB  fork server {s.forks_mb:4.0f} MB  {s.processes} processes")
    return samples


def told(samples: list[Sample], asked: dict[str, int]) -> str:
    """From the first minute after the catch-up on."""
    first, last = samples[1], samples[-1]
    passed = last.at - first.at
    memory = f"{first.serve_mb:.0f} to {last.serve_mb:.0f} MB, at most {max(s.serve_mb for s in samples):.0f}"
    forks = f"{first.forks_mb:.0f} to {last.forks_mb:.0f} MB"
    own, every = ((b - a) / passed for a, b in ((first.own_s, last.own_s), (first.all_s, last.all_s)))
    lines = [
        f"{passed / 60:.1f} minutes of `accelerated` at rest (nothing ordered):",
        f"- memory of the serving process {memory}; of the server of forks {forks}",
        f"- processor: serving {100 * own:.1f} % of a core, with all runs {100 * every:.1f} %",
        "- requests: "
        + ", ".join(f"{name} {count} (limit {LIMITS[name].per_minute} a minute)" for name, count in asked.items()),
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    minutes = parser.parse_args().minutes
    if not UPSTREAMS.is_dir():
        sys.exit(f"needs the replay of the upstreams ({UPSTREAMS})")
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory() as folder:
        replay = Replay(Path(folder))
        try:
            replay.start(NOW)
            with Plant(Path(folder) / "plant", replay.environment()).serving() as service:
                service.settled()
                before = {name: replay.asked(name) for name in PREFIX}
                samples = watched(service, replay, minutes)
                print(told(samples, {name: replay.asked(name) - before[name] for name in PREFIX}))
        finally:
            replay.close()


if __name__ == "__main__":
    main()
