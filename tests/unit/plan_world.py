"""A store with prices and weather, a ledger, and the deeds of the plan on a clock that is told what time it is."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from fakes import Plant as World
from fakes import at
from plan_records import by_rule

from chocolate_factory.adapters.file_lock import ThreadTurn
from chocolate_factory.adapters.ledger import SqlPlanLedger
from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.domain.plan_record import Move
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, HOUR, MADRID, Interval, madrid_date, madrid_midnight
from chocolate_factory.usecases.optimise import Optimise
from chocolate_factory.usecases.prices import Prices
from chocolate_factory.usecases.situation import Pace, Situation
from chocolate_factory.usecases.weather import Weather

#: A Tuesday in November, a little after eleven.
NOW = at("2026-11-10T11:07")


def spot(_series: str, start: datetime) -> float:
    """Cheap at midday, dear in the evening, EUR/MWh; no two days alike."""
    local = start.astimezone(MADRID)
    return round(60 + local.day + 40 * math.cos((local.hour - 20) / 12 * math.pi), 2)


def air(mean: float, start: datetime) -> float:
    """Warmer by the hour; a thermometer that stands still would not be believed."""
    return mean + 0.1 * start.astimezone(MADRID).hour


class PlanWorld(World):
    """The deeds of the plan in memory; the planner is a rule unless a test has another."""

    def __init__(self, now: datetime = NOW, *, filled: bool = True) -> None:
        super().__init__(now)
        self.plans = SqlPlanLedger(self.engine)
        self.tasks: list = []
        self.planner = by_rule
        self.plant = read_plant()
        self.pace = Pace()
        prices = Prices(self.store, self.clock, self.feeds, self.bring, self.filling)
        weather = Weather(self.store, self.clock, self.filling)
        self.situation = Situation(prices, weather, self.plans, self.filling)
        self.optimise = Optimise(
            self.situation,
            self.plans,
            self.alerts,
            self.clock,
            lambda: self.plant,
            self._plan,
            self._move,
            self.pace,
            ThreadTurn(),
        )
        if filled:
            self.know(now)

    def know(self, now: datetime, *, tomorrow: bool = False) -> None:
        """What the store holds at a moment: a week of the past, today's prices, the weather read and forecast."""
        self.clock.set(now)
        midnight = madrid_midnight(madrid_date(now))
        until = madrid_midnight(madrid_date(now) + (2 if tomorrow else 1) * DAY)
        self.fill("spot", Interval(midnight - 9 * DAY, until), value=spot)
        for series, mean in (("temperature", 15.0), ("humidity", 60.0)):
            past, ahead = Interval(midnight - 9 * DAY, now - HOUR), Interval(midnight - DAY, midnight + 8 * DAY)
            self.fill(series, past, source="aemet", value=lambda _, t, m=mean: air(m, t))
            self.fill(series, ahead, source="open_meteo", kind=Kind.FORECAST, value=lambda _, t, m=mean: air(m + 2, t))

    def task(self, now: datetime | None = None, pace: Pace | None = None):
        """What would be planned now."""
        return self.situation.task(self.plant, now or self.clock.now(), pace or self.pace)[:2]

    def later(self, **how_long: float):
        """Plan again after so long."""
        self.know(self.clock.now() + timedelta(**how_long))
        return self.optimise("schedule")

    def _plan(self, task):
        self.tasks.append(task)
        return self.planner(task)

    def _move(self, moving):
        self.tasks.append(moving)
        return Move(1.25, True, {"es": "Cabe.", "en": "It fits."})
