"""The head of docs/benchmarks.md: what was measured on what."""

from __future__ import annotations

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("fastapi", "httpx", "joblib", "numpy", "scipy", "simpy", "sqlalchemy", "uvicorn")


def machine() -> str:
    """Processor, memory, system."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor() or "unknown processor",
    )
    memory = int(Path("/proc/meminfo").read_text().split("MemTotal:")[1].split()[0]) / 2**20
    return f"{os.cpu_count()} cores of {model}, {memory:.0f} GiB, {platform.system()} {platform.release()}"


def main() -> None:
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    print(f"""# Benchmarks

Written by `benchmarks/run` from real runs; nothing here is typed by hand. Times on a shared machine vary by a third
from run to run: read the ratios and the order of magnitude.

Machine: {machine()}; Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {libraries}.""")


if __name__ == "__main__":
    main()
