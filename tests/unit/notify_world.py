"""A brain with alerts, an outbox and ways to people that are lists; a clock that stands still."""

from __future__ import annotations

from datetime import datetime, timedelta

from fakes import at

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.ledger import SqlAlertLedger, SqlOutbox, open_ledger
from chocolate_factory.adapters.memory_notifier import MemoryNotifier
from chocolate_factory.domain.notice import Delivery, Fate, Message
from chocolate_factory.domain.work import Alert, Severity
from chocolate_factory.usecases.deliver import Deliver
from chocolate_factory.usecases.notify import DISTANCE, Carriers, Notify

NOW = at("2026-11-30T21:00")
AWAY = Delivery(Fate.REFUSED, "it cannot be reached")
BROKE = Delivery(Fate.UNSURE, "it did not say that it took it")


class Desk:
    """Who tells people, on one ledger in memory."""

    def __init__(self, *targets: str, language: str = "es", now: datetime = NOW) -> None:
        self.clock = FixedClock(now)
        self.engine = open_ledger("sqlite://")
        self.alerts = SqlAlertLedger(self.engine, self.clock)
        self.outbox = SqlOutbox(self.engine)
        self.people = MemoryNotifier(*targets)
        self.carry = Deliver(self.outbox, self.alerts, self.people, self.clock, language)
        carriers = Carriers(self.carry, dict)
        self.notify = Notify(self.alerts, self.outbox, self.clock, lambda: self.people.targets, carriers, language)

    def close(self) -> None:
        self.engine.dispose()

    def alarm(self, cause: str = "down:store", severity: Severity = Severity.CRITICAL) -> Alert:
        """It is seen (again)."""
        return self.alerts.raise_alert(cause, severity, f"{cause} is wrong.", "Mend it.")[0]

    def later(self, **span: float) -> list[Message]:
        """So much later, what people got since."""
        self.clock.sleep(timedelta(**span).total_seconds())
        return [message for _, message in self.round()]

    def round(self) -> list[tuple[str, Message]]:
        """What a tick does, and what arrived by it, where."""
        before = len(self.people.arrived)
        self.notify.gather()
        if self.notify.pending():
            self.notify.deliver()
        return self.people.arrived[before:]

    def told(self, minutes: float = 2 * DISTANCE / timedelta(minutes=1)) -> list[str]:
        """Titles of what people get in the next minutes, tick by tick."""
        titles = [message.title for message in self.later(seconds=0)]
        step = 15 if minutes < 5 else 120
        for _ in range(round(minutes * 60 / step)):
            titles += [message.title for message in self.later(seconds=step)]
        return titles
