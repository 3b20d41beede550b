"""What the dashboard shows, as documents made by hand, and a reader of its HTML."""

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import dashboard_plan

from chocolate_factory.domain.time import HOUR, MADRID, isoformat_madrid, madrid_day
from chocolate_factory.web.dashboard import page
from chocolate_factory.web.dashboard.page import Look

STATIC = page.STATIC
HOSTILE = "<script>boom()</script><img src=x onerror=boom()>\"'{{7*7}}</script>"
TUESDAY = datetime(2026, 11, 24, 10, 42, 13, tzinfo=MADRID)


# What /dashboard/complete answers, invented.


def day_of_prices(day: date, minutes: int, source: str, level: float) -> list[dict[str, Any]]:
    whole, step = madrid_day(day), timedelta(minutes=minutes)
    starts = [whole.start + i * step for i in range(int(whole.duration / step))]
    return [slot(start, minutes, source, level + 10 * math.sin(i / 3)) for i, start in enumerate(starts)]


def slot(start: datetime, minutes: int, source: str, eur_mwh: float) -> dict[str, Any]:
    local = start.astimezone(MADRID)
    return {
        "start": isoformat_madrid(start),
        "resolution_minutes": minutes,
        "price_eur_mwh": round(eur_mwh, 2),
        "price_eur_kwh": round(eur_mwh / 1000, 5),
        "tariff_period": "P6" if local.hour < 8 or local.weekday() > 4 else "P2" if 9 <= local.hour < 14 else "P3",
        "source": source,
        "kind": "observed",
    }


def reading(key: str, value: float, source: str, at: datetime, present: datetime, **more: str) -> dict[str, Any]:
    facts = {"source": source, "kind": "observed", "at": isoformat_madrid(at), **more}
    facts["age_seconds"] = (present - at).total_seconds()
    return {key: value} | {f"{key}_{name}": fact for name, fact in facts.items()}


def absent(key: str, why: str | None) -> dict[str, Any]:
    return {key: None, f"{key}_missing": why} | {f"{key}_{n}": None for n in ("source", "kind", "at", "age_seconds")}


def complete(present: datetime = TUESDAY, tomorrow: bool = True) -> dict[str, Any]:
    hour, today = present.replace(minute=0, second=0), present.date()
    days = [today, today + timedelta(days=1)] if tomorrow else [today]
    return {
        "generated_at": isoformat_madrid(present),
        "world": "real",
        "site": "linares",
        "version": "7.7.7",
        "current_info": {
            "price_series": "pvpc",
            "price_trend": "rising",
            "spot_trend": "falling",
            "tariff": "3.0TD",
            "tariff_period": "P2",
            **reading("price_eur_kwh", 0.1234, "ree", hour, present),
            **reading("spot_eur_kwh", -0.0051, "omie", hour + timedelta(minutes=30), present),
            **reading("energy_eur_kwh", 0.0857, "tariff", hour + timedelta(minutes=30), present),
            **reading("temperature_c", 21.44, "aemet", hour - HOUR, present, reason="AEMET es la más reciente."),
            **reading("humidity_pct", 45, "openweathermap", hour, present, kind="forecast", reason="AEMET calla."),
            **reading("demand_mw", 27384.4, "ree", hour - HOUR, present),
            **reading("renewable_pct", 54.2, "ree", madrid_day(today - timedelta(days=1)).start, present),
        },
        "system_status": {
            "status": "degraded",
            "checks": [
                {"name": "store", "status": "ok", "detail": "sqlite in /srv/secret-path", "since": None},
                {"name": "upstream:ree", "status": "ok", "detail": "", "since": isoformat_madrid(hour - 30 * HOUR)},
                {"name": "upstream:aemet", "status": "down", "detail": "503", "since": isoformat_madrid(hour)},
            ],
        },
        "prices": {
            "pvpc": [row for day in days for row in day_of_prices(day, 60, "ree", 120)],
            "spot": [row for day in days for row in day_of_prices(day, 15, "omie", 60)],
            "notes": ["El spot llegó a las 13:47."],
        },
        "weather": {"observed": [], "forecast": []},
        "alerts": [
            alert(1, "info", "open", "Se llenó un hueco.", present),
            alert(2, "critical", "acknowledged", "Faltan 12 h de demanda.", present),
            alert(3, "critical", "closed", "Ya pasó.", present),
        ],
        "data_health": {
            "series": [
                {"series": "pvpc", "last": isoformat_madrid(hour), "behind_hours": 0.0, "status": "fresh"},
                {
                    "series": "demand",
                    "last": isoformat_madrid(hour),
                    "behind_hours": 11.7,
                    "status": "late",
                    "source": "ree",
                },
                {"series": "humidity", "last": None, "behind_hours": None, "status": "missing"},
            ],
            "total_gaps": 1,
            "missing_records": 12345,
            "last_recovery": {
                "at": isoformat_madrid(hour),
                "filled": 168,
                "failed": 0,
                "success_rate": 0.5,
                "summary": "7 días apagado.",
            },
        },
        "jobs": dashboard_plan.jobs(present),
        "predictions": dashboard_plan.predictions(present),
        "plan": dashboard_plan.plan(present),
        "plan_context": dashboard_plan.context(present),
        "models": dashboard_plan.models(),
        **dashboard_plan.week(present),
        "money": dashboard_plan.money(),
        "meter": dashboard_plan.meter(present),
        "savings": dashboard_plan.savings(present),
        "missing_parts": {},
    }


def alert(number: int, severity: str, state: str, message: str, present: datetime) -> dict[str, Any]:
    at = isoformat_madrid(present - 2 * HOUR)
    facts = {"id": number, "cause": f"cause-{number}", "severity": severity, "state": state, "message": message}
    told = {"meaning": {"es": "Qué es.", "en": "What it is."}, "remedy": {"es": "Esperar.", "en": "Wait."}}
    action = "Nada urgente." if number == 1 else "Wait."
    return facts | told | {"action": action, "opened_at": at, "last_seen_at": at, "times": number}


def first_day() -> dict[str, Any]:
    """Nothing stored, nothing known."""
    names = (
        "price_eur_kwh",
        "spot_eur_kwh",
        "energy_eur_kwh",
        "temperature_c",
        "humidity_pct",
        "demand_mw",
        "renewable_pct",
    )
    info = {key: value for name in names for key, value in absent(name, f"why no {name}").items()}
    info |= {"price_trend": None, "price_series": None, "tariff": "3.0TD", "tariff_period": None}
    series = {"series": [], "total_gaps": 0, "missing_records": 0, "last_recovery": None}
    empty = {"prices": {"pvpc": [], "spot": [], "notes": []}, "alerts": [], "data_health": series, "jobs": []}
    context = dashboard_plan.context(TUESDAY) | {"now": None, "running": [], "next": [], "fills": [], "before": None}
    models = [dashboard_plan.models()[1]]
    week = {"outlook": {"spot": {"prices": [], "problem": "No model."}}, "market": {"history": [], "record": {}}}
    nothing = {
        "meter": {"power_kw": None, "last_at": None, "peaks_kw": {}, "load": []},
        "plan": None,
        "plan_context": context,
        "predictions": None,
        "models": models,
    }
    return complete() | {"current_info": info} | empty | nothing | week


def hostile() -> dict[str, Any]:
    """Every text from outside is an attack, but for times and the two words that choose a branch."""
    kept = {"start", "end", "from", "to", "until", "generated_at", "since", "last", "world", "price_series", "what"}
    kept |= {"at", "last_run", "next_run", "span", "day"}

    def spoil(key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: spoil(name, inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [spoil(key, inner) for inner in value]
        spared = key in kept or key.endswith("_at")
        return HOSTILE if isinstance(value, str) and not spared else value

    spoilt = spoil("", complete())
    spoilt["system_status"]["checks"][1]["name"] = f"upstream:{HOSTILE}"
    return spoilt


PARTS = (
    "current_info", "prices", "alerts", "data_health", "system_status", "jobs", "predictions", "plan", "plan_context",
    "models", "outlook", "market", "meter", "money", "savings",
)  # fmt: skip

CASES: dict[str, Callable[[], dict[str, Any]]] = {
    "an ordinary Tuesday": complete,
    "before tomorrow's prices": lambda: complete(tomorrow=False),
    "the day of 25 hours": lambda: complete(datetime(2026, 10, 25, 2, 42, tzinfo=MADRID, fold=1)),
    "before the day of 23 hours": lambda: complete(datetime(2027, 3, 27, 21, 5, tzinfo=MADRID)),
    "the last minute of a year": lambda: complete(datetime(2026, 12, 31, 23, 59, 59, tzinfo=MADRID)),
    "the first day": first_day,
    "hostile": hostile,
    "parts that are null": lambda: (
        complete() | dict.fromkeys(PARTS) | {"missing_parts": dict.fromkeys(PARTS, "The store is down.")}
    ),
}


class Outline(HTMLParser):
    """What a browser would make of the page: its tags with their attributes, and the text that is shown."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.pieces: list[str] = []
        self._silent = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._silent = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.pieces).split())


def shown(data: dict[str, Any], language: str = "es", external: bool = False) -> str:
    return Outline(page.render(data, Look(language, external))).text
