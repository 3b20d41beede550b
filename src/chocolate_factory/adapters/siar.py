"""SIAR, the ministry's agroclimatic stations: daily values exported by hand as CSV, files to import.

UTF-16LE without a mark, ``;``, decimal comma, dd/mm/yyyy, one line a day. Stations 17 and 9 of province 23 (Jaén)
stand in Linares, beside AEMET's 5279X.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from chocolate_factory.adapters.daily_table import MAX_LINES, Column, DayRow, Imported, fold, locate, read_row, together
from chocolate_factory.domain.errors import InputError, UpstreamLiedError
from chocolate_factory.domain.series import DEFAULT_SITE

SOURCE = "siar"
#: AEMET's station id -> province and stations that stand for it here.
STATIONS: dict[str, tuple[int, frozenset[int]]] = {"5279X": (23, frozenset({17, 9}))}

COLUMNS = (
    Column("temperature_mean", "temp media", "ºC"),
    Column("temperature_max", "temp max", "ºC"),
    Column("temperature_min", "temp minima", "ºC"),
    Column("humidity_mean", "humedad media", "%"),
    Column("wind_speed_mean", "velviento", "m/s"),
    Column("wind_gust", "velvientomax", "m/s"),
    Column("radiation", "radiacion", "MJ/m2"),
    Column("precipitation", "precipitacion", "mm"),
)
_KEYS = ("idprovincia", "idestacion", "fecha")
_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


@dataclass(frozen=True, slots=True)
class _Layout:
    """What the header and the asked station say of each line."""

    width: int
    keys: tuple[int, ...]
    places: dict[Column, int]
    province: int
    stations: frozenset[int]


def is_siar(text: str) -> bool:
    """Whether a text begins with SIAR's header."""
    return set(_KEYS) <= {fold(title) for title in text.split("\n", 1)[0].split(";")}


def parse_siar(text: str, received_at: datetime, station_id: str = "5279X", site: str = DEFAULT_SITE) -> Imported:
    """The days of the asked station; every line that is not taken is told with its number.

    Raises:
        InputError: no SIAR station is known for that id.
        UpstreamLiedError: not SIAR's format at all.
    """
    header, *lines = text.split("\n")
    layout, problems = _layout(header, station_id)
    if len(lines) > MAX_LINES:
        raise UpstreamLiedError(SOURCE, f"more than {MAX_LINES} lines are no history of days")
    parts = [Imported(problems=problems)]
    seen: set[date] = set()
    for number, line in enumerate(lines, 2):
        if line.strip():
            parts.append(_line(line.strip("\r").split(";"), f"line {number}", layout, seen, received_at, site))
    return together(parts)


def _layout(header: str, station_id: str) -> tuple[_Layout, list[str]]:
    if station_id not in STATIONS:
        raise InputError("station_id", station_id, f"SIAR's stations are known for {', '.join(STATIONS)}")
    if not is_siar(header):
        raise UpstreamLiedError(SOURCE, f"the first line has no {', '.join(_KEYS)}")
    titles = header.strip("\r").split(";")
    folded = [fold(title) for title in titles]
    places, problems = locate(titles, COLUMNS)
    keys = tuple(folded.index(key) for key in _KEYS)
    return _Layout(len(titles), keys, places, *STATIONS[station_id]), problems


def _line(
    cells: Sequence[str], where: str, layout: _Layout, seen: set[date], received_at: datetime, site: str
) -> Imported:
    """One line's observations; ``seen`` gathers the days that are taken."""
    try:
        day = _day_of(cells, layout)
    except ValueError as e:
        return Imported([], [f"{where}: {e}"], 1)
    if day in seen:
        return Imported([], [f"{where}: {day} came before"], 1)
    seen.add(day)
    return read_row(DayRow(day, SOURCE, received_at, site, where), cells, layout.places)


def _day_of(cells: Sequence[str], layout: _Layout) -> date:
    """The day of a line of the asked station.

    Raises:
        ValueError: the reason why the line is not taken.
    """
    if len(cells) != layout.width:
        raise ValueError(f"{len(cells)} fields instead of {layout.width}")
    province, station, day = (cells[key].strip()[:20] for key in layout.keys)
    if not (province.isdecimal() and station.isdecimal()):
        raise ValueError(f"province {province!r} and station {station!r} are no numbers")
    if int(province) != layout.province or int(station) not in layout.stations:
        raise ValueError(f"station {station} of province {province} is another")
    found = _DATE.fullmatch(day)
    if not found:
        raise ValueError(f"{day!r} is no date like 31/12/2024")
    return date(int(found[3]), int(found[2]), int(found[1]))
