"""Alerts with their life: open, acknowledged, closed."""

from __future__ import annotations

import threading

import sqlalchemy as sa

from chocolate_factory.adapters.ledger.schema import alerts
from chocolate_factory.domain.work import Alert, AlertState, Severity
from chocolate_factory.ports import Clock

ALIVE = (AlertState.OPEN.value, AlertState.ACKNOWLEDGED.value)


class SqlAlertLedger:
    """An ``AlertLedger`` behind SQLAlchemy."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._lock = threading.Lock()  # look and insert are one step

    def raise_alert(self, cause: str, severity: Severity, message: str, action: str) -> tuple[Alert, bool]:
        """Open it, or count it where one of its cause is alive; True when it is new."""
        now = self._clock.now()
        with self._lock, self._engine.begin() as c:
            row = c.execute(_alive(cause)).first()
            if row is None:
                values = {
                    "cause": cause, "severity": severity.value, "state": AlertState.OPEN.value, "message": message,
                    "action": action, "opened_at": now, "last_seen_at": now, "times": 1,
                }  # fmt: skip
                key = c.execute(sa.insert(alerts).values(**values)).inserted_primary_key
                assert key is not None  # noqa: S101  an autoincrement column has one
                return self._get(c, key[0]), True
            seen = {"last_seen_at": now, "times": row.times + 1, "message": message, "severity": severity.value}
            c.execute(sa.update(alerts).where(alerts.c.id == row.id).values(**seen))
            return self._get(c, row.id), False

    def close_alert(self, cause: str) -> Alert | None:
        """The cause is gone; None when none was open."""
        with self._lock, self._engine.begin() as c:
            row = c.execute(_alive(cause)).first()
            if row is None:
                return None
            ending = {"state": AlertState.CLOSED.value, "closed_at": self._clock.now()}
            c.execute(sa.update(alerts).where(alerts.c.id == row.id).values(**ending))
            return self._get(c, row.id)

    def acknowledge(self, alert_id: int) -> Alert | None:
        """Somebody has seen it; a closed one stays closed. None when there is no such alert."""
        seen = {"state": AlertState.ACKNOWLEDGED.value, "acknowledged_at": self._clock.now()}
        with self._lock, self._engine.begin() as c:
            where = (alerts.c.id == alert_id) & (alerts.c.state == AlertState.OPEN.value)
            c.execute(sa.update(alerts).where(where).values(**seen))
            row = c.execute(sa.select(alerts).where(alerts.c.id == alert_id)).first()
        return _alert(row) if row else None

    def alerts(self, states: frozenset[AlertState] | None = None, limit: int = 100) -> list[Alert]:
        """The newest first."""
        query = sa.select(alerts).order_by(alerts.c.opened_at.desc(), alerts.c.id.desc()).limit(limit)
        if states is not None:
            query = query.where(alerts.c.state.in_([s.value for s in states]))
        with self._engine.connect() as c:
            return [_alert(r) for r in c.execute(query)]

    @staticmethod
    def _get(c: sa.Connection, alert_id: int) -> Alert:
        return _alert(c.execute(sa.select(alerts).where(alerts.c.id == alert_id)).one())


def _alive(cause: str) -> sa.Select[tuple[object, ...]]:
    return sa.select(alerts).where((alerts.c.cause == cause) & alerts.c.state.in_(ALIVE))


def _alert(row: sa.Row[tuple[object, ...]]) -> Alert:
    values = dict(row._mapping)
    return Alert(**{**values, "severity": Severity(values["severity"]), "state": AlertState(values["state"])})
