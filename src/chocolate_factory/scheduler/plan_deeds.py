"""The plan made again, on the timetable and when prices come."""

from __future__ import annotations

from chocolate_factory.domain.alarms.plans import PLAN_INPUTS
from chocolate_factory.domain.errors import BusyError, InputError, NotYetError
from chocolate_factory.domain.plan import Status
from chocolate_factory.domain.work import Outcome
from chocolate_factory.scheduler.spec import MADE_UP, Context, Result
from chocolate_factory.usecases.tell import tell
from chocolate_factory.wiring import House

#: Why a plan is made before its time; see ``Optimise.outdated``.
EARLIER = frozenset({"first", "expired", "new prices"})


def production_optimization(house: House, context: Context) -> Result:
    """Plan again inside the stability rules."""
    try:
        record = house.optimise(context.note if context.note in EARLIER else "schedule")
    except BusyError as e:
        return Result(Outcome.SKIPPED, {}, str(e))
    except (InputError, NotYetError) as e:
        if context.note == MADE_UP and isinstance(e, NotYetError):
            # right after a start the catch-up has yet to bring what is missing, and then asks for a plan
            return Result(Outcome.SKIPPED, {}, str(e))
        tell(house.alerts, PLAN_INPUTS.trouble(f"No new plan: {e}"))
        return Result(Outcome.FAILED, {}, str(e))
    house.alerts.close_alert(PLAN_INPUTS.about())
    plan = record.planned.plan
    counts = {
        "batches": len(plan.batches),
        "moved": sum(not b.held for b in plan.batches),
        "late_kg_h": round(plan.late_kg_h, 1),
        "seconds": round(plan.solver.seconds, 2),
    }
    failed = plan.status is Status.INFEASIBLE
    # Prices that came while this one was made could not ask for another; that one is asked for nothing again.
    then = {} if context.note in EARLIER else plan_where_due(house)
    return Result(Outcome.FAILED if failed else Outcome.DONE, counts, plan.note if failed else "", then)


def plan_where_due(house: House) -> dict[str, str]:
    """The job that makes a plan, where there is none or prices came that it had to guess; see ``Result.then``."""
    trigger = house.optimise.outdated()
    return {"production_optimization": trigger} if trigger else {}
