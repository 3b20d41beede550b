"""What readings have in common, whoever wrote the file: rows with their numbers, numbers, quarter-hours or hours."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeVar

from chocolate_factory.adapters.daily_table import fold
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.metering import LineError
from chocolate_factory.domain.time import Resolution

#: Ten years of quarter-hours.
MOST_LINES: Final = 400_000

Row = TypeVar("Row")
_NUMBER: Final = {
    ".": re.compile(r"-?\d{1,12}(?:\.\d{1,25})?(?:[eE]-\d{1,2})?"),  # programs write 0.00001 as 1e-05
    ",": re.compile(r"-?\d{1,12}(?:,\d{1,25})?(?:[eE]-\d{1,2})?"),
}
_MARKS: Final = {".": "a number with a decimal point", ",": "a number with a decimal comma, without marks of thousands"}


def rows_of(text: str, delimiter: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The line's number and its cells by title, folded; empty lines are none, a missing cell is empty.

    Raises:
        InputError: it is no CSV, or of more lines than any meter has.
    """
    if text.count("\n") > MOST_LINES:
        raise InputError("file", f"more than {MOST_LINES} lines", "a file for each year")
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        titles = [fold(title) for title in next(reader, [])]
        for cells in reader:
            if any(cell.strip() for cell in cells):
                padded = [*cells, *[""] * (len(titles) - len(cells))]
                yield reader.line_num, dict(zip(titles, (cell.strip() for cell in padded), strict=False))
    except csv.Error as e:
        raise InputError("file", f"line {reader.line_num}", f"CSV; {e}") from e


def number(cell: str, column: str, mark: str) -> float:
    """An energy.

    Args:
        mark: the decimal one, point or comma; the other might be one of thousands, and is refused.

    Raises:
        LineError: it is no such number.
    """
    if not _NUMBER[mark].fullmatch(cell):
        raise LineError(column, cell, "nothing stands there" if not cell else "it is no such number", _MARKS[mark])
    return float(cell.replace(",", "."))


def resolutions(
    rows: Iterable[Row], day_of: Callable[[Row], object], minute_of: Callable[[Row], int]
) -> Mapping[object, Resolution | None]:
    """How long the slots of each day are; None where that cannot be known.

    A file is of quarter-hours as soon as one begins off the hour. A day of it that has none might be one of hours, or
    one of which a quarter of the lines is there.
    """
    off_the_hour: dict[object, bool] = {}
    for row in rows:
        day = day_of(row)
        off_the_hour[day] = off_the_hour.get(day, False) or minute_of(row) % 60 != 0
    if not any(off_the_hour.values()):
        return dict.fromkeys(off_the_hour, Resolution.HOUR)
    return {day: Resolution.QUARTER if off else None for day, off in off_the_hour.items()}


def hour_or_quarter(moment: str) -> LineError:
    """What is said of a line of such a day."""
    reason = "the file is of quarter-hours and this day of hours: a line might be either"
    return LineError("time", moment, reason, "hours in a file of their own")
