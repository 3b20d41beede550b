"""The spine's and the page's figures, from real runs: start, history, parsing, storing, reading, streams, memory.

    benchmarks/run spine    or    .venv/bin/python benchmarks/spine.py [--quick]    half a year instead of three

Needs ../shared/upstreams/replay.py beside the repository; says so where it is absent.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from page import at_a_pace, first_load, on_the_stream

from chocolate_factory.adapters.ree import parse_prices
from chocolate_factory.adapters.sqlite_store import SqliteStore
from chocolate_factory.domain.catalogue import expected_series
from chocolate_factory.domain.time import MADRID, isoformat_madrid
from chocolate_factory.settings import read_settings
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.wiring import LIMITS, build

ROOT = Path(__file__).resolve().parents[1]
REPLAY = ROOT.parent / "shared" / "upstreams" / "replay.py"
#: What a start brings with it, catch-up and snapshot, is over after this: the reading is measured, not the start.
SETTLE_S = 5.0
#: Pages that listen, and for how long each measurement goes on.
PAGES, PACE_S = 200, 30
#: The market has traded quarter-hours since October 2025: every point of these months is a row.
BODIES = 14


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def environment(replay: int, data: Path, port: int) -> dict[str, str]:
    base = f"http://127.0.0.1:{replay}"
    return {
        "DATA_DIR": str(data),
        "API_PORT": str(port),
        "REE_BASE_URL": f"{base}/ree",
        "ESIOS_BASE_URL": f"{base}/esios",
        "OMIE_BASE_URL": f"{base}/omie",
        "AEMET_BASE_URL": f"{base}/aemet",
        "AEMET_API_KEY": "replay",
        "OPENWEATHERMAP_BASE_URL": f"{base}/owm",
        "OPENWEATHERMAP_API_KEY": "replay",
        "OPEN_METEO_BASE_URL": f"{base}/open-meteo",
        "OPEN_METEO_ARCHIVE_BASE_URL": f"{base}/open-meteo-archive",
        "DATOSCLIMA_BASE_URL": f"{base}/datosclima",
    }


class Service:
    """`serve` as a process of its own."""

    def __init__(self, env: dict[str, str]) -> None:
        self.url = f"http://127.0.0.1:{env['API_PORT']}"
        self.began = time.perf_counter()
        command = [sys.executable, "-m", "chocolate_factory", "serve"]
        self.process = subprocess.Popen(command, env={**os.environ, **env}, stderr=subprocess.DEVNULL)

    def wait_for(self, path: str, good) -> float:
        """Seconds from the start until an answer is good."""
        while time.perf_counter() - self.began < 120:
            try:
                answer = httpx.get(self.url + path, timeout=5)
                if answer.status_code == 200 and good(answer.json()):
                    return time.perf_counter() - self.began
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        raise SystemExit(f"{path} was not good within two minutes")

    def memory_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def stop(self) -> float:
        began = time.perf_counter()
        self.process.terminate()
        self.process.wait(30)
        return time.perf_counter() - began


def until_it_answers(url: str) -> None:
    end = time.perf_counter() + 60
    while time.perf_counter() < end:
        with suppress(httpx.TransportError):
            httpx.get(url, timeout=5).raise_for_status()
            return
        time.sleep(0.05)
    raise SystemExit(f"{url} did not answer within a minute")


def has_now(document: dict) -> bool:
    info = document["current_info"]
    return info["price_eur_kwh"] is not None and info["temperature_c"] is not None


def start_up(replay: int, folder: Path) -> float:
    service = Service(environment(replay, folder / "empty", free_port()))
    try:
        return service.wait_for("/dashboard/complete", has_now)
    finally:
        service.stop()


def history(replay: int, data: Path, years: float) -> dict[str, float]:
    """Prices first and timed, then everything else."""
    house = build(read_settings(environment(replay, data, 8000), Path("/nonexistent")))
    window = house.initialise.years_back(years)
    began = time.perf_counter()
    recovery = house.repair(dict.fromkeys(("pvpc", "spot"), window), trigger="benchmark", insist=True, patience=300)
    seconds = time.perf_counter() - began
    asked = house.clients["ree"].health().requests
    slots = recovery.filled
    # n calls at k a minute, none of them taking time: full minutes wait, the last minute's calls do not
    own = 60.0 * ((asked - 1) // LIMITS["ree"].per_minute)
    for part in ("ree", "weather", "daily_weather"):
        house.initialise(part, window, Progress())
    house.close()
    return {"seconds": seconds, "own": own, "requests": asked, "slots": slots}


def parse_and_store(folder: Path) -> float:
    """Bodies of 28 days of PVPC and quarter-hourly spot, as REE sends them: JSON text to rows on disk."""
    bodies = []
    start = datetime(2026, 11, 1, tzinfo=MADRID)
    for month in range(BODIES):
        first = start - timedelta(days=28 * month)
        hours = [first.astimezone(UTC) + timedelta(hours=i) for i in range(28 * 24)]
        quarters = [first.astimezone(UTC) + timedelta(minutes=15 * i) for i in range(28 * 96)]
        bodies.append(
            json.dumps(
                {
                    "included": [
                        {"id": id_, "attributes": {"values": [
                            {"value": 50 + i % 97 * 0.5, "percentage": 0, "datetime": isoformat_madrid(t)}
                            for i, t in enumerate(times)
                        ]}}
                        for id_, times in (("1001", hours), ("600", quarters))
                    ]
                }
            )
        )  # fmt: skip
    store = SqliteStore(folder / "bulk" / "timeseries.db")
    now = datetime(2026, 11, 22, tzinfo=UTC)
    began = time.perf_counter()
    written = sum(store.write(parse_prices(json.loads(body), now)).written for body in bodies)
    seconds = time.perf_counter() - began
    store.close()
    return written / seconds


def latencies(url: str, path: str, count: int, pause: float = 0.0) -> tuple[float, float]:
    """Median and 99th percentile in milliseconds, one client."""
    times = []
    with httpx.Client(timeout=30) as client:
        for _ in range(3):
            client.get(url + path)
        for _ in range(count):
            began = time.perf_counter()
            client.get(url + path).raise_for_status()
            times.append(1000 * (time.perf_counter() - began))
            time.sleep(pause)
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, help="a file for the section; printed without one")
    arguments = parser.parse_args()
    if not REPLAY.is_file():
        raise SystemExit(f"{REPLAY} is absent: there is nothing to measure against")
    years = 0.5 if arguments.quick else 3
    port = free_port()
    replay = subprocess.Popen([sys.executable, str(REPLAY), "--port", str(port)], stdout=subprocess.DEVNULL)
    try:
        until_it_answers(f"http://127.0.0.1:{port}/__control")
        with tempfile.TemporaryDirectory() as name:
            rows, page = measure(port, Path(name), years)
    finally:
        replay.terminate()
    text = section("The spine", rows, years) + "\n" + section("The page", page, years)
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")
    else:
        print(text)


Row = tuple[str, str, str]


def measure(replay: int, folder: Path, years: float) -> tuple[list[Row], list[Row]]:
    up = start_up(replay, folder)
    bulk = parse_and_store(folder)
    data = folder / "three-years"
    past = history(replay, data, years)
    service = Service(environment(replay, data, free_port()))
    try:
        ready = service.wait_for("/ready", lambda d: d["status"] == "ready")
        service.wait_for("/dashboard/complete", has_now)
        time.sleep(SETTLE_S)
        page_50, page_99 = latencies(service.url, "/dashboard/complete", 600, 0.01)
        gaps_50, gaps_99 = latencies(service.url, "/gaps/detect?days_back=30", 200)
        for path in ("/influxdb/verify", "/init/status", "/ree/prices", "/tariff", "/metrics", "/dashboard"):
            httpx.get(service.url + path, timeout=60).raise_for_status()
        memory = service.memory_mb()
        service.wait_for("/plan", lambda d: bool(d["batches"]))
        time.sleep(SETTLE_S)
        page = asyncio.run(at_a_pace(service.url, PACE_S))
        page += asyncio.run(on_the_stream(service.url, PAGES, PACE_S)) + first_load(service.url)
    finally:
        stopped = service.stop()
    held = sqlite3.connect(data / "timeseries.db").execute("SELECT COUNT(*) FROM observation").fetchone()[0]
    size = (data / "timeseries.db").stat().st_size / 2**20
    ratio = past["seconds"] / past["own"] if past["own"] else float("nan")
    loaded = (
        f"{past['seconds']:.1f} s for {past['slots']:.0f} slots in {past['requests']:.0f} requests; "
        f"the pacing alone {past['own']:.0f} s; ratio {ratio:.2f}"
    )
    spine = [
        ("start to a dashboard with price and temperature, empty store", "15 s", f"{up:.1f} s"),
        (f"{years:g} years of PVPC and spot at 30 requests a minute", "the pacing's own time + 10 %", loaded),
        ("parse and store (JSON text to rows on disk)", "50,000 observations/s", f"{bulk:,.0f} observations/s"),
        ("GET /dashboard/complete, one client", "p99 50 ms", f"median {page_50:.1f} ms, p99 {page_99:.1f} ms"),
        ("GET /gaps/detect?days_back=30, one client", "p99 200 ms", f"median {gaps_50:.0f} ms, p99 {gaps_99:.0f} ms"),
        ("memory of serve after serving everything", "250 MB", f"{memory:.0f} MB"),
        ("start to /ready", "3 s (issue 5)", f"{ready:.1f} s"),
        ("SIGTERM to exit", "10 s (issue 5)", f"{stopped:.1f} s"),
        ("the store", "", f"{held:,} rows of {len(expected_series())} expected series and more, {size:.0f} MiB"),
    ]  # fmt: skip
    return spine, page


def section(name: str, rows: list[Row], years: float) -> str:
    table = "\n".join(f"| {what} | {least} | {got} |" for what, least, got in rows)
    return f"""## {name}

Against the replay of the upstreams, {years:g} years stored.

| what | at least | measured |
|---|---|---|
{table}
"""


if __name__ == "__main__":
    main()
