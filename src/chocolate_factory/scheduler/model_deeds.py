"""What the models do on the timetable: predict every half hour, and learn when there is a reason."""

from __future__ import annotations

from chocolate_factory.domain.alarms.plans import ADVICE
from chocolate_factory.domain.errors import BusyError
from chocolate_factory.domain.plan import Level
from chocolate_factory.domain.work import Outcome, Severity
from chocolate_factory.scheduler.spec import Context, Result
from chocolate_factory.usecases.predict import Advice
from chocolate_factory.usecases.tell import tell
from chocolate_factory.wiring import House


def ml_predictions(house: House, _context: Context) -> Result:
    """Prices forecast where something has changed; both predictions of this hour, stored with the model's version."""
    forecasts = house.forecasts.refresh(house.clock.now())
    count, advice = house.predict.refresh()
    _tell(house, advice)
    counts: dict[str, float] = {
        "forecasts": forecasts.made,
        "written": forecasts.count.written + count.written,
        "advised": advice is not None,
    }
    problems = " ".join(forecasts.problems.values())
    return Result(Outcome.DONE if counts["written"] else Outcome.NOTHING, counts, problems)


def _tell(house: House, advice: Advice | None) -> None:
    """An alert while the advice is to run less, or not at all; in the hours without crew nobody need be told."""
    now = house.clock.now()
    if advice is None or advice.level not in (Level.REDUCED, Level.HALT) or not house.plant().crew.present(now):
        house.alerts.close_alert(ADVICE.about())
        return
    severity = Severity.WARNING if advice.level is Level.HALT else Severity.INFO
    why = " ".join(reason[house.language] for reason in advice.reasons)
    tell(house.alerts, ADVICE.trouble(f"{advice.level.value}: {why}", severity=severity))


def ml_training(house: House, _context: Context) -> Result:
    """Look at the registry and at drift, settle what the shadow has proved, and train what there is a reason for."""
    registry = house.models.refresh()
    drift = house.drift()
    counts: dict[str, float] = {"drift": len(drift.all_findings)}
    if not registry.connected:
        return Result(Outcome.FAILED, counts, registry.error)
    counts["promoted"] = house.models.settle_due()
    due = house.models.due()
    try:
        trained = house.models.train(due) if due else []
    except BusyError as e:  # somebody asked for a training of their own
        return Result(Outcome.SKIPPED, counts, str(e))
    counts |= {"due": len(due), "trained": sum(one.challenger is not None for one in trained)}
    counts["promoted"] += sum(one.verdict is not None and one.verdict.promote for one in trained)
    return Result(Outcome.DONE, counts, " ".join(f"{one.name}: {one.problem}" for one in trained if one.problem))
