"""Whether an upstream answers: its state for people, and one log line going and one coming back."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import structlog

from chocolate_factory.adapters.http.pacing import Pacer
from chocolate_factory.domain.errors import UpstreamError
from chocolate_factory.domain.work import UpstreamHealth
from chocolate_factory.ports import Clock, Memo

log = structlog.get_logger(__name__)

MOMENTS = ("since", "last_ok_at")


class Vitals:
    """The state of one upstream, as calling it shows, to all processes that share the memo."""

    def __init__(self, upstream: str, per_minute: int, clock: Clock, memo: Memo) -> None:
        self._new = UpstreamHealth(upstream, None, None, None, "", 0, 0, 0, per_minute)
        self._name = f"vitals:{upstream}"
        self._clock = clock
        self._memo = memo

    def health(self, pacer: Pacer) -> UpstreamHealth:
        """What calling it showed."""
        return replace(self._read(self._memo.recall(self._name)), last_minute=pacer.last_minute())

    def called(self) -> None:
        """One more request goes out."""
        self._change(lambda h: replace(h, requests=h.requests + 1))

    def answered(self, error: UpstreamError | None) -> None:
        """It spoke: data, "no data" or "wrong key" all mean that it is there."""
        now, why = self._clock.now(), error.why if error else ""
        before = self._change(
            lambda h: replace(h, up=True, since=h.since if h.up else now, last_ok_at=now, last_error=why)
        )
        if before.up is False:
            log.info("upstream is back", upstream=before.name, was_down_since=before.since)

    def went_down(self, error: UpstreamError) -> None:
        """It was silent, or said what nobody can read."""
        now = self._clock.now()
        before = self._change(
            lambda h: replace(
                h, up=False, since=h.since if h.up is False else now, last_error=error.why, failures=h.failures + 1
            )
        )
        if before.up is not False:
            log.warning("upstream is down", upstream=before.name, why=error.why)

    def _change(self, change: Any) -> UpstreamHealth:
        """The state before."""
        before = self._new

        def changed(told: Any) -> dict[str, Any]:
            nonlocal before
            before = self._read(told)
            return _told(change(before))

        self._memo.change(self._name, changed)
        return before

    def _read(self, told: Any) -> UpstreamHealth:
        if told is None:
            return self._new
        moments = {name: datetime.fromisoformat(told[name]) if told[name] else None for name in MOMENTS}
        return replace(self._new, **{**told, **moments})


def _told(health: UpstreamHealth) -> dict[str, Any]:
    """As JSON; name and limits are the program's, not the memo's."""
    values = {k: v for k, v in asdict(health).items() if k not in ("name", "last_minute", "limit_per_minute")}
    return values | {name: values[name].isoformat() if values[name] else None for name in MOMENTS}
