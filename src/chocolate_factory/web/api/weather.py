"""The official station, OpenWeatherMap and the hybrid."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Generic, TypeVar

from fastapi import APIRouter, Query, Request

from chocolate_factory.adapters.openweathermap import CurrentWeather, ForecastStep
from chocolate_factory.domain.errors import UpstreamEmptyError, UpstreamError
from chocolate_factory.domain.series import Query as StoreQuery
from chocolate_factory.domain.time import HOUR, Interval
from chocolate_factory.domain.work import KeyState, KeyStatus
from chocolate_factory.ports import Clock
from chocolate_factory.web.auth import may_change
from chocolate_factory.web.errors import responses
from chocolate_factory.web.state import HouseOf
from chocolate_factory.web.weather_schemas import (
    CurrentWeatherOut,
    ForecastOut,
    ForecastStepOut,
    HybridOut,
    KeyOut,
    QuotaOut,
    StationOut,
)
from chocolate_factory.wiring import House

router = APIRouter(tags=["weather"])

#: Somebody waits: seconds that an upstream may take with its retries.
PATIENCE = 6.0
#: OpenWeatherMap allows 60 calls a minute; readers of these pages share an answer for this long, also one that failed:
#: else each of many readers in a queue would wait out a silent upstream's time on its own.
SHARED_FOR = timedelta(seconds=30)

Check = Annotated[bool, Query(description="ask the upstream now; for those who may change something")]
T = TypeVar("T")


class Shared(Generic[T]):
    """An answer that callers within a moment share."""

    def __init__(self, clock: Clock, ask: Callable[[], T]) -> None:
        self._clock = clock
        self._ask = ask
        self._lock = threading.Lock()
        self._held: tuple[datetime, T | UpstreamError] | None = None

    def get(self) -> T:
        """The held answer, or a new one.

        Raises:
            UpstreamError: what was held or came is a failure.
        """
        with self._lock:
            if self._held is None or abs(self._clock.now() - self._held[0]) > SHARED_FOR:
                answer = self._asked()
                self._held = (self._clock.now(), answer)
            held = self._held[1]
        if isinstance(held, UpstreamError):
            raise held.with_traceback(None)
        return held

    def _asked(self) -> T | UpstreamError:
        try:
            return self._ask()
        except UpstreamError as e:
            return e


class SkyDesk:
    """OpenWeatherMap's two pages, shared among readers."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.current: Shared[CurrentWeather] = Shared(house.clock, self._current)
        self.steps: Shared[list[ForecastStep]] = Shared(house.clock, self._steps)

    def _current(self) -> CurrentWeather:
        self._must_be_real()
        return self._house.openweather.current(PATIENCE)

    def _steps(self) -> list[ForecastStep]:
        self._must_be_real()
        return self._house.openweather_forecast.steps(PATIENCE)

    def _must_be_real(self) -> None:
        """The simulated world asks nobody, even where a key is set."""
        if self._house.world == "simulated":
            raise UpstreamEmptyError("openweathermap", "the demo asks nobody; /weather/hybrid has its own weather")


@router.get("/aemet/weather", summary="Latest official observation of the station", responses=responses(424))
def aemet_weather(house: HouseOf) -> StationOut:
    """The newest hour that the station reported, from the store."""
    now = house.clock.now()
    window = Interval(now - timedelta(days=3), now)
    source = frozenset({"demo" if house.world == "simulated" else "aemet"})
    values: dict[str, float] = {}
    newest: datetime | None = None
    for name in ("temperature", "humidity", "wind_speed", "pressure"):
        rows = house.store.read(StoreQuery(name, window, sources=source, kinds=house.filling))
        if rows and newest is None:
            newest = rows[-1].start
        if rows and rows[-1].start == newest:
            values[name] = rows[-1].value
    if newest is None:
        raise UpstreamEmptyError("aemet", "no observation of the last three days is stored; see /aemet/token/status")
    return StationOut(
        station_id=house.settings.aemet_station,
        observed_at=newest + HOUR,
        temperature_c=values.get("temperature"),
        humidity_pct=values.get("humidity"),
        wind_speed_ms=values.get("wind_speed"),
        pressure_hpa=values.get("pressure"),
        source=next(iter(source)),
        kind="simulated" if house.world == "simulated" else "observed",
        age_seconds=int((now - newest - HOUR).total_seconds()),
    )


@router.get(
    "/aemet/token/status",
    summary="The AEMET key: set, valid, issued, expires, last check",
    responses=responses(403),
)
def aemet_token_status(request: Request, house: HouseOf, check: Check = False) -> KeyOut:
    """Never the key itself."""
    return key_out(_key(request, house, "aemet", check=check))


@router.get("/weather/openweather", summary="Current weather from OpenWeatherMap", responses=responses(424))
def openweather(request: Request) -> CurrentWeatherOut:
    """Asked for now, shared among readers for half a minute."""
    w = request.app.state.sky.current.get()
    return CurrentWeatherOut(
        temperature_c=w.temperature_c,
        humidity_pct=w.humidity_pct,
        pressure_hpa=w.pressure_hpa,
        wind_speed_ms=w.wind_speed_ms,
        observed_at=w.observed_at,
        description=w.description,
        place=w.place,
    )


@router.get(
    "/weather/openweather/forecast",
    summary="OpenWeatherMap's forecast in steps of three hours",
    responses=responses(424),
)
def openweather_forecast(
    request: Request, hours: Annotated[int, Query(ge=1, le=120, description="how far ahead")] = 24
) -> ForecastOut:
    """The steps that begin within so many hours from now."""
    steps: list[ForecastStep] = request.app.state.sky.steps.get()
    until = request.app.state.house.clock.now() + timedelta(hours=hours)
    return ForecastOut(
        forecast=[
            ForecastStepOut(
                start=s.start,
                temperature_c=s.temperature_c,
                humidity_pct=s.humidity_pct,
                pressure_hpa=s.pressure_hpa,
                wind_speed_ms=s.wind_speed_ms,
                precipitation_mm=s.precipitation_mm,
                probability_of_precipitation=s.probability_of_precipitation,
                description=s.description,
            )
            for s in steps
            if s.start < until
        ]
    )


@router.get(
    "/weather/openweather/status",
    summary="OpenWeatherMap: key, reachability, quota used",
    responses=responses(403),
)
def openweather_status(request: Request, house: HouseOf, check: Check = False) -> QuotaOut:
    """The quota is 60 a minute; we stay below."""
    status = _key(request, house, "openweathermap", check=check)
    health = house.clients["openweathermap"].health()
    return QuotaOut(
        status=status.status,
        reachable=health.up,
        quota_per_minute=60,
        own_limit_per_minute=health.limit_per_minute,
        used_last_minute=health.last_minute,
        detail=status.detail or health.last_error,
        checked_at=status.checked_at,
    )


@router.get("/weather/hybrid", summary="The best reading for now, the source chosen and why")
def hybrid(
    house: HouseOf, lang: Annotated[str, Query(pattern="^(es|en)$", description="language of the reason")] = "es"
) -> HybridOut:
    """The official station where it is fresh and plausible; else who stands in for it, and the reason."""
    now = house.clock.now()
    hour = house.weather.now()
    choice, humid = hour.temperature, hour.humidity
    if choice is None:
        reason = {"es": "Ninguna fuente tiene una lectura reciente.", "en": "No source has a fresh reading."}[lang]
    else:
        reason = choice.sentence(lang)
    return HybridOut(
        temperature_c=choice.reading.value if choice else None,
        humidity_pct=humid.reading.value if humid else None,
        source=choice.reading.source if choice else None,
        kind=choice.reading.kind if choice else None,
        reason=reason,
        start=choice.reading.start if choice else None,
        age_seconds=int((now - choice.reading.start).total_seconds()) if choice else None,
        humidity_source=humid.reading.source if humid else None,
        official_c=choice.official_c if choice else None,
        second_c=choice.second_c if choice else None,
    )


def _key(request: Request, house: House, name: str, *, check: bool) -> KeyStatus:
    if check:
        may_change(request, house)  # it spends the quota, so it is for those who may
    if house.world == "simulated":
        return KeyStatus(name, KeyState.NOT_SET, detail="the demo asks nobody")
    return house.keys.status(name, check=check)


def key_out(status: KeyStatus) -> KeyOut:
    """A key's state for the wire."""
    return KeyOut(
        upstream=status.upstream,
        status=status.status,
        issued_at=status.issued_at,
        expires_at=status.expires_at,
        checked_at=status.checked_at,
        detail=status.detail,
        link=status.link,
    )
