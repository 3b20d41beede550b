"""The section Trust: how fresh the series are, what is missing and was repaired, which sources answer, open alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chocolate_factory.web.dashboard import figures
from chocolate_factory.web.dashboard.texts import Texts

UPSTREAM = "upstream:"
QUIET = ("ok", "unknown")
WRITTEN_IN = "en"  # what happened, as the ledger keeps it
# What a state is called in the page's classes: anything else from outside is shown as unknown.
STATES = frozenset({"ok", "degraded", "down", "unknown", "fresh", "late", "missing", "info", "warning", "critical"})


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """How fresh one series is, and where its last value came from."""

    name: str
    source: str
    last: str
    behind: str
    state: str
    label: str


@dataclass(frozen=True, slots=True)
class Check:
    """One part or upstream: its state, since when, and details for those who may see them."""

    name: str
    state: str
    label: str
    since: str
    detail: str


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """Something a person should do something about.

    Attributes:
        meaning: what such an alert means, in the page's language; ``message`` is the ledger's own English.
    """

    id: int
    open: bool
    severity: str
    label: str
    meaning: str
    message: str
    action: str
    seen: str


def state(raw: str | None) -> str:
    """The state as a class name; never a text from outside."""
    return raw if raw in STATES else "unknown"


def open_alerts(alerts: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Those that are not closed, the gravest first."""
    rank = {"critical": 0, "warning": 1}
    still = [alert for alert in alerts or [] if alert["state"] != "closed"]
    return sorted(still, key=lambda alert: rank.get(alert["severity"], 2))


def alert_rows(alerts: list[dict[str, Any]], now: datetime, texts: Texts) -> list[OpenAlert]:
    """What is shown of each."""
    return [
        OpenAlert(
            id=alert["id"],
            open=alert["state"] == "open",
            severity=state(alert["severity"]),
            label=texts.name("severity", alert["severity"]),
            meaning=texts.of(alert.get("meaning")),
            message=alert["message"],
            action=_action(alert, texts),
            seen=_seen(alert, now, texts),
        )
        for alert in alerts
    ]


def series_rows(health: Mapping[str, Any], now: datetime, texts: Texts) -> list[SeriesRow]:
    """The freshness of each series."""
    return [
        SeriesRow(
            name=texts.name("series", row["series"]),
            source=texts.name("source", row["source"]) if row.get("source") else "",
            last=_time(row.get("last"), now, texts) or "—",
            behind=_behind(row.get("behind_hours"), texts),
            state=state(row["status"]),
            label=texts.name("freshness", row["status"]),
        )
        for row in health.get("series") or []
    ]


def repair(health: Mapping[str, Any], now: datetime, texts: Texts) -> list[str]:
    """Sentences on gaps, missing records and the last recovery."""
    counts = (("health.gaps", health.get("total_gaps")), ("health.records", health.get("missing_records")))
    sentences = [texts.count(key, n, figures.number(n, 0, texts)) for key, n in counts if n is not None]
    return sentences + _recovery(health.get("last_recovery"), now, texts)


def upstreams(status: Mapping[str, Any], now: datetime, texts: Texts) -> list[Check]:
    """Each source outside, whether it answers."""
    found = [c for c in status.get("checks") or [] if c["name"].startswith(UPSTREAM)]
    return [_check(c, c["name"].removeprefix(UPSTREAM), "source", "upstream", now, texts) for c in found]


def parts(status: Mapping[str, Any], now: datetime, texts: Texts) -> list[Check]:
    """Each part of the service itself."""
    found = [c for c in status.get("checks") or [] if not c["name"].startswith(UPSTREAM)]
    return [_check(c, c["name"], "part", "check", now, texts) for c in found]


def _check(raw: dict[str, Any], name: str, names: str, labels: str, now: datetime, texts: Texts) -> Check:
    since = _time(raw.get("since"), now, texts)
    return Check(
        name=texts.name(names, name),
        state=state(raw["status"]),
        label=texts.name(labels, raw["status"]),
        since=texts.say("health.since", time=since) if since else "",
        # of a source that answers, or was not asked, the label says all
        detail="" if names == "source" and raw["status"] in QUIET else raw.get("detail") or "",
    )


def _recovery(recovery: Mapping[str, Any] | None, now: datetime, texts: Texts) -> list[str]:
    """What the last catch-up did, in our words and then in its own."""
    if recovery is None:
        return [texts.say("health.no_recovery")]
    rate = recovery.get("success_rate")
    sentence = texts.say(
        "health.recovery" if rate is None else "health.recovery_rate",
        time=_time(recovery["at"], now, texts),
        filled=figures.number(recovery["filled"], 0, texts),
        failed=figures.number(recovery["failed"], 0, texts),
        rate=figures.number(100 * (rate or 0), 0, texts),
    )
    return [sentence, recovery["summary"]] if recovery.get("summary") else [sentence]


def _seen(alert: Mapping[str, Any], now: datetime, texts: Texts) -> str:
    parts = [texts.say("health.opened", time=_time(alert["opened_at"], now, texts))]
    if alert.get("times", 1) > 1:
        last = _time(alert["last_seen_at"], now, texts)
        parts.append(texts.say("health.times", n=figures.number(alert["times"], 0, texts), time=last))
    if alert["state"] == "acknowledged":
        parts.append(texts.say("alert.acknowledged"))
    return " · ".join(parts)


def _action(alert: Mapping[str, Any], texts: Texts) -> str:
    """The alert's own; in the page's language where that is the runbook's."""
    own, remedy = alert.get("action") or "", alert.get("remedy") or {}
    return str(remedy[texts.language]) if own and own == remedy.get(WRITTEN_IN) else own


def _behind(hours: float | None, texts: Texts) -> str:
    if hours is None:
        return "—"
    return figures.duration(hours * figures.HOUR_S, texts) if hours > 0 else texts.say("health.on_time")


def _time(text: str | None, now: datetime, texts: Texts) -> str:
    return figures.date_and_clock(figures.moment(text), now, texts) if text else ""
