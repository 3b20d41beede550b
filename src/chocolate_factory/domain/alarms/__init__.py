"""Every alarm there is, room by room. The runbook in ``docs/operate.md`` is rendered from it."""

from __future__ import annotations

from typing import Final

from chocolate_factory.domain.alarms import data, ends, jobs, parts, plans
from chocolate_factory.domain.alarms.alarm import Alarm, Cause, Ends, Trouble, Words

#: By pattern, in the runbook's order.
CATALOGUE: Final = {
    alarm.pattern: alarm
    for room in (parts, jobs, data, ends, plans)
    for alarm in vars(room).values()
    if isinstance(alarm, Alarm)
}


def alarm_of(cause: str) -> Alarm | None:
    """Whose cause it is; None for one that an older version raised."""
    return next((alarm for alarm in CATALOGUE.values() if alarm.knows(cause)), None)


__all__ = ["CATALOGUE", "Alarm", "Cause", "Ends", "Trouble", "Words", "alarm_of"]
