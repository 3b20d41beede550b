"""A replay as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from chocolate_factory.domain.plan_record import Planned, Program
from chocolate_factory.domain.replay import Difference, Replayed, Revised
from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.planning.words.wording import LANGUAGES
from chocolate_factory.usecases.replay_words import LACKS, VERDICTS, searches, why


def verdict(replayed: Replayed) -> str:
    """In a word or three: a key of ``VERDICTS``."""
    if replayed.bundle.evidence.lacks:
        return "cannot be rebuilt"
    return "identical" if replayed.is_identical else "differs"


def replay_document(replayed: Replayed, at: datetime | None = None, notes: Sequence[str] = ()) -> dict[str, Any]:
    """The answer of ``replay``; ``at`` is the moment that was asked for."""
    bundle, record = replayed.bundle, replayed.bundle.record
    said = verdict(replayed)
    return {
        "plan": {"id": record.id, "made_at": isoformat_madrid(record.made_at), "trigger": record.trigger},
        "at": None if at is None else isoformat_madrid(at),
        "verdict": said,
        "identical": replayed.is_identical,
        "text": dict(VERDICTS[said]),
        "inputs": {
            "identical": not (replayed.inputs or bundle.evidence.lacks),
            "observations": len(bundle.evidence.observations),
            "model": dict(bundle.evidence.model) or None,
            "lacking": [{"what": lack.value, "text": dict(LACKS[lack])} for lack in bundle.evidence.lacks],
            "differences": [difference_document(d) for d in replayed.inputs],
            "revised_since": [_revised(r) for r in bundle.found.revised],
            "plant_since": [difference_document(d) for d in bundle.found.plant],
        },
        "plan_again": {
            "identical": not replayed.plan,
            "then": totals(record.planned),
            "now": totals(replayed.again),
            "differences": [difference_document(d) for d in replayed.plan],
        },
        "from_inputs_found": None if replayed.otherwise is None else totals(replayed.otherwise),
        "solver": {**asdict(replayed.searches), "text": {n: searches(replayed, n) for n in LANGUAGES}},
        "program": {
            "then": _program(record.grounds.program if record.grounds is not None else None),
            "now": _program(replayed.program),
        },
        "notes": list(notes),
    }


def difference_document(d: Difference) -> dict[str, Any]:
    """One difference."""
    return {
        "path": list(d.path),
        "then": d.then,
        "now": d.now,
        "why": None if d.why is None else d.why.value,
        "at": None if d.at is None else isoformat_madrid(d.at),
        "text": None if d.why is None else {language: why(d, language) for language in LANGUAGES},
    }


def totals(planned: Planned) -> dict[str, Any]:
    """What matters of a plan."""
    plan, certificate = planned.plan, planned.certificate
    return {
        "status": plan.status.value,
        "batches": len(plan.batches),
        "cost_eur": round(plan.cost_eur, 2),
        "starts_eur": round(plan.starts_eur, 2),
        "late_kg_h": round(plan.late_kg_h, 1),
        "kg": round(plan.kg, 1),
        "on_time_probability": certificate.on_time_probability if certificate else None,
    }


def _revised(r: Revised) -> dict[str, Any]:
    return {**asdict(r), "start": isoformat_madrid(r.start), "at": isoformat_madrid(r.at)}


def _program(program: Program | None) -> dict[str, Any] | None:
    return None if program is None else {"version": program.version, "code": program.code, **program.beside}
