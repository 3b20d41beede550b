"""The models as JSON-ready dictionaries, for the API and the command line alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chocolate_factory.domain.models import Alias, ModelEvent, ModelName, ModelVersion, RegistryState
from chocolate_factory.domain.time import DAY, Interval
from chocolate_factory.usecases.drift import Drift
from chocolate_factory.usecases.models import Models

#: Lines of a model's life that its status shows.
EVENTS = 10


def model_document(
    name: ModelName, state: RegistryState | None, models: Models, drift: Drift, now: datetime
) -> dict[str, Any]:
    """One model: who serves, who challenges, what happened, what drifts."""
    report = drift.report
    own = [version for version in (state.versions if state else ()) if version.card.name is name]
    by_alias = {alias: version for version in own for alias in version.aliases}
    return {
        "name": name.value,
        **{
            alias.value: version_document(by_alias[alias], now) if alias in by_alias else None
            for alias in (Alias.CHAMPION, Alias.CHALLENGER, Alias.PREVIOUS)
        },
        "next_training": models.reason(name),
        "waiting_for": models.waiting_for(name),
        "events": [_event(event) for event in models.events(name, EVENTS)],
        "drift": [
            {
                "kind": finding.kind.value,
                "what": finding.what,
                "since": finding.since,
                "why": finding.why,
                "measure": finding.measure,
                "statistic": finding.statistic,
                "threshold": finding.threshold,
                "action": finding.action,
            }
            for finding in (report.findings[name] if report is not None else ())
        ],
    }


def version_document(version: ModelVersion, now: datetime) -> dict[str, Any]:
    """A version with its card."""
    card = version.card
    return {
        "version": version.number,
        "aliases": sorted(version.aliases),
        "sort": card.sort,
        "is_baseline": card.is_baseline,
        "made_at": card.made_at,
        "age_days": round((now - card.made_at) / DAY, 2),
        "reason": card.reason,
        "learnt_from": _span(card.learnt_from),
        "rows": card.rows,
        "inputs": list(card.inputs),
        "judged_on": _span(card.judged_on) if card.judged_on else None,
        "scores": dict(card.scores),
        "baselines": {name: dict(scores) for name, scores in card.baselines.items()},
        "parameters": dict(card.parameters),
        "fingerprint": card.fingerprint,
        "code_version": card.code_version,
        "run_id": version.run_id,
        "sha256": version.sha256,
    }


def registry_document(contact: RegistryState | None, state: RegistryState | None, address: str) -> dict[str, Any]:
    """The tracking server, and what is registered there."""
    if contact is None:
        detail = "not asked yet; the service asks within half an hour of its start, and with every training"
        return {"connected": False, "tracking_uri": address, "asked_at": None, "detail": detail,
                "experiments": [], "models": []}  # fmt: skip
    return {
        "connected": contact.connected,
        "tracking_uri": address,
        "asked_at": contact.asked_at,
        "detail": contact.error or "it answers",
        "experiments": list(state.experiments if state else ()),
        "models": [found for name in ModelName if state and (found := _registered(name, state))["versions"]],
    }


def _registered(name: ModelName, state: RegistryState) -> dict[str, Any]:
    own = [version for version in state.versions if version.card.name is name]
    by_alias = {alias: version.number for version in own for alias in version.aliases}
    return {
        "name": name.value,
        "versions": len(own),
        "champion": by_alias.get(Alias.CHAMPION),
        "challenger": by_alias.get(Alias.CHALLENGER),
    }


def _event(event: ModelEvent) -> dict[str, Any]:
    return {
        "at": event.at,
        "deed": event.deed.value,
        "version": event.number,
        "why": event.why,
        "figures": dict(event.figures),
    }


def _span(span: Interval) -> dict[str, datetime]:
    return {"start": span.start, "end": span.end}
