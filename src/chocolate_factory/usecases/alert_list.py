"""Open and recent alerts, as people read them."""

from __future__ import annotations

from datetime import datetime

from chocolate_factory.domain.work import Alert, AlertState
from chocolate_factory.ports import AlertLedger

ALIVE = frozenset({AlertState.OPEN, AlertState.ACKNOWLEDGED})
ENDED = frozenset({AlertState.CLOSED})


def alive_first(
    ledger: AlertLedger, states: frozenset[AlertState] = ALIVE | ENDED, limit: int = 100, since: datetime | None = None
) -> list[Alert]:
    """Those that are not closed, however old, then those that are; each the newest first.

    Args:
        limit: for both together; what is closed makes room for what is not.
        since: only those opened or closed from that moment on.
    """
    alive = ledger.alerts(states & ALIVE, limit, since)
    return [*alive, *ledger.alerts(states & ENDED, limit - len(alive), since)]
