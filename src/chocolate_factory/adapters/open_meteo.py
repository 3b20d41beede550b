"""Open-Meteo: forecast and recent past from one host, ERA5's archive from another. No key; non-commercial use.

Always asked in UTC (with a zone it applies today's offset to the whole series) and in m/s. Nothing here is an
observation of a station: what is past is a model's analysis or ERA5, kind ``reanalysis``. Their sources differ, so
that an analysis never passes for ERA5, which supersedes it some five days later.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any

from chocolate_factory.adapters.http import PoliteClient, SettledError
from chocolate_factory.adapters.shape import Shape
from chocolate_factory.domain.catalogue import observation
from chocolate_factory.domain.errors import UpstreamDownError, UpstreamEmptyError, UpstreamLiedError
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import Interval
from chocolate_factory.ports import Clock

UPSTREAM = "open_meteo"
SHAPE = Shape(UPSTREAM)
ANALYSIS = "open_meteo_analysis"

#: Its variable -> our series. Surface pressure is that of the place, not of the sea.
VARIABLES = {
    "temperature_2m": "temperature",
    "relative_humidity_2m": "humidity",
    "dew_point_2m": "dew_point",
    "surface_pressure": "pressure",
    "wind_speed_10m": "wind_speed",
}
MOST_PAST_DAYS = 92
MOST_FORECAST_DAYS = 16
#: ERA5 is about five days late: the day five days ago is the last that may hold anything.
ERA5_LATE = timedelta(days=5)

Parse = Callable[[Any, datetime], list[Observation]]


class OpenMeteoForecast:
    """The recent past and the days ahead, from one request.

    Args:
        latitude, longitude: degrees.
    """

    name = "open_meteo.forecast"
    upstream = UPSTREAM
    series = frozenset(VARIABLES.values())
    longest = timedelta(days=MOST_PAST_DAYS + MOST_FORECAST_DAYS)

    def __init__(self, client: PoliteClient, clock: Clock, latitude: float, longitude: float) -> None:
        self._clock = clock
        self._door = Door(client, clock, latitude, longitude)

    def reach(self, now: datetime) -> Interval:
        """92 days back and 16 ahead, whole days of UTC, today among the latter."""
        today = utc_midnight(now)
        return Interval(today - timedelta(days=MOST_PAST_DAYS), today + timedelta(days=MOST_FORECAST_DAYS))

    def fetch(self, window: Interval, patience: float) -> list[Observation]:
        """Hours inside the window, past and to come."""
        days = forecast_days(window, self._clock.now())
        return SHAPE.inside(window, self._door.ask("v1/forecast", days, parse_forecast, patience))


class OpenMeteoArchive:
    """ERA5 from 1940 on, about five days late. Its host is another than the forecast's, and so is its client.

    Args:
        latitude, longitude: degrees.
    """

    name = "open_meteo.archive"
    series = frozenset(VARIABLES.values())
    longest = timedelta(days=366)

    def __init__(self, client: PoliteClient, clock: Clock, latitude: float, longitude: float) -> None:
        self.upstream = client.upstream  # its host's own: it may be up while the forecast's is down
        self._clock = clock
        self._door = Door(client, clock, latitude, longitude)

    def reach(self, now: datetime) -> Interval:
        """To the end of the day five days ago; later days are null throughout."""
        end = utc_midnight(now) - ERA5_LATE + timedelta(days=1)
        return Interval(datetime(1940, 1, 1, tzinfo=UTC), end)

    def fetch(self, window: Interval, patience: float) -> list[Observation]:
        """Reanalysed hours inside the window; what lies out of reach is not asked for."""
        reach = self.reach(self._clock.now())
        within = window.overlap(reach)
        if within is None:
            raise UpstreamEmptyError(UPSTREAM, f"{window} is out of the archive's reach, {reach}")
        last = within.end - timedelta(microseconds=1)
        days = {"start_date": f"{within.start:%Y-%m-%d}", "end_date": f"{last:%Y-%m-%d}"}
        return SHAPE.inside(window, self._door.ask("v1/archive", days, parse_archive, patience))


class Door:
    """One place's hours, one request at a time, as Open-Meteo wishes."""

    def __init__(self, client: PoliteClient, clock: Clock, latitude: float, longitude: float) -> None:
        self._client = client
        self._clock = clock
        self._turn = threading.Lock()
        self._params = {
            "latitude": str(latitude),
            "longitude": str(longitude),
            "hourly": ",".join(VARIABLES),
            "wind_speed_unit": "ms",
            "timezone": "UTC",
        }

    def ask(self, path: str, days: Mapping[str, str], parse: Parse, patience: float) -> list[Observation]:
        """What the document holds; HTTP 400 is read too, because its body says why."""
        params = {**self._params, **days}
        with self._my_turn(patience) as left:
            return self._client.read_json(path, params, parse=parse, patience=left, meaningful=frozenset({400}))

    @contextmanager
    def _my_turn(self, patience: float) -> Iterator[float]:
        """Wait for it; what is left of the patience."""
        deadline = self._clock.monotonic() + patience
        if not self._turn.acquire(timeout=max(0.0, patience)):
            raise UpstreamDownError(UPSTREAM, "an earlier request is still under way, and it takes one at a time")
        try:
            yield max(0.0, deadline - self._clock.monotonic())
        finally:
            self._turn.release()


def utc_midnight(moment: datetime) -> datetime:
    """The beginning of the moment's day in UTC, in which Open-Meteo counts days when it is asked in UTC."""
    return datetime.combine(moment.astimezone(UTC).date(), time(), UTC)


def forecast_days(window: Interval, now: datetime) -> dict[str, str]:
    """``past_days`` (0..92) and ``forecast_days`` (1..16, today among them) that cover the window."""
    today = utc_midnight(now).date()
    past = (today - window.start.date()).days
    ahead = ((window.end - timedelta(microseconds=1)).date() - today).days + 1
    return {
        "past_days": str(min(max(past, 0), MOST_PAST_DAYS)),
        "forecast_days": str(min(max(ahead, 1), MOST_FORECAST_DAYS)),
    }


# ---------------------------------------------------------------------- parsing
def parse_forecast(document: Any, received_at: datetime) -> list[Observation]:
    """Hours that have begun are the model's analysis, later ones its forecast; nulls are left out.

    Raises:
        UpstreamLiedError: another shape, an error's reason, or times that are not UTC.
    """
    return [
        observation(series, ANALYSIS, Kind.REANALYSIS, start, value, received_at)
        if start <= received_at
        else observation(series, UPSTREAM, Kind.FORECAST, start, value, received_at)
        for series, start, value in _values(document)
    ]


def parse_archive(document: Any, received_at: datetime) -> list[Observation]:
    """ERA5's hours; nulls, the days not out yet, are left out.

    Raises:
        UpstreamLiedError: as ``parse_forecast``.
    """
    return [
        observation(series, UPSTREAM, Kind.REANALYSIS, start, value, received_at)
        for series, start, value in _values(document)
    ]


def _values(document: Any) -> Iterator[tuple[str, datetime, float]]:
    """Series, start and value of every number there is."""
    hourly = _hourly(document)
    starts = [_moment(text) for text in SHAPE.a_list(hourly.get("time"), "time")]
    for variable, series in VARIABLES.items():
        values = SHAPE.a_list(hourly.get(variable), variable)
        if len(values) != len(starts):
            raise UpstreamLiedError(UPSTREAM, f"{variable} has {len(values)} values for {len(starts)} hours")
        for start, value in zip(starts, values, strict=True):
            if value is not None:
                yield series, start, SHAPE.a_number(value, variable)


def _hourly(document: Any) -> dict[str, Any]:
    document = SHAPE.an_object(document, "its body")
    if document.get("error"):
        raise SettledError(UPSTREAM, f"it calls the question wrong: {str(document.get('reason'))[:200]}")
    if document.get("utc_offset_seconds") != 0:
        raise UpstreamLiedError(
            UPSTREAM, f"its times are not UTC (offset {str(document.get('utc_offset_seconds'))[:20]})"
        )
    return SHAPE.an_object(document.get("hourly"), "hourly")


def _moment(text: Any) -> datetime:
    """A full hour of UTC, written without offset."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is not None or not 1900 <= moment.year <= 2100:
        raise UpstreamLiedError(UPSTREAM, f"an hour is {str(text)[:40]!r}")
    if moment != moment.replace(minute=0, second=0, microsecond=0):
        raise UpstreamLiedError(UPSTREAM, f"{moment:%H:%M:%S} is no full hour")
    return moment.replace(tzinfo=UTC)
