"""The plan to take along: as a table for spreadsheets, and as a calendar."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from chocolate_factory.web.dashboard.texts import Texts
from chocolate_factory.web.dashboard.views.decision import machine, what

COLUMNS = ("machine", "product", "kg", "start", "end", "held", "reason")
#: A cell that begins so is a formula to a spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: RFC 5545: a line has 75 octets at most, and goes on in the next after a space.
LONGEST = 75


def as_csv(plan: Mapping[str, Any], texts: Texts) -> str:
    """A row for each batch; times with their offset, kilograms with a point."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(COLUMNS)
    for b in plan["batches"]:
        held = "locked" if b.get("locked") else b.get("held") or ""
        row = (b["machine"], b["product"], b["kg"], b["start"], b["end"], held, texts.of(b["reason"]))
        writer.writerow([_harmless(cell) for cell in row])
    return target.getvalue()


def _harmless(cell: object) -> object:
    """A text that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def as_calendar(plan: Mapping[str, Any], texts: Texts) -> str:
    """An event for each batch (iCalendar, RFC 5545); a calendar that takes it again replaces what it had."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//chocolate-factory//plan//EN", "CALSCALE:GREGORIAN"]
    for batch in plan["batches"]:
        lines += _event(batch, plan["made_at"], texts)
    return "".join(f"{folded}\r\n" for line in [*lines, "END:VCALENDAR"] for folded in _folded(line))


def _event(batch: Mapping[str, Any], made_at: str, texts: Texts) -> list[str]:
    where = machine(batch["machine"], texts)
    return [
        "BEGIN:VEVENT",
        f"UID:{_escaped(batch['id'])}@chocolate-factory",
        f"DTSTAMP:{_utc(made_at)}",
        f"DTSTART:{_utc(batch['start'])}",
        f"DTEND:{_utc(batch['end'])}",
        f"SUMMARY:{_escaped(where + ': ' + what(batch, texts))}",
        f"LOCATION:{_escaped(where)}",
        f"DESCRIPTION:{_escaped(texts.of(batch['reason']))}",
        "END:VEVENT",
    ]


def _utc(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for special in ("\\", ";", ","):
        text = text.replace(special, f"\\{special}")
    return "\\n".join(text.splitlines())


def _folded(line: str) -> Iterator[str]:
    """The line in pieces of so many octets, none of which ends inside a character."""
    piece = ""
    for character in line:
        if len((piece + character).encode()) > LONGEST:
            yield piece
            piece = " "
        piece += character
    yield piece
