"""The plan made again, on the timetable and when prices come."""

from __future__ import annotations

from chocolate_factory.domain.alarms.plans import PLAN_INPUTS
from chocolate_factory.domain.errors import BusyError, InputError, NotYetError
from chocolate_factory.domain.plan import Status
from chocolate_factory.domain.work import Outcome
from chocolate_factory.scheduler.spec import Context, Result
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.usecases.tell import tell
from chocolate_factory.wiring import House


def production_optimization(house: House, context: Context) -> Result:
    """Plan again inside the stability rules."""
    try:
        record = house.optimise("schedule")
    except BusyError as e:
        return Result(Outcome.SKIPPED, {}, str(e))
    except (InputError, NotYetError) as e:
        if context.note != "made up":  # right after start the catch-up has yet to bring what is missing, and then plans
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
    return Result(Outcome.FAILED if failed else Outcome.DONE, counts, plan.note if failed else "")


def plan_where_due(house: House) -> None:
    """Ask for a new plan in the background where there is none, or where prices came that it had to guess."""

    def plan(_progress: Progress) -> str:
        now_due = house.optimise.outdated()  # another run may have made it meanwhile
        try:
            return f"plan {house.optimise(now_due).id}" if now_due else "a plan was made meanwhile"
        except BusyError:
            return "a plan is being made already"

    if trigger := house.optimise.outdated():
        house.workshop.start(f"plan: {trigger}", plan)
