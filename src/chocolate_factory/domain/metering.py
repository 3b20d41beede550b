"""Meter readings as somebody hands them in: what each line says, and why a line is not taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.time import Interval, Resolution

#: The series that readings become, kWh in a quarter-hour or an hour.
METER_ENERGY = "meter_energy"
#: Whose file it is: the distributor's export by Datadis, or the plant's own meter.
DATADIS, METER = "datadis", "meter"


@dataclass(frozen=True, slots=True)
class Reading:
    """One line that could be read.

    Attributes:
        line: its number in the file, the header's is 1.
        kwh: drawn in the slot.
        is_estimate: the distributor has not read the meter, and says so.
        supply: the CUPS it belongs to; empty where the file names none.
    """

    line: int
    start: datetime
    resolution: Resolution
    kwh: float
    is_estimate: bool = False
    supply: str = ""

    @property
    def slot(self) -> Interval:
        """The time in which it was drawn."""
        return Interval(self.start, self.start + self.resolution.span)

    @property
    def power_kw(self) -> float:
        """Mean power of the slot."""
        return self.kwh * 60 / int(self.resolution)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that is not taken.

    Attributes:
        field: the column, or what of the line is wrong.
        value: what stands there.
        reason: why it is not taken; ``allowed`` is what would be.
    """

    line: int
    field: str
    value: str
    reason: str
    allowed: str


@dataclass(frozen=True, slots=True)
class MeterFile:
    """A file of readings, read.

    Attributes:
        source: ``datadis`` or ``meter``.
        lines: data lines that it has.
    """

    source: str
    lines: int
    readings: Sequence[Reading]
    refusals: Sequence[Refusal]

    @classmethod
    def of(cls, source: str, unread: Sequence[Refusal], placed: Sequence[Reading | Refusal]) -> MeterFile:
        """The file of lines that say nothing, and of those that do: each has a slot, or the reason why it has none."""
        readings = [p for p in placed if isinstance(p, Reading)]
        refusals = [*unread, *(p for p in placed if isinstance(p, Refusal))]
        return cls(source, len(readings) + len(refusals), readings, refusals)


class LineError(InputError):
    """What is wrong with the line that is being read; whoever reads it knows its number.

    Attributes:
        reason: why it is not taken.
    """

    def __init__(self, field: str, value: object, reason: str, allowed: str) -> None:
        self.reason = reason
        super().__init__(field, value, allowed)

    def at(self, line: int) -> Refusal:
        """The same with its place."""
        return Refusal(line, self.field, self.value[:80], self.reason, self.allowed)


#: What a column's name says of its unit, and the way out where it is not kWh.
_OTHER_UNITS = {"wh": "divide by 1000", "mwh": "multiply by 1000", "kw": "a power is no energy: kW x hours = kWh"}


def require_kwh(column: str) -> None:
    """Nothing, where a column's name says kWh.

    Raises:
        InputError: it says Wh, MWh or kW: that is told, and never guessed or converted.
    """
    unit = column.strip().casefold().rpartition("_")[2]
    if unit in _OTHER_UNITS:
        raise InputError(column, unit, f"energy in kWh; {_OTHER_UNITS[unit]}, and name the column for kWh")


def by_line(refusals: Iterable[Refusal]) -> list[Refusal]:
    """In the file's order."""
    return sorted(refusals, key=lambda r: (r.line, r.field))
