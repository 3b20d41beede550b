"""Meter readings in, savings out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request

from chocolate_factory.adapters.meter_files import ACCEPTED, MAX_BYTES
from chocolate_factory.domain.errors import BusyError, InputError
from chocolate_factory.domain.metering import Refusal
from chocolate_factory.domain.time import Interval, madrid_date
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.usecases.savings.document import statement_document
from chocolate_factory.usecases.savings.readings import TakenIn
from chocolate_factory.web.auth import Changes
from chocolate_factory.web.savings_schemas import ReadingsFileOut, ReadingsOut, RejectedOut, SavingsOut
from chocolate_factory.web.state import HouseOf
from chocolate_factory.web.uploads import UPLOADS, uploaded
from chocolate_factory.web.windows import End, Start, days_of
from chocolate_factory.wiring import House

router = APIRouter(tags=["savings"])

DEFAULT_DAYS: Final = 30
LONGEST: Final = timedelta(days=1100)
Files = list[tuple[str, bytes]]

_CSV: Final = {"text/csv": {"schema": {"type": "string", "description": "start_utc,kwh, or Datadis' export"}}}
BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {**_CSV, **UPLOADS["requestBody"]["content"]}}
}


@router.get("/savings", summary="The ledger of savings")
def savings(house: HouseOf, start: Start = None, end: End = None) -> SavingsOut:
    """Each day: what the baseline would have cost, what the plan should have, what was measured; how far to trust it.

    The last 30 days by default. Days that are not settled yet are ``planned``.
    """
    first, last = days_of(start, end, house.clock, LONGEST, DEFAULT_DAYS)
    return SavingsOut.model_validate(statement_document(house.savings.statements(first, last)))


async def readings(request: Request, allowed: Changes) -> Files:
    """The files of a multipart body, or the body itself; read once it is known who sends it.

    Raises:
        InputError: there is nothing, or too much.
    """
    if files := await uploaded(request, allowed):
        return files
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BYTES:
            raise InputError(
                "file", f"{len(body)} bytes or more", f"at most {MAX_BYTES // 2**20} MiB; a year at a time"
            )
    if not body.strip():
        raise InputError("file", "nothing", ACCEPTED)
    return [("body", body)]


@router.post("/meter/readings", summary="Hand in what the meter said", openapi_extra=BODY)
def meter_readings(house: HouseOf, _allowed: Changes, files: Annotated[Files, Depends(readings)]) -> ReadingsOut:
    """Metered kWh by the quarter-hour or hour: ``start_utc,kwh``, or Datadis' export, as the body or as files.

    Good lines are kept, every other one is told with its reason. The days that were read are settled again behind it.
    """
    taken, refused = taken_in(house, files)
    return readings_out(taken, refused, _settled_again(house, taken))


def taken_in(house: House, files: Files) -> tuple[list[TakenIn], list[RejectedOut]]:
    """Each file on its own: one that cannot be read is named, and the others go in.

    Raises:
        InputError: none of them could be read.
    """
    taken: list[TakenIn] = []
    unread: list[tuple[str, InputError]] = []
    for name, content in files:
        try:
            taken.append(house.savings.take_in(name, content))
        except InputError as e:
            unread.append((name, e))
    if not taken:
        raise unread[0][1]
    return taken, [_whole(name, error) for name, error in unread]


def readings_out(taken: list[TakenIn], unread: list[RejectedOut], job_id: str | None) -> ReadingsOut:
    """What became of all files together."""
    rejected = [_rejected(t.name, refusal) for t in taken for refusal in t.refusals]
    return ReadingsOut(
        read=sum(t.read for t in taken),
        written=sum(t.written for t in taken),
        taken=sum(t.taken for t in taken),
        estimated=sum(t.estimated for t in taken),
        rejected_lines=sum(t.refused for t in taken),
        rejected=[*unread, *rejected],
        files=[_file(t) for t in taken],
        notes=list(dict.fromkeys(note for t in taken for note in t.notes)),
        job_id=job_id,
    )


# ------------------------------------------------------------------------------------------------------------- inside
def _settled_again(house: House, taken: list[TakenIn]) -> str | None:
    """The job that settles the days of what is new; None where nothing is, or too much waits: the night settles it."""
    windows = [t.window for t in taken if t.written and t.window is not None]
    if not windows:
        return None
    first, last = span(windows)
    try:
        return house.workshop.start("settle savings", lambda p: settled(house, first, last, p)).id
    except BusyError:
        return None


def span(windows: list[Interval]) -> tuple[date, date]:
    """The first and the last day of what was read."""
    last = max(window.end for window in windows) - timedelta(microseconds=1)
    return madrid_date(min(window.start for window in windows)), madrid_date(last)


def settled(house: House, first: date, last: date, progress: Progress) -> str:
    """Days settled, in a sentence."""
    counts = house.savings.settle(progress, first, last)
    return f"{counts['days_settled']:.0f} days settled, {counts['days_revised']:.0f} revised."


def _rejected(name: str, refusal: Refusal) -> RejectedOut:
    return RejectedOut(
        file=name,
        line=refusal.line,
        field=refusal.field,
        value=refusal.value,
        reason=refusal.reason,
        allowed=refusal.allowed,
    )


def _whole(name: str, error: InputError) -> RejectedOut:
    reason = "the file as a whole cannot be read"
    return RejectedOut(file=name, line=0, field=error.field, value=error.value, reason=reason, allowed=error.allowed)


def _file(t: TakenIn) -> ReadingsFileOut:
    return ReadingsFileOut(
        file=t.name,
        source=t.source,
        read=t.read,
        written=t.written,
        rejected=t.refused,
        start=t.window.start if t.window else None,
        end=t.window.end if t.window else None,
        coverage=round(t.taken / t.slots, 4) if t.slots else 0.0,
    )
