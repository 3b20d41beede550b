"""Carry notices to people, with one policy of trying again.

Alarms may come twice rather than never: one that was being sent when the process was killed is sent again. What is
marked ``once`` may stay away rather than come twice: it is tried again only where it is sure that it did not arrive.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from chocolate_factory.domain.alarms.parts import NOTIFY_FAILED, NOTIFY_UNSURE
from chocolate_factory.domain.notice import GIVE_UP_AFTER, Delivery, Fate, Notice, NoticeState, pause_after
from chocolate_factory.domain.time import HOUR, isoformat_madrid
from chocolate_factory.domain.work import Severity
from chocolate_factory.ports import AlertLedger, Clock, Notifier, Outbox
from chocolate_factory.usecases.notice_words import one_message
from chocolate_factory.usecases.notify import CLOSED
from chocolate_factory.usecases.tell import tell

#: No further try begins after so long, s; with the longest try it stays below the limit of the process.
BEGIN_S = 60.0
#: A claim holds for so long, s: longer than the process may live.
LEASE_S = 150.0
#: A target that nothing reaches for so long is told to the others.
PATIENCE = HOUR
COUNTS = ("messages", "sent", "failed", "given_up", "unsure")


class Deliver:
    """The deed, with its ports; targets side by side, for one that hangs must not hold up an alarm to another."""

    def __init__(self, outbox: Outbox, alerts: AlertLedger, notifier: Notifier, clock: Clock, language: str) -> None:
        self._outbox = outbox
        self._alerts = alerts
        self._notifier = notifier
        self._clock = clock
        self._language = language

    def __call__(self) -> dict[str, float]:
        """Send what is due.

        Returns:
            Counts: ``messages``, ``sent`` (notices in them), ``failed`` (tried again later), ``given_up``, ``unsure``.
        """
        counts = Counter[str]()
        targets = self._notifier.targets
        if targets:
            with ThreadPoolExecutor(len(targets)) as pool:
                for of_target in pool.map(self._to, targets):
                    counts.update(of_target)
        return {name: float(counts[name]) for name in COUNTS}

    def _to(self, target: str) -> Counter[str]:
        counts = Counter(unsure=self._tell_cut_off(target))
        begun = self._clock.monotonic()
        while self._clock.monotonic() - begun < BEGIN_S:
            claimed = self._outbox.claim(target, self._clock.now(), LEASE_S)
            if not claimed:
                break
            counts.update(self._carry(target, claimed))
        return counts

    def _carry(self, target: str, claimed: Sequence[Notice]) -> Counter[str]:
        delivery = self._notifier.send(target, one_message(claimed, self._language))
        if delivery.fate is Fate.ARRIVED:
            now = self._clock.now()
            self._outbox.settle(replace(n, state=NoticeState.SENT, sent_at=now, error="") for n in claimed)
            self._alerts.close_alert(NOTIFY_FAILED.about(target))
            return Counter(messages=1, sent=len(claimed))
        return self._in_vain(target, claimed, delivery)

    def _in_vain(self, target: str, claimed: Sequence[Notice], delivery: Delivery) -> Counter[str]:
        after = _with_their_ends([self._after(notice, delivery) for notice in claimed])
        self._outbox.settle(after)
        for notice in after:
            if notice.state is NoticeState.UNSURE:
                self._tell_unsure(notice)
        states = Counter(notice.state for notice in after)
        self._tell_unreached(target, after, states[NoticeState.GIVEN_UP])
        return Counter(
            failed=states[NoticeState.WAITING],
            given_up=states[NoticeState.GIVEN_UP],
            unsure=states[NoticeState.UNSURE],
        )

    def _after(self, notice: Notice, delivery: Delivery) -> Notice:
        """A notice after a try in vain."""
        tried = replace(notice, attempts=notice.attempts + 1, error=delivery.why)
        if notice.once and delivery.fate is Fate.UNSURE:
            return replace(tried, state=NoticeState.UNSURE)
        again = self._clock.now() + pause_after(tried.attempts)
        if again > notice.created_at + GIVE_UP_AFTER:
            return replace(tried, state=NoticeState.GIVEN_UP)
        return replace(tried, state=NoticeState.WAITING, next_try_at=again)

    # ------------------------------------------------------------------ what a person should know of it
    def _tell_cut_off(self, target: str) -> int:
        lost = self._outbox.cut_off(target)
        for notice in lost:
            self._tell_unsure(notice)
        return len(lost)

    def _tell_unsure(self, notice: Notice) -> None:
        """Told once, and nothing that could be well again."""
        message = f"“{notice.title}” may not have arrived at {notice.target}: {notice.error}. It is not sent again."
        tell(self._alerts, NOTIFY_UNSURE.trouble(message, f"{notice.key}:{notice.target}"))

    def _tell_unreached(self, target: str, tried: Sequence[Notice], given_up: int) -> None:
        oldest = min(notice.created_at for notice in tried)
        if self._clock.now() - oldest < PATIENCE:
            return
        message = f"Nothing reaches {target} since {isoformat_madrid(oldest)}: {tried[0].error}."
        if given_up:
            message += f" {given_up} notices were given up."
        severity = Severity.CRITICAL if given_up else Severity.WARNING
        tell(self._alerts, NOTIFY_FAILED.trouble(message, target, severity=severity))


def _with_their_ends(notices: Sequence[Notice]) -> list[Notice]:
    """Where an opening is given up, its closing is too: the end of what was never told is no news."""
    lost = {n.key.rpartition(":")[0] for n in notices if n.state is NoticeState.GIVEN_UP}
    ends = {f"{alert}:{CLOSED}" for alert in lost}
    return [replace(n, state=NoticeState.GIVEN_UP) if n.key in ends else n for n in notices]
