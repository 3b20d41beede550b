"""A few days of a plant with plans, prices, weather and a meter, for the ledger of savings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from fakes import at
from plan_world import PlanWorld, air

from chocolate_factory.adapters.ledger import SqlSavingsLedger
from chocolate_factory.adapters.meter_files import parse_meter_file
from chocolate_factory.domain.savings import SavedDay
from chocolate_factory.domain.time import DAY, HOUR, MADRID, Interval, Resolution, madrid_day, slots
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.usecases.savings.known import Known
from chocolate_factory.usecases.savings.readings import TakeIn, TakenIn
from chocolate_factory.usecases.savings.settle import Settle
from chocolate_factory.usecases.savings.statement import Statement, Statements
from chocolate_factory.usecases.tariff import TariffSlots

#: A Monday; plans are made on it and on the days after.
MONDAY = date(2026, 11, 9)


def sunny(_series: str, start: datetime) -> float:
    """Cheap at midday, dear in the evening, EUR/MWh; no two days alike."""
    local = start.astimezone(MADRID)
    dear, cheap = abs(local.hour - 20) < 3, 11 <= local.hour < 17
    return round(80 + local.day + 40 * dear - 50 * cheap, 2)


class SavingsWorld(PlanWorld):
    """Plans at noon of each day, and what is settled of them."""

    def __init__(self, days: int = 4, *, price: Callable[[str, datetime], float] = sunny) -> None:
        super().__init__(at("2026-11-09T00:30"), filled=False)
        self.price = price
        self.savings = SqlSavingsLedger(self.engine)
        slots_of = TariffSlots(self.store, self.filling, lambda: self.plant)
        self.known = Known(self.store, self.plans, lambda: self.plant, slots_of, self.weather_deed(), self.filling)
        self.settle = Settle(self.known, self.savings, self.clock)
        self.statements = Statements(self.known, self.savings, self.clock, self.settle)
        self.take_in = TakeIn(self.store, self.clock, lambda: self.plant, self.filling, parse_meter_file)
        for n in range(days):
            self.plan_on(MONDAY + n * DAY)

    def weather_deed(self):
        return self.situation._weather

    def plan_on(self, day: date) -> None:
        """Prices and weather until the day after, and a plan made at half past midnight."""
        now = madrid_day(day).start + HOUR / 2
        self.clock.set(now)
        window = Interval(now - 10 * DAY, madrid_day(day + 2 * DAY).end)
        self.fill("spot", window, value=self.price)
        for series, mean in (("temperature", 15.0), ("humidity", 60.0)):
            self.fill(series, Interval(window.start, now), source="aemet", value=lambda _, t, m=mean: air(m, t))
        for technology, mwh in (("wind", 600.0), ("combined_cycle", 300.0), ("coal", 100.0)):
            name = f"generation_{technology}"
            self.fill(name, madrid_day(day), value=lambda _s, _t, m=mwh: m)
        self.optimise("schedule")

    def rest_until(self, day: date) -> None:
        """The clock in the night of a day, as the job has it."""
        self.clock.set(madrid_day(day).start + HOUR)

    def settled(self) -> dict[str, float]:
        return self.settle(Progress())

    def day(self, day: date) -> SavedDay:
        [found] = self.savings.days(day, day)
        return found

    def statement(self, first: date = MONDAY, last: date = MONDAY + 6 * DAY) -> Statement:
        return self.statements(first, last)

    def meter(self, day: date, kwh: Callable[[datetime], float | None] = lambda _start: 15.0) -> TakenIn:
        """Readings of a day by the quarter-hour; none where nothing is said."""
        rows = [f"{s.isoformat()},{kwh(s)}" for s in slots(madrid_day(day), Resolution.QUARTER) if kwh(s) is not None]
        return self.take_in("meter.csv", "\n".join(["start_utc,kwh", *rows]).encode())

    def meter_as_planned(self, day: date, factor: float = 1.0, but: Callable[[datetime], bool] = lambda _s: False):
        """What the plan has, more or less, is what the meter shows."""
        course = self.day(day).course
        planned = course.quarters(course.planned_kwh)
        return self.meter(day, lambda start: None if but(start) else round(factor * planned[start], 6))
