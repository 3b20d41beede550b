"""What the processes do that the trials of the weekly cleanup start: clean up for ever, or write for ever.

``rows`` is what there is to clean up. Whoever writes tells each batch once it is acknowledged.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chocolate_factory.adapters.clock import SystemClock
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import DAY, HOUR
from chocolate_factory.settings import Settings
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.wiring import House, build
from chocolate_factory.wiring.stores import open_store

NOW = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)  # Sunday 03:00 in Madrid, where 02:00 is missing
FIVE = timedelta(minutes=5)
#: REE's own hour is missing of each so-manieth.
HOLE = 7
HOURS_OLD, HOURS_YOUNG = 30 * 24, 2 * 24


class Sunday(SystemClock):
    """Stands at the moment."""

    def now(self) -> datetime:
        return NOW


def rows() -> Iterator[Observation]:
    """Old and young points of demand with REE's hours, old and young forecasts with revisions, prices."""
    first = NOW - 90 * DAY - 2 * HOUR - HOURS_OLD * HOUR  # the age ends at a midnight of winter
    for h in range(HOURS_OLD + HOURS_YOUNG):
        hour = first + h * HOUR
        for n in range(12):
            yield _row("demand_5min", "ree", Kind.OBSERVED, hour + n * FIVE, 20000.0 + h + n, hour + HOUR, 5)
        if h % HOLE:
            yield _row("demand", "ree", Kind.OBSERVED, hour, 20005.5 + h, hour + HOUR)
    for age in (900, 30):
        for h in range(10 * 24):
            slot = NOW - age * DAY + h * HOUR
            for r in range(8):
                yield _row("temperature", "open_meteo", Kind.FORECAST, slot, float(h + r), slot - (9 - r) * HOUR)
            yield _row("temperature", "aemet", Kind.OBSERVED, slot, float(h), slot + 2 * HOUR)


def batch(number: int) -> list[Observation]:
    """What is ingested meanwhile: a day that is to come, from two sources."""
    return [
        _row("spot", source, Kind.OBSERVED, NOW + (24 * number + h) * HOUR, float(number), NOW + number * FIVE)
        for source in ("ree", "omie")
        for h in range(24)
    ]


def house(settings: Settings) -> House:
    return build(settings, clock=Sunday(), again=lambda: settings)


def _row(series, source, kind, start, value, received, minutes: int = 60) -> Observation:
    return Observation(series, source, kind, start, value, received, received, minutes)


def settings_of(folder: Path, url: str = "", ledger: str = "") -> Settings:
    return Settings(data_dir=folder, timeseries_url=url or None, ledger_url=ledger or None)


def main(deed: str, folder: Path, url: str = "") -> None:
    settings = settings_of(folder, url)
    if deed == "cleans":
        cleaned = house(settings)
        print("begins", flush=True)
        cleaned.cleanup(Progress())
        print("ends", flush=True)
        sys.stdin.read()
    store = open_store(settings, "real")
    for number in range(1_000_000):
        store.write(batch(number))
        print(number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
