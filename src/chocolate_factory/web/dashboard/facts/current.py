"""``current_info``: each number of now with source, kind, slot and age beside it, or the sentence why it is missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.series import Kind, Observation, Query
from chocolate_factory.domain.tariff import Tariff, period
from chocolate_factory.domain.time import (
    DAY,
    HOUR,
    Interval,
    Resolution,
    floor,
    isoformat_madrid,
    madrid_date,
    madrid_day,
)
from chocolate_factory.quality.select import best_per_slot
from chocolate_factory.usecases.prices import Price
from chocolate_factory.wiring import House

#: A price that moves less than this from one hour to the next is steady.
STEADY = 0.02

MISSING = {
    "es": {
        "pvpc": "Falta el PVPC de esta hora: REE lo publica hacia las 20:20 de la víspera.",
        "spot": "Falta el precio spot de ahora: se publica hacia las 14:00 de la víspera.",
        "energy": "Sin precio spot de ahora no se conoce el precio final de la planta.",
        "temperature": "Ninguna fuente tiene una lectura reciente.",
        "demand": "Ninguna medida de demanda de las últimas horas.",
        "renewable": "REE no ha publicado todavía la generación de estos días.",
    },
    "en": {
        "pvpc": "This hour's PVPC is missing: REE publishes it at about 20:20 the day before.",
        "spot": "The spot price of now is missing: it is published at about 14:00 the day before.",
        "energy": "Without the spot price of now the plant's all-in price is not known.",
        "temperature": "No source has a fresh reading.",
        "demand": "No measured demand of the last hours.",
        "renewable": "REE has not published the generation of these days yet.",
    },
}


def two_days(house: House, series: str, now: datetime) -> list[Price]:
    """The prices of today and tomorrow, as far as they are published."""
    today = madrid_date(now)
    window = Interval(madrid_day(today).start, madrid_day(today + DAY).end)
    return house.prices(series, window, house.plant().contract.tariff)


def current_info(house: House, now: datetime, language: str) -> dict[str, Any]:
    """All of it."""
    words, tariff = MISSING[language], house.plant().contract.tariff
    pvpc, spot = two_days(house, "pvpc", now), two_days(house, "spot", now)
    return {
        "tariff": tariff.value,
        "tariff_period": period(now, tariff).value,
        **_prices(pvpc, spot, now, words),
        **_all_in(house, tariff, now, words),
        **_weather(house, now, words, language),
        **_grid(house, now, words),
    }


def _prices(pvpc: list[Price], spot: list[Price], now: datetime, words: dict[str, str]) -> dict[str, Any]:
    current_pvpc, current_spot = _at(pvpc, now), _at(spot, now)
    chosen = current_pvpc or current_spot
    return {
        **_value("price_eur_kwh", _origin(chosen), now, words["pvpc"], _per_kwh),
        "price_series": chosen.observation.series if chosen else None,
        "price_trend": _trend(pvpc, now),
        **_value("spot_eur_kwh", _origin(current_spot), now, words["spot"], _per_kwh),
        "spot_trend": _trend(spot, now),
    }


def _all_in(house: House, tariff: Tariff, now: datetime, words: dict[str, str]) -> dict[str, Any]:
    """What one more kWh costs the plant in this quarter-hour: the market's price through its own contract."""
    start = floor(now, Resolution.QUARTER)
    window = Interval(start, start + Resolution.QUARTER.span)
    try:
        slot = next(iter(house.tariff_slots(window, tariff, Resolution.QUARTER)))
    except InputError as e:  # no table of tolls or taxes for the day: the alarm of what ends tells of it too
        return _value("energy_eur_kwh", None, now, str(e))
    known = slot.energy_eur_kwh is not None
    return {
        "energy_eur_kwh": slot.energy_eur_kwh,
        "energy_eur_kwh_source": "tariff" if known else None,
        "energy_eur_kwh_kind": slot.price_kind.value if slot.price_kind else None,
        "energy_eur_kwh_at": isoformat_madrid(start) if known else None,
        "energy_eur_kwh_age_seconds": int((now - start).total_seconds()) if known else None,
        "energy_eur_kwh_missing": None if known else words["energy"],
    }


def _weather(house: House, now: datetime, words: dict[str, str], language: str) -> dict[str, Any]:
    hour = house.weather.now()
    found: dict[str, Any] = {}
    for name, choice in (("temperature_c", hour.temperature), ("humidity_pct", hour.humidity)):
        found |= _value(name, choice.reading if choice else None, now, words["temperature"])
        found[f"{name}_reason"] = choice.sentence(language) if choice else None
    return found


def _grid(house: House, now: datetime, words: dict[str, str]) -> dict[str, Any]:
    demand = _newest(house, ("demand_5min", "demand"), now, 6 * HOUR)
    share = _newest(house, ("renewable_share",), now, 4 * DAY, house.filling | {Kind.ESTIMATED})
    return {
        **_value("demand_mw", demand, now, words["demand"]),
        **_value("renewable_pct", share, now, words["renewable"]),
    }


def _per_kwh(eur_mwh: float) -> float:
    return round(eur_mwh / 1000.0, 6)


def _one_decimal(value: float) -> float:
    return round(value, 1)


def _origin(price: Price | None) -> Observation | None:
    return price.observation if price else None


def _value(
    name: str,
    origin: Observation | None,
    now: datetime,
    missing: str,
    shown: Callable[[float], float] = _one_decimal,
) -> dict[str, Any]:
    """A number with where it comes from beside it."""
    return {
        name: shown(origin.value) if origin else None,
        f"{name}_source": origin.source if origin else None,
        f"{name}_kind": origin.kind.value if origin else None,
        f"{name}_at": isoformat_madrid(origin.start) if origin else None,
        f"{name}_age_seconds": int((now - origin.start).total_seconds()) if origin else None,
        f"{name}_missing": None if origin else missing,
    }


def _at(prices: list[Price], now: datetime) -> Price | None:
    """The price of the slot that holds now."""
    return next((p for p in prices if p.observation.start <= now < _end(p)), None)


def _end(price: Price) -> datetime:
    return price.observation.start + timedelta(minutes=price.observation.resolution_minutes)


def _trend(prices: list[Price], now: datetime) -> str | None:
    """Whether an hour later is dearer, cheaper or about the same; None where either is unknown."""
    here, there = _at(prices, now), _at(prices, now + HOUR)
    if here is None or there is None:
        return None
    change = there.eur_kwh - here.eur_kwh
    if abs(change) <= STEADY * abs(here.eur_kwh):
        return "steady"
    return "rising" if change > 0 else "falling"


def _newest(
    house: House, names: tuple[str, ...], now: datetime, age: timedelta, kinds: frozenset[Kind] | None = None
) -> Observation | None:
    """The latest value of the first series that has one of no more than that age."""
    for name in names:
        found = best_per_slot(house.store.read(Query(name, Interval(now - age, now), kinds=kinds or house.filling)))
        if found:
            return found[-1]
    return None
