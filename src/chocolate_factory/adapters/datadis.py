"""Datadis, the distributors' common portal: a supply's consumption, exported by hand as CSV.

``CUPS;Fecha;Hora;Consumo_kWh;Metodo_obtencion`` and perhaps more columns: decimal comma, dates as 2026/10/25 or
25/10/2026, and an hour that is the END of its slot on Madrid's clock, 01:00 to 24:00 (quarter-hours: 00:15 to 24:00).
``Metodo_obtencion`` is Real, or Estimada where nobody has read the meter.

On the day of 25 hours the repeated hour stands there twice, the first time first, or the hours are counted to 25:00;
on the day of 23 one label is left out, or they are counted to 23:00.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from chocolate_factory.adapters.daily_table import fold
from chocolate_factory.adapters.meter_lines import hour_or_quarter, number, resolutions, rows_of
from chocolate_factory.domain.metering import DATADIS, LineError, MeterFile, Reading, Refusal, require_kwh
from chocolate_factory.domain.time import HOUR, Resolution, madrid_day

_KEYS: Final = ("cups", "fecha", "hora")
_CONSUMED: Final = re.compile(r"consumo(_\w+)?")
_HOW: Final = re.compile(r"metodo_?obtencion")
_DATES: Final = (
    re.compile(r"(?P<y>\d{4})[/-](?P<m>\d\d)[/-](?P<d>\d\d)"),
    re.compile(r"(?P<d>\d\d)/(?P<m>\d\d)/(?P<y>\d{4})"),
)
_HOUR: Final = re.compile(r"(\d\d?):(00|15|30|45)")
_REAL, _ESTIMATED = ("real", "r"), ("estimada", "estimado", "e")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as it stands there; ``ends`` is the slot's end, in minutes of the day's clock."""

    number: int
    supply: str
    day: date
    ends: int
    kwh: float
    is_estimate: bool


def is_datadis(header: str) -> bool:
    """Whether a file begins with Datadis' header."""
    return set(_KEYS) <= {fold(title) for title in header.split(";")}


def parse_datadis(text: str) -> MeterFile:
    """The file's readings; every line that is not taken is told with its number.

    Raises:
        InputError: its energy is not in kWh, or it is no CSV.
    """
    consumed, how = _columns(text.partition("\n")[0])
    lines: list[_Line] = []
    unread: list[Refusal] = []
    for line, row in rows_of(text, ";"):
        try:
            lines.append(_line(line, row, consumed, how))
        except LineError as e:
            unread.append(e.at(line))
    return MeterFile.of(DATADIS, unread, list(_placed(lines)))


def _columns(header: str) -> tuple[str, str]:
    """The titles of the energy and of how it was had; the first must be there, or no line has an energy."""
    titles = [fold(title) for title in header.split(";")]
    consumed = next((title for title in titles if _CONSUMED.fullmatch(title)), "consumo_kwh")
    require_kwh(consumed)
    return consumed, next((title for title in titles if _HOW.fullmatch(title)), "")


# --------------------------------------------------------------------------------------------------------- one line
def _line(line: int, row: dict[str, str], consumed: str, how: str) -> _Line:
    energy = number(row.get(consumed, ""), consumed, ",")
    day, ends = _day(row["fecha"]), _ends(row["hora"])
    return _Line(line, row["cups"].upper(), day, ends, energy, _is_estimate(row.get(how, "real")))


def _day(cell: str) -> date:
    found = next((m for pattern in _DATES if (m := pattern.fullmatch(cell))), None)
    try:
        if found is not None:
            return date(int(found["y"]), int(found["m"]), int(found["d"]))
    except ValueError:
        pass  # as 31/02/2026, of which the same is said
    raise LineError("fecha", cell, "it is no date", "2026/10/25 or 25/10/2026")


def _ends(cell: str) -> int:
    found = _HOUR.fullmatch(cell)
    minutes = 60 * int(found[1]) + int(found[2]) if found else 0
    if not 0 < minutes <= 25 * 60:
        raise LineError("hora", cell, "it is no end of a slot", "01:00 to 24:00, or 00:15 to 24:00")
    return minutes


def _is_estimate(cell: str) -> bool:
    if (said := fold(cell)) in _ESTIMATED:
        return True
    if said in _REAL:
        return False
    raise LineError("metodo_obtencion", cell, "nobody knows how it was had", "Real or Estimada")


# ------------------------------------------------------------------------------------------------------ into UTC
def _placed(lines: Sequence[_Line]) -> Iterator[Reading | Refusal]:
    """Each line in its slot, or why it has none."""
    by_day: defaultdict[tuple[str, date], list[_Line]] = defaultdict(list)
    for line in lines:
        by_day[line.supply, line.day].append(line)
    lengths = resolutions(lines, lambda line: (line.supply, line.day), lambda line: line.ends)
    for key, todays in by_day.items():
        length = lengths[key]
        if length is None:
            yield from (hour_or_quarter(f"{one.day} {_clock(one.ends)}").at(one.number) for one in todays)
        else:
            yield from _of_day(todays, length)


def _of_day(todays: Sequence[_Line], length: Resolution) -> Iterator[Reading | Refusal]:
    midnight = madrid_day(todays[0].day).start
    begins = [one.ends - int(length) for one in todays]
    for one, elapsed in zip(todays, elapsed_minutes(todays[0].day, begins), strict=True):
        if isinstance(elapsed, int):
            start: datetime = midnight + timedelta(minutes=elapsed)
            yield Reading(one.number, start, length, one.kwh, one.is_estimate, one.supply)
        else:
            yield LineError("hora", _clock(one.ends), elapsed, "an hour of that day").at(one.number)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def elapsed_minutes(day: date, begins: Sequence[int]) -> list[int | str]:
    """Minutes since midnight at which each slot of a day really begins, or why that cannot be said.

    Args:
        begins: where they begin on the day's clock, minutes, in the file's order.
    """
    hours = madrid_day(day).duration // HOUR
    if hours == 25 and max(begins) < 24 * 60:
        return _with_a_repeated_hour(begins)
    if hours == 23 and not _is_counted_to_23(begins):
        return [_without_an_hour(begin, begins) for begin in begins]
    return [begin if begin < hours * 60 else f"the day has {hours} hours" for begin in begins]


def _with_a_repeated_hour(begins: Sequence[int]) -> list[int | str]:
    """The labels that stand there twice are the repeated hour, first the first; what comes later is an hour on."""
    twice = [begin for begin, times in Counter(begins).items() if times > 1 and 60 <= begin < 180]
    first, last = (min(twice), max(twice)) if twice else (120, 179)
    seen: Counter[int] = Counter()
    found: list[int | str] = []
    for begin in begins:
        seen[begin] += 1
        if begin < first:
            found.append(begin)
        elif begin > last or (begin in twice and seen[begin] > 1):
            found.append(begin + 60)  # a third time is the second's double, and told as such
        else:
            found.append(begin if begin in twice else "this hour comes twice on that day, and the file has one of them")
    return found


def _is_counted_to_23(begins: Sequence[int]) -> bool:
    """Hours 1 to 23 instead of a clock's that leaves one out."""
    hours = {begin // 60 for begin in begins}
    return {1, 2, 22} <= hours and 23 not in hours


def _without_an_hour(begin: int, begins: Sequence[int]) -> int | str:
    """The clock leaps from two to three: a slot that ends at three began an hour before, by the clock that was left."""
    if begin < 120:
        return begin
    if begin < 180 and begin - 60 in begins:
        return "this hour does not exist on that day: clocks leap from 02:00 to 03:00"
    return begin - 60
