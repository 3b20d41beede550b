"""What the ledger says of a span: days that are written, and days that are not over yet, as the plan has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from chocolate_factory.billing.day_account import compared, figures_of, summed, uncertainty_of_all
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plan import Plan
from chocolate_factory.domain.plan_record import PlanRecord
from chocolate_factory.domain.savings import Chapter, Course, DayStatus, Figures, SavedDay, Uncertainty
from chocolate_factory.domain.time import DAY, Resolution, madrid_date, madrid_day, slots
from chocolate_factory.planning.day_course import day_course
from chocolate_factory.ports import Clock, SavingsLedger
from chocolate_factory.usecases.savings.known import Known
from chocolate_factory.usecases.savings.settle import SETTLED_AFTER_DAYS, Settle

#: Days ahead that a plan surely covers whole.
AHEAD_DAYS: Final = 1
#: Courses of days that are not over, by plan; a plan is in force for half an hour.
MOST_KEPT: Final = 16
UNSETTLED: Final = "Not settled yet: the figures are the plan's, with the prices that it was made with."


@dataclass(frozen=True)
class Statement:
    """A span of the ledger.

    Attributes:
        status: ``measured`` as soon as one day is; ``planned`` where no day of it is written yet.
        baseline_trouble: why the baseline that this program has is refused; empty where it is what was declared.
    """

    first: date
    last: date
    days: Sequence[SavedDay]
    chapters: Sequence[Chapter]
    baseline_trouble: str = ""

    @property
    def status(self) -> DayStatus:
        """Of the whole span."""
        if self.measured:
            return DayStatus.MEASURED
        only_planned = bool(self.days) and all(day.status is DayStatus.PLANNED for day in self.days)
        return DayStatus.PLANNED if only_planned else DayStatus.NOT_MEASURED

    @property
    def compared(self) -> list[SavedDay]:
        """The days that a saving can be claimed for."""
        return compared(self.days)

    @property
    def measured(self) -> list[SavedDay]:
        """The days that were measured, whether or not there is something to compare them with."""
        return [day for day in self.days if day.status is DayStatus.MEASURED]

    @property
    def settled(self) -> list[SavedDay]:
        """The days that are written."""
        return [day for day in self.days if day.status is not DayStatus.PLANNED]

    @property
    def totals(self) -> Figures:
        """Of the days that a saving can be claimed for."""
        return summed(self.compared)

    @property
    def uncertainty(self) -> Uncertainty:
        """Of their saving together."""
        return uncertainty_of_all(self.days)


@dataclass
class Statements:
    """The deed, with its ports."""

    known: Known
    ledger: SavingsLedger
    clock: Clock
    settle: Settle
    _courses: dict[tuple[str, date], Course] = field(default_factory=dict)
    _past: dict[date, PlanRecord] = field(default_factory=dict)

    def __call__(self, first: date, last: date) -> Statement:
        """The days from the first to the last that something is known of."""
        kept = {day.day: day for day in self.ledger.days(first, last)}
        trouble = self._baseline_trouble()
        days = [*kept.values(), *(d for d in self._unsettled(first, last, trouble) if d.day not in kept)]
        return Statement(first, last, sorted(days, key=lambda d: d.day), self.ledger.chapters(), trouble)

    def _baseline_trouble(self) -> str:
        try:
            self.settle.require_declared()
        except InputError as e:
            return str(e)
        return ""

    def _unsettled(self, first: date, last: date, trouble: str) -> Iterator[SavedDay]:
        """Days of the span that a plan covers and nobody has settled, up to tomorrow."""
        today = madrid_date(self.clock.now())
        day = max(first, today - SETTLED_AFTER_DAYS * DAY)
        while day <= min(last, today + AHEAD_DAYS * DAY):
            record = self._plan_of(day, is_over=day < today)
            if record is not None:
                yield self._planned(day, record, without_baseline=trouble)
            day += DAY

    def _plan_of(self, day: date, *, is_over: bool) -> PlanRecord | None:
        """The plan of a day; that of one that is over changes no more."""
        if is_over and day in self._past:
            return self._past[day]
        record = self.known.plan_of(day)
        if is_over and record is not None:
            self._past = {day: record} | {
                d: r for d, r in self._past.items() if abs(d - day) <= SETTLED_AFTER_DAYS * DAY
            }
        return record

    def _planned(self, day: date, record: PlanRecord, *, without_baseline: str) -> SavedDay:
        course = self._course(day, record)
        if without_baseline:
            course = replace(course, baseline_kwh=None, note="the baseline is refused")
        price = _by_quarter(record.planned.plan)
        figures = figures_of(slots(madrid_day(day), Resolution.QUARTER), course, price, {})
        return SavedDay(day, 0, DayStatus.PLANNED, figures, plan_id=record.id, course=course, notes=(UNSETTLED,))

    def _course(self, day: date, record: PlanRecord) -> Course:
        """As the plan expects it; the weather has yet to come."""
        key = (record.id, day)
        if key not in self._courses:
            if len(self._courses) >= MOST_KEPT:
                self._courses.clear()
            self._courses[key] = day_course(record.planned.plan, day, {})
        return self._courses[key]


def _by_quarter(plan: Plan) -> dict[datetime, float]:
    """The prices that a plan was made with, EUR/kWh; a longer slot's stands for each of its quarter-hours."""
    parts = round(4 * plan.problem.step_h)
    return {
        s.input.slot.start + i * Resolution.QUARTER.span: s.input.energy_eur_kwh
        for s in plan.slots
        for i in range(parts)
    }
