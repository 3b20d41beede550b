"""What the store and the plans know of a day that is over: prices, weather, readings, carbon, the plan that was run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from chocolate_factory.domain.carbon import system_g_kwh
from chocolate_factory.domain.catalogue import TECHNOLOGIES
from chocolate_factory.domain.plan import SlotInput
from chocolate_factory.domain.plan_record import PlanRecord
from chocolate_factory.domain.savings import Course
from chocolate_factory.domain.series import Kind, Query
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import DAY, Interval, Resolution, floor, madrid_day
from chocolate_factory.planning.day_course import covers, day_course
from chocolate_factory.ports import PlanLedger, PlantFile, TimeSeriesStore
from chocolate_factory.quality.select import best_per_slot
from chocolate_factory.usecases.savings.meter import Meter
from chocolate_factory.usecases.savings.production import CountedProduction
from chocolate_factory.usecases.tariff import TariffSlots
from chocolate_factory.usecases.weather import Weather

#: A day's last plan is among so many; the others are of a service that began in the middle of it.
PLANS_LOOKED_AT: Final = 5
#: Slots after a day in which one of its batches may still take energy.
TAIL: Final = 2 * DAY

ByQuarter = Mapping[datetime, float]


@dataclass(frozen=True)
class Known:
    """The ports, asked for a day."""

    store: TimeSeriesStore
    plans: PlanLedger
    plant: PlantFile
    tariff_slots: TariffSlots
    weather: Weather
    filling: frozenset[Kind]

    def plan_of(self, day: date) -> PlanRecord | None:
        """The last plan made before a day was over, what was run of it behind; None where none covers the day."""
        newest, end = self.plans.plan_in_force(), madrid_day(day).end
        if newest is not None and newest.made_at < end and covers(newest.planned.plan, day):
            return newest  # which the ledger has at hand
        for limit in (1, PLANS_LOOKED_AT):  # nearly always it is the last one
            for record in self.plans.plans(end, limit):
                if covers(record.planned.plan, day):
                    return record
        return None

    def course_of(self, record: PlanRecord, day: date) -> Course:
        """The day as it was run and as the baseline would have run it, in the weather that came."""
        plan = record.planned.plan
        counted = CountedProduction(self.plans)(plan.problem.plant, day)
        return day_course(plan, day, self._weathered(plan.problem.slots, day), counted)

    def prices_of(self, day: date) -> dict[datetime, float]:
        """EUR/kWh, all-in, of each quarter-hour of a day and after it; those that are not known are not there."""
        window = Interval(madrid_day(day).start, madrid_day(day).end + TAIL)
        slots = self.tariff_slots(window, self.plant().contract.tariff, Resolution.QUARTER)
        return {s.slot.start: s.energy_eur_kwh for s in slots if s.energy_eur_kwh is not None}

    def metered(self, day: date) -> dict[datetime, float]:
        """What was measured, kWh by quarter-hour."""
        return Meter(self.store, self.filling)(madrid_day(day))

    def carbon_g_kwh(self, day: date) -> float | None:
        """Of the system on a day, estimated."""
        generation: dict[str, float] = {}
        for technology in TECHNOLOGIES.values():
            query = Query(f"generation_{technology}", madrid_day(day), kinds=self.filling)
            generation[technology] = sum(o.value for o in best_per_slot(self.store.read(query)))
        return system_g_kwh(generation)

    def _weathered(self, slots: Iterable[SlotInput], day: date) -> dict[datetime, SlotInput]:
        window = madrid_day(day)
        air = {
            hour.start: Air(hour.temperature.reading.value, hour.humidity.reading.value)
            for hour in self.weather.hours(window)
            if hour.temperature is not None and hour.humidity is not None
        }
        of_day = ((s, air.get(floor(s.slot.start, Resolution.HOUR))) for s in slots if s.slot.start in window)
        return {s.slot.start: replace(s, air=known) for s, known in of_day if known is not None}


def digest(rows: Iterable[object]) -> str:
    """sha256 of what something rests on, one thing a line."""
    return hashlib.sha256("\n".join(map(str, rows)).encode()).hexdigest()


def digest_of_quarters(values: ByQuarter) -> str:
    """The same of values by quarter-hour."""
    return digest(f"{start.isoformat()},{value!r}" for start, value in sorted(values.items()))


def digest_of_course(course: Course | None) -> str:
    """The same of what was modelled; empty where nothing was."""
    if course is None:
        return ""
    energies = (course.planned_kwh, course.baseline_kwh)
    starts = [start.isoformat() for start in course.starts]
    return digest([*starts, course.minutes, *energies, sorted(course.good_kg.items()), course.production.value])
