"""The page's figures: prebuilt JSON at 50 requests a second, 200 pages on the event stream, a cold first load.

    .venv/bin/python benchmarks/page.py [--url http://127.0.0.1:8001] [--pages 200] [--seconds 30] [--out FILE]

Measures a service that runs, by its address; its process is found by its port. Chromium loads the page, where it is
installed. Leave the machine alone meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx

PER_SECOND = 50


def main() -> None:
    """Measures and writes a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8001")
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    rows = [
        *asyncio.run(at_a_pace(asked.url, asked.seconds)),
        *asyncio.run(on_the_stream(asked.url, asked.pages, asked.seconds)),
        *first_load(asked.url),
    ]
    table = "\n".join(["| what | at most | measured |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)])
    print(table)
    if asked.out:
        asked.out.write_text(table + "\n")


Row = tuple[str, str, str]


async def at_a_pace(url: str, seconds: int) -> list[Row]:
    """Requests begin at their time, whether those before have ended or not."""
    took: list[float] = []
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        await client.get("/dashboard/complete")

        async def one() -> None:
            begun = time.perf_counter()
            (await client.get("/dashboard/complete")).raise_for_status()
            took.append(1000 * (time.perf_counter() - begun))

        begun, running = time.perf_counter(), []
        for i in range(PER_SECOND * seconds):
            await asyncio.sleep(max(0.0, begun + i / PER_SECOND - time.perf_counter()))
            running.append(asyncio.create_task(one()))
        await asyncio.gather(*running)
    took.sort()
    median, p99 = statistics.median(took), took[int(0.99 * len(took))]
    return [
        (f"GET /dashboard/complete, {PER_SECOND} a second", "p99 30 ms", f"median {median:.1f} ms, p99 {p99:.1f} ms")
    ]


async def on_the_stream(url: str, pages: int, seconds: int) -> list[Row]:
    """Pages that listen and, as the browser does, fetch every section whose digest has changed."""
    pid = process_of(urlsplit(url).port or 80)
    before, fetched = memory_mb(pid), 0

    async def page(client: httpx.AsyncClient) -> None:
        nonlocal fetched
        held: dict[str, str] = {}
        async with client.stream("GET", "/dashboard/events") as stream:
            async for line in stream.aiter_lines():
                if not line.startswith("data: "):
                    continue
                news = httpx.Response(200, content=line.removeprefix("data: ")).json()
                for name in [n for n, digest in news["sections"].items() if held and held.get(n) != digest]:
                    await client.get(f"/dashboard/sections/{name}")
                    fetched += 1
                held = news["sections"]

    limits = httpx.Limits(max_connections=2 * pages, max_keepalive_connections=2 * pages)
    async with httpx.AsyncClient(base_url=url, timeout=None, limits=limits) as client:
        listening = [asyncio.create_task(page(client)) for _ in range(pages)]
        await asyncio.sleep(10)
        cpu, begun = cpu_s(pid), time.perf_counter()
        await asyncio.sleep(seconds)
        share = (cpu_s(pid) - cpu) / (time.perf_counter() - begun)
        after = memory_mb(pid)
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    return [
        (f"{pages} pages on the event stream, memory", "+50 MB", f"{after - before:+.0f} MB"),
        (
            f"{pages} pages on the event stream, of one core",
            "20 %",
            f"{100 * share:.0f} % ({fetched} sections fetched)",
        ),
    ]


def first_load(url: str) -> list[Row]:
    """A browser that has never been here: when the page can be read, and what came over the wire until it rested."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return [("first load, cold", "1 s, 400 kB", "chromium is not installed")]
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  only here

    loads, weight = [], 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(5):
            context = browser.new_context()
            page = context.new_page()
            wire = context.new_cdp_session(page)
            sizes: list[float] = []
            wire.send("Network.enable")
            wire.on("Network.loadingFinished", lambda event, sizes=sizes: sizes.append(event["encodedDataLength"]))
            page.goto(f"{url}/dashboard")
            page.wait_for_selector("#gantt[data-drawn]")
            page.wait_for_timeout(1000)
            painted = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
            loads.append(page.evaluate(painted))
            weight = int(sum(sizes))
            context.close()
        browser.close()
    return [
        ("first load, cold, until it can be read (median of 5)", "1 s", f"{statistics.median(loads) / 1000:.2f} s"),
        ("first load, cold, all that is transferred", "400 kB", f"{weight / 1000:.0f} kB"),
    ]


# ----------------------------------------------------------------------------------------------------- the process
def process_of(port: int) -> int:
    """Who listens on a port."""
    told = subprocess.run(["ss", "-ltnpH", f"sport = :{port}"], capture_output=True, text=True, check=True).stdout
    return int(told.partition("pid=")[2].partition(",")[0])


def memory_mb(pid: int) -> float:
    """Resident."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def cpu_s(pid: int) -> float:
    """Its own, without children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


if __name__ == "__main__":
    main()
