"""Daily weather in tables: columns found by their header, each cell judged, each refusal told.

What datosclima's and SIAR's files share. A cell that cannot be read costs itself alone; nothing is dropped silently.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from chocolate_factory.domain.catalogue import observation, spec_of
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import EARLIEST, madrid_date, madrid_midnight

#: No history of days is longer: SIAR's since 2000, for each of a province's twenty stations, is 190 000.
MAX_LINES = 250_000

# A number with point or comma, and perhaps the time at which it was: "26.8 (15:50)".
_CELL = re.compile(r"(-?\d{1,6}(?:[.,]\d{1,20})?)\s*(?:\(.*\))?")
_UNIT = re.compile(r"\(([^)]*)\)\s*$")


@dataclass(frozen=True, slots=True)
class Imported:
    """What reading a file brought.

    Attributes:
        observations: what could be read.
        problems: one sentence for each part that could not, naming the member or line.
        rows_read: data rows looked at, other stations' included.
    """

    observations: list[Observation] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    rows_read: int = 0


def together(parts: Iterable[Imported]) -> Imported:
    """What several parts brought."""
    every = list(parts)
    return Imported(
        [observation for part in every for observation in part.observations],
        [problem for part in every for problem in part.problems],
        sum(part.rows_read for part in every),
    )


@dataclass(frozen=True, slots=True)
class Column:
    """Where a series stands in a table.

    Attributes:
        series: the catalogue's name.
        header: its title, folded and without its unit.
        unit: what the title says in brackets, where it says it.
        factor: from that unit to the catalogue's.
    """

    series: str
    header: str
    unit: str
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class DayRow:
    """One station's day: what its observations have in common.

    Attributes:
        where: names the row in a problem, e.g. ``line 7``.
    """

    day: date
    source: str
    received_at: datetime
    site: str
    where: str


def fold(text: object) -> str:
    """Lower case, no accents, single spaces: what titles and names are compared by."""
    plain = unicodedata.normalize("NFKD", str(text).replace("°", "º"))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())


def locate(header: Sequence[object], columns: Sequence[Column]) -> tuple[dict[Column, int], list[str]]:
    """The place of each column, and a problem for each that is missing or in another unit."""
    titles = {_UNIT.sub("", fold(title)).strip(): place for place, title in reversed(list(enumerate(header)))}
    places: dict[Column, int] = {}
    problems = []
    for column in columns:
        place = titles.get(column.header)
        unit = _UNIT.search(fold(header[place])) if place is not None else None
        if place is None:
            problems.append(f"there is no column {column.header!r}")
        elif unit and unit[1] != fold(column.unit):
            problems.append(f"column {column.header!r} is in {unit[1]}, not in {column.unit}")
        else:
            places[column] = place
    return places, problems


def read_row(row: DayRow, cells: Sequence[object], places: Mapping[Column, int]) -> Imported:
    """The observations of one row. An empty cell is an absent value, not a problem."""
    first, today = madrid_date(EARLIEST), madrid_date(row.received_at)
    if not first <= row.day < today:
        return Imported([], [f"{row.where}: {row.day} is before {first.year} or not over yet"], 1)
    start = madrid_midnight(row.day)
    observations, problems = [], []
    for column, place in places.items():
        try:
            value = _number(column, cells[place])
        except ValueError as e:
            problems.append(f"{row.where}: {column.series} {e}")
            continue
        if value is not None:
            made = observation(column.series, row.source, Kind.OBSERVED, start, value, row.received_at, row.site)
            observations.append(made)
    return Imported(observations, problems, 1)


def _number(column: Column, cell: object) -> float | None:
    text = str(cell).strip()
    if text in ("", "-"):
        return None
    if column.series == "precipitation" and fold(text) == "ip":
        return 0.0  # "inapreciable": a trace, below 0.1 mm
    found = _CELL.fullmatch(text)
    if not found:
        raise ValueError(f"is no number: {text[:40]!r}")
    value = float(found[1].replace(",", ".")) * column.factor
    spec = spec_of(column.series)
    if not spec.low <= value <= spec.high:
        raise ValueError(f"is {value:g} {spec.unit}, outside {spec.low:g} to {spec.high:g}")
    return value


def decode(content: bytes) -> str:
    """Text of a file made by hand-me-down programs: UTF-16 with a mark or (SIAR) without, UTF-8, else latin-1.

    A byte cut off at the end becomes a replacement character, which spoils its own cell alone.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if content[1:400:2].count(0) > len(content[1:400:2]) // 2:
        return content.decode("utf-16-le", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")
