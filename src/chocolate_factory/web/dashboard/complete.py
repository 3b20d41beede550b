"""All that the page shows, as JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from chocolate_factory import __version__
from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.series import Kind, Observation, Query
from chocolate_factory.domain.tariff import period
from chocolate_factory.domain.time import DAY, HOUR, Interval, isoformat_madrid, madrid_date, madrid_day
from chocolate_factory.domain.work import AlertState, GapState
from chocolate_factory.ports import Timetable
from chocolate_factory.quality.select import best_per_slot
from chocolate_factory.usecases.plan_document import record_document
from chocolate_factory.usecases.prices import Price
from chocolate_factory.web.api.alerts import alerts_out
from chocolate_factory.web.api.gaps import recovery_out
from chocolate_factory.web.api.ree import price_out
from chocolate_factory.web.dashboard.advice import models, predictions
from chocolate_factory.web.dashboard.savings import savings
from chocolate_factory.wiring import House

#: A price that moves less than this from one hour to the next is steady.
STEADY = 0.02

MISSING = {
    "es": {
        "pvpc": "Falta el PVPC de esta hora: REE lo publica hacia las 20:20 de la víspera.",
        "spot": "Falta el precio spot de ahora: se publica hacia las 14:00 de la víspera.",
        "temperature": "Ninguna fuente tiene una lectura reciente.",
        "demand": "Ninguna medida de demanda de las últimas horas.",
        "renewable": "REE no ha publicado todavía la generación de estos días.",
    },
    "en": {
        "pvpc": "This hour's PVPC is missing: REE publishes it at about 20:20 the day before.",
        "spot": "The spot price of now is missing: it is published at about 14:00 the day before.",
        "temperature": "No source has a fresh reading.",
        "demand": "No measured demand of the last hours.",
        "renewable": "REE has not published the generation of these days yet.",
    },
}


def complete(house: House, timetable: Timetable, now: datetime, language: str) -> dict[str, Any]:
    """Everything at once. What is not known is null, with a sentence why beside it."""
    pvpc, spot = _two_days(house, "pvpc", now), _two_days(house, "spot", now)
    return {
        "generated_at": isoformat_madrid(now),
        "world": house.world,
        "site": "linares",
        "version": __version__,
        "current_info": _current_info(house, pvpc, spot, now, language),
        "system_status": _system_status(house, timetable),
        "prices": {
            "pvpc": [price_out(p).model_dump(mode="json") for p in pvpc],
            "spot": [price_out(p).model_dump(mode="json") for p in spot],
            "notes": [],
        },
        "weather": _weather(house, now, language),
        "alerts": _alerts(house),
        "data_health": _data_health(house),
        "predictions": predictions(house),
        "plan": _plan(house),
        "models": models(house, now),
        "savings": savings(house, now),
    }


# ---------------------------------------------------------------------- now
def _current_info(house: House, pvpc: list[Price], spot: list[Price], now: datetime, language: str) -> dict[str, Any]:
    words = MISSING[language]
    hour = house.weather.now()
    current_pvpc, current_spot = _at(pvpc, now), _at(spot, now)
    tariff = house.plant().contract.tariff
    info: dict[str, Any] = {"tariff": tariff.value, "tariff_period": period(now, tariff).value}
    chosen = current_pvpc or current_spot
    info |= _value("price_eur_kwh", _origin(chosen), now, words["pvpc"], per_kwh)
    info |= {"price_series": chosen.observation.series if chosen else None, "price_trend": _trend(pvpc, now)}
    info |= _value("spot_eur_kwh", _origin(current_spot), now, words["spot"], per_kwh)
    for name, choice in (("temperature_c", hour.temperature), ("humidity_pct", hour.humidity)):
        info |= _value(name, choice.reading if choice else None, now, words["temperature"])
        info[f"{name}_reason"] = choice.sentence(language) if choice else None
    info |= _value("demand_mw", _newest(house, ("demand_5min", "demand"), now, 6 * HOUR), now, words["demand"])
    share = _newest(house, ("renewable_share",), now, 4 * DAY, house.filling | {Kind.ESTIMATED})
    info |= _value("renewable_pct", share, now, words["renewable"])
    return info


def per_kwh(eur_mwh: float) -> float:
    """EUR/MWh as EUR/kWh."""
    return round(eur_mwh / 1000.0, 6)


def one_decimal(value: float) -> float:
    """As a thermometer shows it."""
    return round(value, 1)


def _origin(price: Price | None) -> Observation | None:
    return price.observation if price else None


def _value(
    name: str,
    origin: Observation | None,
    now: datetime,
    missing: str,
    shown: Callable[[float], float] = one_decimal,
) -> dict[str, Any]:
    """A number with its source, kind, slot and age beside it, or the sentence why there is none."""
    return {
        name: shown(origin.value) if origin else None,
        f"{name}_source": origin.source if origin else None,
        f"{name}_kind": origin.kind.value if origin else None,
        f"{name}_at": isoformat_madrid(origin.start) if origin else None,
        f"{name}_age_seconds": int((now - origin.start).total_seconds()) if origin else None,
        f"{name}_missing": None if origin else missing,
    }


def _two_days(house: House, series: str, now: datetime) -> list[Price]:
    today = madrid_date(now)
    window = Interval(madrid_day(today).start, madrid_day(today + DAY).end)
    return house.prices(series, window, house.plant().contract.tariff)


def _at(prices: list[Price], now: datetime) -> Price | None:
    """The price of the slot that holds now."""
    return next((p for p in prices if p.observation.start <= now < _end(p)), None)


def _end(price: Price) -> datetime:
    return spec_of(price.observation.series).end(price.observation.start)


def _trend(pvpc: list[Price], now: datetime) -> str | None:
    """Whether the next hour is dearer, cheaper or about the same; None where either is unknown."""
    here, there = _at(pvpc, now), _at(pvpc, now + HOUR)
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


# ---------------------------------------------------------------------- the rest
def _plan(house: House) -> dict[str, Any] | None:
    """The plan in force, as GET /plan has it; None where none was made yet."""
    record = house.plans.plan_in_force()
    return record_document(record, house.plans.locked_batches()) if record else None


def _system_status(house: House, timetable: Timetable) -> dict[str, Any]:
    checks = [*house.watch.checks(), *timetable.checks()]
    rows = [
        {
            "name": c.name,
            "status": c.status,
            "detail": c.detail,
            "since": isoformat_madrid(c.since) if c.since else None,
        }
        for c in checks
    ]
    return {"status": house.watch.status(checks), "checks": rows}


def _weather(house: House, now: datetime, language: str) -> dict[str, Any]:
    observed = [
        {
            "start": isoformat_madrid(h.start),
            "temperature_c": h.temperature.reading.value if h.temperature else None,
            "humidity_pct": h.humidity.reading.value if h.humidity else None,
            "source": h.temperature.reading.source if h.temperature else None,
            "kind": h.temperature.reading.kind.value if h.temperature else None,
            "reason": h.temperature.sentence(language) if h.temperature else None,
        }
        for h in house.weather.hours(Interval(now - DAY, now))
    ]
    ahead = Interval(now, now + 2 * DAY)
    humid = {o.start: o.value for o in house.weather.forecast("humidity", ahead)}
    forecast = [
        {
            "start": isoformat_madrid(o.start),
            "temperature_c": o.value,
            "humidity_pct": humid.get(o.start),
            "source": o.source,
            "kind": o.kind.value,
        }
        for o in house.weather.forecast("temperature", ahead)
    ]
    return {"observed": observed, "forecast": forecast}


def _alerts(house: House) -> list[dict[str, Any]]:
    alive = house.alerts.alerts(frozenset({AlertState.OPEN, AlertState.ACKNOWLEDGED}), limit=50)
    return [alert.model_dump(mode="json") for alert in alerts_out(house, alive).alerts]


def _data_health(house: House) -> dict[str, Any]:
    gaps = [g for g in house.detect(house.detect.window(10)) if g.state is not GapState.UNFILLABLE]
    recovery = recovery_out(house.gaps.last_recovery())
    return {
        "series": [
            {
                "series": f.series,
                "last": isoformat_madrid(f.last) if f.last else None,
                "behind_hours": f.behind_hours,
                "status": f.status,
                "source": f.source,
            }
            for f in house.watch.freshness()
        ],
        "total_gaps": len(gaps),
        "missing_records": sum(g.missing for g in gaps),
        "last_recovery": recovery.model_dump(mode="json") if recovery else None,
    }
