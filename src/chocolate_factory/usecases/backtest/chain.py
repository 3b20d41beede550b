"""A strategy's days in a row: each begins as the one before it ended.

A chain is cut into months, which are kept; they are walked in order, for stocks and running batches are carried over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.plan import Batch, Plan, Status
from chocolate_factory.domain.time import DAY
from chocolate_factory.planning.carry import Standing
from chocolate_factory.usecases.backtest.execution import Executed, execute
from chocolate_factory.usecases.backtest.given import Given, working_day
from chocolate_factory.usecases.backtest.sight import Outlook, problem_at
from chocolate_factory.usecases.backtest.strategies import Strategy


@dataclass(frozen=True)
class State:
    """Where a chain stands: the plant, and what was announced for the day to come."""

    there: Standing
    announced: tuple[Batch, ...] = ()


@dataclass(frozen=True)
class DayRecord:
    """A day of a chain.

    Attributes:
        known_until: the end of the last price that was out when it was decided.
        decision: sha256 of what was decided, its first sixteen digits: equal decisions have equal ones.
        note: how it was decided, where that is not as the strategy means to.
    """

    day: date
    decided_at: datetime
    known_until: datetime
    decision: str
    went: Executed
    note: str = ""


@dataclass(frozen=True)
class Stretch:
    """Days of one strategy to be walked through, with all that they need.

    Attributes:
        given: cut to what these days can see.
    """

    given: Given
    outlook: Outlook
    strategy: Strategy
    state: State
    days: Sequence[date] = field(default_factory=tuple)


@dataclass(frozen=True)
class Walked:
    """Those days as they went, and where the chain then stands."""

    days: tuple[DayRecord, ...]
    state: State


def walk(stretch: Stretch) -> Walked:
    """Each day decided, carried out and carried over; pure, and slow: some tenths of a second for each day."""
    state, records = stretch.state, []
    for day in stretch.days:
        record, state = _one_day(stretch, day, state)
        records.append(record)
    return Walked(tuple(records), state)


def beginning(given: Given) -> State:
    """The plant file's own stocks, and nothing running."""
    finished = {p.name: given.plant.stocks.finished_kg[p.name] for p in given.plant.products}
    return State(Standing(given.plant.stocked_kg(), finished, ()))


def _one_day(stretch: Stretch, day: date, state: State) -> tuple[DayRecord, State]:
    given, strategy, window = stretch.given, stretch.strategy, working_day(day)
    problem = problem_at(given, day, strategy.hours, strategy.eyes, stretch.outlook, state.there)
    plan = strategy.plan(problem, state.announced, window.end)
    went = execute(given, day, plan)
    published = given.history.published_spot(given.horizon(day, strategy.hours), window.start)
    record = DayRecord(
        day=day,
        decided_at=window.start,
        known_until=max(map(spec_of("spot").end, published), default=window.start),
        decision=decision_of(plan, window.end),
        went=went,
        note=note_of(plan),
    )
    return record, State(went.left, _announced(plan, day))


def _announced(plan: Plan, day: date) -> tuple[Batch, ...]:
    """What a plan has for the day after, without words: nobody reads them, and a kept chain holds none."""
    following = working_day(day + DAY)
    bare = (Batch(b.id, b.product, b.stage, b.machine, b.start, b.end, b.kg) for b in plan.batches)
    return tuple(b for b in bare if b.start in following)


def decision_of(plan: Plan, end: datetime) -> str:
    """A fingerprint of what a plan has run before a moment: when, what, and how much to a tenth of a kilogram."""
    begun = (f"{b.stage} {b.product} {b.start.isoformat()} {b.kg:.1f}" for b in plan.batches if b.start < end)
    return hashlib.sha256("\n".join(sorted(begun)).encode()).hexdigest()[:16]


def note_of(plan: Plan) -> str:
    """What must be told of how a day was decided; empty where all went as meant."""
    if plan.status is Status.INFEASIBLE:
        return "nothing keeps every limit, and the plant rests"
    if plan.problem.end_kg == {}:
        return "the tanks are not asked to be as full in the end, so that deliveries are kept"
    # A steady plan's gap has in it what staying costs; whether its own question was answered, the status says.
    if plan.status is Status.FEASIBLE and plan.solver.gap is not None:
        return "the solver's time was up: another machine may decide otherwise"
    return ""
