"""Days in a small plant whose decisions can be made again: prices come and are revised, people lock and count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from forecasting_world import made, naive_file, put_on, version_of
from plan_world import NOW, PlanWorld, air, spot
from planning_problems import small_plant

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.file_lock import ThreadTurn
from chocolate_factory.adapters.memo import MemoryMemo
from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.adapters.model_shelf import FileShelf
from chocolate_factory.adapters.program_facts import this_program
from chocolate_factory.domain.catalogue import observation, spec_of
from chocolate_factory.domain.models import Alias
from chocolate_factory.domain.plan_record import PlanRecord, Program
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.replay import Bundle
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, HOUR, Interval, Resolution, floor, madrid_date, madrid_midnight
from chocolate_factory.planning.carry import standing
from chocolate_factory.usecases.bundles import Bundles
from chocolate_factory.usecases.evidence import Gather
from chocolate_factory.usecases.forecasts import Forecasts
from chocolate_factory.usecases.optimise import Optimise
from chocolate_factory.usecases.planned import planned
from chocolate_factory.usecases.rebuild import Rebuild
from chocolate_factory.usecases.replay import Replay
from chocolate_factory.usecases.situation import Pace, Situation

#: Quick enough for a hundred plans in a minute.
PACE = Pace(gap=0.1, replications=10)
REBUILD = Rebuild(MemoryStore, FixedClock)
TANK = "tank-dark"


def one_product() -> Plant:
    plant = small_plant()
    weekly = {day: {"dark": 900.0} for day in plant.demand.weekly}
    stocks = replace(plant.stocks, tanks_kg={TANK: 700.0}, finished_kg={"dark": 0.0})
    return replace(plant, demand=replace(plant.demand, weekly=weekly, orders=()), stocks=stocks)


class ReplayWorld(PlanWorld):
    """As ``PlanWorld``, with a forecaster, and with whatever comes in coming when it does."""

    def __init__(self, folder: Path, now: datetime = NOW, program: Program | None = None) -> None:
        super().__init__(now, filled=False)
        self.plant, self.pace, self.planner = one_product(), PACE, planned
        self.program = program or this_program()
        self.shelf = FileShelf(folder)
        self.forecasts = Forecasts(self.store, self.shelf, self.clock, self.filling, MemoryMemo())
        old = self.situation
        self.situation = Situation(old._prices, old._weather, self.plans, self.filling, self.forecasts.expected)
        self.optimise = Optimise(
            self.situation, self.plans, self.alerts, self.clock, lambda: self.plant, self._plan, self._move,
            self.pace, ThreadTurn(), lambda: self.program,
        )  # fmt: skip
        self.bundles = Bundles(
            self.store,
            self.plans,
            Gather(self.store, self.plans, self.shelf, self.clock.now),
            REBUILD,
            lambda: self.plant,
            lambda: self.program,
            self.clock.now,
        )
        self.replay = Replay(REBUILD, lambda task, before: planned(task, before=before), lambda: self.program)
        self._read_until = floor(now, Resolution.HOUR) - 9 * DAY
        self._load(now)

    def _load(self, now: datetime) -> None:
        midnight = madrid_midnight(madrid_date(now))
        self.fill("spot", Interval(midnight - 60 * DAY, midnight + DAY), value=spot)
        self.promote(1)
        self.go_to(now)

    def promote(self, number: int) -> None:
        """Another version serves from the next forecast on."""
        body = naive_file(self.store, self.clock.now())
        put_on(self.shelf, (version_of(made(body), number, Alias.CHAMPION), body))

    def go_to(self, now: datetime) -> None:
        """What comes in until a moment: tomorrow's prices from 13:00, readings, another forecast of the weather."""
        self.clock.set(now)
        today = madrid_midnight(madrid_date(now))
        if now >= today + 13 * HOUR:
            self.fill("spot", Interval(today + DAY, today + 2 * DAY), value=spot)
        hour, drift = floor(now, Resolution.HOUR), 0.01 * (now.timestamp() // 1800 % 97)
        for series, mean in (("temperature", 15.0), ("humidity", 60.0)):
            read, ahead = Interval(self._read_until, hour), Interval(hour, hour + 5 * DAY)
            self.fill(series, read, source="aemet", value=lambda _, t, m=mean: air(m, t))
            told = lambda _, t, m=mean: air(m + 2 + drift, t)  # noqa: E731
            self.fill(series, ahead, source="open_meteo", kind=Kind.FORECAST, value=told)
        self._read_until = hour
        self.forecasts.refresh(now)

    def revise(self, series: str, window: Interval, by: float, source: str = "ree") -> None:
        """The world knows better."""
        now, values = self.clock.now(), {"spot": spot, "temperature": lambda _s, t: air(15.0, t)}
        self.store.write(
            observation(series, source, Kind.OBSERVED, s, round(values[series](series, s) + by, 3), now)
            for s in spec_of(series).slots(window)
        )

    def count(self, less: float) -> None:
        """Somebody finds so many kilograms less than was planned for now."""
        planned_kg = standing(self.optimise.in_force().planned.plan, floor(self.clock.now(), Resolution.HOUR)).stocks_kg
        self.optimise.count({TANK: round(planned_kg["dark"] - less, 1)}, {})

    # ------------------------------------------------------------------ tampering
    def drop_revisions(self, series: str, starts: Iterable[datetime], *, until: datetime, source: str = "ree") -> None:
        """What was received until a moment is gone from the store, as no deed of ours would have it."""
        for key, stream in self.store._streams.items():
            if key[0] == series and key[2] == source:
                for start in starts:
                    held = stream.get(start, {})
                    left = {received: row for received, row in held.items() if received > until}
                    stream[start] = left
                    if not left:
                        stream.pop(start)

    def bundle(self, record: PlanRecord) -> Bundle:
        return self.bundles(record)
