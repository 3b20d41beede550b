"""What a person should know."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query

from chocolate_factory.domain.alarms import alarm_of
from chocolate_factory.domain.errors import NotFoundError
from chocolate_factory.domain.time import parse_moment
from chocolate_factory.domain.work import Alert, AlertState
from chocolate_factory.usecases.alert_list import alive_first
from chocolate_factory.web.auth import Changes
from chocolate_factory.web.errors import responses
from chocolate_factory.web.schemas import AlertOut, AlertsOut, Sentence
from chocolate_factory.web.state import HouseOf
from chocolate_factory.wiring import House

router = APIRouter(tags=["alerts"])

Since = Annotated[
    str | None,
    Query(description="Only those opened or closed from then on; ISO 8601", examples=["2026-03-29"], max_length=40),
]


@router.get("/alerts", summary="Open and recent alerts")
def alerts(
    house: HouseOf,
    state: Annotated[list[AlertState] | None, Query(description="Only these states; all by default")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    since: Since = None,
) -> AlertsOut:
    """Those that are not closed first, then the newest; by state, and since when they were opened or closed."""
    states = frozenset(state or AlertState)
    found = alive_first(house.alerts, states, limit, parse_moment(since, "since") if since else None)
    return alerts_out(house, found)


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
    return alerts_out(house, [alert]).alerts[0]


def alerts_out(house: House, found: list[Alert]) -> AlertsOut:
    """Alerts for the wire, each with when somebody was told."""
    notified = house.notify.notified_at(found)
    return AlertsOut(alerts=[alert_out(a, notified.get(a.id)) for a in found])


def alert_out(alert: Alert, notified_at: datetime | None = None) -> AlertOut:
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
        notified_at=notified_at,
        times=alert.times,
    )
