"""``savings``: the ledger; ``import``, ``settle``, ``revisions``, ``report``, ``power``."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from chocolate_factory.adapters.meter_files import MAX_BYTES
from chocolate_factory.cli.bill import month_of
from chocolate_factory.cli.savings_files import write_report
from chocolate_factory.cli.savings_power import power
from chocolate_factory.cli.terminal import AsJson, house, print_json, print_table, progress, say, warn
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.savings import DayStatus
from chocolate_factory.usecases.savings.document import day_document, statement_document
from chocolate_factory.usecases.savings.report_words import LANGUAGES
from chocolate_factory.web.api.savings import DEFAULT_DAYS, LONGEST, readings_out, settled, span, taken_in
from chocolate_factory.web.savings_schemas import ReadingsOut
from chocolate_factory.web.windows import days_of

#: What is shown of each revision.
REVISION = (
    "revision", "settled_at", "status", "prices", "baseline_eur", "planned_eur", "measured_eur", "saving_eur",
    "coverage",
)  # fmt: skip
#: Lines that are told on a terminal; ``--json`` has more.
TOLD = 20


def add_to(app: typer.Typer) -> None:
    """Register the command and its sub-commands."""
    room = typer.Typer(
        name="savings",
        invoke_without_command=True,
        callback=savings,
        epilog="Example: chocolate-factory savings --start 2026-10-01 --end 2026-10-31",
    )
    room.command("import", epilog="Example: chocolate-factory savings import consumo.csv")(take_in)
    room.command(epilog="Example: chocolate-factory savings settle --start 2026-10-01 --end 2026-10-31")(settle)
    room.command(epilog="Example: chocolate-factory savings revisions 2026-10-05")(revisions)
    room.command(epilog="Example: chocolate-factory savings report --month 2026-10 --out reports")(report)
    room.command(epilog="Example: chocolate-factory savings power --load year.csv --prices spot.csv")(power)
    app.add_typer(room)


def savings(
    context: typer.Context,
    start: Annotated[str | None, typer.Option(help="First day; the last 30 days by default.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day, included.")] = None,
    as_json: AsJson = False,
) -> None:
    """Each day: what the baseline would have cost, what the plan should have, what was measured."""
    if context.invoked_subcommand is not None:
        return
    with house() as h:
        first, last = days_of(start, end, h.clock, LONGEST, DEFAULT_DAYS)
        document = statement_document(h.savings.statements(first, last))
    if as_json:
        print_json(document)
    else:
        _show(document)


def take_in(
    file: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, help="start_utc,kwh or Datadis' export; one or more.")
    ],
    as_json: AsJson = False,
) -> None:
    """Take in meter readings: good lines are kept, every other one is told; the days read are settled again."""
    with house() as h:
        taken, unread = taken_in(h, [_read(one) for one in file])
        windows = [t.window for t in taken if t.written and t.window is not None]
        sentence = ""
        if windows:
            with progress(as_json=as_json) as heard:
                sentence = settled(h, *span(windows), heard)
    answer = readings_out(taken, unread, None)
    if as_json:
        print_json(answer)
    else:
        _tell(answer, sentence)


def settle(
    start: Annotated[str | None, typer.Option(help="First day; two months back by default.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day, included; the day before yesterday at most.")] = None,
    as_json: AsJson = False,
) -> None:
    """Settle now what the night would: days that are new, and those whose prices or readings have changed."""
    with house() as h, progress(as_json=as_json) as heard:
        span_of = (None, None) if start is None and end is None else days_of(start, end, h.clock, LONGEST, DEFAULT_DAYS)
        counts = h.savings.settle(heard, *span_of)
    if as_json:
        print_json({name: int(count) for name, count in counts.items()})
    else:
        say(f"{counts['days_settled']:.0f} days settled, {counts['days_revised']:.0f} revised.")


def revisions(
    day: Annotated[str, typer.Argument(help="Which day, e.g. 2026-10-05.")],
    as_json: AsJson = False,
) -> None:
    """Everything the ledger ever said of a day, the oldest first."""
    with house() as h:
        found = h.savings.ledger.revisions(_day(day))
    documents = [day_document(one) for one in found]
    if as_json:
        print_json({"revisions": documents})
    elif not documents:
        say(f"The ledger has nothing of {day}.")
    else:
        print_table(f"Revisions of {day}", REVISION, [[one[name] for name in REVISION] for one in documents])


def report(
    month: Annotated[str, typer.Option(help="Which, e.g. 2026-10.")],
    out: Annotated[
        Path, typer.Option(file_okay=False, help="Folder for the files; made where it is missing.")
    ] = Path(),
    lang: Annotated[str | None, typer.Option(help="es or en; UI_LANGUAGE by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """A month as Markdown, PDF and CSV: savings by day, the bill by period, excess power, EUR/kg, kWh/kg, carbon."""
    first = month_of(month)
    if lang is not None and lang not in LANGUAGES:
        raise InputError("lang", lang, "es or en")
    with house() as h:
        written = write_report(h.savings.months(first), lang or h.language, out, h.clock.now())
    if as_json:
        print_json({"files": [str(file) for file in written]})
    else:
        for file in written:
            say(str(file))


# ------------------------------------------------------------------------------------------------------------- inside
def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError("day", text, "a day, e.g. 2026-10-05") from None


def _read(file: Path) -> tuple[str, bytes]:
    if file.stat().st_size > MAX_BYTES:
        raise InputError("file", file, f"at most {MAX_BYTES // 2**20} MiB; a year at a time")
    return file.name, file.read_bytes()


def _show(document: dict[str, Any]) -> None:
    """A table of days, a sentence of totals, and what is refused."""
    if not document["days"]:
        say("The ledger has no day of that span; a day is settled when it is two days old, where a plan was in force.")
    else:
        columns = ("day", "status", "baseline EUR", "plan EUR", "measured EUR", "saving EUR", "±", "measured", "kg")
        print_table("Savings", columns, [_row(day) for day in document["days"]])
        say(_sum(document["totals"]))
    if document["baseline"]["problem"]:
        warn(document["baseline"]["problem"])


def _row(day: dict[str, Any]) -> tuple[object, ...]:
    missing = None if day["status"] == DayStatus.MEASURED else day["status"]
    money = (day["baseline_eur"], day["planned_eur"], missing or day["measured_eur"], missing or day["saving_eur"])
    return day["day"], day["status"], *money, day["uncertainty_eur"], f"{100 * day['coverage']:.0f} %", day["kg"]


def _sum(totals: dict[str, Any]) -> str:
    promised = totals["planned_saving_eur"]
    tail = "" if promised is None else f" The plans of all settled days should have saved {promised:.2f} EUR."
    if totals["saving_eur"] is None:
        why = "Measured, and nothing to compare with" if totals["days_measured"] else "Not measured"
        return f"{why}: no saving can be claimed.{tail}"
    days, all_days = totals["days_compared"], totals["days_measured"] + totals["days_not_measured"]
    saving = f"{totals['saving_eur']:.2f} EUR ± {totals['uncertainty_eur']:.2f}, {totals['saving_pct']:.1f} %"
    return f"Measured on {days} of {all_days} days: {saving} less than the baseline.{tail}"


def _tell(answer: ReadingsOut, sentence: str) -> None:
    say(f"{answer.read} lines read, {answer.written} written, {answer.rejected_lines} rejected. {sentence}".strip())
    if answer.rejected:
        rows = [(r.file, r.line, r.field, r.value, f"{r.reason}; allowed: {r.allowed}") for r in answer.rejected[:TOLD]]
        print_table("Rejected", ("file", "line", "field", "value", "why"), rows)
        if answer.rejected_lines > TOLD:
            say(f"{answer.rejected_lines - TOLD} more; --json tells the first thousand of each file.")
    for file in answer.files:
        say(f"{file.file}: {100 * file.coverage:.1f} % of its slots.")
    for note in answer.notes:
        warn(note)
