"""Files of meter readings that a person hands in, recognised by their header: Datadis' export, or our own CSV.

Our own is ``start_utc,kwh`` (``energy_kwh`` is the same): when the slot begins, ISO 8601, in UTC where it says no
offset; a decimal point, or a comma where the columns are parted by semicolons.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from chocolate_factory.adapters.daily_table import decode, fold
from chocolate_factory.adapters.datadis import is_datadis, parse_datadis
from chocolate_factory.adapters.meter_lines import hour_or_quarter, number, resolutions, rows_of
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.metering import METER, LineError, MeterFile, Reading, Refusal, require_kwh
from chocolate_factory.domain.time import EARLIEST, LATEST, Resolution, floor, madrid_date

MAX_BYTES: Final = 16 * 2**20
ACCEPTED: Final = (
    "a CSV whose header is start_utc,kwh, or Datadis' export: CUPS;Fecha;Hora;Consumo_kWh;Metodo_obtencion"
)
#: What the energy's column may be called, in whichever unit: another than kWh is told.
_ENERGY: Final = re.compile(r"(?:(?:energy|energia|consumption|consumo|load|carga|power|potencia)_)?(?:k?wh|mwh|kw)")
_TIME: Final = "the beginning of a quarter-hour or hour in ISO 8601, e.g. 2026-10-25T00:15:00Z, from 1998 on"


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    start: datetime
    kwh: float


def parse_meter_file(name: str, content: bytes) -> MeterFile:
    """The readings of a file; every line that is not taken is told with its number.

    Raises:
        InputError: ``file`` is too large or of no known format; or its energy is in another unit.
    """
    if len(content) > MAX_BYTES:
        raise InputError("file", name, f"at most {MAX_BYTES // 2**20} MiB; a year at a time")
    text = decode(content)
    header = text.partition("\n")[0].strip("\r")
    if is_datadis(header):
        return parse_datadis(text)
    delimiter = ";" if ";" in header else ","
    titles = [fold(title) for title in header.split(delimiter)]
    energy = next((title for title in titles if _ENERGY.fullmatch(title)), None)
    if "start_utc" not in titles or energy is None:
        raise InputError("file", header[:80] or name, ACCEPTED)
    require_kwh(energy)
    return _parse_own(text, energy, delimiter)


def _parse_own(text: str, energy: str, delimiter: str) -> MeterFile:
    mark = "." if delimiter == "," else ","
    lines: list[_Line] = []
    unread: list[Refusal] = []
    for line, row in rows_of(text, delimiter):
        try:
            lines.append(_Line(line, _start(row["start_utc"]), number(row[energy], energy, mark)))
        except LineError as e:
            unread.append(e.at(line))
    return MeterFile.of(METER, unread, list(_placed(lines)))


def _placed(lines: list[_Line]) -> Iterator[Reading | Refusal]:
    lengths = resolutions(lines, _day, lambda line: line.start.minute)
    for line in lines:
        length = lengths[_day(line)]
        if length is None:
            yield hour_or_quarter(line.start.isoformat()).at(line.number)
        else:
            yield Reading(line.number, line.start, length, line.kwh)


def _day(line: _Line) -> date:
    return madrid_date(line.start)


def _start(cell: str) -> datetime:
    try:
        moment = datetime.fromisoformat(cell)
        utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise LineError("start_utc", cell, "it is no time" if cell else "nothing stands there", _TIME) from None
    if not EARLIEST <= utc <= LATEST or utc != floor(utc, Resolution.QUARTER):
        raise LineError("start_utc", cell, "no slot begins there", _TIME)
    return utc
