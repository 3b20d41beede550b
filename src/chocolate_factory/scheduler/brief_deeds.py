"""Tomorrow's plan told every evening; what is late, prices or the plan itself, is waited for and then told."""

from __future__ import annotations

from contextlib import suppress

from chocolate_factory.domain.errors import BusyError, NotYetError
from chocolate_factory.domain.work import Outcome
from chocolate_factory.scheduler.spec import Context, Result
from chocolate_factory.wiring import House

PRICES_CAME = "prices came"
PLAN_CAME = "a plan came"


def daily_briefing(house: House, _context: Context) -> Result:
    """Plan with what is published by now, and tell it; without any plan there is nothing to tell yet."""
    if trigger := house.optimise.outdated():
        with suppress(BusyError, NotYetError):  # it is being made, or cannot be: the plan in force is told
            house.optimise(trigger)
    try:
        briefing, told = house.brief.tell()
    except NotYetError as e:
        return Result(Outcome.NOTHING, {"targets": len(house.notify.targets), "told": 0}, str(e))
    counts: dict[str, float] = {"targets": len(house.notify.targets), "told": told, "prices_late": briefing.late}
    return Result(Outcome.DONE, counts)


def brief_where_due(house: House) -> dict[str, str]:
    """The job that tells what could not be told in the evening, once plan and prices are there; see ``Result.then``."""
    last = house.jobs.last_run("daily_briefing")
    unsaid = last is not None and last.outcome is Outcome.NOTHING
    if not (unsaid or house.brief.waits()) or house.optimise.outdated():
        return {}
    try:
        late = house.brief.compose().late
    except NotYetError:
        return {}
    if unsaid:
        return {"daily_briefing": PLAN_CAME}
    return {} if late else {"daily_briefing": PRICES_CAME}
