"""All that the page shows, as JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chocolate_factory import __version__
from chocolate_factory.domain.errors import InputError, NotYetError, StoreError
from chocolate_factory.domain.plan_record import PlanRecord
from chocolate_factory.domain.time import DAY, Interval, isoformat_madrid
from chocolate_factory.ports import Timetable
from chocolate_factory.web.api.ree import price_out
from chocolate_factory.web.dashboard.facts.advice import models, predictions
from chocolate_factory.web.dashboard.facts.current import current_info, two_days
from chocolate_factory.web.dashboard.facts.kept import Kept
from chocolate_factory.web.dashboard.facts.market import market, outlook
from chocolate_factory.web.dashboard.facts.money import money
from chocolate_factory.web.dashboard.facts.plan import plan, plan_context
from chocolate_factory.web.dashboard.facts.savings import metered, savings
from chocolate_factory.web.dashboard.facts.trust import alerts, data_health, jobs, system_status
from chocolate_factory.wiring import House


class Parts:
    """The document in the making: a part that cannot be had is null, and named with the sentence why."""

    def __init__(self) -> None:
        self.made: dict[str, Any] = {}
        self.missing: dict[str, str] = {}

    def add(self, name: str, make: Callable[[], Any]) -> Any:
        """Make a part; what is down keeps nobody from the others."""
        try:
            self.made[name] = make()
        except (StoreError, NotYetError, InputError) as e:
            self.made[name], self.missing[name] = None, str(e)
        return self.made[name]


def complete(
    house: House, timetable: Timetable, now: datetime, language: str, kept: Kept | None = None
) -> dict[str, Any]:
    """Everything at once. What is not known is null, with a sentence why beside it."""
    kept = kept or Kept()
    parts = Parts()
    record = _in_force(house)
    parts.add("prices", lambda: _prices(house, now))
    parts.add("current_info", lambda: current_info(house, now, language))
    parts.add("system_status", lambda: system_status(house, timetable))
    parts.add("weather", lambda: _weather(house, now, language))
    parts.add("alerts", lambda: alerts(house))
    parts.add("data_health", lambda: data_health(house))
    parts.add("jobs", lambda: jobs(timetable))
    parts.add("predictions", lambda: predictions(house))
    parts.add("plan", lambda: plan(house, record))
    parts.add("plan_context", lambda: plan_context(house, record, now, kept))
    parts.add("models", lambda: models(house, now))
    parts.add("outlook", lambda: outlook(house))
    parts.add("market", lambda: market(house, kept, now))
    meter = parts.add("meter", lambda: metered(house, kept, now))
    parts.add("money", lambda: money(house, record, meter))
    parts.add("savings", lambda: savings(house, kept, now))
    head = {
        "generated_at": isoformat_madrid(now),
        "world": house.world,
        "site": "linares",
        "version": __version__,
    }
    return {**head, **parts.made, "missing_parts": parts.missing}


def _in_force(house: House) -> PlanRecord | None:
    """None too while the ledger is down: the part that needs it says so."""
    try:
        return house.plans.plan_in_force()
    except StoreError:
        return None


def _prices(house: House, now: datetime) -> dict[str, Any]:
    return {
        "pvpc": [price_out(p).model_dump(mode="json") for p in two_days(house, "pvpc", now)],
        "spot": [price_out(p).model_dump(mode="json") for p in two_days(house, "spot", now)],
        "notes": [],
    }


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
