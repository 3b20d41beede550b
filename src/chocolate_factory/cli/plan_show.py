"""How the commands of ``plan`` answer: table, chart on the terminal, picture, JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from chocolate_factory.adapters.clock import SystemClock
from chocolate_factory.adapters.gantt_chart import write_gantt
from chocolate_factory.cli.gantt import gantt
from chocolate_factory.cli.plan_view import made_sentence, show_plan
from chocolate_factory.cli.terminal import err, out, print_json, say, settings
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plan import Plan
from chocolate_factory.domain.plan_record import Planned, PlanRecord
from chocolate_factory.usecases.plan_document import posted_document, record_document
from chocolate_factory.wiring import House

Chart = Annotated[bool, typer.Option("--gantt", help="Draw it on the terminal too.")]
Png = Annotated[Path | None, typer.Option("--png", dir_okay=False, help="Write the chart as a picture.")]
Svg = Annotated[Path | None, typer.Option("--svg", dir_okay=False, help="Write the chart as a drawing.")]


@contextmanager
def thinking(*, as_json: bool) -> Iterator[None]:
    """A sign of life on a terminal while a plan is made, nothing in a pipe."""
    if as_json or not err.is_terminal:
        yield
    else:
        with err.status("Planning…"):
            yield


def print_record(
    opened: House, record: PlanRecord, *, chart: bool, png: Path | None, svg: Path | None, as_json: bool
) -> None:
    """A plan of the ledger."""
    now, language = opened.clock.now(), opened.language
    if as_json:
        print_json(record_document(record, opened.plans.locked_batches()))
    else:
        made = made_sentence(record.id, record.made_at, record.trigger, language)
        show_plan(record.planned, record.notes, language, made)
    _charts(record.planned.plan, chart=chart and not as_json, png=png, svg=svg, language=language, now=now)


def print_stand_alone(
    planned: Planned, notes: Sequence[str], *, chart: bool, png: Path | None, svg: Path | None, as_json: bool
) -> None:
    """A plan from files."""
    language = settings().ui_language
    if as_json:
        print_json(posted_document(planned, SystemClock().now(), notes))
    else:
        show_plan(planned, notes, language)
    _charts(planned.plan, chart=chart and not as_json, png=png, svg=svg, language=language, now=None)


def _charts(
    plan: Plan, *, chart: bool, png: Path | None, svg: Path | None, language: str, now: datetime | None
) -> None:
    if chart:
        say("")
        out.print(gantt(plan, out.width, now=now, language=language))
    for file, suffix in ((png, ".png"), (svg, ".svg")):
        if file is None:
            continue
        if file.suffix.lower() != suffix:
            raise InputError(suffix.removeprefix("."), file, f"a name that ends in {suffix}")
        write_gantt(plan, file, now=now, language=language)
