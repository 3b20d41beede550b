"""What the next plan is made from: prices, weather, the plant as the plan in force leaves it, and what must stay.

The horizon begins at Madrid's midnight of today, so that a plan and its baseline are of whole days; what lies before
now is history, taken from the plan in force. Where there is none, it begins with the present hour.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from chocolate_factory.domain.errors import InputError, NotYetError
from chocolate_factory.domain.plan import GUESSED, Batch, Options, Plan, Problem, SlotInput
from chocolate_factory.domain.plan_record import Grounds, PlanRecord, PlanTask, StockCount
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import (
    DAY,
    HOUR,
    Interval,
    Resolution,
    floor,
    isoformat_madrid,
    madrid_date,
    madrid_midnight,
)
from chocolate_factory.planning.carry import output_between, standing
from chocolate_factory.ports import PlanBefore
from chocolate_factory.usecases.prices import Prices
from chocolate_factory.usecases.problem import LOOK_BACK_DAYS, NOTHING_EXPECTED, Expected, problem_of
from chocolate_factory.usecases.weather import Weather

#: A plan reaches at least so far ahead, and ends with a day.
AHEAD = timedelta(hours=48)
#: The days after it are looked at so far ahead at least: as far as prices are forecast.
LOOK = timedelta(hours=168)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fine a plan is, how long it may take, and how many simulated runs certify it."""

    resolution: Resolution = Resolution.HOUR
    time_limit_s: float = 20.0
    gap: float = 0.005
    replications: int = 200


#: What a forecast says of a price series that is not published, in slots of a length.
Expecting = Callable[[str, Resolution], Expected]


def nothing_expected(_series: str, _resolution: Resolution) -> Expected:
    """Nobody forecasts."""
    return NOTHING_EXPECTED


class Drawn(NamedTuple):
    """What to plan, what was assumed for it, and where it came from."""

    task: PlanTask
    notes: list[str]
    grounds: Grounds


class Situation:
    """The deed, with its ports."""

    def __init__(
        self,
        prices: Prices,
        weather: Weather,
        plans: PlanBefore,
        filling: frozenset[Kind],
        expected: Expecting = nothing_expected,
    ) -> None:
        self._prices = prices
        self._expected = expected
        self._weather = weather
        self._plans = plans
        self._filling = filling
        self._known_as = Kind.SIMULATED if Kind.SIMULATED in filling else Kind.OBSERVED

    def task(self, plant: Plant, now: datetime, pace: Pace) -> Drawn:
        """What to plan at a moment.

        Raises:
            NotYetError: prices or weather are not known well enough to plan.
        """
        record, count, locked = self._plans.plan_in_force(), self._plans.last_count(), self._plans.locked_batches()
        ahead = self._expected("spot", pace.resolution)
        before = record.planned.plan if record is not None else None
        going_on = before if before is not None and _continues(before, now, pace) else None
        window = Interval(_start(going_on, now), _midnight_after(now + AHEAD))
        problem, notes = self.problem(plant, window, pace.resolution, now, ahead)
        beyond = self.beyond(plant, Interval(window.end, _midnight_after(now + LOOK)), now, ahead, notes)
        notes += _assumed(before, going_on)
        problem = replace(problem, now=now) if before is None else _left_by(before, problem, now)
        if going_on is not None:
            problem = _with_history(problem, going_on)
        problem = _counted(problem, record, count, notes)
        notes += _weighed(plant.policy.caution_eur_mwh, problem)
        options = _options(plant, pace, going_on, problem, locked)
        task = PlanTask(problem, options, pace.replications, beyond=beyond)
        grounds = Grounds(
            known_at=now,
            kinds=tuple(sorted(self._filling)),
            before=record.id if record is not None else "",
            locked=tuple(sorted(locked)),
            counted_at=count.at if count is not None else None,
            forecast=ahead.source,
            forecast_at=ahead.made_at,
        )
        return Drawn(task, notes, grounds)

    def prices_known_until(self) -> datetime:
        """The end of the last spot price that is known; long ago where none is."""
        return self._prices.known_until("spot")

    def problem(
        self, plant: Plant, window: Interval, fine: Resolution, now: datetime, ahead: Expected
    ) -> tuple[Problem, list[str]]:
        """Prices, weather and orders of a window, and what was assumed for them.

        Raises:
            NotYetError: as ``task``.
        """
        spot, air = self._spot(plant, window), self._air(window, now)
        try:
            return problem_of(plant, window, fine, spot, air, known_as=self._known_as, expected=ahead)
        except InputError as e:
            raise NotYetError(
                f"No plan can be made: {e.value} needs {e.allowed}. GET /gaps/summary or `chocolate-factory gaps` "
                "tells what is missing; POST /ingest-now or `chocolate-factory ingest` asks for it."
            ) from e

    def beyond(
        self, plant: Plant, window: Interval, now: datetime, ahead: Expected, notes: list[str]
    ) -> tuple[SlotInput, ...]:
        """The hours behind a plan, as many days as prices and weather can be told of; a note where that is short."""
        end = window.end
        while end > window.start:
            try:
                slots = self.problem(plant, Interval(window.start, end), Resolution.HOUR, now, ahead)[0].slots
            except NotYetError:
                end = madrid_midnight(madrid_date(end) - DAY)
                continue
            if end < window.end:
                notes.append(
                    f"The days after are looked at until {isoformat_madrid(end)}: too little is known of more."
                )
            return slots
        until = isoformat_madrid(window.end)
        notes.append(f"The plan looks no further than its end: too little is known of the days until {until}.")
        return ()

    def _spot(self, plant: Plant, window: Interval) -> dict[datetime, float]:
        wide = Interval(window.start - (LOOK_BACK_DAYS + 1) * DAY, window.end)
        found = self._prices("spot", wide, plant.contract.tariff)
        return {p.observation.start: p.observation.value for p in found}

    def _air(self, window: Interval, now: datetime) -> dict[datetime, Air]:
        """What was read of each hour until now, and what is forecast for the others."""
        wide = Interval(window.start - (LOOK_BACK_DAYS + 1) * DAY, window.end)
        ahead = Interval(floor(now, Resolution.HOUR), wide.end)
        warm, damp = (
            {o.start: o.value for o in self._weather.forecast(series, ahead)} for series in ("temperature", "humidity")
        )
        air = {hour: Air(warm[hour], damp[hour]) for hour in warm.keys() & damp.keys()}
        for hour in self._weather.hours(Interval(wide.start, now)):
            if hour.temperature is not None and hour.humidity is not None:
                air[hour.start] = Air(hour.temperature.reading.value, hour.humidity.reading.value)
        return air


# ----------------------------------------------------------------------------------------------------------- horizon
def _continues(plan: Plan, now: datetime, pace: Pace) -> bool:
    """Whether the next plan can go on in the same slots: the plan reaches there, and its slots are as long."""
    return now < plan.problem.horizon.end and abs(plan.problem.step_h - pace.resolution.span / HOUR) < 1e-9


def _start(before: Plan | None, now: datetime) -> datetime:
    """Today's midnight where a plan goes on, or where the run of the line that spans it began; else this hour."""
    if before is None:
        return floor(now, Resolution.HOUR)
    midnight = max(madrid_midnight(madrid_date(now)), before.problem.horizon.start)
    spanning = [b.start for b in before.batches if b.stage == "line" and b.start < midnight < b.end]
    return floor(min([midnight, *spanning]), Resolution.HOUR)


def _midnight_after(far: datetime) -> datetime:
    """The first midnight that is as far as that."""
    midnight = madrid_midnight(madrid_date(far))
    return midnight if midnight == far else madrid_midnight(madrid_date(far) + DAY)


# ----------------------------------------------------------------------------------------------------------- history
def _left_by(before: Plan, problem: Problem, now: datetime) -> Problem:
    """The problem begun as the plan before leaves the plant."""
    there = standing(before, problem.horizon.start)
    return replace(
        problem,
        stocks_kg=there.stocks_kg,
        finished_kg=there.finished_kg,
        running=there.running,
        line_before=there.line_before,
        now=now,
    )


def _with_history(problem: Problem, before: Plan) -> Problem:
    """The problem with its own past as the plan before says it was."""
    assert problem.now is not None  # noqa: S101  set above
    past = [s.slot for s in problem.slots if s.slot.start < problem.now]
    done = {slot.start: kg for slot in past if (kg := output_between(before, slot.start, slot.end)) > 0}
    return replace(problem, done_kg=done)


def _assumed(before: Plan | None, going_on: Plan | None) -> list[str]:
    """What a plan that goes on from none rests on."""
    if before is None:
        return ["No plan was in force: the stocks are the plant file's, or what was counted last."]
    if going_on is not None:
        return []
    end = isoformat_madrid(before.problem.horizon.end)
    return [f"The last plan, up to {end}, does not go on: the plant is taken to stand as that plan leaves it."]


def _counted(problem: Problem, record: PlanRecord | None, count: StockCount | None, notes: list[str]) -> Problem:
    """The stocks corrected by what somebody counted, against what was planned for then.

    A count from before the horizon is in the stocks already, unless the plan in force was made before it.
    """
    if count is None or (record is not None and count.at < min(problem.horizon.start, record.made_at)):
        return problem
    before = record.planned.plan if record is not None else None
    at = floor(count.at, Resolution.HOUR)
    planned = standing(before, at) if before is not None else None
    of = problem.plant.tanks_of
    counted = {p.name: sum(count.tanks_kg.get(t.name, 0.0) for t in of(p.name)) for p in problem.plant.products}
    stocks = {
        name: max(
            0.0, problem.stocks_kg.get(name, 0.0) + kg - (planned.stocks_kg if planned else problem.stocks_kg)[name]
        )
        for name, kg in counted.items()
    }
    finished = {
        name: problem.finished_kg.get(name, 0.0)
        + kg
        - (planned.finished_kg if planned else problem.finished_kg).get(name, 0.0)
        for name, kg in count.finished_kg.items()
    }
    notes.append(f"Stocks were counted at {isoformat_madrid(count.at)}.")
    return replace(problem, stocks_kg=stocks, finished_kg={**problem.finished_kg, **finished})


def _weighed(caution_eur_mwh: float, problem: Problem) -> list[str]:
    if caution_eur_mwh <= 0 or not any(s.price_kind in GUESSED for s in problem.slots):
        return []
    dearer = f"counts {caution_eur_mwh:g} EUR/MWh dearer than expected"
    return [f"In deciding, energy at prices that are not published yet {dearer}; no cost that is shown has it."]


# ---------------------------------------------------------------------------------------------------------- what stays
def _options(plant: Plant, pace: Pace, before: Plan | None, problem: Problem, locked: frozenset[str]) -> Options:
    """What was begun or begins soon stays, what is locked too; the rest moves only for enough."""
    assert problem.now is not None  # noqa: S101  set above
    frozen_until = problem.now + timedelta(hours=plant.policy.frozen_h)
    fixed: list[Batch] = []
    steady: list[Batch] = []
    for batch in before.batches if before is not None else ():
        if not problem.horizon.start <= batch.start:
            continue
        if batch.start < frozen_until:
            fixed.append(replace(batch, held="begun" if batch.start < problem.now else "frozen"))
        elif batch.id in locked:
            fixed.append(replace(batch, held="locked"))
        else:
            steady.append(batch)
    return Options(
        time_limit_s=pace.time_limit_s,
        gap=pace.gap,
        fixed=tuple(fixed),
        steady=tuple(steady),
        move_eur=plant.policy.move_threshold_eur,
        caution_eur_mwh=plant.policy.caution_eur_mwh,
    )
