"""Is it alive, is the data whole, what ends soon: ``Watch`` is the deed, the other files are what it looks at.

``parts`` (store, ledger, disk, plant file, upstreams), ``jobs`` (the dead-man's switch), ``data`` (what did not come,
came late or stands still), ``ends`` (tables, calendars, certificates).
"""

from chocolate_factory.usecases.watch.data import Freshness
from chocolate_factory.usecases.watch.jobs import HEALTH_CHECK, Duty, Rhythm, Watchdog, overdue
from chocolate_factory.usecases.watch.parts import DEGRADED, DOWN, OK, UNKNOWN
from chocolate_factory.usecases.watch.watch import Watch

__all__ = [
    "DEGRADED",
    "DOWN",
    "HEALTH_CHECK",
    "OK",
    "UNKNOWN",
    "Duty",
    "Freshness",
    "Rhythm",
    "Watch",
    "Watchdog",
    "overdue",
]
