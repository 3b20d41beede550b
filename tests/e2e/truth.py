"""What the replay's upstreams know, read from their files: the only values that a store may hold."""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from stage import SHIFT, UPSTREAMS

from chocolate_factory.adapters.sqlite_store import SqliteStore
from chocolate_factory.domain.catalogue import RENEWABLE, spec_of
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.series_spec import Family
from chocolate_factory.domain.time import HOUR, Resolution, floor, madrid_date

#: Lowest and highest value that a slot may have.
Range = tuple[float, float]

COLUMNS = {
    "pvpc": ("pvpc_hourly", "eur_mwh"),
    "spot": ("spot_hourly", "eur_mwh"),
    "demand": ("demand_hourly", "actual_mw"),
    "demand_5min": ("demand_hourly", "actual_mw"),
    "demand_forecast": ("demand_hourly", "forecast_mw"),
    "demand_scheduled": ("demand_hourly", "scheduled_mw"),
    "temperature": ("linares_weather_hourly", "temperature_c"),
    "humidity": ("linares_weather_hourly", "humidity_pct"),
    "wind_speed": ("linares_weather_hourly", "wind_ms"),
}
DAILY = {
    "temperature_max": "temp_max_c",
    "temperature_min": "temp_min_c",
    "temperature_mean": "temp_mean_c",
    "humidity_mean": "humidity_mean_pct",
    "wind_speed_mean": "wind_mean_ms",
    "wind_gust": "gust_ms",
    "precipitation": "precipitation_mm",
}
#: How far a body's rounding may move a value: of the town's forecast to whole degrees, of datosclima's gusts to km/h.
ROUNDED = {"aemet": 0.56, "open_meteo": 0.051, "open_meteo_analysis": 0.051, "openweathermap": 0.51, "datosclima": 0.2}


@cache
def rows(file: str) -> list[dict[str, str]]:
    with gzip.open(UPSTREAMS / "data" / f"{file}.csv.gz", "rt", encoding="utf-8") as f:
        return list(csv.DictReader(f))


@cache
def hours(series: str) -> dict[datetime, float]:
    """The recorded value of each hour, by the moment at which it was recorded."""
    file, column = COLUMNS[series]
    return {datetime.fromisoformat(r["start_utc"]): float(r[column]) for r in rows(file) if r[column]}


@cache
def days() -> dict[date, dict[str, str]]:
    return {date.fromisoformat(r["day"]): r for r in rows("linares_weather_daily")}


@cache
def generation() -> dict[str, dict[str, float]]:
    """The mix of each day of the year, MWh by our name of the technology."""
    ours = {"cogeneration_and_waste": "cogeneration"}
    return {
        r["day"][5:10]: {ours.get(k, k): float(v) for k, v in r.items() if k != "day" and v}
        for r in rows("generation_daily_mwh_2024")
    }


def hour(series: str, start: datetime) -> float | None:
    """The value of the hour that holds the slot."""
    return hours(series).get(floor(start, Resolution.HOUR) - SHIFT)


def allowed(o: Observation) -> Range | None:
    """What a slot may hold; None where the upstreams have no value for it."""
    if o.series in COLUMNS:
        return _hourly(o)
    if o.series == "pressure":
        return (955.0, 956.0)
    if o.series == "dew_point":
        return _dew_point(o.start)
    day = madrid_date(o.start) - timedelta(days=SHIFT.days)
    return _daily(o, days().get(day)) if o.series in DAILY else _generation(o, day)


def _hourly(o: Observation) -> Range | None:
    value = hour(o.series, o.start)
    if value is None:
        return None
    if o.source in ("ree", "esios", "omie"):
        return value, value
    if o.source == "openweathermap" and o.series == "wind_speed":
        return min(value, 1.0), max(value, 2.2)  # its forecast's wind is a constant
    later = hour(o.series, o.start + HOUR) if o.source == "openweathermap" else value
    low, high = sorted((value, value if later is None else later))
    # The station's observations come as they are; its town's forecast in whole degrees.
    slack = 0.0 if o.source == "aemet" and o.kind is Kind.OBSERVED else ROUNDED[o.source]
    return low - slack, high + slack


def _dew_point(start: datetime) -> Range | None:
    """Magnus' formula, as the replay has it."""
    t, h = hour("temperature", start), hour("humidity", start)
    if t is None or h is None:
        return None
    g = math.log(max(h, 1) / 100) + 17.62 * t / (243.12 + t)
    value = 243.12 * g / (17.62 - g)
    return value - 0.051, value + 0.051


def _daily(o: Observation, row: dict[str, str] | None) -> Range | None:
    text = row[DAILY[o.series]] if row else ""
    if not text:
        return (0.0, 0.0) if row and o.series == "precipitation" else None  # the replay's own word for it
    slack = {"humidity_mean": 1.0, "precipitation": 0.3}.get(o.series, max(0.06, ROUNDED[o.source] - 0.5))
    slack = 0.3 if (o.source, o.series) == ("datosclima", "wind_gust") else slack
    return float(text) - slack, float(text) + slack


def _generation(o: Observation, day: date) -> Range | None:
    mix = generation().get(f"{day:%m-%d}") or generation()["02-28"]
    if o.series != "renewable_share":
        value = mix.get(o.series.removeprefix("generation_"))
        return None if value is None else (value, value)
    positive = {name: energy for name, energy in mix.items() if energy > 0}
    share = 100 * sum(e for name, e in positive.items() if name in RENEWABLE) / sum(positive.values())
    return share - 1e-9, share + 1e-9


def wrong(observations: Iterable[Observation]) -> list[str]:
    """Each value that no upstream gave."""
    found = []
    for o in observations:
        limits = allowed(o)
        if limits is None or not limits[0] <= o.value <= limits[1]:
            found.append(f"{o.series} of {o.source} ({o.kind}) at {o.start:%Y-%m-%dT%H:%MZ}: {o.value}, not {limits}")
    return found


def held(store: Path) -> list[Observation]:
    """Every revision in a store of what upstreams give, and none of what our models make of it; it may be in use."""
    opened = SqliteStore(store)
    try:
        assert opened.verify() == []
        return [o for o in opened.everything() if spec_of(o.series).family is not Family.MODELS]
    finally:
        opened.close()


def twice(observations: Iterable[Observation]) -> list[str]:
    """Slots of a stream whose value is held twice in a row: a repetition is no revision."""
    found, last = [], None
    for o in observations:  # stream by stream, in order of start and receipt
        key = (o.series, o.site, o.source, o.kind, o.resolution_minutes, o.start)
        if last == (key, o.value):
            found.append(f"{o.series} of {o.source} ({o.kind}) at {o.start:%Y-%m-%dT%H:%MZ}: {o.value}")
        last = key, o.value
    return found
