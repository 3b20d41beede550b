"""The section Prices: today's and tomorrow's slots, hour by hour, with what is missing said in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from chocolate_factory.domain.time import madrid_day
from chocolate_factory.web.dashboard import figures
from chocolate_factory.web.dashboard.texts import Texts
from chocolate_factory.web.dashboard.views.badges import badge, colour
from chocolate_factory.web.dashboard.views.now import Periods

DIGITS = 3
SERIES = ("pvpc", "spot")


@dataclass(frozen=True, slots=True)
class Slot:
    """One published price: EUR/kWh over ``minutes`` from ``start`` (Madrid's wall time) on."""

    start: datetime
    minutes: int
    eur_kwh: float
    period: str | None
    source: str
    kind: str

    @property
    def hour(self) -> datetime:
        """The start of its hour in UTC, which tells the two hours of October apart."""
        return self.start.astimezone(UTC).replace(minute=0)


@dataclass(frozen=True, slots=True)
class Cell:
    """One price in the table: its text, the kind when it is no observation, and the quarters that it spans."""

    text: str
    badge: str = ""
    span: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One hour: ``pvpc`` is None where it is missing; ``spot`` holds four quarters or one cell over all four."""

    hour: str
    current: bool
    period: str
    colour: str
    pvpc: Cell | None
    spot: list[Cell | None]


@dataclass(frozen=True, slots=True)
class Day:
    """One Madrid day: ranges and origins of what is there, sentences for what is not, and the rows."""

    title: str
    ranges: list[str]
    missing: list[str]
    origins: list[str]
    rows: list[Row]


def read(rows: list[dict[str, Any]] | None) -> list[Slot]:
    """The slots of one series, ordered."""
    slots = [
        Slot(
            start=figures.moment(row["start"]),
            minutes=row["resolution_minutes"],
            eur_kwh=row["price_eur_kwh"],
            period=row.get("tariff_period"),
            source=row["source"],
            kind=row["kind"],
        )
        for row in rows or []
    ]
    return sorted(slots, key=lambda slot: slot.start)


def read_all(prices: Mapping[str, Any] | None) -> dict[str, list[Slot]]:
    """The slots of both series."""
    return {series: read((prices or {}).get(series)) for series in SERIES}


def periods(slots: Mapping[str, list[Slot]]) -> Periods:
    """Which period begins when, as far as the slots of either series reach."""
    known = {slot.start: slot.period for series in SERIES for slot in slots[series] if slot.period}
    return sorted(known.items())


def days(slots: Mapping[str, list[Slot]], tariff: str | None, now: datetime, texts: Texts) -> list[Day]:
    """Today and tomorrow."""
    return [_day(when, slots, tariff, now, texts) for when in ("today", "tomorrow")]


def _day(when: str, slots: Mapping[str, list[Slot]], tariff: str | None, now: datetime, texts: Texts) -> Day:
    noon = now.replace(hour=12) + timedelta(days=when == "tomorrow")
    of_day = {series: [s for s in slots[series] if s.start.date() == noon.date()] for series in SERIES}
    title = texts.say(f"prices.{when}", weekday=figures.weekday(noon, texts), date=figures.date(noon, now, texts))
    return Day(
        title=title,
        ranges=[_range(series, of_day[series], texts) for series in SERIES if of_day[series]],
        missing=_missing(when, noon, of_day, texts),
        origins=_origins(of_day, texts),
        rows=_rows(of_day, tariff, now, texts),
    )


def _range(series: str, slots: list[Slot], texts: Texts) -> str:
    """Lowest, highest and mean price of the day's slots, the mean by their lengths."""
    low, high = min(slots, key=lambda s: s.eur_kwh), max(slots, key=lambda s: s.eur_kwh)
    mean = sum(s.eur_kwh * s.minutes for s in slots) / sum(s.minutes for s in slots)
    return texts.say(
        "prices.range",
        series=texts.name("series", series),
        low=figures.number(low.eur_kwh, DIGITS, texts),
        low_time=figures.clock(low.start),
        high=figures.number(high.eur_kwh, DIGITS, texts),
        high_time=figures.clock(high.start),
        mean=figures.number(mean, DIGITS, texts),
    )


def _missing(when: str, noon: datetime, of_day: Mapping[str, list[Slot]], texts: Texts) -> list[str]:
    """A sentence for each series that is absent or has holes."""
    if not any(of_day.values()):
        return [texts.say(f"prices.none_{when}")]
    absent = [texts.say(f"prices.no_{series}_{when}") for series in SERIES if not of_day[series]]
    length = madrid_day(noon.date()).duration.total_seconds()
    holes = {series: length - 60 * sum(s.minutes for s in slots) for series, slots in of_day.items() if slots}
    return absent + [
        texts.say("prices.partial", series=texts.name("series", series), duration=figures.duration(hole, texts))
        for series, hole in holes.items()
        if hole > 0
    ]


def _origins(of_day: Mapping[str, list[Slot]], texts: Texts) -> list[str]:
    """Each source and kind once."""
    found = [
        texts.say(
            "prices.from",
            series=texts.name("series", series),
            source=texts.name("source", slot.source),
            kind=texts.name("kind", slot.kind),
        )
        for series in SERIES
        for slot in of_day[series]
    ]
    return list(dict.fromkeys(found))


def _rows(of_day: Mapping[str, list[Slot]], tariff: str | None, now: datetime, texts: Texts) -> list[Row]:
    by_hour: dict[datetime, dict[str, list[Slot]]] = defaultdict(lambda: {series: [] for series in SERIES})
    for series in SERIES:
        for slot in of_day[series]:
            by_hour[slot.hour][series].append(slot)
    labels = [figures.clock(figures.moment(hour.isoformat())) for hour in sorted(by_hour)]
    return [_row(hour, by_hour[hour], labels, tariff, now, texts) for hour in sorted(by_hour)]


def _row(
    hour: datetime, found: dict[str, list[Slot]], labels: list[str], tariff: str | None, now: datetime, texts: Texts
) -> Row:
    local = figures.moment(hour.isoformat())
    label = figures.clock(local)
    period = next((slot.period for series in SERIES for slot in found[series] if slot.period), None)
    return Row(
        hour=f"{label} ({local:%z})" if labels.count(label) > 1 else label,
        current=0 <= (now - local).total_seconds() < figures.HOUR_S,
        period=period or "",
        colour=colour(tariff, period),
        pvpc=next((_cell(slot, texts) for slot in found["pvpc"]), None),
        spot=_quarters(found["spot"], texts),
    )


def _quarters(slots: list[Slot], texts: Texts) -> list[Cell | None]:
    if len(slots) == 1 and slots[0].minutes == 60:
        return [_cell(slots[0], texts, span=4)]
    by_quarter = {slot.start.minute // 15: slot for slot in slots}
    return [_cell(by_quarter[q], texts) if q in by_quarter else None for q in range(4)]


def _cell(slot: Slot, texts: Texts, span: int = 1) -> Cell:
    return Cell(figures.number(slot.eur_kwh, DIGITS, texts), badge(slot.kind), span)
