"""What the API answers of prices, demand, generation and tariffs."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from chocolate_factory.web.schemas import Moment


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
