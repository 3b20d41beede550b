"""A run in its own process: what the brain orders, and what the child does with it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from chocolate_factory.domain.errors import ChocolateFactoryError, StoppedError
from chocolate_factory.domain.work import Outcome
from chocolate_factory.scheduler.jobs import TIMETABLE
from chocolate_factory.scheduler.spec import Context, JobSpec, Result
from chocolate_factory.settings import Settings
from chocolate_factory.wiring import House, build

log = structlog.get_logger(__name__)

#: What a run that is told to stop may still take for the step it is at, s.
GRACE_S = 4.0


@dataclass(frozen=True)
class Order:
    """What a child needs to know of its run; all of it can be pickled.

    Attributes:
        world: ``real`` or ``simulated``.
        brain: in whose name it works.
    """

    settings: Settings
    world: str
    brain: str
    job_id: str
    note: str
    off_since: datetime | None


@dataclass(frozen=True)
class Errand:
    """A run that has been claimed, as whoever does it sees it.

    Attributes:
        unwanted: whether it should stop: the service does, or another brain has taken the run over.
    """

    spec: JobSpec
    note: str
    off_since: datetime | None
    unwanted: Callable[[], bool]


def in_a_child(house: House, errand: Errand) -> Result:
    """Do it in a process of its own, killed at its limit.

    Raises:
        OverTimeError: at its limit.
        StoppedError: it became unwanted.
        ChocolateFactoryError: the process died.
    """
    brain = house.jobs.pulse.brain
    order = Order(house.settings, house.world, brain, errand.spec.id, errand.note, errand.off_since)
    result: Result = house.child.call(
        "chocolate_factory.scheduler.work:do",
        order,
        errand.spec.limit_s,
        grace_s=GRACE_S,
        unwanted=errand.unwanted,
    )
    return result


def in_this_thread(house: House, errand: Errand) -> Result:
    """Do it here and now: for a command that runs one job, and for trials."""
    context = Context(errand.note, errand.off_since, errand.unwanted)
    return outcome_of(lambda: errand.spec.deed(house, context))


def do(order: Order) -> Result:
    """In the child: open the house, do the deed, close the house."""
    house = build(order.settings, demo=order.world == "simulated", brain=order.brain)
    signal.signal(signal.SIGTERM, lambda _number, _frame: house.clock.stopping.set())
    house.reload_keys()
    spec = next(spec for spec in TIMETABLE if spec.id == order.job_id)
    context = Context(order.note, order.off_since, house.clock.stopping.is_set)
    try:
        return outcome_of(lambda: spec.deed(house, context))
    finally:
        house.close()


def outcome_of(deed: Callable[[], Result]) -> Result:
    """What a deed brought, whatever happened in it."""
    try:
        return deed()
    except StoppedError as e:
        return Result(Outcome.STOPPED, {}, str(e))
    except ChocolateFactoryError as e:
        log.warning("run failed", error=str(e))
        return Result(Outcome.FAILED, {}, str(e))
    except Exception as e:
        log.exception("run broke")
        return Result(Outcome.FAILED, {}, f"internal error: {type(e).__name__}: {e}")
