"""What the process does that ``test_influx_away.py`` kills: it ingests for ever through the store of its settings.

Each batch is told once it is acknowledged; it imports little, so that it is at work at once.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import HOUR
from chocolate_factory.settings import read_settings
from chocolate_factory.wiring.stores import open_store

T = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = 6
#: Seconds between two batches: a day of polls, every five minutes, passes in six seconds.
PAUSE_S = 0.02


def batch(number: int) -> list[Observation]:
    """Two sources' hours, and another value for what the batch before brought."""
    received = T + timedelta(minutes=5 * number)
    hours = [(number * HOURS + i, float(number)) for i in range(HOURS)]
    if number:
        hours += [(i - HOURS, value + 0.5) for i, value in hours[:HOURS]]
    return [
        Observation("spot", source, Kind.OBSERVED, T + i * HOUR, value, T, received, 60)
        for source in ("ree", "omie")
        for i, value in hours
    ]


def main(url: str, folder: Path, first: int) -> None:
    settings = read_settings({"TIMESERIES_URL": url, "DATA_DIR": str(folder)}, Path("/nonexistent"))
    store = open_store(settings, "real")
    for number in range(first, 1_000_000):
        store.write(batch(number))
        print(number, flush=True)
        time.sleep(PAUSE_S)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
