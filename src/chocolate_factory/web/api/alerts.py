"""What a person should know."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from chocolate_factory.domain.alarms import alarm_of
from chocolate_factory.domain.errors import NotFoundError
from chocolate_factory.domain.work import Alert, AlertState
from chocolate_factory.web.auth import Changes
from chocolate_factory.web.errors import responses
from chocolate_factory.web.schemas import AlertOut, AlertsOut, Sentence
from chocolate_factory.web.state import HouseOf

router = APIRouter(tags=["alerts"])


@router.get("/alerts", summary="Open and recent alerts")
def alerts(house: HouseOf, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> AlertsOut:
    """Those that are not closed first, then the newest."""
    found = sorted(house.alerts.alerts(limit=limit), key=lambda a: a.state is AlertState.CLOSED)
    return AlertsOut(alerts=[alert_out(a) for a in found])


@router.post("/alerts/{id}/acknowledge", summary="Somebody has seen it", responses=responses(404))
def acknowledge_alert(
    house: HouseOf,
    _allowed: Changes,
    id: Annotated[int, Path(ge=1, le=2**31 - 1)],  # noqa: A002  the contract's name
) -> AlertOut:
    """It stays until its cause is gone, and is not sent again."""
    alert = house.alerts.acknowledge(id)
    if alert is None:
        raise NotFoundError("id", id, "the id of an alert; GET /alerts lists them")
    return alert_out(alert)


def alert_out(alert: Alert) -> AlertOut:
    """An alert for the wire, with the runbook's words."""
    alarm = alarm_of(alert.cause)
    return AlertOut(
        id=alert.id,
        cause=alert.cause,
        severity=alert.severity,
        state=alert.state,
        message=alert.message,
        action=alert.action,
        meaning=Sentence(es=alarm.es.meaning, en=alarm.en.meaning) if alarm else None,
        remedy=Sentence(es=alarm.es.action, en=alarm.en.action) if alarm else None,
        opened_at=alert.opened_at,
        last_seen_at=alert.last_seen_at,
        closed_at=alert.closed_at,
        acknowledged_at=alert.acknowledged_at,
        times=alert.times,
    )
