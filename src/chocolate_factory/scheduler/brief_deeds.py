"""Tomorrow's plan told every evening; while prices are late, that, and the rest when they come."""

from __future__ import annotations

from contextlib import suppress

from chocolate_factory.domain.errors import BusyError, NotYetError
from chocolate_factory.domain.work import Outcome
from chocolate_factory.scheduler.spec import Context, Result
from chocolate_factory.wiring import House

PRICES_CAME = "prices came"


def daily_briefing(house: House, _context: Context) -> Result:
    """Plan with what is published by now, and tell it."""
    if trigger := house.optimise.outdated():
        with suppress(BusyError, NotYetError):  # it is being made, or cannot be: the plan in force is told
            house.optimise(trigger)
    briefing, told = house.brief.tell()
    counts: dict[str, float] = {"targets": len(house.notify.targets), "told": told, "prices_late": briefing.late}
    return Result(Outcome.DONE, counts)


def brief_where_due(house: House) -> dict[str, str]:
    """The job that tells the rest, once the prices that were missing are in the plan; see ``Result.then``."""
    due = house.brief.waits() and not house.optimise.outdated() and not house.brief.compose().late
    return {"daily_briefing": PRICES_CAME} if due else {}
