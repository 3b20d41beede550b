"""An invoice as JSON; amounts in EUR, in whole cents."""

from __future__ import annotations

from typing import Any

from chocolate_factory.billing.invoice import Invoice
from chocolate_factory.billing.lines import ENERGY, POWER, Concept
from chocolate_factory.domain.tariff import Period
from chocolate_factory.domain.time import isoformat_madrid


def invoice_document(invoice: Invoice) -> dict[str, Any]:
    """All of it, period by period and line by line."""
    contract, coverage = invoice.contract, invoice.coverage
    return {
        "month": f"{invoice.month:%Y-%m}",
        "tariff": contract.tariff.value,
        "supply": type(contract.supply).__name__.lower(),
        "meter_type": contract.meter_type,
        "start": isoformat_madrid(invoice.window.start),
        "end": isoformat_madrid(invoice.window.end),
        "coverage": {
            "quarter_hours": coverage.expected,
            "counted": coverage.counted,
            "without_load": coverage.no_load,
            "without_price": coverage.no_price,
            "first_missing": isoformat_madrid(coverage.first_missing) if coverage.first_missing else None,
            "share": coverage.share,
        },
        "energy": [_energy_row(invoice, p) for p in _energy_periods(invoice)],
        "power": [_power_row(invoice, p) for p in contract.contracted_kw],
        "lines": [
            {
                "concept": line.concept.value,
                "period": line.period.value if line.period else None,
                "quantity": float(line.quantity),
                "unit": line.unit,
                "rate": None if line.rate is None else float(line.rate),
                "amount_eur": float(line.eur),
            }
            for line in invoice.lines
        ],
        "energy_kwh": float(invoice.energy_kwh),
        "energy_eur": float(invoice.energy_eur),
        "power_eur": float(invoice.power_eur),
        "excess_eur": float(invoice.eur(Concept.EXCESS_POWER)),
        "electricity_tax_eur": float(invoice.eur(Concept.ELECTRICITY_TAX)),
        "without_vat_eur": float(invoice.without_vat_eur),
        "vat_eur": float(invoice.eur(Concept.VAT)),
        "total_eur": float(invoice.total_eur),
        "notes": list(invoice.notes),
    }


def _energy_periods(invoice: Invoice) -> list[Period]:
    return sorted({line.period for line in invoice.lines if line.concept in ENERGY and line.period})


def _energy_row(invoice: Invoice, period: Period) -> dict[str, Any]:
    """A period's energy, and the sum of each concept in it."""
    lines = [line for line in invoice.lines if line.concept in ENERGY and line.period is period]
    parts = {f"{line.concept}_eur": float(line.eur) for line in lines}
    row = {"period": period.value, "energy_kwh": float(lines[0].quantity), **parts}
    return {**row, "energy_eur": float(invoice.eur(*ENERGY, period=period))}


def _power_row(invoice: Invoice, period: Period) -> dict[str, Any]:
    peak = invoice.peak_kw[period]
    return {
        "period": period.value,
        "contracted_kw": float(invoice.contract.contracted_kw[period]),
        "peak_kw": None if peak is None else float(peak),
        "power_eur": float(invoice.eur(*POWER, period=period)),
        "excess_eur": float(invoice.eur(Concept.EXCESS_POWER, period=period)),
    }
