"""What a load would cost under each tariff, as JSON; amounts in EUR over all its months."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chocolate_factory.billing.invoice import Invoice
from chocolate_factory.billing.lines import ENERGY, POWER, Concept, cents
from chocolate_factory.domain.tariff import Period, period, power_period, power_periods
from chocolate_factory.usecases.savings.tariffs import Answer, Question

Json = dict[str, Any]


def tariffs_document(question: Question, answers: Sequence[Answer]) -> Json:
    """The load, every way to buy it, and which of those that can be billed is the cheapest."""
    billed = [answer for answer in answers if answer.invoices]
    now = next((answer for answer in billed if answer.name == "now"), None)
    best = min(billed, key=lambda answer: answer.without_vat_eur, default=None)
    saving = None if now is None or best is None else float(now.without_vat_eur - best.without_vat_eur)
    return {
        "load": _load(question, billed[0].invoices if billed else ()),
        "months": [f"{month:%Y-%m}" for month in question.months],
        "tables_of": question.tables.isoformat(),
        "meter_type": question.now.meter_type,
        "answers": [_answer(answer) for answer in answers],
        "cheapest": best.name if best else None,
        "saving_eur": saving,
        "notes": list(_notes(question)),
    }


def _load(question: Question, invoices: Sequence[Invoice]) -> Json:
    load = question.load
    expected = sum(invoice.coverage.expected for invoice in invoices)
    known = load.metered + load.planned
    return {
        "origin": load.origin,
        "metered_quarter_hours": load.metered,
        "planned_quarter_hours": load.planned,
        "coverage": round(min(1.0, known / expected), 4) if expected else None,
        "energy_kwh": round(float(sum(load.readings.by_quarter.values())), 1),
    }


def _answer(answer: Answer) -> Json:
    powers = answer.powers
    return {
        "name": answer.name,
        "tariff": answer.tariff.value,
        "available": powers is not None,
        "contracted_kw": {p.value: float(kw) for p, kw in powers.contracted_kw.items()} if powers else None,
        "power_eur": float(cents(powers.power_eur)) if powers else None,
        "excess_eur": None if powers is None or powers.excess_eur is None else float(cents(powers.excess_eur)),
        **_bill(answer),
        "why": answer.why,
        "note": answer.note,
    }


def _bill(answer: Answer) -> Json:
    """The sums of its months' bills; null where they cannot be made."""
    sums = {
        "energy_eur": answer.eur(*ENERGY),
        "power_terms_eur": answer.eur(*POWER, Concept.EXCESS_POWER),
        "electricity_tax_eur": answer.eur(Concept.ELECTRICITY_TAX),
        "without_vat_eur": answer.without_vat_eur,
        "total_eur": answer.without_vat_eur + answer.eur(Concept.VAT),
    }
    return {name: float(eur) if answer.invoices else None for name, eur in sums.items()}


def unseen_periods(question: Question) -> set[Period]:
    """Power periods of the contract that there is, in which the load has no quarter-hour."""
    tariff = question.now.tariff
    seen = {power_period(period(start, tariff), tariff) for start in question.load.readings.by_quarter}
    return set(power_periods(tariff)) - seen


def _notes(question: Question) -> list[str]:
    notes = [f"All months by the tables of {question.tables}: what would be, and no bill."]
    if len(question.months) < 12:
        notes.append(f"The load has {len(question.months)} months: the sums are theirs, and no year's.")
    if unseen := sorted(unseen_periods(question)):
        notes.append(
            f"Nothing is known of {', '.join(unseen)} in these months: the powers found for them mean nothing."
        )
    if question.load.planned:
        notes.append("Where nothing was measured the load is the plan's: its peaks are a model's.")
    return notes
