"""Every key: set, valid, when it ends. A replaced one is taken up without restart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from chocolate_factory.domain.time import DAY, isoformat_madrid
from chocolate_factory.domain.work import KeyState, KeyStatus, Severity
from chocolate_factory.ports import AlertLedger, Clock, KeyedUpstream

#: Warned this long before a key ends (contract, token_management).
WARN_BEFORE = (timedelta(days=30), timedelta(days=6))


class Keys:
    """The deed, with its ports."""

    def __init__(self, upstreams: Mapping[str, KeyedUpstream], alerts: AlertLedger, clock: Clock) -> None:
        self._upstreams = upstreams
        self._alerts = alerts
        self._clock = clock

    def status(self, name: str, *, check: bool = False) -> KeyStatus:
        """One key's state, as last checked, or asked for now."""
        return self._upstreams[name].key_status(check=check)

    def check_all(self) -> list[KeyStatus]:
        """Ask every upstream, and raise or close the alerts."""
        found = [self.status(name, check=True) for name in self._upstreams]
        for status in found:
            self._judge(status)
        return found

    def _judge(self, status: KeyStatus) -> None:
        cause = f"key-refused:{status.upstream}"
        where = f" A new one: {status.link} ." if status.link else ""
        if status.status in (KeyState.REFUSED, KeyState.EXPIRED):
            message = f"The key of {status.upstream} is {status.status.value}: {status.detail or 'it does not work'}."
            action = f"Put a working key into .env or its *_FILE; it is taken up by itself.{where}"
            self._alerts.raise_alert(cause, Severity.CRITICAL, message, action)
            self._close_expiry(status.upstream)
            return
        if status.status is not KeyState.UNCHECKED:  # nobody could say: what was wrong stands
            self._alerts.close_alert(cause)
        self._judge_expiry(status, where)

    def _judge_expiry(self, status: KeyStatus, where: str) -> None:
        """One alert at a time: the nearer warning takes the place of the farther."""
        left = status.expires_at - self._clock.now() if status.expires_at else None
        warn = min((w for w in WARN_BEFORE if left is not None and left <= w), default=None)
        self._close_expiry(status.upstream, but=warn)
        if left is None or warn is None or status.expires_at is None:
            return
        ends = f"{isoformat_madrid(status.expires_at)} ({left / DAY:.0f} days)"
        severity = Severity.CRITICAL if warn == min(WARN_BEFORE) else Severity.WARNING
        message = f"The key of {status.upstream} ends on {ends}."
        self._alerts.raise_alert(_expiry(status.upstream, warn), severity, message, f"Ask for a new one.{where}")

    def _close_expiry(self, upstream: str, but: timedelta | None = None) -> None:
        for warn in WARN_BEFORE:
            if warn != but:
                self._alerts.close_alert(_expiry(upstream, warn))


def _expiry(upstream: str, warn: timedelta) -> str:
    return f"key-expires:{upstream}:{warn.days}"
