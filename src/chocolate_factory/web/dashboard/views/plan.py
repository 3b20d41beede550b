"""The section Plan: totals, batches and hours of each day, what changed, what stands in the way, tanks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chocolate_factory.web.dashboard import figures
from chocolate_factory.web.dashboard.texts import Texts
from chocolate_factory.web.dashboard.views.badges import badge, colour
from chocolate_factory.web.dashboard.views.decision import LEVELS, machine


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One batch in a day's table.

    Attributes:
        state: ``done``, ``running``, ``ahead``, with its word in ``held``.
        movable: whether it may still be moved or locked.
        starts_at: ISO 8601, for the form that moves it.
    """

    id: str
    machine: str
    product: str
    kg: str
    start: str
    end: str
    state: str
    held: str
    reason: str
    movable: bool
    locked: bool
    starts_at: str


@dataclass(frozen=True, slots=True)
class HourRow:
    """One slot of the plan."""

    hour: str
    current: bool
    level: str
    colour: str
    price: str
    cents: str
    badge: str
    period: str
    period_colour: str
    temperature: str
    power: str
    output: str


@dataclass(frozen=True, slots=True)
class PlanDay:
    """One Madrid day of the plan."""

    title: str
    batches: list[BatchRow]
    hours: list[HourRow]


@dataclass(frozen=True, slots=True)
class TankRow:
    """A tank: what is in it now, and the least and the most until the plan's end, kg."""

    name: str
    product: str
    now: str
    low: str
    high: str
    capacity: str
    share: float


@dataclass(frozen=True, slots=True)
class WayOut:
    """A conflict in words: what cannot hold together, and the cheapest ways out."""

    clashes: list[str]
    ways: list[str]


@dataclass(frozen=True, slots=True)
class PlanView:
    """The whole section; ``missing`` says why there is none."""

    missing: str
    totals: list[tuple[str, str]]
    days: list[PlanDay]
    before: str
    changes: list[str]
    conflicts: list[WayOut]
    tanks: list[TankRow]
    notes: list[str]


def plan_view(data: Mapping[str, Any], now: datetime, texts: Texts) -> PlanView:
    """All of it."""
    plan, context = data.get("plan"), data.get("plan_context") or {}
    if not plan:
        return PlanView(texts.say("plan.none"), [], [], "", [], [], [], [])
    tariff = (data.get("current_info") or {}).get("tariff")
    return PlanView(
        missing="",
        totals=_totals(plan, texts),
        days=_days(plan, tariff, now, texts),
        before=_before(context.get("before"), now, texts),
        changes=[_change(c, now, texts) for c in (context.get("before") or {}).get("changes") or []],
        conflicts=[_conflict(c, texts) for c in plan.get("conflicts") or []],
        tanks=[_tank(t, plan, now, texts) for t in context.get("tanks") or []],
        notes=plan.get("notes") or [],
    )


# ---------------------------------------------------------------------------------------------------------- totals
def _totals(plan: Mapping[str, Any], texts: Texts) -> list[tuple[str, str]]:
    saving, gap = plan.get("saving_eur"), (plan.get("solver") or {}).get("gap")
    rows = [
        ("plan.status", texts.name("plan.status", plan["status"])),
        ("plan.kg", f"{figures.number(plan['kg'], 0, texts)} kg"),
        ("plan.kwh", f"{figures.number(plan['kwh'], 0, texts)} kWh"),
        ("plan.cost", _eur(plan["cost_eur"], texts)),
        ("plan.eur_kg", f"{_number(plan.get('eur_per_kg'), 3, texts)} €/kg"),
        ("plan.saving", texts.say("plan.not_comparable") if saving is None else _saving(plan, texts)),
    ]
    if gap is not None:
        rows.append(("plan.gap", texts.say("plan.gap_at_most", pct=figures.number(100 * gap, 1, texts))))
    return [(texts.say(key), value) for key, value in rows]


def _saving(plan: Mapping[str, Any], texts: Texts) -> str:
    share = figures.number(plan["saving_pct"], 1, texts)
    return texts.say("plan.saving_of", eur=_eur(plan["saving_eur"], texts), pct=share)


def _eur(value: float, texts: Texts) -> str:
    return f"{figures.number(value, 2, texts)} €"


def _number(value: float | None, digits: int, texts: Texts) -> str:
    return "—" if value is None else figures.number(value, digits, texts)


# ------------------------------------------------------------------------------------------------------------ days
def _days(plan: Mapping[str, Any], tariff: str | None, now: datetime, texts: Texts) -> list[PlanDay]:
    """Every day of the horizon; today first, what lies before belongs to it."""
    batches = [(figures.moment(b["start"]), b) for b in plan["batches"]]
    slots = [(figures.moment(s["start"]), s) for s in plan["slots"]]
    today = now.date()
    days = sorted({max(start.date(), today) for start, _ in [*batches, *slots]})
    return [
        PlanDay(
            title=day_title(now.replace(hour=12) + timedelta(days=(day - today).days), now, texts),
            batches=[_batch(b, now, texts) for start, b in sorted(batches, key=lambda p: p[0])
                     if max(start.date(), today) == day],
            hours=[_hour(start, s, slots, tariff, now, texts) for start, s in slots if start.date() == day],
        )
        for day in days
    ]  # fmt: skip


def day_title(noon: datetime, now: datetime, texts: Texts) -> str:
    """Today, tomorrow, or the weekday with its date."""
    offset = (noon.date() - now.date()).days
    key = {0: "prices.today", 1: "prices.tomorrow"}.get(offset, "plan.day")
    return texts.say(key, weekday=figures.weekday(noon, texts), date=figures.date(noon, now, texts))


def _batch(batch: Mapping[str, Any], now: datetime, texts: Texts) -> BatchRow:
    start, end = figures.moment(batch["start"]), figures.moment(batch["end"])
    locked = bool(batch.get("locked"))
    held = "locked" if locked else batch.get("held") or ""
    state = "done" if end <= now else "running" if start <= now else "ahead"
    return BatchRow(
        id=batch["id"],
        machine=machine(batch["machine"], texts),
        product=texts.name("product", batch["product"]),
        kg=figures.number(batch["kg"], 0, texts),
        start=figures.date_and_clock(start, now, texts),
        end=figures.date_and_clock(end, start, texts),
        state=state,
        held=texts.name("held", held) if state == "ahead" and held else texts.say(f"state.{state}"),
        reason=texts.of(batch.get("reason")),
        movable=state == "ahead",
        locked=locked,
        starts_at=batch["start"],
    )


def _hour(
    start: datetime,
    slot: Mapping[str, Any],
    slots: Sequence[tuple[datetime, Any]],
    tariff: str | None,
    now: datetime,
    texts: Texts,
) -> HourRow:
    length = (slots[1][0] - slots[0][0]).total_seconds() if len(slots) > 1 else figures.HOUR_S
    return HourRow(
        hour=figures.clock(start),
        current=0 <= (now - start).total_seconds() < length,
        level=texts.name("level", slot["level"]),
        colour=LEVELS.get(slot["level"], "none"),
        price=figures.number(slot["energy_eur_kwh"], 3, texts),
        cents=figures.number(100 * slot["energy_eur_kwh"], 1, texts),
        badge=badge(slot["price_kind"]),
        period=slot["tariff_period"],
        period_colour=colour(tariff, slot["tariff_period"]),
        temperature=figures.number(slot["temperature_c"], 0, texts),
        power=figures.number(slot["power_kw"], 0, texts),
        output=figures.number(slot["output_kg"], 0, texts),
    )


# --------------------------------------------------------------------------------------------------- what changed
def _before(before: Mapping[str, Any] | None, now: datetime, texts: Texts) -> str:
    if before is None:
        return texts.say("changes.no_plan")
    made = figures.date_and_clock(figures.moment(before["made_at"]), now, texts)
    key = "yesterday" if before["of_yesterday"] else "earlier"
    return texts.say(f"changes.{key}" if before["changes"] else f"changes.{key}_none", time=made)


def _change(change: Mapping[str, Any], now: datetime, texts: Texts) -> str:
    old, new = change["from"], change["to"]
    return texts.say(
        f"changes.{change['what'] if change['what'] in CHANGES else 'moved'}",
        machine=machine(change["machine"], texts),
        product=texts.name("product", change["product"]),
        before=figures.date_and_clock(figures.moment(old), now, texts) if old else "",
        after=figures.date_and_clock(figures.moment(new), now, texts) if new else "",
        kg_before=_number(change["kg_before"], 0, texts),
        kg=_number(change["kg"], 0, texts),
    )


CHANGES = frozenset({"moved", "resized", "added", "dropped"})


def _conflict(conflict: Mapping[str, Any], texts: Texts) -> WayOut:
    return WayOut(
        clashes=[texts.of(c["text"]) for c in conflict["clashes"]],
        ways=[
            texts.of(w["text"]) + (f" ({_eur(w['eur'], texts)})" if w["eur"] is not None else "")
            for w in conflict["ways_out"]
        ],
    )


def _tank(tank: Mapping[str, Any], plan: Mapping[str, Any], now: datetime, texts: Texts) -> TankRow:
    levels = [(figures.moment(s["start"]), s["stocks_kg"].get(tank["name"], 0.0)) for s in plan["slots"]]
    at_now = [kg for start, kg in levels if start <= now]
    ahead = [kg for start, kg in levels if start > now] or [kg for _, kg in levels] or [0.0]
    current = at_now[-1] if at_now else ahead[0]
    return TankRow(
        name=machine(tank["name"], texts) if not tank["name"].startswith("tank-") else texts.say("machine.tank"),
        product=texts.name("product", tank["product"]),
        now=figures.number(current, 0, texts),
        low=figures.number(min(ahead), 0, texts),
        high=figures.number(max(ahead), 0, texts),
        capacity=figures.number(tank["capacity_kg"], 0, texts),
        share=round(current / tank["capacity_kg"], 3),
    )
