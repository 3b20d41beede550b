"""What the API answers. Times are ISO 8601 with Madrid's offset; units stand in the keys."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer

from chocolate_factory.domain.time import isoformat_madrid

Moment = Annotated[datetime, PlainSerializer(isoformat_madrid, return_type=str, when_used="json")]


def writable(text: str) -> str:
    r"""Text that UTF-8 can hold: JSON may carry half a character (``"\ud800"``), which no answer can."""
    return text.encode("utf-8", "replace").decode("utf-8")


#: Words of others: of an upstream, or of a caller.
Words = Annotated[str, BeforeValidator(writable)]


class Operation(BaseModel):
    """One path of the API."""

    method: str
    path: str
    summary: str


class Index(BaseModel):
    """What there is."""

    name: str
    version: str
    world: str = Field(description="real, or simulated in the demo")
    endpoints: dict[str, Operation]


class CheckOut(BaseModel):
    """One part's state."""

    name: str
    status: str = Field(description="ok, degraded, down or unknown")
    detail: Words
    since: Moment | None


class Health(BaseModel):
    """Every part."""

    status: str = Field(description="ok, degraded or down")
    world: str
    version: str
    checked_at: Moment
    checks: list[CheckOut]


class Ready(BaseModel):
    """Whether it can serve."""

    status: str
    detail: str


class PriceOut(BaseModel):
    """One price."""

    series: str
    start: Moment
    resolution_minutes: int
    price_eur_mwh: float
    price_eur_kwh: float
    tariff_period: str | None = Field(description="null before the tariff's first table, 2021-06-01")
    source: str
    kind: str
    published_at: Moment


class PricesOut(BaseModel):
    """Prices of a window."""

    prices: list[PriceOut]
    missing: list[str] = Field(description="what upstream could not give just now")


class DemandOut(BaseModel):
    """Demand of one hour."""

    start: Moment
    resolution_minutes: int
    demand_mw: float
    series: str
    source: str
    kind: str


class DemandsOut(BaseModel):
    """Demand of a window."""

    demand: list[DemandOut]


class GenerationOut(BaseModel):
    """One technology's day."""

    day: date
    technology: str
    energy_mwh: float
    source: str
    kind: str


class GenerationsOut(BaseModel):
    """Generation of a window."""

    generation: list[GenerationOut]
    renewable_pct: float | None = Field(description="over the window; null when nothing is stored")


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


class PartOut(BaseModel):
    """What one feed brought."""

    feed: str
    found: int
    written: int
    unchanged: int
    rejected: int
    error: Words


class IngestOut(BaseModel):
    """What an ingestion brought."""

    source: str
    found: int
    written: int
    parts: list[PartOut]


class StreamOut(BaseModel):
    """One stream of a series."""

    source: str
    kind: str
    resolution_minutes: int
    first: Moment
    last: Moment
    count: int
    revisions: int


class SeriesOut(BaseModel):
    """All that is held of a series."""

    unit: str
    first: Moment
    last: Moment
    count: int
    streams: list[StreamOut]


class VerifyOut(BaseModel):
    """What the store holds."""

    backend: str
    world: str
    problems: list[str]
    data: dict[str, SeriesOut]


class Accepted(BaseModel):
    """Long work that was taken on."""

    job_id: str
    state: str
    follow: str = Field(description="where its progress is")


class JobOut(BaseModel):
    """Long work."""

    job_id: str
    deed: str
    state: str = Field(description="queued, running, done or failed")
    progress: float = Field(description="0..1")
    message: str
    counts: dict[str, float]
    errors: list[str]
    created_at: Moment
    started_at: Moment | None
    ended_at: Moment | None


class InitStatusBody(BaseModel):
    """Whether the history is there."""

    historical_weather_records: int = Field(description="days")
    historical_ree_records: int
    missing_records: int
    is_initialized: bool


class InitStatusOut(BaseModel):
    """Whether the history is there, and what to do."""

    status: InitStatusBody
    recommendations: list[str]


class FreshnessOut(BaseModel):
    """How fresh a series is."""

    series: str
    last: Moment | None = Field(description="end of the last slot held")
    behind_hours: float | None
    status: str = Field(description="fresh, late or missing")
    source: str | None


class RecoveryOut(BaseModel):
    """What a recovery proved."""

    at: Moment
    trigger: str
    expected: int
    filled: int
    failed: int
    requests: int
    seconds: float
    success_rate: float | None
    summary: str
    by_route: dict[str, int]


class GapSummaryOut(BaseModel):
    """Freshness of each series."""

    series: list[FreshnessOut]
    last_recovery: RecoveryOut | None


class GapOut(BaseModel):
    """Missing slots in a row."""

    series: str
    source: str | None = Field(description="null: any source fills it; a name: that source's own series")
    start: Moment
    end: Moment
    missing: int
    state: str = Field(description="open, filling, filled, upstream-empty, unfillable")
    priority: int = Field(description="1 (now) to 4 (history)")
    priority_reason: str
    attempts: int
    next_try_at: Moment | None
    filled: int
    route: str
    why: str
    opened_at: Moment | None
    closed_at: Moment | None


class GapTotals(BaseModel):
    """Totals; what no source can give is counted apart."""

    total_gaps: int
    missing_records: int
    unfillable_gaps: int
    unfillable_records: int
    estimated_recovery_seconds: float


class GapsOut(BaseModel):
    """Every gap of a window."""

    window_start: Moment
    window_end: Moment
    summary: GapTotals
    gaps: list[GapOut]


class GapLedgerOut(BaseModel):
    """The ledger's rows, the newest first."""

    gaps: list[GapOut]


class RunOut(BaseModel):
    """One run of a job."""

    due_at: Moment
    started_at: Moment
    ended_at: Moment | None
    outcome: str
    counts: dict[str, float]
    error: str
    note: str


class ScheduledOut(BaseModel):
    """One job of the timetable."""

    id: str
    summary: str
    schedule: str
    next_run: Moment
    last_run: Moment | None
    last_outcome: str | None
    running: bool
    paused: bool
    last: RunOut | None


class SchedulerBody(BaseModel):
    """The timetable."""

    total_jobs: int
    profile: str
    jobs: list[ScheduledOut]


class SchedulerOut(BaseModel):
    """The timetable."""

    scheduler: SchedulerBody


class AlertOut(BaseModel):
    """Something a person should know."""

    id: int
    cause: str
    severity: str
    state: str
    message: str
    action: str
    opened_at: Moment
    last_seen_at: Moment
    closed_at: Moment | None
    acknowledged_at: Moment | None
    times: int


class AlertsOut(BaseModel):
    """Open and recent alerts."""

    alerts: list[AlertOut]


class TariffSlotOut(BaseModel):
    """One slot of a tariff."""

    start: Moment
    end: Moment
    period: str
    energy_eur_kwh: float | None = Field(description="all-in marginal price without VAT; null without a price")
    price_series: str | None
    price_kind: str | None


class TariffOut(BaseModel):
    """A tariff's slots."""

    tariff: str
    resolution_minutes: int
    slots: list[TariffSlotOut]
    notes: list[str]
