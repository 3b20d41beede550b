"""The section Money: what was saved and how surely, power against the contract, euros and energy by kilogram."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chocolate_factory.web.dashboard import figures
from chocolate_factory.web.dashboard.texts import Texts

STATUSES = {"measured": "measured", "planned": "planned", "not measured": "unmeasured"}


@dataclass(frozen=True, slots=True)
class SavingTile:
    """What was saved in a span of time; ``state`` is the status as a class name."""

    title: str
    value: str
    status: str
    state: str


@dataclass(frozen=True, slots=True)
class PowerRow:
    """The highest power of a tariff period: planned, the reference's, and what is contracted, kW."""

    period: str
    planned: str
    baseline: str
    contracted: str
    share: float
    over: bool


@dataclass(frozen=True, slots=True)
class Indicator:
    """One performance indicator of plan and reference (ISO 50001: EnPI against its baseline)."""

    name: str
    plan: str
    baseline: str
    change: str
    badge: str = ""


@dataclass(frozen=True, slots=True)
class MoneyView:
    """The whole section."""

    savings: list[SavingTile]
    reason: str
    planned: str
    power: list[PowerRow]
    meter: str
    indicators: list[Indicator]


def money_view(data: Mapping[str, Any], texts: Texts) -> MoneyView:
    """All of it."""
    savings, money = data.get("savings") or {}, data.get("money") or {}
    return MoneyView(
        savings=[_saving(span, texts) for span in savings.get("spans") or []],
        reason=texts.of(savings.get("reason")),
        planned=_planned(data.get("plan"), texts),
        power=[_power(row, texts) for row in money.get("power") or []],
        meter=_meter(money.get("meter_type"), texts),
        indicators=_indicators(money, texts),
    )


def _saving(span: Mapping[str, Any], texts: Texts) -> SavingTile:
    value, status = span.get("saving_eur"), span["status"]
    return SavingTile(
        title=texts.name("span", span["span"]),
        value="—" if value is None else f"{figures.number(value, 2, texts)} €",
        status=texts.name("status_of_saving", status),
        state=STATUSES.get(status, "unmeasured"),
    )


def _planned(plan: Mapping[str, Any] | None, texts: Texts) -> str:
    """What the plan in force means to save; a plan is no measurement."""
    if not plan:
        return texts.say("money.no_plan")
    if plan.get("saving_eur") is None:
        return texts.say("money.not_comparable")
    span = figures.moment(plan["horizon"]["end"]) - figures.moment(plan["horizon"]["start"])
    return texts.say(
        "money.planned" if plan["saving_eur"] >= 0 else "money.dearer",
        eur=f"{figures.number(abs(plan['saving_eur']), 2, texts)} €",
        pct=figures.number(abs(plan["saving_pct"]), 1, texts),
        hours=figures.number(span.total_seconds() / figures.HOUR_S, 0, texts),
    )


def _power(row: Mapping[str, Any], texts: Texts) -> PowerRow:
    planned, contracted = row.get("peak_planned_kw"), row["contracted_kw"]
    return PowerRow(
        period=row["tariff_period"],
        planned=_number(planned, 0, texts),
        baseline=_number(row.get("peak_baseline_kw"), 0, texts),
        contracted=figures.number(contracted, 0, texts),
        share=round(min(1.0, (planned or 0.0) / contracted), 3),
        over=planned is not None and planned > contracted,
    )


def _meter(meter_type: int | None, texts: Texts) -> str:
    """How power above the contract is billed: by the maximeter, or by each quarter-hour."""
    if meter_type is None:
        return ""
    return texts.say("money.maximeter" if meter_type >= 4 else "money.quarters", type=meter_type)


def _indicators(money: Mapping[str, Any], texts: Texts) -> list[Indicator]:
    plan, baseline = money.get("plan"), money.get("baseline")
    if not plan or not baseline:
        return []
    rows = [("eur_kg", 4, ""), ("kwh_kg", 3, ""), ("carbon_kg_kg", 3, "estimated")]
    return [
        Indicator(
            name=texts.say(f"money.{key}"),
            plan=_number(plan[key], digits, texts),
            baseline=_number(baseline[key], digits, texts),
            change=_change(plan[key], baseline[key], texts),
            badge=mark,
        )
        for key, digits, mark in rows
    ]


def _change(plan: float | None, baseline: float | None, texts: Texts) -> str:
    if plan is None or not baseline:
        return "—"
    share = 100 * (plan / baseline - 1)
    return f"{'+' if share > 0 else ''}{figures.number(share, 1, texts)} %"


def _number(value: float | None, digits: int, texts: Texts) -> str:
    return "—" if value is None else figures.number(value, digits, texts)
