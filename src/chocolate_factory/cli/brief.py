"""``brief``: tomorrow's plan in half a minute, as the evening's message has it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from chocolate_factory.cli.terminal import AsJson, house, print_json, say
from chocolate_factory.domain.errors import InputError
from chocolate_factory.usecases.briefing import Briefing

Day = Annotated[str | None, typer.Option(help="YYYY-MM-DD; tomorrow by default, in the morning today.")]
Language = Annotated[str | None, typer.Option(help="es or en; UI_LANGUAGE by default.")]
Send = Annotated[bool, typer.Option("--send", help="Send it to NOTIFY_URLS too, unless that was done.")]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: chocolate-factory brief --language en")(brief)


def brief(day: Day = None, language: Language = None, send: Send = False, as_json: AsJson = False) -> None:
    """Tomorrow's plan: what runs, what it costs and saves, dear and hot hours, what is unsure."""
    if language not in (None, "es", "en"):
        raise InputError("language", language, "es or en")
    if send and (day or language):
        raise InputError("send", "--send", "sends tomorrow's in UI_LANGUAGE: leave --day and --language out")
    with house() as opened:
        told = opened.brief.compose(_date(day), language)
        sent = 0
        if send:
            told, sent = opened.brief.tell()
            opened.notify.deliver()
    if as_json:
        print_json(_document(told, sent))
        return
    say(f"{told.title}\n\n{told.body}")
    if send:
        say(f"\n{sent} new notices.")


def _date(day: str | None) -> date | None:
    if day is None:
        return None
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise InputError("day", day, "a date as 2026-07-14") from None


def _document(told: Briefing, sent: int) -> dict[str, object]:
    facts = told.facts
    return {
        "day": told.day.isoformat(), "plan_id": told.plan_id, "title": told.title, "body": told.body,
        "prices_late": told.late, "sent": sent,
        "cost_eur": round(facts.cost_eur, 2), "baseline_eur": round(facts.baseline_eur, 2),
        "saving_eur": None if facts.saving_eur is None else round(facts.saving_eur, 2),
        "kwh": round(facts.kwh, 1), "kg": round(facts.kg, 1), "on_time_probability": facts.on_time,
        "forecast_price_share": round(facts.guessed, 3),
    }  # fmt: skip
