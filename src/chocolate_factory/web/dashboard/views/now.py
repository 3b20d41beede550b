"""The tiles of the section Now: one for each number, the tariff period, the power.

Invariants:
    A tile has a value or a sentence why it has none; never both, never neither.
    Whatever is not an observation carries a badge with its kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chocolate_factory.web.dashboard import figures
from chocolate_factory.web.dashboard.texts import Texts
from chocolate_factory.web.dashboard.views.badges import PERIODS, badge, colour

#: The start of each slot whose period is known, with it, in order.
Periods = list[tuple[datetime, str]]


@dataclass(frozen=True, slots=True)
class TileSpec:
    """One number of ``current_info``.

    Attributes:
        key: its name there.
        unit: as shown.
        digits: decimals.
        stale_after: seconds after its slot's start from which it is marked as old.
        by_day: its slot is a day, so the date is said and not the hour.
        trend: the key of its trend, where it has one.
    """

    key: str
    unit: str
    digits: int
    stale_after: int
    by_day: bool = False
    trend: str = ""


# A price is old when its hour is over; an hourly observation comes up to three hours after its start, so four;
# yesterday's renewable share comes at noon and stays the newest until the next noon: two days and a half.
PRICE = TileSpec("price_eur_kwh", "€/kWh", 3, figures.HOUR_S, trend="price_trend")
SPOT = TileSpec("spot_eur_kwh", "€/kWh", 3, figures.HOUR_S, trend="spot_trend")
ENERGY = TileSpec("energy_eur_kwh", "€/kWh", 3, figures.HOUR_S)
TEMPERATURE = TileSpec("temperature_c", "°C", 1, 4 * figures.HOUR_S)
HUMIDITY = TileSpec("humidity_pct", "%", 0, 4 * figures.HOUR_S)
DEMAND = TileSpec("demand_mw", "MW", 0, 4 * figures.HOUR_S)
RENEWABLE = TileSpec("renewable_pct", "%", 1, 60 * figures.HOUR_S, by_day=True)


@dataclass(frozen=True, slots=True)
class Tile:
    """What a tile shows; empty texts are not shown.

    Attributes:
        badge: a kind that is not ``observed``.
        provenance: source, kind, slot and age.
    """

    spec: TileSpec
    title: str
    value: str
    missing: str
    badge: str
    stale: bool
    provenance: str
    reason: str
    trend: str = ""


@dataclass(frozen=True, slots=True)
class PeriodTile:
    """The tariff period, until when, and today's periods hour by hour as (colour class, period, is now)."""

    period: str
    colour: str
    meaning: str
    tariff: str
    until: str
    missing: str
    band: list[tuple[str, str, bool]]


@dataclass(frozen=True, slots=True)
class PowerTile:
    """Power of this slot, planned, metered and contracted, kW; ``share`` is planned over contracted, 0 to 1."""

    planned: str
    metered: str
    contracted: str
    share: float
    missing: str


@dataclass(frozen=True, slots=True)
class ScoreTile:
    """The energy score of this hour, 0 to 100, and which model says so."""

    value: str
    model: str
    missing: str


def tile(spec: TileSpec, info: Mapping[str, Any], now: datetime, texts: Texts) -> Tile:
    """One number as its tile shows it."""
    value = info.get(spec.key)
    seconds = info.get(f"{spec.key}_age_seconds")
    known = value is not None
    return Tile(
        spec=spec,
        title=_title(spec, info, texts),
        value=figures.number(value, spec.digits, texts) if value is not None else "",
        missing="" if known else info.get(f"{spec.key}_missing") or texts.say("now.missing"),
        badge=badge(info.get(f"{spec.key}_kind")) if known else "",
        stale=known and seconds is not None and seconds > spec.stale_after,
        provenance=_provenance(spec, info, now, texts) if known else "",
        reason=(info.get(f"{spec.key}_reason") or "") if known else "",
        trend=(info.get(spec.trend) or "") if known and spec.trend else "",
    )


def period_tile(info: Mapping[str, Any], periods: Periods, now: datetime, texts: Texts) -> PeriodTile:
    """The tariff period now, when it changes, and those of the whole day."""
    period, tariff = info.get("tariff_period"), info.get("tariff")
    return PeriodTile(
        period=period or "",
        colour=colour(tariff, period),
        meaning=_meaning(tariff, period, texts),
        tariff=tariff or "",
        until=_until(period, periods, now, texts),
        missing="" if period else info.get("tariff_period_missing") or texts.say("period.missing"),
        band=_band(tariff, periods, now),
    )


def power_tile(meter: Mapping[str, Any], context: Mapping[str, Any], texts: Texts) -> PowerTile:
    """What the plan takes now of what is contracted, and what the meter says where there is one."""
    slot, metered = context.get("now"), meter.get("power_kw")
    if slot is None:
        return PowerTile("", _kw(metered, texts), "", 0.0, texts.say("power.no_plan"))
    planned, contracted = slot["power_planned_kw"], slot["power_contracted_kw"]
    share = min(1.0, planned / contracted) if contracted else 0.0
    return PowerTile(_kw(planned, texts), _kw(metered, texts), _kw(contracted, texts), round(share, 3), "")


def score_tile(predictions: Mapping[str, Any] | None, texts: Texts) -> ScoreTile:
    """The score, or that there is no model yet."""
    said = (predictions or {}).get("energy_optimization")
    if not said:
        return ScoreTile("", "", texts.say("score.none"))
    model = said.get("model") or {}
    name = texts.say("score.model", sort=texts.name("sort", model.get("sort", "")), version=model.get("version", ""))
    return ScoreTile(figures.number(said["energy_optimization_score"], 0, texts), name, "")


def _kw(value: float | None, texts: Texts) -> str:
    return "" if value is None else figures.number(value, 0, texts)


def _title(spec: TileSpec, info: Mapping[str, Any], texts: Texts) -> str:
    if spec is PRICE:
        return texts.name("now.price", "spot" if info.get("price_series") == "spot" else "pvpc")
    return texts.say(f"now.{spec.key}")


def _provenance(spec: TileSpec, info: Mapping[str, Any], now: datetime, texts: Texts) -> str:
    source, kind, at, seconds = (info.get(f"{spec.key}_{part}") for part in ("source", "kind", "at", "age_seconds"))
    parts = [
        texts.name("source", source) if source else "",
        texts.name("kind", kind) if kind else "",
        _slot(spec, figures.moment(at), now, texts) if at else "",
        figures.age(seconds, texts) if seconds is not None else "",
    ]
    return " · ".join(part for part in parts if part)


def _slot(spec: TileSpec, at: datetime, now: datetime, texts: Texts) -> str:
    if spec.by_day:
        return texts.say("now.day", day=figures.date(at, now, texts))
    return figures.date_and_clock(at, now, texts)


def _meaning(tariff: str | None, period: str | None, texts: Texts) -> str:
    if period not in PERIODS:
        return ""
    own = texts.messages.get(f"period.{tariff}.{period}")
    return own or texts.say(f"period.{period}")


def _until(period: str | None, periods: Periods, now: datetime, texts: Texts) -> str:
    """When the period changes and to which; empty where the known slots do not reach that far."""
    for start, later in periods:
        if period and start > now and later != period:
            return texts.say("now.until", time=figures.at(start, now, texts), period=later)
    return ""


def _band(tariff: str | None, periods: Periods, now: datetime) -> list[tuple[str, str, bool]]:
    """One entry for each hour of today that begins a slot."""
    return [
        (colour(tariff, period), period, 0 <= (now - start).total_seconds() < figures.HOUR_S)
        for start, period in periods
        if start.date() == now.date() and start.minute == 0
    ]
