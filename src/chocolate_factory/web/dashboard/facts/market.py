"""Prices over a week: what came, what is expected, and how near the expectations of the last days were."""

from __future__ import annotations

from datetime import datetime
from statistics import fmean
from typing import Any

from chocolate_factory.domain.models import PRICE_MODELS
from chocolate_factory.domain.time import DAY, Interval, Resolution, floor, isoformat_madrid, madrid_date, madrid_day
from chocolate_factory.usecases.outcomes import Hourly, Outcomes, common_days, said_in_time
from chocolate_factory.usecases.outlook import outlook_document
from chocolate_factory.usecases.price_history import PriceHistory
from chocolate_factory.web.dashboard.facts.kept import Kept
from chocolate_factory.wiring import House

#: Days shown before today, and days whose forecasts are held against what came.
BACK = 7
#: The price that the plant pays by, and that plans are made with.
SERIES = "spot"


def outlook(house: House) -> dict[str, Any]:
    """Both price series for a week, as GET /forecast/prices has them."""
    return {series: outlook_document(house.forecasts.prices(series)) for series in PRICE_MODELS}


def market(house: House, kept: Kept, now: datetime) -> dict[str, Any]:
    """``history``: the hours of the last days; ``record``: what was forecast of them, and the errors."""
    hour = floor(now, Resolution.HOUR)
    return {
        "history": kept("history", hour, lambda: _history(house, now)),
        "record": kept("record", (hour, house.shelf.stamp()), lambda: _record(house, now)),
    }


def _history(house: House, now: datetime) -> list[dict[str, Any]]:
    today = madrid_date(now)
    window = Interval(madrid_day(today - BACK * DAY).start, madrid_day(today + DAY).end)
    return [
        {"start": isoformat_madrid(o.start), "price_eur_kwh": round(o.value / 1000, 6), "kind": o.kind.value}
        for o in PriceHistory(house.store, house.filling).slots(SERIES, window, now)
    ]


def _record(house: House, now: datetime) -> dict[str, Any]:
    """Tomorrow's prices as they were expected at noon of the day before, beside the EPF naive's, on the same hours."""
    name = PRICE_MODELS[SERIES]
    window = Interval(madrid_day(madrid_date(now) - BACK * DAY).start, madrid_day(madrid_date(now)).end)
    outcomes = Outcomes(PriceHistory(house.store, house.filling), house.clock, _no_targets, _no_targets)
    said = said_in_time(house.store, name, None, window)
    came, naive = outcomes.came(name, window), outcomes.naive(name, window)
    hours = [start for found in common_days(name, window, said, came, naive).values() for start in found]
    return {
        "hours": [
            {
                "start": isoformat_madrid(start),
                "forecast_eur_kwh": round(said[start] / 1000, 6),
                "actual_eur_kwh": round(came[start] / 1000, 6),
                "naive_eur_kwh": round(naive[start] / 1000, 6),
            }
            for start in sorted(hours)
        ],
        "mae_eur_mwh": _mae(said, came, hours),
        "naive_mae_eur_mwh": _mae(naive, came, hours),
    }


def _mae(said: Hourly, came: Hourly, hours: list[datetime]) -> float | None:
    return round(fmean(abs(said[start] - came[start]) for start in hours), 3) if hours else None


def _no_targets(_name: object, _window: Interval) -> Hourly:
    """Of prices alone is spoken here."""
    return {}
