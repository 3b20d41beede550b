"""What the predictions' routes take and answer; as ``schemas``: Madrid's offset, units in the keys."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from chocolate_factory.web.schemas import Moment, Sentence


class ConditionsIn(BaseModel):
    """The present hour under other conditions; what is left out is filled from the store."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    price_eur_kwh: float | None = Field(None, ge=-0.6, le=6, description="PVPC of the hour, EUR/kWh")
    temperature: float | None = Field(None, ge=-25, le=52, description="outdoors, °C")
    humidity: float | None = Field(None, ge=1, le=100, description="relative, outdoors, %")


class SpeakerOut(BaseModel):
    """The version that answered."""

    name: str
    version: int
    alias: Literal["champion", "challenger", "previous"]
    sort: str = Field(description="how it was learnt, or the baseline's name")


class InputOut(BaseModel):
    """One of the three numbers as it was used."""

    name: str
    value: float
    given: bool = Field(description="named by the asker; else filled from the store")
    source: str | None
    kind: str | None
    start: Moment | None = Field(description="the slot that the filled value is of")
    age_minutes: int | None = Field(description="since that slot began")


class ScoreOut(BaseModel):
    """How cheap the present hour is in its week."""

    energy_optimization_score: float = Field(description="0 to 100; 100 is the cheapest hour of its calendar week")
    model: SpeakerOut
    hour: Moment
    made_at: Moment
    inputs: list[InputOut]


class AdviceOut(BaseModel):
    """What to do in the present hour."""

    recommendation: Literal["Optimal", "Moderate", "Reduced", "Halt Production"]
    probabilities: dict[str, float]
    model: SpeakerOut | None = Field(description="null for Halt Production: physics or the calendar say so, no model")
    reasons: list[Sentence]
    hour: Moment
    made_at: Moment
    inputs: list[InputOut]


class PredictionOut(BaseModel):
    """Both."""

    energy_optimization: ScoreOut
    production_recommendation: AdviceOut


class FeatureOut(BaseModel):
    """One hour as it could be known when it began; null where an input is missing."""

    start: Moment
    ree_price_eur_kwh: float | None
    ree_demand_mw: float | None
    tariff_period: float | None
    hour: float | None
    is_working_day: float | None
    temperature_c: float | None
    humidity_pct: float | None
    dew_point_c: float | None
    price_rank_in_day: float | None
    price_percentile_7d: float | None
    heat_stress_factor: float | None
    chocolate_production_index: float | None
    energy_optimization_index: float | None
    temp_observed: float | None
    temp_realtime: float | None
    temp_interpolated: float | None
    humidity_observed: float | None
    humidity_realtime: float | None


class FeaturesOut(BaseModel):
    """The engineered features, hour by hour."""

    feature_names: list[str] = Field(description="the 13, in their order; eight of them feed both models")
    model_inputs: list[str] = Field(description="those eight")
    features: list[FeatureOut]
