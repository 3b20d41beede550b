"""Alerts with their life: open, acknowledged, closed."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from chocolate_factory.adapters.ledger.schema import alerts, transaction
from chocolate_factory.domain.alarms import Cause
from chocolate_factory.domain.work import Alert, AlertState, Severity
from chocolate_factory.ports import Clock


class SqlAlertLedger:
    """An ``AlertLedger`` behind SQLAlchemy."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def raise_alert(self, cause: Cause, severity: Severity, message: str, action: str) -> tuple[Alert, bool]:
        """Open it, or count it where one of its cause is alive; True when it is new."""
        seen = {"last_seen_at": self._clock.now(), "message": message, "severity": severity.value, "action": action}
        counted = self._count(cause, seen)
        while counted is None:
            try:
                return self._open(cause, seen), True
            except sa.exc.IntegrityError:  # somebody else opened it in between
                counted = self._count(cause, seen)
        return counted, False

    def _count(self, cause: str, seen: dict[str, object]) -> Alert | None:
        with transaction(self._engine) as c:
            counting = sa.update(alerts).where(_alive(cause)).values(**seen, times=alerts.c.times + 1)
            if not c.execute(counting).rowcount:
                return None
            return _alert(c.execute(sa.select(alerts).where(_alive(cause))).one())

    def _open(self, cause: str, seen: dict[str, object]) -> Alert:
        values = {**seen, "cause": cause, "state": AlertState.OPEN.value, "opened_at": seen["last_seen_at"], "times": 1}
        with transaction(self._engine) as c:
            key = c.execute(sa.insert(alerts).values(**values)).inserted_primary_key
            assert key is not None  # noqa: S101  an autoincrement column has one
            return _alert(c.execute(sa.select(alerts).where(alerts.c.id == key[0])).one())

    def close_alert(self, cause: str) -> Alert | None:
        """The cause is gone; None when none was open."""
        ending = {"state": AlertState.CLOSED.value, "closed_at": self._clock.now()}
        with transaction(self._engine) as c:
            row = c.execute(sa.select(alerts.c.id).where(_alive(cause))).first()
            if row is None:
                return None
            c.execute(sa.update(alerts).where((alerts.c.id == row.id) & _alive(cause)).values(**ending))
            return _alert(c.execute(sa.select(alerts).where(alerts.c.id == row.id)).one())

    def acknowledge(self, alert_id: int) -> Alert | None:
        """Somebody has seen it; a closed one stays closed. None when there is no such alert."""
        if not 0 < alert_id < 2**31:  # larger than any that a database gives
            return None
        seen = {"state": AlertState.ACKNOWLEDGED.value, "acknowledged_at": self._clock.now()}
        with transaction(self._engine) as c:
            where = (alerts.c.id == alert_id) & (alerts.c.state == AlertState.OPEN.value)
            c.execute(sa.update(alerts).where(where).values(**seen))
            row = c.execute(sa.select(alerts).where(alerts.c.id == alert_id)).first()
        return _alert(row) if row else None

    def alerts(
        self, states: frozenset[AlertState] | None = None, limit: int = 100, since: datetime | None = None
    ) -> list[Alert]:
        """The newest first; with ``since`` those opened or closed from that moment on."""
        query = sa.select(alerts).order_by(alerts.c.opened_at.desc(), alerts.c.id.desc()).limit(limit)
        if states is not None:
            query = query.where(alerts.c.state.in_([s.value for s in states]))
        if since is not None:
            query = query.where((alerts.c.opened_at >= since) | (alerts.c.closed_at >= since))
        with transaction(self._engine) as c:
            return [_alert(r) for r in c.execute(query)]


def _alive(cause: str) -> sa.ColumnElement[bool]:
    return (alerts.c.cause == cause) & (alerts.c.state != AlertState.CLOSED.value)


def _alert(row: sa.Row[tuple[object, ...]]) -> Alert:
    values = dict(row._mapping)
    return Alert(**{**values, "severity": Severity(values["severity"]), "state": AlertState(values["state"])})
