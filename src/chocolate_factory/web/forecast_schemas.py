"""What the forecast's route answers; as ``schemas``: Madrid's offset, units in the keys."""

from __future__ import annotations

from pydantic import BaseModel, Field

from chocolate_factory.web.schemas import Moment, Words


class ExpectedPriceOut(BaseModel):
    """One slot; of a published price all three are that price."""

    start: Moment
    resolution_minutes: int
    p10_eur_mwh: float = Field(description="nine in ten prices should come to lie above")
    p50_eur_mwh: float
    p90_eur_mwh: float = Field(description="nine in ten prices should come to lie below")
    kind: str = Field(description="observed (simulated in the demo) where it is published, else forecast")
    made_at: Moment = Field(description="when it was published, or forecast")
    source: str = Field(description="the upstream, or the model and its version, e.g. spot_price/3")


class ForecastOut(BaseModel):
    """Published and expected prices; a slot of which nothing is known is left out."""

    series: str
    start: Moment
    end: Moment
    problem: Words | None = Field(description="why slots are missing, or coarser than asked for; null where none is")
    prices: list[ExpectedPriceOut]
