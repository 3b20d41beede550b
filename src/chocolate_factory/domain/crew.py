"""Who works when: weekdays, shifts, holidays, on Madrid's wall clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum

from chocolate_factory.domain.plant_units import HourOfDay
from chocolate_factory.domain.time import DAY, MADRID, Interval, madrid_date, madrid_days, madrid_midnight


class Weekday(StrEnum):
    """A day of the week, in ISO's order."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @classmethod
    def of(cls, day: date) -> Weekday:
        """The weekday of a date."""
        return tuple(cls)[day.weekday()]


# -------------------------------------------------------------------------------------------------------------- crew
@dataclass(frozen=True, slots=True)
class Shift:
    """People at the machines on some weekdays, within one calendar day; 24 is the day's end."""

    name: str
    days: tuple[Weekday, ...]
    start_h: HourOfDay
    end_h: HourOfDay

    def on(self, day: date) -> Interval:
        """The shift of that day, in UTC; on the two odd nights of the year it is an hour shorter or longer."""
        return Interval(wall_time(day, self.start_h), wall_time(day, self.end_h))


@dataclass(frozen=True, slots=True)
class Crew:
    """When people work.

    Attributes:
        yearly_holidays: ``MM-DD``, off every year.
        holidays: single days off.
    """

    shifts: tuple[Shift, ...]
    yearly_holidays: tuple[str, ...]
    holidays: tuple[date, ...]

    @property
    def listed_until(self) -> date | None:
        """The last day of the last year whose single days off are listed; None where none are: it never ends."""
        return date(max(day.year for day in self.holidays), 12, 31) if self.holidays else None

    def works_on(self, day: date) -> bool:
        """Whether anybody comes on that day of Madrid's calendar."""
        off = day in self.holidays or f"{day:%m-%d}" in self.yearly_holidays
        return not off and any(Weekday.of(day) in shift.days for shift in self.shifts)

    def hours(self, window: Interval) -> Iterator[Interval]:
        """What of the window has a crew, shift by shift, in order."""
        for day in madrid_days(window):
            todays = [s for s in self.shifts if Weekday.of(day) in s.days] if self.works_on(day) else []
            pieces = (window.overlap(shift.on(day)) for shift in sorted(todays, key=lambda s: s.start_h))
            yield from (piece for piece in pieces if piece)

    def present(self, moment: datetime) -> bool:
        """Whether the crew is there at an aware moment."""
        day = madrid_date(moment)
        return self.works_on(day) and any(Weekday.of(day) in s.days and moment in s.on(day) for s in self.shifts)


def wall_time(day: date, hour: float) -> datetime:
    """The UTC instant of an hour, 0 to 24, on Madrid's wall clock; one that comes twice means the first."""
    if hour >= 24:
        return madrid_midnight(day + DAY)
    minutes = round(hour * 60)
    return datetime.combine(day, time(minutes // 60, minutes % 60), MADRID).astimezone(UTC)
