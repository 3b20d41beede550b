"""The page as HTML: the JSON of /dashboard/complete in, text out. No I/O but reading its own templates once.

The page is a frame with sections. It is readable as it stands; ``static/main.js`` then puts newer sections in the place
of older ones, as they are rendered here, and draws the charts. Every text from outside is escaped by Jinja; nothing is
inline, so that the strictest policy holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from chocolate_factory.web.dashboard import figures
from chocolate_factory.web.dashboard.texts import Texts, texts
from chocolate_factory.web.dashboard.views import jobs, models, now, prices, trust, week
from chocolate_factory.web.dashboard.views.decision import decision
from chocolate_factory.web.dashboard.views.money import money_view
from chocolate_factory.web.dashboard.views.plan import plan_view

#: To be served at ``{base}/static``; revalidated on every load (``Cache-Control: no-cache``), for names never change.
STATIC = Path(__file__).parent / "static"

#: The page works under this; anything looser is not needed.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: The groups of texts that the scripts speak.
SPOKEN = (
    "chart", "date", "duration", "kind", "level", "live", "machine", "months", "prices", "product", "series",
    "source", "theme", "weekdays",
)  # fmt: skip


NO_DIGESTS: Mapping[str, str] = {}


class Look(NamedTuple):
    """Who looks: in which language, and whether from outside."""

    language: str
    external: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What a section is made from.

    Attributes:
        external: whether it leaves the house: then without version, without details, without anything to do.
    """

    data: Mapping[str, Any]
    now: datetime
    texts: Texts
    external: bool

    def part(self, name: str) -> dict[str, Any]:
        """A part of the document; empty where it is null or absent."""
        return self.data.get(name) or {}


def render(data: Mapping[str, Any], look: Look, **around: Any) -> str:
    """The whole page.

    Args:
        data: what /dashboard/complete answers; a part that is null or absent is said to be missing.
        around: as ``frame`` takes it.

    Raises:
        InputError: a language that the page does not speak.
    """
    return frame(data, sections(data, look), look, **around)


def sections(data: Mapping[str, Any], look: Look) -> dict[str, str]:
    """Every section by its name, in the page's order."""
    language, external = look
    words = texts(language)
    seen = Seen(data, figures.moment(data["generated_at"]), words, external)
    shared = {"t": words, "external": external}
    return {
        name: _environment().get_template(f"{name}.html").render(**shared, **view(seen))
        for name, view in SECTIONS.items()
    }


def frame(
    data: Mapping[str, Any],
    made: Mapping[str, str],
    look: Look,
    *,
    base: str = "/dashboard",
    acts: str = "no",
    meter: bool = False,
    digests: Mapping[str, str] = NO_DIGESTS,
) -> str:
    """The page around sections that are made; it knows by their digests which it holds.

    Args:
        base: the path under which page, JSON and static files lie.
        acts: whether the reader may change something: ``yes``, ``token`` where it takes the token, or ``no``.
        meter: whether the service takes meter readings.
    """
    words, external = texts(look.language), look.external
    return (
        _environment()
        .get_template("page.html")
        .render(
            t=words,
            base=base.rstrip("/"),
            external=external,
            acts=acts,
            meter=meter,
            site=words.name("site", data["site"]),
            version="" if external else data.get("version") or "",
            sections={name: Markup(html) for name, html in made.items()},  # noqa: S704  escaped when it was rendered
            digests=json.dumps(digests),
            spoken=words.some(SPOKEN if acts == "no" else (*SPOKEN, "act")),
        )
    )


# ------------------------------------------------------------------------------------------------------- sections
def _top(seen: Seen) -> dict[str, Any]:
    alerts = trust.open_alerts(seen.data.get("alerts"))
    return {
        "simulated": seen.data["world"] == "simulated",
        "site": seen.texts.name("site", seen.data["site"]),
        "status": trust.state(seen.part("system_status").get("status")),
        "alert_count": seen.texts.count("alerts", len(alerts), figures.number(len(alerts), 0, seen.texts)),
        "generated": figures.clock(seen.now),
        "missing": [seen.texts.name("missing", name) for name in seen.data.get("missing_parts") or {}],
    }


def _now(seen: Seen) -> dict[str, Any]:
    info, context = seen.part("current_info"), seen.part("plan_context")
    known = prices.periods(prices.read_all(seen.data.get("prices")))

    def tile(spec: now.TileSpec) -> now.Tile:
        return now.tile(spec, info, seen.now, seen.texts)

    return {
        "decision": decision(seen.data, seen.now, seen.texts),
        "energy": tile(now.ENERGY),
        "period": now.period_tile(info, known, seen.now, seen.texts),
        "power": now.power_tile(seen.part("meter"), context, seen.texts),
        "score": now.score_tile(seen.data.get("predictions"), seen.texts),
        "markets": [tile(now.PRICE), tile(now.SPOT)],
        "others": [tile(now.TEMPERATURE), tile(now.HUMIDITY), tile(now.DEMAND), tile(now.RENEWABLE)],
    }


def _plan(seen: Seen) -> dict[str, Any]:
    return {"plan": plan_view(seen.data, seen.now, seen.texts)}


def _sheet(seen: Seen) -> dict[str, Any]:
    return {
        **_plan(seen),
        "decision": decision(seen.data, seen.now, seen.texts),
        "alerts": trust.alert_rows(trust.open_alerts(seen.data.get("alerts")), seen.now, seen.texts),
        "site": seen.texts.name("site", seen.data["site"]),
        "simulated": seen.data["world"] == "simulated",
    }


def _prices(seen: Seen) -> dict[str, Any]:
    tariff = seen.part("current_info").get("tariff")
    days = prices.days(prices.read_all(seen.data.get("prices")), tariff, seen.now, seen.texts)
    hours = week.hours_of(seen.data)
    return {
        "days": days,
        "notes": seen.part("prices").get("notes") or [],
        "heat": week.heat(hours, seen.now, seen.texts),
        "ahead": week.days_ahead(hours, seen.now, seen.texts),
        "problem": (seen.part("outlook").get("spot") or {}).get("problem") or "",
        "record": week.record(seen.data, seen.texts),
    }


def _money(seen: Seen) -> dict[str, Any]:
    return {"money": money_view(seen.data, seen.now, seen.texts)}


def _trust(seen: Seen) -> dict[str, Any]:
    status, series = seen.part("system_status"), seen.data.get("data_health")
    alerts = trust.open_alerts(seen.data.get("alerts"))
    return {
        "alerts": trust.alert_rows(alerts, seen.now, seen.texts),
        "series": trust.series_rows(series, seen.now, seen.texts) if series else None,
        "repair": trust.repair(series, seen.now, seen.texts) if series else [],
        "upstreams": trust.upstreams(status, seen.now, seen.texts),
        "parts": trust.parts(status, seen.now, seen.texts),
        "models": models.model_rows(seen.data.get("models"), seen.texts),
        "jobs": jobs.job_rows(seen.data.get("jobs"), seen.now, seen.texts),
    }


#: The sections by name, each with what fills its template.
SECTIONS: Mapping[str, Callable[[Seen], dict[str, Any]]] = {
    "top": _top,
    "now": _now,
    "plan": _plan,
    "prices": _prices,
    "money": _money,
    "trust": _trust,
    "sheet": _sheet,
}


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
