"""The week of prices: a heat map hour by day, what each day may bring, and how good the forecasts were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import fmean
from typing import Any

from chocolate_factory.web.dashboard import figures
from chocolate_factory.web.dashboard.texts import Texts
from chocolate_factory.web.dashboard.views.badges import badge

#: Colours of the heat map, cheap to dear.
SHADES = 9
GUESSED = ("forecast", "estimated")


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour's price, EUR/kWh, with P10 and P90 where it is a forecast."""

    start: datetime
    value: float
    low: float
    high: float
    kind: str


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One hour of one day: its shade (0 to 8), its price, and its kind where it is no observation."""

    shade: int
    text: str
    badge: str
    current: bool


@dataclass(frozen=True, slots=True)
class Heat:
    """The map: the days' heads, and a row for each hour; a cell that is None has no price."""

    days: list[str]
    rows: list[tuple[str, list[HeatCell | None]]]
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class DayAhead:
    """What a day may bring: the prices known or expected, and between which they should lie."""

    title: str
    mean: str
    low: str
    high: str
    band: str
    kind: str
    badge: str


def hours_of(data: Mapping[str, Any]) -> list[Hour]:
    """What came and what is expected of spot, hour by hour; what is published counts before what was expected."""
    history = (data.get("market") or {}).get("history") or []
    ahead = ((data.get("outlook") or {}).get("spot") or {}).get("prices") or []
    found = {hour.start: hour for hour in map(_expected, ahead) if hour.kind in (*GUESSED, "simulated")}
    found |= {hour.start: hour for hour in map(_came, history)}
    return [found[start] for start in sorted(found)]


def _came(row: Mapping[str, Any]) -> Hour:
    value = row["price_eur_kwh"]
    return Hour(figures.moment(row["start"]), value, value, value, row["kind"])


def _expected(row: Mapping[str, Any]) -> Hour:
    low, value, high = (row[f"{quantile}_eur_mwh"] / 1000 for quantile in ("p10", "p50", "p90"))
    return Hour(figures.moment(row["start"]).replace(minute=0), value, low, high, row["kind"])


# -------------------------------------------------------------------------------------------------------------- heat
def heat(hours: Sequence[Hour], now: datetime, texts: Texts) -> Heat | None:
    """Hours down, days across; the repeated hour of October is the mean of both. None where nothing is known."""
    if not hours:
        return None
    cells: dict[tuple[date, int], list[Hour]] = defaultdict(list)
    for hour in hours:
        cells[hour.start.date(), hour.start.hour].append(hour)
    days = sorted({day for day, _ in cells})
    low, high = min(h.value for h in hours), max(h.value for h in hours)
    return Heat(
        days=[_head(cells, day, now, texts) for day in days],
        rows=[
            (f"{clock:02}", [_cell(cells.get((day, clock)), (low, high), now, texts) for day in days])
            for clock in range(24)
        ],
        low=figures.number(low, 3, texts),
        high=figures.number(high, 3, texts),
    )


def _head(cells: Mapping[tuple[date, int], Sequence[Hour]], day: date, now: datetime, texts: Texts) -> str:
    first = next(found[0].start for (of, _), found in cells.items() if of == day)
    return f"{figures.weekday(first, texts)[:2]} {first.day}" + (" ●" if day == now.date() else "")


def _cell(found: Sequence[Hour] | None, span: tuple[float, float], now: datetime, texts: Texts) -> HeatCell | None:
    if not found:
        return None
    value, kinds = fmean(h.value for h in found), [h.kind for h in found]
    share = (value - span[0]) / ((span[1] - span[0]) or 1.0)
    return HeatCell(
        shade=min(SHADES - 1, int(share * SHADES)),
        text=figures.number(100 * value, 0, texts),
        badge=badge(kinds[-1]),
        current=any(0 <= (now - h.start).total_seconds() < figures.HOUR_S for h in found),
    )


# -------------------------------------------------------------------------------------------------------------- days
def days_ahead(hours: Sequence[Hour], now: datetime, texts: Texts) -> list[DayAhead]:
    """From today on."""
    by_day: dict[date, list[Hour]] = defaultdict(list)
    for hour in hours:
        if hour.start.date() >= now.date():
            by_day[hour.start.date()].append(hour)
    return [_day(found, now, texts) for _, found in sorted(by_day.items())]


def _day(hours: Sequence[Hour], now: datetime, texts: Texts) -> DayAhead:
    low, high = min(hours, key=lambda h: h.value), max(hours, key=lambda h: h.value)
    guessed = any(h.high > h.low for h in hours)
    noon = hours[0].start
    return DayAhead(
        title=f"{figures.weekday(noon, texts)} {figures.date(noon, now, texts)}",
        mean=figures.number(fmean(h.value for h in hours), 3, texts),
        low=_at(low, texts),
        high=_at(high, texts),
        band=_band(hours, texts) if guessed else "",
        kind=texts.name("kind", hours[-1].kind),
        badge=badge(hours[-1].kind),
    )


def _at(hour: Hour, texts: Texts) -> str:
    return f"{figures.number(hour.value, 3, texts)} ({figures.clock(hour.start)})"


def _band(hours: Sequence[Hour], texts: Texts) -> str:
    """The day's mean, if all went low and if all went high."""
    low, high = fmean(h.low for h in hours), fmean(h.high for h in hours)
    return f"{figures.number(low, 3, texts)} – {figures.number(high, 3, texts)}"


# ------------------------------------------------------------------------------------------------------------ record
def record(data: Mapping[str, Any], texts: Texts) -> str:
    """How near the forecasts of the last days were, beside the naive one, in a sentence."""
    found = (data.get("market") or {}).get("record") or {}
    mae, naive = found.get("mae_eur_mwh"), found.get("naive_mae_eur_mwh")
    if mae is None or naive is None:
        return texts.say("record.none")
    return texts.say(
        "record.errors",
        hours=figures.number(len(found["hours"]), 0, texts),
        mae=figures.number(mae, 2, texts),
        naive=figures.number(naive, 2, texts),
        verdict=texts.say("record.better" if mae < naive else "record.worse"),
    )
