"""Tariff periods and the all-in price."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.tariff import Tariff
from chocolate_factory.domain.time import Resolution
from chocolate_factory.web.market_schemas import TariffOut, TariffSlotOut
from chocolate_factory.web.state import HouseOf
from chocolate_factory.web.windows import End, Start, tariff_window_of

router = APIRouter(tags=["tariff"])


@router.get("/tariff", summary="Period and all-in marginal price of every slot")
def tariff_slots(
    house: HouseOf,
    start: Start = None,
    end: End = None,
    tariff: Annotated[Tariff, Query(description="2.0TD, 3.0TD or 6.1TD")] = Tariff.TD30,
    resolution: Annotated[int, Query(description="15 or 60 minutes")] = 60,
) -> TariffOut:
    """Indexed to the spot price, electricity tax included, VAT not; today and tomorrow by default."""
    if resolution not in (15, 60):
        raise InputError("resolution", resolution, "15 or 60 minutes")
    window = tariff_window_of(start, end, house.clock, timedelta(days=62), tariff)
    slots = [
        TariffSlotOut(
            start=s.slot.start,
            end=s.slot.end,
            period=s.period,
            energy_eur_kwh=s.energy_eur_kwh,
            price_series="spot" if s.price_kind else None,
            price_kind=s.price_kind,
        )
        for s in house.tariff_slots(window, tariff, Resolution(resolution))
    ]
    notes = [] if all(s.energy_eur_kwh is not None for s in slots) else [
        "energy_eur_kwh is null where the spot price is not known yet or no table of tolls holds on that day."
    ]  # fmt: skip
    return TariffOut(tariff=tariff, resolution_minutes=resolution, slots=slots, notes=notes)
