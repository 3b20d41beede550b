"""What the API answers of the weather and the keys to it."""

from __future__ import annotations

from pydantic import BaseModel, Field

from chocolate_factory.web.schemas import Moment, Words


class StationOut(BaseModel):
    """The official station's latest hour."""

    station_id: str
    observed_at: Moment = Field(description="end of the observed hour")
    temperature_c: float | None
    humidity_pct: float | None
    wind_speed_ms: float | None
    pressure_hpa: float | None = Field(description="null: this station has no barometer")
    source: str
    kind: str
    age_seconds: int


class KeyOut(BaseModel):
    """A key's state; never the key."""

    upstream: str
    status: str
    issued_at: Moment | None
    expires_at: Moment | None
    checked_at: Moment | None
    detail: Words
    link: str


class CurrentWeatherOut(BaseModel):
    """OpenWeatherMap's weather now."""

    temperature_c: float
    humidity_pct: float
    pressure_hpa: float
    wind_speed_ms: float | None
    observed_at: Moment
    description: Words
    place: Words
    source: str = "openweathermap"


class ForecastStepOut(BaseModel):
    """Three hours of OpenWeatherMap's forecast."""

    start: Moment
    temperature_c: float
    humidity_pct: float
    pressure_hpa: float
    wind_speed_ms: float | None
    precipitation_mm: float
    probability_of_precipitation: float | None
    description: Words


class ForecastOut(BaseModel):
    """OpenWeatherMap's forecast."""

    forecast: list[ForecastStepOut]
    source: str = "openweathermap"
    kind: str = "forecast"


class QuotaOut(BaseModel):
    """OpenWeatherMap's key, reachability and quota."""

    status: str = Field(description="the key: not set, unchecked, valid, refused")
    reachable: bool | None
    quota_per_minute: int
    own_limit_per_minute: int
    used_last_minute: int
    detail: Words
    checked_at: Moment | None


class HybridOut(BaseModel):
    """The best reading for now."""

    temperature_c: float | None
    humidity_pct: float | None
    source: str | None
    kind: str | None
    reason: str
    start: Moment | None
    age_seconds: int | None
    humidity_source: str | None
    official_c: float | None = Field(description="what the official station said")
    second_c: float | None = Field(description="what OpenWeatherMap said")
