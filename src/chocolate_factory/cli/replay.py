"""``replay``: a past decision made again from what was known then, here or from its bundle on another machine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from chocolate_factory.adapters.bundle_file import packed, read_bundle
from chocolate_factory.adapters.child import Child
from chocolate_factory.adapters.clock import SystemClock
from chocolate_factory.cli.plan_show import thinking
from chocolate_factory.cli.replay_view import show_replay
from chocolate_factory.cli.terminal import AsJson, house, print_json, settings
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.replay import Bundle
from chocolate_factory.domain.time import parse_moment
from chocolate_factory.usecases.replay_document import replay_document
from chocolate_factory.wiring import House
from chocolate_factory.wiring.replay import bundles_of, replay_in

#: What is said where retention may have dropped the plan that was asked for.
THINNED = {
    "es": "De los planes de entonces queda el último de cada día UTC: este es el anterior más próximo, quizá no el que "
    "estaba vigente.",
    "en": "Of the plans of that time the last of each UTC day is kept: this is the nearest before, perhaps not the one "
    "that was in force.",
}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: chocolate-factory replay --at 2026-07-14T07:00 --bundle decision.zip")(replay)


def replay(
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="A bundle, from here or from another machine.")
    ] = None,
    at: Annotated[str | None, typer.Option(help="The decision in force at that moment.")] = None,
    plan_id: Annotated[str | None, typer.Option("--plan", help="A decision, as `plan history` lists it.")] = None,
    bundle: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write the decision's bundle, for a bug report.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a past decision again: identical (exit 0), or what differs or is lacking (exit 1)."""
    if [file, at, plan_id].count(None) != 2:
        raise InputError("replay", "nothing, or several", "one of a bundle's FILE, --at and --plan")
    if file is not None:
        if bundle is not None:
            raise InputError("bundle", bundle, "leave it out: FILE is the bundle")
        _answer(read_bundle(file), None, (), settings().ui_language, as_json=as_json)
        return
    moment = parse_moment(at, "at") if at is not None else None
    with house() as opened:
        found, notes = _found(opened, moment, plan_id or "")
    if bundle is not None:
        bundle.write_bytes(packed(found))
    _answer(found, moment, notes, opened.language, as_json=as_json)


def _found(opened: House, moment: datetime | None, plan_id: str) -> tuple[Bundle, list[str]]:
    """The bundle of a decision of this house, and what is to be said of it."""
    bundles = bundles_of(opened)
    if moment is None:
        return bundles(bundles.record(plan_id)), []
    record = bundles.record_at(moment)
    return bundles(record), [THINNED[opened.language]] if bundles.may_be_another(record, moment) else []


def _answer(found: Bundle, moment: datetime | None, notes: Sequence[str], language: str, *, as_json: bool) -> None:
    """Make it again, say what came of it, and end with 1 where that is not the same."""
    child = Child(SystemClock(), lambda: False, ("chocolate_factory.logs:configure", ("warning", "auto")))
    with thinking(as_json=as_json):
        replayed = replay_in(child)(found)
    if as_json:
        print_json(replay_document(replayed, moment, notes))
    else:
        show_replay(replayed, notes, language)
    if not replayed.is_identical:
        raise typer.Exit(1)
