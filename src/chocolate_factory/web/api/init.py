"""Load history."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from chocolate_factory.adapters.datosclima import station_named
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.time import Interval, isoformat_madrid, parse_window
from chocolate_factory.usecases.initialise import LONGEST_YEARS, YEARS
from chocolate_factory.web.api.jobs import accepted
from chocolate_factory.web.auth import Changes
from chocolate_factory.web.data_schemas import InitStatusBody, InitStatusOut
from chocolate_factory.web.schemas import Accepted
from chocolate_factory.web.state import HouseOf
from chocolate_factory.web.uploads import UPLOADS, uploaded
from chocolate_factory.web.windows import End, Start, end_of
from chocolate_factory.wiring import House

router = APIRouter(prefix="/init", tags=["init"])

Years = Annotated[float, Query(gt=0, le=LONGEST_YEARS, description="how far back")]
LONGEST = timedelta(days=366 * LONGEST_YEARS)


@router.get("/status", summary="Is the history there")
def init_status(house: HouseOf) -> InitStatusOut:
    """Days of weather, records of REE, what is missing of three years, and what to call for it."""
    s = house.initialise.status()
    return InitStatusOut(
        status=InitStatusBody(
            historical_weather_records=s.weather_days,
            historical_ree_records=s.ree_records,
            missing_records=s.missing_records,
            is_initialized=s.is_initialized,
        ),
        recommendations=list(s.recommendations),
    )


@router.post("/historical-data", status_code=202, summary="Load REE history (three years by default)")
def init_historical(house: HouseOf, _allowed: Changes, start: Start = None, end: End = None) -> Accepted:
    """Prices, demand and generation; what is there is not asked for again, so it resumes where it was cut off.

    With ``start`` alone up to tomorrow, with ``end`` alone three years up to it.
    """
    window = history(house, start, end)
    return accepted(house.workshop.start("init ree", lambda p: house.initialise("ree", window, p).summary))


def history(house: House, start: str | None, end: str | None) -> Interval:
    """The window of a load.

    Raises:
        InputError: naming ``start`` or ``end``.
    """
    whole = house.initialise.years_back(YEARS)
    if end is None:
        return whole if start is None else parse_window(start, isoformat_madrid(whole.end), LONGEST)
    if start is None:
        until = end_of(end)
        return Interval(until - whole.duration, until)
    return parse_window(start, end, LONGEST)


@router.post(
    "/datosclima/etl",
    status_code=202,
    summary="Load daily weather history, or import files of it",
    openapi_extra=UPLOADS,
)
def init_datosclima(
    house: HouseOf,
    _allowed: Changes,
    files: Annotated[list[tuple[str, bytes]], Depends(uploaded)],
    station_id: Annotated[str, Query(max_length=10)] = "5279X",
    years: Years = YEARS,
) -> Accepted:
    """From datosclima.es month by month (AEMET's daily values where it has none), or from the uploaded files.

    Files: datosclima's RAR, XLS or reduced CSV, SIAR's CSV of daily values; e.g. ``curl -F files=@Aemet2024-05.rar``.
    """
    station_named(station_id)
    if files:
        return accepted(house.workshop.start("hand in", lambda p: house.hand_in(files, station_id, p)))
    if station_id != house.settings.aemet_station:
        allowed = f"this plant's station is {house.settings.aemet_station}; set AEMET_STATION, or upload files"
        raise InputError("station_id", station_id, allowed)
    window = house.initialise.years_back(years)
    deed = house.workshop.start("init daily weather", lambda p: house.initialise("daily_weather", window, p).summary)
    return accepted(deed)


@router.post("/all", status_code=202, summary="Schema, reachability, then all history")
def init_all(house: HouseOf, _allowed: Changes, years: Years = YEARS) -> Accepted:
    """Checks store, ledger and every upstream, then loads every part; the job tells each part's counts and errors."""
    window = house.initialise.years_back(years)
    return accepted(house.workshop.start("init all", lambda p: house.initialise.everything(window, p)))
