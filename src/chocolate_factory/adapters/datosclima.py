"""datosclima.es: AEMET's daily values of every station, a RAR for each month with an XLS for each day.

The day stands in the file's name (``Aemet2024-05-03.xls``), the station goes by name and province. One corrupt XLS
costs its day, a corrupt RAR its month; both are told. Reduced CSV copies exist too: latin-1, without header.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

import structlog

from chocolate_factory.adapters.daily_table import MAX_LINES, Column, DayRow, Imported, fold, locate, read_row, together
from chocolate_factory.adapters.http import PoliteClient, Reply
from chocolate_factory.adapters.rar import MAGIC as RAR_MAGIC
from chocolate_factory.adapters.rar import open_rar
from chocolate_factory.adapters.xls import Rows, read_workbooks
from chocolate_factory.domain.errors import InputError, UpstreamEmptyError, UpstreamLiedError
from chocolate_factory.domain.series import DEFAULT_SITE, Observation
from chocolate_factory.domain.time import Interval, madrid_date, madrid_days, madrid_midnight
from chocolate_factory.ports import Clock

log = structlog.get_logger(__name__)

SOURCE = "datosclima"
FIRST_DAY = date(2009, 1, 1)
#: So many troubles of one fetch are told one by one.
TOLD = 5
#: AEMET's station id -> the name and province it goes by there (Linares de Riofrío, in Salamanca, is another).
STATIONS: dict[str, tuple[str, str]] = {"5279X": ("Linares", "Jaén")}

COLUMNS = (
    Column("temperature_max", "temperatura maxima", "ºC"),
    Column("temperature_min", "temperatura minima", "ºC"),
    Column("temperature_mean", "temperatura media", "ºC"),
    Column("wind_gust", "racha", "km/h", factor=1 / 3.6),
    Column("precipitation", "precipitacion 00-24h", "mm"),
)
#: The reduced CSV's fields: station, province, maximum, its hour, minimum, its hour, precipitation.
REDUCED = {
    Column("temperature_max", "tmax", "ºC"): 2,
    Column("temperature_min", "tmin", "ºC"): 4,
    Column("precipitation", "precip", "mm"): 6,
}
_DAY = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)")


class DatosclimaDaily:
    """The daily values of one station, month by month.

    Raises:
        InputError: a station whose name there is not known.
    """

    name = "datosclima.daily"
    upstream = SOURCE
    series = frozenset(column.series for column in COLUMNS)
    longest = timedelta(days=31, hours=1)  # October, whose clocks go back, in one piece

    def __init__(self, client: PoliteClient, clock: Clock, station_id: str = "5279X", site: str = DEFAULT_SITE) -> None:
        self._client = client
        self._clock = clock
        self._station_id = station_id
        self._site = site
        station_named(station_id)

    def reach(self, now: datetime) -> Interval:
        """From 2009 to the end of yesterday."""
        return Interval(madrid_midnight(FIRST_DAY), madrid_midnight(madrid_date(now)))

    def fetch(self, window: Interval, patience: float) -> list[Observation]:
        """What it has of the days that begin in the window, one request for each month.

        Raises:
            UpstreamLiedError: nothing could be read; what is missing beside what could is logged.
        """
        deadline = self._clock.monotonic() + patience
        days = {day for day in madrid_days(window) if madrid_midnight(day) in window}
        months = sorted({day.replace(day=1) for day in days})
        found = together(self._month(month, days, deadline) for month in months)
        if days and not found.observations:
            raise _nothing(found.problems, window)
        if found.problems:
            first = found.problems[:TOLD]
            log.warning("parts could not be read", upstream=SOURCE, count=len(found.problems), first=first)
        return found.observations

    def _month(self, month: date, days: Collection[date], deadline: float) -> Imported:
        file = f"Aemet{month:%Y-%m}.rar"
        patience = max(0.0, deadline - self._clock.monotonic())
        try:
            reply = self._client.get(f"/capturadatos/{file}", patience=patience, check=_must_be_rar)
            return parse_archive(reply.body, reply.received_at, self._station_id, days, self._site)
        except UpstreamEmptyError:
            return Imported()
        except UpstreamLiedError as e:
            return Imported(problems=[f"{file}: {e.why}"])


def _nothing(problems: Sequence[str], window: Interval) -> UpstreamEmptyError | UpstreamLiedError:
    if problems:
        return UpstreamLiedError(SOURCE, "; ".join(problems[:TOLD]))
    return UpstreamEmptyError(SOURCE, f"it has no values for {window} (yet)")


def _must_be_rar(reply: Reply) -> None:
    if not reply.body.startswith(RAR_MAGIC):
        raise UpstreamLiedError(SOURCE, f"its body is no RAR archive ({reply.glimpse()})")


def station_named(station_id: str) -> tuple[str, str]:
    """The name and province of a station.

    Raises:
        InputError: no station whose name is known.
    """
    if station_id not in STATIONS:
        raise InputError("station_id", station_id, f"datosclima knows stations by name; one of {', '.join(STATIONS)}")
    return STATIONS[station_id]


def day_named(name: str) -> date | None:
    """The day in a file's name, as in ``Aemet2024-05-03.xls`` or ``Aemet20171030.csv``."""
    found = _DAY.search(name)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


# ---------------------------------------------------------------------------------------------- a month: RAR of XLS
def parse_archive(
    body: bytes,
    received_at: datetime,
    station_id: str,
    wanted: Collection[date] | None = None,
    site: str = DEFAULT_SITE,
) -> Imported:
    """A month's archive.

    Args:
        wanted: only these days; None means all.

    Raises:
        UpstreamLiedError: the archive as a whole cannot be read.
    """
    members, problems = _members(body, wanted)
    tables = read_workbooks([content for _, _, content in members])
    days = [
        parse_workbook(table, DayRow(day, SOURCE, received_at, site, name), station_id)
        for (name, day, _), table in zip(members, tables, strict=True)
    ]
    return together([Imported(problems=problems), *days])


def _members(body: bytes, wanted: Collection[date] | None) -> tuple[list[tuple[str, date, bytes]], list[str]]:
    """Name, day and bytes of each XLS, and a problem for each member that is none or cannot be unpacked."""
    members: dict[date, tuple[str, date, bytes]] = {}
    problems: list[str] = []
    for member in open_rar(SOURCE, body):
        day = day_named(member.name)
        if day is None or day in members:
            problems.append(f"{member.name}: " + ("a second file for its day" if day else "no day in its name"))
        elif wanted is None or day in wanted:
            content = member.unpack()
            if content is None:
                problems.append(f"{member.name}: it is damaged or locked in the archive")
            else:
                members[day] = (member.name, day, content)
    return list(members.values()), problems


# ---------------------------------------------------------------------------------------------------- a day: a table
def parse_workbook(table: Rows | str, row: DayRow, station_id: str) -> Imported:
    """The station's row of a day's workbook, given as ``xls.read_workbooks`` gave it."""
    if isinstance(table, str):
        return Imported(problems=[f"{row.where}: {table}"])
    top = next((i for i, cells in enumerate(table) if _is_header(cells)), None)
    if top is None:
        return Imported(problems=[f"{row.where}: no header with Estación and Provincia"])
    places, problems = locate(table[top], COLUMNS)
    titles = [fold(title) for title in table[top]]
    keys = (titles.index("estacion"), titles.index("provincia"))
    found = _station_row(table[top + 1 :], keys, row, station_id, places)
    return together([Imported(problems=[f"{row.where}: {problem}" for problem in problems]), found])


def _is_header(cells: Sequence[object]) -> bool:
    return {"estacion", "provincia"} <= {fold(cell) for cell in cells}


def _station_row(
    rows: Sequence[Sequence[object]], keys: tuple[int, int], row: DayRow, station_id: str, places: dict[Column, int]
) -> Imported:
    name, province = station_named(station_id)
    asked = (fold(name), fold(province))
    own = [cells for cells in rows if (fold(cells[keys[0]]), fold(cells[keys[1]])) == asked]
    if len(own) != 1:
        problem = f"{row.where}: {len(own) or 'no'} rows for {name} ({province})"
        return Imported(problems=[problem], rows_read=len(rows))
    return together([Imported(rows_read=len(rows) - 1), read_row(row, own[0], places)])


def is_reduced_csv(text: str) -> bool:
    """Whether a text begins like the reduced CSV: seven fields, the fourth and sixth a time of day or nothing."""
    cells = text.lstrip().split("\n", 1)[0].split(";")
    return len(cells) == 7 and all(re.fullmatch(r"(\d{1,2}:\d{2})?", cells[i].strip()) for i in (3, 5))


def parse_reduced_csv(text: str, row: DayRow, station_id: str) -> Imported:
    """The station's line of a day's reduced CSV."""
    if text.count("\n") > MAX_LINES:
        raise UpstreamLiedError(SOURCE, f"more than {MAX_LINES} lines are no day of stations")
    lines = [(number, line.strip().split(";")) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    broken = [f"line {number}: {len(cells)} fields instead of 7" for number, cells in lines if len(cells) != 7]
    rows = [cells for _, cells in lines if len(cells) == 7]
    found = _station_row(rows, (0, 1), row, station_id, REDUCED)
    return together([Imported(problems=broken, rows_read=len(broken)), found])
