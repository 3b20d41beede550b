"""AEMET's documents as observations. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from chocolate_factory.adapters.shape import Shape
from chocolate_factory.domain.catalogue import observation
from chocolate_factory.domain.errors import UpstreamLiedError
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import HOUR, MADRID, Resolution, floor, madrid_midnight

UPSTREAM = "aemet"
SHAPE = Shape(UPSTREAM)

#: Column of the hourly observation -> series. An absent sensor is an absent key; 5279X has no ``pres``.
SENSORS = {"ta": "temperature", "hr": "humidity", "vv": "wind_speed", "pres": "pressure"}
#: Column of the town's forecast -> series. ``vientoAndRachaMax`` mixes speeds with gusts.
TOWN = {"temperatura": "temperature", "humedadRelativa": "humidity", "vientoAndRachaMax": "wind_speed"}
#: Column of the daily climatology -> series; its wind is in m/s.
DAILY = {
    "tmax": "temperature_max",
    "tmin": "temperature_min",
    "tmed": "temperature_mean",
    "hrMedia": "humidity_mean",
    "velmedia": "wind_speed_mean",
    "racha": "wind_gust",
    "prec": "precipitation",
}
#: What stands where a number should: nothing, a trace, a sum over several days, several hours.
WORDS = frozenset({"", "Ip", "Acum", "Varias"})


def parse_observations(document: Any, received_at: datetime, station: str) -> list[Observation]:
    """The station's hours: ``fint`` is UTC and the END of the hour.

    Raises:
        UpstreamLiedError: another shape, or another station's rows.
    """
    found = []
    for row in _rows(document, "idema", station):
        end = _moment(row.get("fint"))
        # A row that ends between two hours stands for a span that is no slot: moved into one, it would be a guess.
        if end != floor(end, Resolution.HOUR):
            continue
        for column, series in SENSORS.items():
            value = _number(row.get(column), column)
            if value is not None:
                found.append(observation(series, UPSTREAM, Kind.OBSERVED, end - HOUR, value, received_at))
    return found


def parse_forecast(document: Any, received_at: datetime, municipality: str) -> list[Observation]:
    """The town's hours from the present one on; hours that were past when it came are no forecast.

    Raises:
        UpstreamLiedError: another shape, or another town's forecast.
    """
    first = floor(received_at, Resolution.HOUR)
    found: dict[tuple[str, datetime], float] = {}
    for town in _rows(document, "id", municipality):
        for day in SHAPE.objects(SHAPE.an_object(town.get("prediccion"), "prediccion").get("dia"), "dia"):
            for series, start, value in _forecast_values(day):
                if start >= first:
                    found.setdefault((series, start), value)
    return [
        observation(series, UPSTREAM, Kind.FORECAST, start, value, received_at)
        for (series, start), value in found.items()
    ]


def parse_daily(document: Any, received_at: datetime, station: str) -> list[Observation]:
    """The station's days, as AEMET's climatology counts them (rain "de 07 a 07").

    A trace of rain (``Ip``: below 0.1 mm, the gauge's step) is 0.0 mm. A sum over several days (``Acum``) is no day's
    value and is left out.

    Raises:
        UpstreamLiedError: another shape, or another station's rows.
    """
    found = []
    for row in _rows(document, "indicativo", station):
        start = madrid_midnight(_moment(row.get("fecha")).date())
        for column, series in DAILY.items():
            is_trace = column == "prec" and row.get(column) == "Ip"
            value = 0.0 if is_trace else _number(row.get(column), column)
            if value is not None:
                found.append(observation(series, UPSTREAM, Kind.OBSERVED, start, value, received_at))
    return found


def _forecast_values(day: dict[str, Any]) -> Iterator[tuple[str, datetime, float]]:
    """Series, start and value of one day's hours. Arrays differ in length; ``periodo`` says which hour it is."""
    when = _moment(day.get("fecha")).date()
    for column, series in TOWN.items():
        for entry in SHAPE.objects(day.get(column, []), column):
            value = _speed(entry) if series == "wind_speed" else _number(entry.get("value"), column)
            start = local_hour(when, _hour(entry.get("periodo")))
            if value is not None and start is not None:
                yield series, start, value


def local_hour(day: date, hour: int) -> datetime | None:
    """The UTC instant at which that hour first begins in Madrid, or None where the clocks skip it."""
    utc = datetime(day.year, day.month, day.day, hour, tzinfo=MADRID).astimezone(UTC)
    return utc if utc.astimezone(MADRID).hour == hour else None


def _speed(entry: dict[str, Any]) -> float | None:
    """The wind [m/s] of ``velocidad``, a list of one text in km/h; None for a gust's entry."""
    listed = entry.get("velocidad", [])
    kmh = _number(listed[0], "velocidad") if isinstance(listed, list) and listed else None
    return None if kmh is None else kmh / 3.6


def _rows(document: Any, column: str, wanted: str) -> list[dict[str, Any]]:
    """The objects of a list, every one of which must be about the place asked for."""
    rows = SHAPE.objects(document, "its data")
    for row in rows:
        place = str(row.get(column))
        if place.zfill(len(wanted)) != wanted:  # 08019 as an integer would be 8019
            raise UpstreamLiedError(UPSTREAM, f"asked for {wanted}, it sent {place[:20]!r}")
    return rows


def _number(value: Any, what: str) -> float | None:
    """A number, also as text with comma or point; None for an absent value or one of the words."""
    if value is None or (isinstance(value, str) and value.strip() in WORDS):
        return None
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,7}([.,][0-9]{1,7})?", value.strip()):
        value = float(value.replace(",", "."))
    return SHAPE.a_number(value, what)


def _hour(value: Any) -> int:
    if not isinstance(value, str) or not re.fullmatch("[01][0-9]|2[0-3]", value):
        raise UpstreamLiedError(UPSTREAM, f"periodo is {str(value)[:20]!r}, which is no hour")
    return int(value)


def _moment(value: Any) -> datetime:
    """A date or time of 1900 to 2100 in UTC, with an offset or naive."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        moment = None
    if moment is None or not 1900 <= moment.year <= 2100:
        raise UpstreamLiedError(UPSTREAM, f"a time is {str(value)[:40]!r}")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
