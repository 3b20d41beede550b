"""Prices, demand and generation."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from chocolate_factory.domain.catalogue import RENEWABLE, TECHNOLOGIES
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.series import Query as StoreQuery
from chocolate_factory.domain.time import madrid_date
from chocolate_factory.quality.select import best_per_slot
from chocolate_factory.usecases.prices import PRICE_SERIES, Price
from chocolate_factory.web.market_schemas import (
    DemandOut,
    DemandsOut,
    GenerationOut,
    GenerationsOut,
    PriceOut,
    PricesOut,
)
from chocolate_factory.web.state import HouseOf
from chocolate_factory.web.windows import End, Start, window_of

router = APIRouter(prefix="/ree", tags=["ree"])


@router.get("/prices", summary="Hourly PVPC and quarter-hourly spot")
def prices(
    house: HouseOf,
    start: Start = None,
    end: End = None,
    series: Annotated[Literal["pvpc", "spot"] | None, Query(description="only this one; both by default")] = None,
) -> PricesOut:
    """From the store; what is due and missing is asked for, within a few seconds. Today and tomorrow by default."""
    window = window_of(start, end, house.clock)
    names = PRICE_SERIES if series is None else (series,)
    missing = house.prices.ensure(window, names) if window.duration <= timedelta(days=32) else []
    tariff = house.plant().contract.tariff
    rows = [price_out(p) for name in names for p in house.prices(name, window, tariff)]
    return PricesOut(prices=rows, missing=missing)


def price_out(price: Price) -> PriceOut:
    """One price for the wire."""
    o = price.observation
    return PriceOut(
        series=o.series,
        start=o.start,
        resolution_minutes=o.resolution_minutes,
        price_eur_mwh=o.value,
        price_eur_kwh=price.eur_kwh,
        tariff_period=price.period,
        source=o.source,
        kind=o.kind,
        published_at=o.published_at,
    )


@router.get("/demand", summary="Demand, measured and forecast by REE")
def demand(house: HouseOf, start: Start = None, end: End = None) -> DemandsOut:
    """Hourly MW from the store; ``series`` tells measured from REE's own forecast. Today by default."""
    window = window_of(start, end, house.clock, days=1)
    rows = [
        DemandOut(
            start=o.start,
            resolution_minutes=o.resolution_minutes,
            demand_mw=round(o.value, 1),
            series=o.series,
            source=o.source,
            kind=o.kind,
        )
        for name in ("demand", "demand_forecast")
        for o in best_per_slot(house.store.read(StoreQuery(name, window, kinds=house.filling)))
    ]
    return DemandsOut(demand=rows)


@router.get("/generation", summary="Generation by technology and day")
def generation(house: HouseOf, start: Start = None, end: End = None) -> GenerationsOut:
    """MWh by technology from the store; a technology absent on a day is not zero. The last eight days by default.

    A day that is not over is ``estimated``: REE's total so far.
    """
    if start is None and end is None:
        today = window_of(None, None, house.clock, days=1)
        window = type(today)(today.start - timedelta(days=7, hours=1), today.end)
    else:
        window = window_of(start, end, house.clock)
    kinds = house.filling | {Kind.ESTIMATED}
    rows = [
        GenerationOut(day=madrid_date(o.start), technology=technology, energy_mwh=o.value, source=o.source, kind=o.kind)
        for technology in TECHNOLOGIES.values()
        for o in best_per_slot(house.store.read(StoreQuery(f"generation_{technology}", window, kinds=kinds)))
    ]
    rows.sort(key=lambda r: (r.day, r.technology))
    total = sum(max(0.0, r.energy_mwh) for r in rows)
    green = sum(max(0.0, r.energy_mwh) for r in rows if r.technology in RENEWABLE)
    return GenerationsOut(generation=rows, renewable_pct=round(100 * green / total, 2) if total else None)
