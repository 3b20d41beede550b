"""The section Money: what was saved and how surely, power against the contract, euros and energy by kilogram."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
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
    days: str


@dataclass(frozen=True, slots=True)
class PowerRow:
    """The highest power of a tariff period, kW: planned, metered this month, the reference's, and contracted."""

    period: str
    planned: str
    metered: str
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
class DayRow:
    """One day of the ledger; a dash is what nobody knows."""

    day: str
    status: str
    state: str
    cells: list[str]


@dataclass(frozen=True, slots=True)
class MoneyView:
    """The whole section."""

    savings: list[SavingTile]
    reason: str
    days: list[DayRow]
    planned: str
    power: list[PowerRow]
    meter: str
    indicators: list[Indicator]


def money_view(data: Mapping[str, Any], now: datetime, texts: Texts) -> MoneyView:
    """All of it."""
    savings, money = data.get("savings") or {}, data.get("money") or {}
    return MoneyView(
        savings=[_saving(span, texts) for span in savings.get("spans") or []],
        reason=_reason(savings, texts),
        days=[_day(day, now, texts) for day in reversed(savings.get("days") or [])],
        planned=_planned(data.get("plan"), texts),
        power=[_power(row, texts) for row in money.get("power") or []],
        meter=_meter(money.get("meter_type"), texts),
        indicators=_indicators(money, texts),
    )


def _saving(span: Mapping[str, Any], texts: Texts) -> SavingTile:
    status = span["status"]
    return SavingTile(
        title=texts.name("span", span["span"]),
        value=_eur(span["planned_saving_eur"] if status == "planned" else span["saving_eur"], texts),
        status=texts.name("status_of_saving", status),
        state=STATUSES.get(status, "unmeasured"),
        days=_of_days(span, texts),
    )


def _eur(value: float | None, texts: Texts) -> str:
    return "—" if value is None else f"{figures.number(value, 2, texts)} €"


def _of_days(span: Mapping[str, Any], texts: Texts) -> str:
    """What the amount rests on: days measured of all, and how far it may be off."""
    known = sum(span[key] for key in ("days_measured", "days_not_measured", "days_planned"))
    days = texts.say("money.days_of", n=span["days_compared"], all=known)
    off = span.get("uncertainty_eur")
    return days if off is None else f"{days} {texts.say('money.uncertain', eur=figures.number(off, 2, texts))}"


def _reason(savings: Mapping[str, Any], texts: Texts) -> str:
    """Why no saving is claimed; empty where one is."""
    if not savings:
        return texts.say("money.no_ledger")
    return "" if savings["status"] == "measured" else texts.say("money.no_readings")


#: The columns of a day after its status, with their decimals.
DAY_COLUMNS = (("baseline_eur", 2), ("planned_eur", 2), ("measured_eur", 2), ("saving_eur", 2), ("eur_per_kg", 4),
               ("kwh_per_kg", 3), ("carbon_kg", 0))  # fmt: skip


def _day(day: Mapping[str, Any], now: datetime, texts: Texts) -> DayRow:
    noon = figures.moment(f"{day['day']}T12:00:00+01:00")
    return DayRow(
        day=figures.date(noon, now, texts),
        status=texts.name("status_of_saving", day["status"]),
        state=STATUSES.get(day["status"], "unmeasured"),
        cells=[_number(day[key], digits, texts) for key, digits in DAY_COLUMNS],
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
    planned, metered, contracted = row.get("peak_planned_kw"), row.get("peak_metered_kw"), row["contracted_kw"]
    return PowerRow(
        period=row["tariff_period"],
        planned=_number(planned, 0, texts),
        metered=_number(metered, 0, texts),
        baseline=_number(row.get("peak_baseline_kw"), 0, texts),
        contracted=figures.number(contracted, 0, texts),
        share=round(min(1.0, (planned or 0.0) / contracted), 3),
        over=max(planned or 0.0, metered or 0.0) > contracted,
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
