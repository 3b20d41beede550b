"""Alerts raised by what is wrong, and closed once it is not.

Invariants:
    Every alert comes from an alarm of the catalogue: nothing else calls ``AlertLedger.raise_alert``.
    An alert is closed by the look that would have found its cause, and by no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chocolate_factory.domain.alarms import Alarm, Ends, Trouble
from chocolate_factory.domain.work import Alert, AlertState
from chocolate_factory.ports import AlertLedger

ALIVE: Final = frozenset({AlertState.OPEN, AlertState.ACKNOWLEDGED})
#: More than can be alive: every alarm for every job, series, source and file.
MOST_ALIVE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Look:
    """What was looked for, and what was found.

    Attributes:
        looked_for: alarms whose every cause was looked at; what is not found of them is over.
        unknown: causes of which nobody could say anything: what was said of them before stands.
    """

    looked_for: tuple[Alarm, ...] = ()
    found: tuple[Trouble, ...] = ()
    unknown: tuple[str, ...] = ()


def tell(alerts: AlertLedger, trouble: Trouble) -> tuple[Alert, bool]:
    """Open its alert, or count it; True when it is new. A record is closed at once."""
    told = alerts.raise_alert(trouble.cause, trouble.severity, trouble.message, trouble.action)
    if trouble.alarm.ends is Ends.AT_ONCE:
        alerts.close_alert(trouble.cause)
    return told


def keep_to(alerts: AlertLedger, looks: Sequence[Look]) -> None:
    """Raise what was found; close what was looked for and was not."""
    for look in looks:
        for trouble in look.found:
            tell(alerts, trouble)
    stands = {cause for look in looks for cause in (*look.unknown, *(trouble.cause for trouble in look.found))}
    looked_for = [alarm for look in looks for alarm in look.looked_for]
    for alert in alerts.alerts(ALIVE, limit=MOST_ALIVE):
        if alert.cause not in stands and any(alarm.knows(alert.cause) for alarm in looked_for):
            alerts.close_alert(alert.cause)
