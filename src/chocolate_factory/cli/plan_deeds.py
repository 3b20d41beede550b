"""``plan show``, ``again``, ``what-if``, ``lock``, ``unlock``, ``history``, ``stocks``."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated

import typer

from chocolate_factory.cli.plan_show import Chart, Png, Svg, print_record, thinking
from chocolate_factory.cli.plan_view import short
from chocolate_factory.cli.terminal import AsJson, house, print_json, print_table, say
from chocolate_factory.domain.errors import InputError, NotFoundError
from chocolate_factory.domain.plan import Batch
from chocolate_factory.domain.plan_record import Move
from chocolate_factory.domain.time import isoformat_madrid, parse_moment
from chocolate_factory.planning.words.wording import number
from chocolate_factory.usecases.plan_document import batch_document, history_line, move_document
from chocolate_factory.wiring import House

#: So much from a batch's own start: ``+2h``, ``-1.5h``, ``+30min``.
BY = re.compile(r"([+-]\d+(?:\.\d+)?)\s*(h|min)")

BatchId = Annotated[str, typer.Argument(help="A batch: its number in `plan`, or its id.")]


def add_to(plan: typer.Typer) -> None:
    """Register the sub-commands."""
    plan.command(epilog="Example: chocolate-factory plan show 3f2a90c1d4e7")(show)
    plan.command(epilog="Example: chocolate-factory plan again --gantt")(again)
    plan.command(
        "what-if",
        epilog="Example: chocolate-factory plan what-if 3 +2h",
        # -1h is a start and no option, and its h asks for no help
        context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]},
    )(what_if)
    plan.command(epilog="Example: chocolate-factory plan lock 3")(lock)
    plan.command(epilog="Example: chocolate-factory plan unlock conche-dark-20261111T1000Z")(unlock)
    plan.command(epilog="Example: chocolate-factory plan history --limit 10")(history)
    plan.command(
        epilog="Example: chocolate-factory plan stocks --set tank-dark=850 --set tank-milk=1200 --set tank-white=600"
    )(stocks)


def show(
    plan_id: Annotated[
        str | None, typer.Argument(help="As `plan history` lists it; the plan in force by default.")
    ] = None,
    chart: Chart = False,
    png: Png = None,
    svg: Svg = None,
    as_json: AsJson = False,
) -> None:
    """The plan in force, or one that was."""
    with house() as opened:
        record = opened.optimise.in_force() if plan_id is None else opened.plans.plan(plan_id)
        if record is None:
            raise NotFoundError("plan_id", plan_id, "the id of a plan that is kept; `plan history` lists them")
        print_record(opened, record, chart=chart, png=png, svg=svg, as_json=as_json)


def again(chart: Chart = False, png: Png = None, svg: Svg = None, as_json: AsJson = False) -> None:
    """Plan again now inside the stability rules; what comes out is in force."""
    with house() as opened:
        with thinking(as_json=as_json):
            record = opened.optimise("request")
        print_record(opened, record, chart=chart, png=png, svg=svg, as_json=as_json)


def what_if(
    batch: BatchId,
    start: Annotated[str, typer.Argument(help="When it would begin: a moment, or +2h, -30min from where it stands.")],
    as_json: AsJson = False,
) -> None:
    """What moving a batch would cost, all else planned around it; nothing is kept."""
    with house() as opened:
        asked = _batch(opened, batch)
        moment = _start(asked, start)
        with thinking(as_json=as_json):
            move = opened.optimise.what_if(asked.id, moment)
    if as_json:
        print_json(move_document(asked.id, moment, move))
    else:
        say(_told(move, asked.id, moment, opened.language))


def lock(batch: BatchId, as_json: AsJson = False) -> None:
    """Hold a batch where it is; the next plan heeds it."""
    _hold(batch, as_json=as_json, locked=True)


def unlock(batch: BatchId, as_json: AsJson = False) -> None:
    """Let a batch move again."""
    _hold(batch, as_json=as_json, locked=False)


def history(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Plans that were made, the newest first."""
    with house() as opened:
        until = opened.clock.now() + timedelta(seconds=1)
        lines = [history_line(record) for record in opened.plans.plans(until, limit)]
    if as_json:
        print_json({"plans": lines})
        return
    shown = ("id", "made_at", "trigger", "status", "cost_eur", "kg", "late_kg_h", "saving_eur")
    columns = ("id", "made at", "why", "status", "EUR", "kg", "late kg·h", "saved EUR")
    print_table("Plans", columns, [tuple(line[name] for name in shown) for line in lines])


def stocks(
    counted: Annotated[list[str], typer.Option("--set", help="Warm mass of a tank, as tank-dark=850; every tank.")],
    finished: Annotated[
        list[str] | None, typer.Option("--finished", help="Finished goods not delivered yet, as dark=300.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell what was counted just now, in kg; the next plan begins with it."""
    with house() as opened:
        count = opened.optimise.count(_amounts("set", counted), _amounts("finished", finished or []))
    if as_json:
        print_json({"at": isoformat_madrid(count.at), "tanks_kg": count.tanks_kg, "finished_kg": count.finished_kg})
    else:
        say(f"Noted at {isoformat_madrid(count.at)}; the next plan begins with it (`plan again` makes one now).")


# ------------------------------------------------------------------------------------------------------------- inside
def _batch(opened: House, text: str) -> Batch:
    """A batch of the plan in force by its number or its id."""
    batches = opened.optimise.in_force().planned.plan.batches
    if text.isdecimal() and 1 <= int(text) <= len(batches):
        return batches[int(text) - 1]
    return opened.optimise.batch(text)


def _start(batch: Batch, text: str) -> datetime:
    """A moment, or so much from where the batch stands.

    Raises:
        InputError: naming ``start``.
    """
    found = BY.fullmatch(text.strip())
    if found is None:
        return parse_moment(text, "start")
    return batch.start + timedelta(hours=float(found[1]) / (60 if found[2] == "min" else 1))


def _told(move: Move, batch: str, start: datetime, language: str) -> str:
    where = {"es": "{batch} el {start}", "en": "{batch} at {start}"}[language]
    cost = "" if move.delta_eur is None else f" ({number(move.delta_eur, 2, language, sign=True)} EUR)"
    return f"{where.format(batch=batch, start=short(start, language))}{cost}: {move.reason[language]}"


def _hold(batch_id: str, *, as_json: bool, locked: bool) -> None:
    with house() as opened:
        batch = opened.optimise.lock(_batch(opened, batch_id).id, locked=locked)
    if as_json:
        print_json({"locked": locked, "batch": {**batch_document(batch), "locked": locked}})
    else:
        say(_held(batch, locked=locked, language=opened.language))


def _held(batch: Batch, *, locked: bool, language: str) -> str:
    when = short(batch.start, language)
    told = {
        "es": ("{id} se queda donde está, {when}, desde el próximo plan.", "{id} ({when}) puede volver a moverse."),
        "en": ("{id} stays where it is, {when}, from the next plan on.", "{id} ({when}) may move again."),
    }[language]
    return told[0 if locked else 1].format(id=batch.id, when=when)


def _amounts(option: str, given: list[str]) -> dict[str, float]:
    """``name=kg``, any number of them.

    Raises:
        InputError: naming the option.
    """
    found = {}
    for text in given:
        name, _, kg = text.partition("=")
        try:
            found[name.strip()] = float(kg)
        except ValueError as e:
            raise InputError(option, text, "a name and kilograms, e.g. tank-dark=850") from e
    return found
