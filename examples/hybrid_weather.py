"""Which thermometer is believed, and why, in a heat wave.

The official station has been seen ten degrees low in strong heat. Here it says 25.6 °C at 13 h and OpenWeatherMap
35.6 °C, values made up for this example.
"""

from __future__ import annotations

from datetime import UTC, datetime

from chocolate_factory.domain.catalogue import observation
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import HOUR
from chocolate_factory.quality.hybrid import OFFICIAL, SECOND, Readings, choose_now

NOW = datetime(2026, 7, 14, 12, 10, tzinfo=UTC)
HOUR_BEFORE, THIS_HOUR = NOW.replace(minute=0) - HOUR, NOW.replace(minute=0)


def readings(source: str, start: datetime, celsius: float) -> Readings:
    """One reading of one source."""
    return {source: {start: observation("temperature", source, Kind.OBSERVED, start, celsius, NOW)}}


official, second = readings(OFFICIAL, HOUR_BEFORE, 25.6), readings(SECOND, THIS_HOUR, 35.6)
analysis = observation("temperature", "open_meteo_analysis", Kind.REANALYSIS, THIS_HOUR, 34.9, NOW)

for name, heard in {
    "both stations": {**official, **second},
    "official alone": official,
    "OpenWeatherMap alone": second,
    "no key at all": {analysis.source: {THIS_HOUR: analysis}},
    "silence": {},
}.items():
    choice = choose_now(heard, NOW)
    if choice is None:
        print(f"{name}: nobody has a fresh reading")
        continue
    reading = choice.reading
    print(f"{name}: {reading.value} °C of {reading.source} ({reading.kind}). {choice.sentence('en')}")
