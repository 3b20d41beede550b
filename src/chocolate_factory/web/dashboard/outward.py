"""What leaves the house: the same document without version, paths, errors and other words from the inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def outward(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document for the external view.

    Invariants:
        No version, no detail of a check, no message, cause or action of an alert, no error of a job, no note of a plan:
        these name files, hosts and commands. An alert keeps the catalogue's own words.
    """
    return {
        **document,
        "version": None,
        "system_status": _status(document.get("system_status")),
        "alerts": [_alert(alert) for alert in document.get("alerts") or []],
        "jobs": [{**job, "error": ""} for job in document.get("jobs") or []],
        "data_health": _health(document.get("data_health")),
        "models": [{**model, "drift": ["" for _ in model["drift"]]} for model in document.get("models") or []],
        "predictions": _predictions(document.get("predictions")),
        "plan": {**document["plan"], "notes": []} if document.get("plan") else None,
        "missing_parts": dict.fromkeys(document.get("missing_parts") or {}, ""),
    }


def _status(status: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if status is None else {**status, "checks": [{**check, "detail": ""} for check in status["checks"]]}


def _alert(alert: Mapping[str, Any]) -> dict[str, Any]:
    return {**alert, "cause": "", "message": "", "action": ""}


def _health(health: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if health is None:
        return None
    recovery = health.get("last_recovery")
    return {**health, "last_recovery": recovery and {**recovery, "summary": ""}}


def _predictions(predictions: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if predictions is None else {**predictions, "missing": None}
