"""Every key: set, valid, when it ends. A replaced one is taken up without restart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from chocolate_factory.domain.alarms.ends import KEY_EXPIRES, KEY_EXPIRES_NOW, KEY_REFUSED
from chocolate_factory.domain.time import DAY, isoformat_madrid
from chocolate_factory.domain.work import KeyState, KeyStatus
from chocolate_factory.ports import AlertLedger, Clock, KeyedUpstream
from chocolate_factory.usecases.tell import tell

#: Warned this long before a key ends (contract, token_management).
WARN_BEFORE = {timedelta(days=30): KEY_EXPIRES, timedelta(days=6): KEY_EXPIRES_NOW}


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
        where = f" A new one: {status.link} ." if status.link else ""
        if status.status in (KeyState.REFUSED, KeyState.EXPIRED):
            message = f"The key of {status.upstream} is {status.status.value}: {status.detail or 'it does not work'}."
            action = f"Put a working key into .env or its *_FILE; it is taken up by itself.{where}"
            tell(self._alerts, KEY_REFUSED.trouble(message, status.upstream, action=action))
            self._close_expiry(status.upstream)
            return
        if status.status is not KeyState.UNCHECKED:  # nobody could say: what was wrong stands
            self._alerts.close_alert(KEY_REFUSED.about(status.upstream))
        self._judge_expiry(status, where)

    def _judge_expiry(self, status: KeyStatus, where: str) -> None:
        """One alert at a time: the nearer warning takes the place of the farther."""
        left = status.expires_at - self._clock.now() if status.expires_at else None
        warn = min((w for w in WARN_BEFORE if left is not None and left <= w), default=None)
        self._close_expiry(status.upstream, but=warn)
        if left is None or warn is None or status.expires_at is None:
            return
        ends = f"{isoformat_madrid(status.expires_at)} ({left / DAY:.0f} days)"
        message = f"The key of {status.upstream} ends on {ends}."
        tell(self._alerts, WARN_BEFORE[warn].trouble(message, status.upstream, action=f"Ask for a new one.{where}"))

    def _close_expiry(self, upstream: str, but: timedelta | None = None) -> None:
        for warn, alarm in WARN_BEFORE.items():
            if warn != but:
                self._alerts.close_alert(alarm.about(upstream))
