"""The ledger of savings as JSON: amounts in EUR, energy in kWh, shares from 0 to 1 but for ``_pct``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chocolate_factory.billing.day_account import summed
from chocolate_factory.domain.savings import Chapter, DayStatus, SavedDay, Uncertainty
from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.planning.declared import DECLARED
from chocolate_factory.usecases.savings.statement import Statement

Json = dict[str, Any]


def statement_document(statement: Statement) -> Json:
    """A span of the ledger."""
    return {
        "status": statement.status.value,
        "start": statement.first.isoformat(),
        "end": statement.last.isoformat(),
        "totals": totals_document(statement),
        "days": [day_document(day) for day in statement.days],
        "chapters": [chapter_document(chapter) for chapter in statement.chapters],
        "baseline": {
            "version": DECLARED.version,
            "name": DECLARED.name,
            "sha256": DECLARED.sha256,
            "words": DECLARED.words,
            "problem": statement.baseline_trouble,
        },
    }


def day_document(day: SavedDay) -> Json:
    """One day; null is what nobody knows, never nothing."""
    f, measured = day.figures, day.status is DayStatus.MEASURED
    return {
        "day": day.day.isoformat(),
        "status": day.status.value,
        "baseline_eur": _eur(f.baseline_eur) if f.has_baseline else None,
        "planned_eur": _eur(f.planned_eur) if f.has_plan else None,
        "measured_eur": _eur(f.measured_eur) if measured else None,
        "saving_eur": _eur(day.saving_eur),
        "saving_pct": _pct(day.saving_eur, f.baseline_eur),
        "planned_saving_eur": _eur(day.planned_saving_eur),
        "coverage": round(f.coverage, 4),
        "filled_kwh": _tenths(f.filled_kwh) if measured else None,
        "filled_eur": _eur(f.filled_eur) if measured else None,
        "uncertainty_eur": _eur(day.uncertainty.eur) if day.uncertainty else None,
        "uncertainty": uncertainty_document(day.uncertainty) if day.uncertainty else None,
        "kg": _tenths(f.kg) if f.has_plan else None,
        "kg_by_product": {name: _tenths(kg) for name, kg in day.course.good_kg.items()} if day.course else {},
        "production": day.course.production.value if day.course else None,
        **_per_kg(_energy(day), _cost(day), f.kg),
        **_carbon(day),
        "prices": "final" if day.prices_final else "provisional",
        "plan_id": day.plan_id,
        "baseline_version": day.chapter.version if day.chapter else None,
        "baseline_sha256": day.chapter.sha256 if day.chapter else None,
        "revision": day.revision,
        "settled_at": isoformat_madrid(day.settled_at) if day.settled_at else None,
        "inputs": dict(day.inputs),
        "notes": list(day.notes),
    }


def totals_document(statement: Statement) -> Json:
    """The days that a saving can be claimed for, added up; and how many cannot."""
    f, compared, uncertainty = statement.totals, statement.compared, statement.uncertainty
    saving = f.baseline_eur - f.measured_eur if compared else None
    carbon = [kg for day in compared if (kg := carbon_kg(day)) is not None]
    return {
        "days_measured": sum(day.status is DayStatus.MEASURED for day in statement.days),
        "days_not_measured": sum(day.status is DayStatus.NOT_MEASURED for day in statement.days),
        "days_planned": sum(day.status is DayStatus.PLANNED for day in statement.days),
        "days_compared": len(compared),
        "baseline_eur": _eur(f.baseline_eur) if compared else None,
        "planned_eur": _eur(f.planned_eur) if compared else None,
        "measured_eur": _eur(f.measured_eur) if compared else None,
        "saving_eur": _eur(saving),
        "saving_pct": _pct(saving, f.baseline_eur),
        "uncertainty_eur": _eur(uncertainty.eur) if compared else None,
        "uncertainty": uncertainty_document(uncertainty) if compared else None,
        "planned_saving_eur": _eur(planned_saving_eur(statement.settled)),
        "coverage": round(summed(statement.settled).coverage, 4),
        "kg": _tenths(f.kg) if compared else None,
        **_per_kg(f.measured_kwh if compared else None, f.measured_eur if compared else None, f.kg),
        "carbon_kg": _tenths(sum(carbon)) if compared and len(carbon) == len(compared) else None,
    }


def chapter_document(chapter: Chapter) -> Json:
    """The days of one baseline."""
    return {
        "version": chapter.version,
        "name": chapter.name,
        "sha256": chapter.sha256,
        "words": chapter.words,
        "since": chapter.since.isoformat(),
    }


def uncertainty_document(uncertainty: Uncertainty) -> Json:
    """Its parts."""
    names = ("missing_eur", "meter_eur", "prices_eur", "model_eur")
    return {name: _eur(getattr(uncertainty, name)) for name in names}


def carbon_kg(day: SavedDay) -> float | None:
    """Of the day's energy, measured or planned; estimated."""
    energy = _energy(day)
    return None if energy is None or day.carbon_g_kwh is None else energy * day.carbon_g_kwh / 1000


def planned_saving_eur(days: Sequence[SavedDay]) -> float | None:
    """What their plans should have saved; None where there is nothing to compare."""
    found = [day.planned_saving_eur for day in days if day.planned_saving_eur is not None]
    return sum(found) if found else None


def _carbon(day: SavedDay) -> Json:
    grams, kilograms = day.carbon_g_kwh, carbon_kg(day)
    return {
        "carbon_kg": None if kilograms is None else _tenths(kilograms),
        "carbon_g_kwh": None if grams is None else round(grams, 1),
        "carbon_kind": None if grams is None else "estimated",
    }


def _energy(day: SavedDay) -> float | None:
    """Measured, else planned, kWh."""
    if day.status is DayStatus.MEASURED:
        return day.figures.measured_kwh
    return day.figures.planned_kwh if day.figures.has_plan else None


def _cost(day: SavedDay) -> float | None:
    if day.status is DayStatus.MEASURED:
        return day.figures.measured_eur
    return day.figures.planned_eur if day.figures.has_plan else None


def _per_kg(kwh: float | None, eur: float | None, kg: float) -> Json:
    return {
        "kwh": None if kwh is None else _tenths(kwh),
        "eur_per_kg": round(eur / kg, 4) if eur is not None and kg > 0 else None,
        "kwh_per_kg": round(kwh / kg, 4) if kwh is not None and kg > 0 else None,
    }


def _eur(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _tenths(value: float) -> float:
    return round(value, 1)


def _pct(saving: float | None, of: float) -> float | None:
    return round(100 * saving / of, 2) if saving is not None and of > 0 else None
