"""Prices as published and as expected."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.forecast import HORIZON_H
from chocolate_factory.domain.time import Resolution
from chocolate_factory.usecases.outlook import outlook_document
from chocolate_factory.web.forecast_schemas import ForecastOut
from chocolate_factory.web.state import HouseOf

router = APIRouter(prefix="/forecast", tags=["forecast"])


@router.get("/prices", summary="Published and forecast prices", response_model=ForecastOut)
def forecast_prices(
    house: HouseOf,
    series: Annotated[str, Query(description="spot or pvpc", max_length=40)] = "spot",
    hours: Annotated[int, Query(description="from now on, 1 to 168")] = HORIZON_H,
    resolution: Annotated[int, Query(description="60 or 15 minutes")] = 60,
) -> JSONResponse:
    """From the present slot on: what the market has published, then P10, P50 and P90 of what is expected.

    The champion's forecast is made again when prices are published, when the model changes, and each day. Quarter-hours
    come where the market trades them.
    """
    if resolution not in (15, 60):
        raise InputError("resolution", resolution, "15 or 60 minutes")
    outlook = house.forecasts.prices(series, hours, Resolution(resolution))
    # As it is: to check a week of quarter-hours against the schema again takes longer than all else.
    return JSONResponse(outlook_document(outlook))
