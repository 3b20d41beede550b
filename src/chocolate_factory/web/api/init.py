"""Load history."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, File, Query, UploadFile

from chocolate_factory.adapters.datosclima import station_named
from chocolate_factory.adapters.uploads import MAX_BYTES
from chocolate_factory.domain.errors import InputError
from chocolate_factory.usecases.initialise import LONGEST_YEARS
from chocolate_factory.web.api.jobs import accepted
from chocolate_factory.web.auth import Changes
from chocolate_factory.web.schemas import Accepted, InitStatusBody, InitStatusOut
from chocolate_factory.web.state import HouseOf
from chocolate_factory.web.windows import End, Start, window_of

router = APIRouter(prefix="/init", tags=["init"])

Years = Annotated[float, Query(gt=0, le=LONGEST_YEARS, description="how far back")]
MOST_FILES = 400


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
    """Prices, demand and generation; what is there is not asked for again, so it resumes where it was cut off."""
    if start is None and end is None:
        window = house.initialise.years_back(3)
    else:
        window = window_of(start, end, house.clock, longest=timedelta(days=366 * LONGEST_YEARS))
    return accepted(house.workshop.start("init ree", lambda p: house.initialise("ree", window, p).summary))


@router.post("/datosclima/etl", status_code=202, summary="Load daily weather history, or import files of it")
def init_datosclima(
    house: HouseOf,
    _allowed: Changes,
    station_id: Annotated[str, Query(max_length=10)] = "5279X",
    years: Years = 3,
    files: Annotated[
        list[UploadFile] | None, File(description="datosclima RAR, XLS or CSV; SIAR CSV of daily values")
    ] = None,
) -> Accepted:
    """From datosclima.es month by month (AEMET's daily values where it has none), or from the uploaded files."""
    station_named(station_id)
    if files:
        contents = read_files(files)
        return accepted(house.workshop.start("hand in", lambda p: house.hand_in(contents, station_id, p)))
    if station_id != house.settings.aemet_station:
        allowed = f"this plant's station is {house.settings.aemet_station}; set AEMET_STATION, or upload files"
        raise InputError("station_id", station_id, allowed)
    window = house.initialise.years_back(years)
    deed = house.workshop.start("init daily weather", lambda p: house.initialise("daily_weather", window, p).summary)
    return accepted(deed)


@router.post("/all", status_code=202, summary="Schema, reachability, then all history")
def init_all(house: HouseOf, _allowed: Changes, years: Years = 3) -> Accepted:
    """Checks store, ledger and every upstream, then loads every part; the job tells each part's counts and errors."""
    window = house.initialise.years_back(years)
    return accepted(house.workshop.start("init all", lambda p: house.initialise.everything(window, p)))


def read_files(files: list[UploadFile]) -> list[tuple[str, bytes]]:
    """The uploads in memory, bounded.

    Raises:
        InputError: too many or too large.
    """
    if len(files) > MOST_FILES:
        raise InputError("files", f"{len(files)} files", f"at most {MOST_FILES} at a time")
    found: list[tuple[str, bytes]] = []
    total = 0
    for file in files:
        content = file.file.read(MAX_BYTES + 1)
        total += len(content)
        if total > MAX_BYTES:
            raise InputError("files", file.filename or "file", f"at most {MAX_BYTES // 2**20} MiB in all; send fewer")
        found.append((file.filename or "file", content))
    return found
