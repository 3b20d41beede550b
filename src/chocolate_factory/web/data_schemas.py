"""What the API answers of the data: what is held, what is missing, what came back."""

from __future__ import annotations

from pydantic import BaseModel, Field

from chocolate_factory.web.schemas import Moment


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
    thorough: bool = Field(description="whether every row was read for `problems`")
    problems: list[str]
    data: dict[str, SeriesOut]


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
