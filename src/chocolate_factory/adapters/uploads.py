"""Files of daily weather that a person hands in, recognised by what they hold, not by their name."""

from __future__ import annotations

from datetime import date, datetime

from chocolate_factory.adapters.daily_table import DayRow, Imported, decode
from chocolate_factory.adapters.datosclima import (
    SOURCE,
    day_named,
    is_reduced_csv,
    parse_archive,
    parse_reduced_csv,
    parse_workbook,
    station_named,
)
from chocolate_factory.adapters.rar import MAGIC as RAR_MAGIC
from chocolate_factory.adapters.siar import is_siar, parse_siar
from chocolate_factory.adapters.xls import MAGIC as XLS_MAGIC
from chocolate_factory.adapters.xls import read_workbooks
from chocolate_factory.domain.errors import InputError, UpstreamLiedError
from chocolate_factory.domain.series import DEFAULT_SITE

MAX_BYTES = 64 * 2**20
ACCEPTED = (
    "give datosclima's month (Aemet2024-05.rar), one of its days as XLS (Aemet2024-05-03.xls) or reduced CSV "
    "(Aemet20171030.csv), or SIAR's CSV of daily values"
)


def parse_upload(
    name: str, content: bytes, received_at: datetime, station_id: str = "5279X", site: str = DEFAULT_SITE
) -> Imported:
    """The asked station's days in one file; parts that cannot be read are told in ``problems``.

    Args:
        name: the file's name; datosclima's single days carry their date in it.

    Raises:
        InputError: ``file`` is too large, of no known format, or an archive that cannot be opened; or there is no
            such ``station_id``.
    """
    station_named(station_id)
    if len(content) > MAX_BYTES:
        raise InputError("file", name, f"it is larger than {MAX_BYTES // 2**20} MiB; upload it in parts")
    try:
        return _parse(name, content, received_at, station_id, site)
    except UpstreamLiedError as e:
        raise InputError("file", name, e.why) from e


def _parse(name: str, content: bytes, received_at: datetime, station_id: str, site: str) -> Imported:
    if content.startswith(RAR_MAGIC):
        return parse_archive(content, received_at, station_id, None, site)
    if content.startswith(XLS_MAGIC):
        row = DayRow(_day_in(name), SOURCE, received_at, site, name)
        [table] = read_workbooks([content])
        return parse_workbook(table, row, station_id)
    text = decode(content)
    if is_siar(text):
        return parse_siar(text, received_at, station_id, site)
    if is_reduced_csv(text):
        return parse_reduced_csv(text, DayRow(_day_in(name), SOURCE, received_at, site, name), station_id)
    raise InputError("file", name, ACCEPTED)


def _day_in(name: str) -> date:
    day = day_named(name)
    if day is None:
        raise InputError("file", name, "its name must carry the day it holds, e.g. Aemet2024-05-03.xls")
    return day
