"""When a job is due.

Intervals count from midnight UTC, so that a change of the clocks neither repeats nor drops one. Daily and weekly times
are Madrid's: each local date has exactly one, also where that time comes twice (the first counts) or not at all (as far
after the jump as it stood before).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from chocolate_factory.domain.time import DAY, MADRID, madrid_date

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Every:
    """Every so many minutes, ``offset`` minutes after the full interval; the minutes divide a day."""

    minutes: int
    offset: int = 0

    def previous(self, now: datetime) -> datetime:
        """The last occurrence at or before ``now``."""
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        step, offset = timedelta(minutes=self.minutes), timedelta(minutes=self.offset)
        return midnight + offset + ((now - midnight - offset) // step) * step

    def next(self, now: datetime) -> datetime:
        """The first occurrence after ``now``."""
        return self.previous(now) + timedelta(minutes=self.minutes)

    def between(self, last: datetime, due: datetime) -> int:
        """How many occurrences lie after ``last`` and before the occurrence ``due``."""
        return max((due - self.next(last)) // timedelta(minutes=self.minutes), 0)

    @property
    def longest(self) -> timedelta:
        """The longest time between two occurrences."""
        return timedelta(minutes=self.minutes)

    def __str__(self) -> str:
        every = f"every {self.minutes // 60} h" if self.minutes % 60 == 0 else f"every {self.minutes} min"
        return f"{every} at :{self.offset:02d}" if self.offset else every


@dataclass(frozen=True, slots=True)
class Daily:
    """At a local time of each day, or of one weekday (0 is Monday)."""

    at: time
    weekday: int | None = None

    def previous(self, now: datetime) -> datetime:
        """The last occurrence at or before ``now``."""
        day = madrid_date(now) + DAY
        while (moment := self._on(day)) is None or moment > now:
            day -= DAY
        return moment

    def next(self, now: datetime) -> datetime:
        """The first occurrence after ``now``."""
        day = madrid_date(now) - DAY
        while (moment := self._on(day)) is None or moment <= now:
            day += DAY
        return moment

    def between(self, last: datetime, due: datetime) -> int:
        """How many occurrences lie after ``last`` and before the occurrence ``due``."""
        count, moment = 0, self.next(last)
        while moment < due:
            count, moment = count + 1, self.next(moment)
        return count

    @property
    def longest(self) -> timedelta:
        """The longest time between two occurrences."""
        return timedelta(days=1 if self.weekday is None else 7, hours=1)

    def _on(self, day: date) -> datetime | None:
        if self.weekday is not None and day.weekday() != self.weekday:
            return None
        return datetime.combine(day, self.at, MADRID).astimezone(UTC)

    def __str__(self) -> str:
        day = "daily" if self.weekday is None else WEEKDAYS[self.weekday]
        return f"{day} {self.at:%H:%M} Europe/Madrid"


Schedule = Every | Daily
