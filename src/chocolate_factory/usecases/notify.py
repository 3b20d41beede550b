"""Tell people: what of the alerts is news becomes notices, and somebody carries them.

An alert is told once when it is opened, once more for each severity above, and once when it is closed again where its
opening was told. One that comes and goes is told once it stays, unless it is critical. Alerts of one moment go out as
one message: a notice waits for its companions, and messages to one target keep their distance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chocolate_factory.domain.alarms.parts import NOTIFY_FAILED
from chocolate_factory.domain.notice import Delivery, Fate, Notice, NoticeState, louder
from chocolate_factory.domain.time import HOUR
from chocolate_factory.domain.work import Alert, AlertState, Severity
from chocolate_factory.ports import AlertLedger, Clock, Outbox
from chocolate_factory.usecases.alert_list import ALIVE, ENDED
from chocolate_factory.usecases.notice_words import closed, opened

#: How long an alarm waits for others of the same moment.
SETTLE = timedelta(seconds=10)
#: Between two messages of alarms to one target.
DISTANCE = timedelta(minutes=1)
#: An alert that is over before anybody was told is told within this where it is an information, and never else.
STILL_NEWS = HOUR
#: A closing is told within this.
ENDED_WITHIN = timedelta(hours=24)
#: A cause that is back within RESTLESS of its end comes and goes; it is news again once it has stayed for LASTING.
RESTLESS = timedelta(hours=6)
LASTING = HOUR
#: Alerts looked at; more are alive only where the ledger is broken.
MOST = 1000

OPENED, CLOSED = "opened", "closed"

Told = Mapping[tuple[str, str], Notice]


@dataclass(frozen=True, slots=True)
class Carriers:
    """Who carries notices to people, in processes of their own.

    Attributes:
        deliver: sends what is due; its counts.
        trial: sends a test message to every target.
    """

    deliver: Callable[[], dict[str, float]]
    trial: Callable[[], dict[str, Delivery]]


class Notify:
    """The deed, with its ports.

    Args:
        targets: the names of the ways to people, as the settings say now.
    """

    def __init__(
        self,
        alerts: AlertLedger,
        outbox: Outbox,
        clock: Clock,
        targets: Callable[[], Sequence[str]],
        carriers: Carriers,
        language: str,
    ) -> None:
        self._alerts = alerts
        self._outbox = outbox
        self._clock = clock
        self._targets = targets
        self._carriers = carriers
        self._language = language

    @property
    def targets(self) -> Sequence[str]:
        """The names of the ways to people."""
        return self._targets()

    # ------------------------------------------------------------------ what is news
    def gather(self) -> int:
        """Notices of what has happened to alerts and is not told yet; how many were made. Every second is meant."""
        now = self._clock.now()
        alive = self._alerts.alerts(ALIVE, limit=MOST)
        self._close_unreached(alive)
        if not self.targets:
            return 0
        ended = self._alerts.alerts(ENDED, limit=MOST, since=now - ENDED_WITHIN)
        return self._outbox.add(self._fresh(sorted([*ended, *alive], key=lambda a: a.id), now))

    def tell_once(self, key: str, title: str, body: str, severity: Severity = Severity.INFO) -> int:
        """Something that must not come twice, as a briefing, to every target that was not told it; to how many."""
        now = self._clock.now()
        return self._outbox.add(
            Notice(key, target, now, severity, title, body, next_try_at=now, once=True) for target in self.targets
        )

    def was_told(self, key: str) -> bool:
        """Whether something was put into the outbox, arrived or not."""
        return bool(self._outbox.notices({key}))

    def notified_at(self, alerts: Iterable[Alert]) -> dict[int, datetime]:
        """By alert, when its opening first arrived somewhere."""
        keys = {_key(alert, OPENED): alert.id for alert in alerts}
        first: dict[int, datetime] = {}
        for notice in self._outbox.notices(keys):
            if notice.sent_at is not None:
                first[keys[notice.key]] = min(notice.sent_at, first.get(keys[notice.key], notice.sent_at))
        return first

    # ------------------------------------------------------------------ and its way
    def pending(self) -> bool:
        """Whether there is something to carry."""
        return bool(self.targets) and self._outbox.due(self.targets, self._clock.now()) > 0

    def deliver(self) -> dict[str, float]:
        """Send what is due, in a process of its own.

        Returns:
            Counts: ``messages``, ``sent`` (notices in them), ``failed`` (tried again later), ``given_up``, ``unsure``;
            none where there is nobody to tell.

        Raises:
            ChocolateFactoryError: the process died or took too long; what it had claimed is sent after its lease.
            StoreError: the ledger cannot serve.
        """
        return self._carriers.deliver() if self.targets else {}

    def trial(self) -> dict[str, Delivery]:
        """A test message to every target, by its name how that ended; what arrives proves the way open."""
        ended = self._carriers.trial() if self.targets else {}
        for target, delivery in ended.items():
            if delivery.fate is Fate.ARRIVED:
                self._alerts.close_alert(NOTIFY_FAILED.about(target))
        return ended

    def forget(self, before: datetime) -> int:
        """Retention: drop notices made before, but of alerts that are alive; returns how many."""
        keep = [key for alert in self._alerts.alerts(ALIVE, limit=MOST) for key in _keys(alert)]
        return self._outbox.forget(before, keep)

    # ------------------------------------------------------------------ inside
    def _close_unreached(self, alive: Sequence[Alert]) -> None:
        """A target that is no target any more is no trouble any more."""
        wanted = {NOTIFY_FAILED.about(target) for target in self.targets}
        for alert in alive:
            if NOTIFY_FAILED.knows(alert.cause) and alert.cause not in wanted:
                self._alerts.close_alert(alert.cause)

    def _fresh(self, alerts: Sequence[Alert], now: datetime) -> list[Notice]:
        told = {(n.key, n.target): n for n in self._outbox.notices([key for alert in alerts for key in _keys(alert)])}
        restless = _restless(alerts, now)
        news = [
            (alert, target, event)
            for target in self.targets
            for alert in alerts
            if alert.id not in restless or any((key, target) in told for key in _keys(alert))
            if (event := _news(alert, target, told, now)) is not None
        ]
        last = self._outbox.last_sent() if news else {}
        return [self._notice(*one, now, _due(last.get(one[1]), now)) for one in news]

    def _notice(self, alert: Alert, target: str, event: str, now: datetime, due: datetime) -> Notice:
        title, body = (closed if event == CLOSED else opened)(alert, self._language)
        severity = Severity.INFO if event == CLOSED else alert.severity
        return Notice(_key(alert, event), target, now, severity, title, body, due)


def _restless(alerts: Sequence[Alert], now: datetime) -> set[int]:
    """Those that are back soon after they ended and have not stayed yet; of alerts by age."""
    found, ends = set[int](), dict[str, datetime]()
    for alert in alerts:
        end = ends.get(alert.cause)
        back = end is not None and alert.opened_at - end < RESTLESS and alert.severity is not Severity.CRITICAL
        if back and (alert.closed_at or now) - alert.opened_at < LASTING:
            found.add(alert.id)
        if alert.closed_at is not None:
            ends[alert.cause] = alert.closed_at
    return found


def _news(alert: Alert, target: str, told: Told, now: datetime) -> str | None:
    """What of an alert a target should be told now: that it is open, graver than said, or closed; None for nothing."""
    if alert.cause == NOTIFY_FAILED.about(target):
        return None
    known = [told[key, target] for key in _keys(alert) if (key, target) in told]
    if alert.state is AlertState.CLOSED:
        return _news_of_its_end(alert, known, now)
    if not known:
        return OPENED if alert.state is AlertState.OPEN else None
    graver = all(louder(alert.severity, n.severity) for n in known)
    return alert.severity.value if graver else None


def _news_of_its_end(alert: Alert, known: Sequence[Notice], now: datetime) -> str | None:
    if not known:
        unseen = alert.severity is Severity.INFO and alert.acknowledged_at is None
        return OPENED if unseen and now - alert.opened_at <= STILL_NEWS else None
    if any(n.key == _key(alert, CLOSED) for n in known):
        return None
    alarmed = any(n.severity is not Severity.INFO and n.state is not NoticeState.GIVEN_UP for n in known)
    return CLOSED if alarmed else None


def _due(last: datetime | None, now: datetime) -> datetime:
    return max(now + SETTLE, last + DISTANCE) if last else now + SETTLE


def _keys(alert: Alert) -> list[str]:
    return [_key(alert, event) for event in (OPENED, CLOSED, *Severity)]


def _key(alert: Alert, event: str) -> str:
    return f"alert:{alert.id}:{event}"
