"""The page as HTML: the JSON of /dashboard/complete in, text out. No I/O but reading its own templates once.

It is readable as it stands; ``static/main.js`` then draws the chart and keeps everything current. Every text from
outside is escaped by Jinja; nothing is inline, so that the strictest policy holds.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chocolate_factory.web.dashboard import figures, health, now, prices
from chocolate_factory.web.dashboard.texts import Texts, texts

#: To be served at ``{base}/static``; revalidated on every load (``Cache-Control: no-cache``), for names never change.
STATIC = Path(__file__).parent / "static"

#: The page works under this; anything looser is not needed.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def render(data: dict[str, Any], language: str, external: bool, base: str = "/dashboard") -> str:
    """The whole page.

    Args:
        data: what /dashboard/complete answers; a part that is null or absent is said to be missing.
        language: ``es`` or ``en``.
        external: whether it leaves the house: then without version and without the details of checks.
        base: the path under which page, JSON and static files lie.

    Raises:
        InputError: a language that the page does not speak.
    """
    words = texts(language)
    generated = figures.moment(data["generated_at"])
    return (
        _environment()
        .get_template("page.html")
        .render(
            t=words,
            base=base.rstrip("/"),
            external=external,
            simulated=data["world"] == "simulated",
            site=words.name("site", data["site"]),
            version="" if external else data.get("version") or "",
            generated=figures.clock(generated),
            **_now(data, generated, words),
            **_prices(data, generated, words),
            **_health(data, generated, words, external),
        )
    )


def _now(data: dict[str, Any], generated: datetime, words: Texts) -> dict[str, Any]:
    info = data.get("current_info") or {}
    known = prices.periods(prices.read_all(data.get("prices")))

    def tile(spec: now.TileSpec) -> now.Tile:
        return now.tile(spec, info, generated, words)

    return {
        "price": tile(now.PRICE),
        "period": now.period_tile(info, known, generated, words),
        "climate": [tile(now.TEMPERATURE), tile(now.HUMIDITY)],
        "grid": [tile(now.SPOT), tile(now.DEMAND), tile(now.RENEWABLE)],
    }


def _prices(data: dict[str, Any], generated: datetime, words: Texts) -> dict[str, Any]:
    tariff = (data.get("current_info") or {}).get("tariff")
    days = prices.days(prices.read_all(data.get("prices")), tariff, generated, words)
    return {"days": days, "notes": (data.get("prices") or {}).get("notes") or []}


def _health(data: dict[str, Any], generated: datetime, words: Texts, external: bool) -> dict[str, Any]:
    status, series = data.get("system_status") or {}, data.get("data_health")
    alerts = health.open_alerts(data.get("alerts"))
    return {
        "status": health.state(status.get("status")),
        "alert_count": words.count("alerts", len(alerts), figures.number(len(alerts), 0, words)),
        "alerts": health.alert_rows(alerts, generated, words),
        "series": health.series_rows(series, generated, words) if series else None,
        "repair": health.repair(series, generated, words) if series else [],
        "upstreams": health.upstreams(status, generated, words),
        "parts": health.parts(status, generated, words),
        "show_details": not external,
    }


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
