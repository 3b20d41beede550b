"""A decision's inputs made again from its evidence, by the very code that makes those of the next one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from chocolate_factory.domain.plan_record import Grounds, PlanRecord, PlanTask, StockCount
from chocolate_factory.domain.replay import Evidence
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import Interval, Resolution
from chocolate_factory.ports import Clock, TimeSeriesStore
from chocolate_factory.usecases.bring import Bring
from chocolate_factory.usecases.evidence import SPOT, forecast_kind
from chocolate_factory.usecases.forecasts import expected_of
from chocolate_factory.usecases.outlook import Forecast
from chocolate_factory.usecases.price_history import PriceHistory
from chocolate_factory.usecases.prices import Prices
from chocolate_factory.usecases.problem import NOTHING_EXPECTED, Expected
from chocolate_factory.usecases.situation import Pace, Situation
from chocolate_factory.usecases.stored_forecasts import StoredForecasts
from chocolate_factory.usecases.weather import Weather


@dataclass(frozen=True)
class Rebuild:
    """The deed.

    Attributes:
        store_of: an empty store of a world, ``real`` or ``simulated``, that lives as long as it is used.
        clock_at: a clock that stands still.
    """

    store_of: Callable[[str], TimeSeriesStore]
    clock_at: Callable[[datetime], Clock]

    def __call__(self, record: PlanRecord, grounds: Grounds, evidence: Evidence) -> PlanTask:
        """What would have been planned; the plant is the record's, for nothing else keeps it.

        Where the plan that was in force is lacking, what is made from it is the record's too.

        Raises:
            NotYetError: what is left of prices or weather is too little for a plan.
        """
        problem, pace = record.task.problem, pace_of(record.task)
        store, clock = self.store_of(_world(grounds)), self.clock_at(record.made_at)
        store.write(evidence.observations)
        expected = _expected(store, grounds, record.made_at)
        filling = frozenset(grounds.kinds)
        prices, weather = Prices(store, clock, {}, Bring(store, clock), filling), Weather(store, clock, filling)
        situation = Situation(prices, weather, KnownThen(evidence), filling, lambda _series, fine: expected(fine))
        if grounds.before and evidence.before is None:
            fine = pace.resolution
            found, _ = situation.problem(problem.plant, problem.horizon, fine, record.made_at, expected(fine))
            behind = Interval(problem.horizon.end, record.task.looked_at.end)
            beyond = situation.beyond(problem.plant, behind, record.made_at, expected(fine), [])
            return replace(record.task, problem=replace(problem, slots=found.slots), beyond=beyond)
        return situation.task(problem.plant, record.made_at, pace).task


@dataclass(frozen=True)
class KnownThen:
    """A ``PlanBefore`` as evidence has it."""

    evidence: Evidence

    def plan_in_force(self) -> PlanRecord | None:
        """The plan before."""
        return self.evidence.before

    def locked_batches(self) -> frozenset[str]:
        """What was held by hand."""
        return frozenset(self.evidence.locked)

    def last_count(self) -> StockCount | None:
        """What had been counted."""
        return self.evidence.count


def pace_of(task: PlanTask) -> Pace:
    """How it was asked to be planned."""
    options = task.options
    fine = Resolution(round(60 * task.problem.step_h))
    return Pace(fine, options.time_limit_s, options.gap, task.replications)


def _world(grounds: Grounds) -> str:
    return "simulated" if Kind.SIMULATED in grounds.kinds else "real"


def _expected(store: TimeSeriesStore, grounds: Grounds, now: datetime) -> Callable[[Resolution], Expected]:
    """What the forecast that was in force says."""
    if not grounds.forecast:
        return lambda _fine: NOTHING_EXPECTED
    kept = StoredForecasts(store, forecast_kind(grounds))
    hourly = kept.hourly(SPOT, grounds.forecast, now, grounds.forecast_at)
    if hourly is None:
        return lambda _fine: NOTHING_EXPECTED
    shape = PriceHistory(store, frozenset(grounds.kinds)).shape(SPOT, now)
    forecast = Forecast(grounds.forecast, hourly, shape)
    return lambda fine: expected_of(forecast, fine)
