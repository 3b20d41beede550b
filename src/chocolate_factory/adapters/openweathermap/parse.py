"""OpenWeatherMap's bodies: the weather now, the five days ahead.

Units are metric only because we ask for them, so a temperature above 100 means that kelvin came.

Pressure comes twice: ``pressure`` is reduced to sea level, ``grnd_level`` is what a barometer on the spot shows. The
series ``pressure`` is the air that the plant breathes, so it takes ``grnd_level`` or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from chocolate_factory.adapters.shape import Shape
from chocolate_factory.domain.catalogue import observation
from chocolate_factory.domain.errors import UpstreamLiedError
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import Resolution, floor

UPSTREAM = "openweathermap"
SHAPE = Shape(UPSTREAM)

#: A reading is renewed about every ten minutes.
RENEWED = timedelta(minutes=10)
#: Older than this it is not the weather now.
OLDEST = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class CurrentWeather:
    """The newest reading.

    Attributes:
        pressure_hpa: reduced to sea level, as weather reports show it; always there.
        ground_pressure_hpa: on the spot, where it is known.
        description: in Spanish, as OpenWeatherMap words it.
        place: whose weather it says it is.
    """

    temperature_c: float
    humidity_pct: float
    pressure_hpa: float
    ground_pressure_hpa: float | None
    wind_speed_ms: float | None
    observed_at: datetime
    description: str
    place: str


@dataclass(frozen=True, slots=True)
class ForecastStep:
    """One of the forecast's 3-hourly steps.

    Attributes:
        start: what the values are for, aware UTC.
        pressure_hpa, ground_pressure_hpa: as in ``CurrentWeather``.
        precipitation_mm: rain and snow (as water) of three hours; 0.0 when dry.
        probability_of_precipitation: 0..1, None where it is not said.
    """

    start: datetime
    temperature_c: float
    humidity_pct: float
    pressure_hpa: float
    ground_pressure_hpa: float | None
    wind_speed_ms: float | None
    precipitation_mm: float
    probability_of_precipitation: float | None
    description: str


def read_current(document: Any, received_at: datetime) -> CurrentWeather:
    """The newest reading.

    Raises:
        UpstreamLiedError: another shape, kelvin, or a ``dt`` that is not now.
    """
    body = SHAPE.an_object(document, "its body")
    observed_at = _moment(body.get("dt"))
    if not received_at - OLDEST <= observed_at <= received_at + RENEWED:
        raise UpstreamLiedError(UPSTREAM, f"its reading of now is of {observed_at:%Y-%m-%dT%H:%MZ}")
    return CurrentWeather(
        **_air(body), observed_at=observed_at, description=_words(body), place=str(body.get("name", ""))
    )


def read_steps(document: Any, received_at: datetime) -> list[ForecastStep]:
    """The steps from the present hour on; the first that it sends may lie in the past.

    Raises:
        UpstreamLiedError: another shape, or kelvin.
    """
    listed = SHAPE.an_object(document, "its body").get("list")
    if not isinstance(listed, list):
        raise UpstreamLiedError(UPSTREAM, "list is no list")
    first = floor(received_at, Resolution.HOUR)
    return [step for step in map(_step, listed) if step.start >= first]


def parse_current(document: Any, received_at: datetime) -> list[Observation]:
    """The newest reading, in the hour that holds its ``dt``."""
    now = read_current(document, received_at)
    return _observations(now, Kind.OBSERVED, floor(now.observed_at, Resolution.HOUR), received_at)


def parse_forecast(document: Any, received_at: datetime) -> list[Observation]:
    """Every step, in the hour that it begins."""
    return [
        made
        for step in read_steps(document, received_at)
        for made in _observations(step, Kind.FORECAST, step.start, received_at)
    ]


def _observations(
    air: CurrentWeather | ForecastStep, kind: Kind, start: datetime, received_at: datetime
) -> list[Observation]:
    values = {
        "temperature": air.temperature_c,
        "humidity": air.humidity_pct,
        "pressure": air.ground_pressure_hpa,
        "wind_speed": air.wind_speed_ms,
    }
    return [
        observation(series, UPSTREAM, kind, start, value, received_at)
        for series, value in values.items()
        if value is not None
    ]


def _step(item: Any) -> ForecastStep:
    body = SHAPE.an_object(item, "list")
    start = _moment(body.get("dt"))
    if start != floor(start, Resolution.HOUR):
        raise UpstreamLiedError(UPSTREAM, f"a step begins at {start:%H:%M:%S}, which is no full hour")
    return ForecastStep(
        **_air(body),
        start=start,
        precipitation_mm=_fallen(body, "rain") + _fallen(body, "snow"),
        probability_of_precipitation=_perhaps(body, "pop"),
        description=_words(body),
    )


def _air(body: Mapping[str, Any]) -> dict[str, Any]:
    """Temperature, humidity, pressure and wind, as both shapes hold them."""
    main, wind = SHAPE.an_object(body.get("main"), "main"), SHAPE.an_object(body.get("wind", {}), "wind")
    temperature = SHAPE.a_number(main.get("temp"), "temp")
    if temperature > 100:
        raise UpstreamLiedError(UPSTREAM, f"a temperature of {temperature:g}: kelvin came although °C was asked for")
    return {
        "temperature_c": temperature,
        "humidity_pct": SHAPE.a_number(main.get("humidity"), "humidity"),
        "pressure_hpa": SHAPE.a_number(main.get("pressure"), "pressure"),
        "ground_pressure_hpa": _perhaps(main, "grnd_level"),
        "wind_speed_ms": _perhaps(wind, "speed"),
    }


def _fallen(body: Mapping[str, Any], what: str) -> float:
    """Rain or snow of three hours [mm]; the key is absent when it is dry."""
    return SHAPE.a_number(SHAPE.an_object(body[what], what).get("3h"), what) if what in body else 0.0


def _words(body: Mapping[str, Any]) -> str:
    """The sky in words; decoration, so its absence is no lie."""
    sky = body.get("weather")
    first = sky[0] if isinstance(sky, list) and sky else {}
    return str(first.get("description", "")) if isinstance(first, dict) else ""


def _moment(value: Any) -> datetime:
    return datetime.fromtimestamp(SHAPE.a_number(value, "dt"), UTC)


def _perhaps(part: Mapping[str, Any], what: str) -> float | None:
    return SHAPE.a_number(part[what], what) if what in part else None
