"""``ingest``, ``gaps``, ``backfill``, ``init``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chocolate_factory.adapters.uploads import MAX_BYTES
from chocolate_factory.cli.terminal import AsJson, house, print_json, print_table, progress, say
from chocolate_factory.domain.catalogue import expected_series, spec_of
from chocolate_factory.domain.errors import ChocolateFactoryError, InputError
from chocolate_factory.domain.time import isoformat_madrid, parse_window
from chocolate_factory.domain.work import Recovery
from chocolate_factory.usecases.initialise import LONGEST_YEARS, PARTS
from chocolate_factory.usecases.workshop import came_to_nothing
from chocolate_factory.web.api.gaps import gap_out, gaps_out, recovery_out
from chocolate_factory.web.api.ingest import part_out
from chocolate_factory.web.data_schemas import GapLedgerOut
from chocolate_factory.web.schemas import IngestOut
from chocolate_factory.web.windows import YEAR


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog="Example: chocolate-factory ingest ree")(ingest)
    app.command(epilog="Example: chocolate-factory gaps --days-back 30")(gaps)
    app.command(epilog="Example: chocolate-factory backfill --start 2026-10-01 --end 2026-10-31 --series pvpc")(
        backfill
    )
    app.command(epilog="Example: chocolate-factory init --years 3")(init)


def ingest(
    source: Annotated[str, typer.Argument(help="ree, aemet, openweather, hybrid or all")] = "all",
    as_json: AsJson = False,
) -> None:
    """Ask the upstreams now for what is new."""
    with house() as h:
        report = h.ingest(source, insist=True)
    if as_json:
        parts = [part_out(p) for p in report.parts]
        print_json(IngestOut(source=report.source, found=report.found, written=report.written, parts=parts))
    else:
        rows = [(p.feed, p.found, p.count.written, p.count.unchanged, len(p.rejected), p.error) for p in report.parts]
        print_table("Ingested", ("feed", "found", "written", "unchanged", "rejected", "remark"), rows)
    if report.parts and all(p.failed for p in report.parts):
        raise ChocolateFactoryError("No upstream could be used: " + "; ".join(report.errors))


def gaps(
    days_back: Annotated[float, typer.Option(min=0.04, max=1200, help="How far back to look.")] = 10,
    ledger: Annotated[bool, typer.Option("--ledger", help="What became of each gap instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Every missing slot of every expected series, interior ones too."""
    with house() as h:
        window = h.detect.window(days_back)
        found = h.gaps.gaps() if ledger else h.detect(window)
        seen = GapLedgerOut(gaps=[gap_out(g) for g in found]) if ledger else gaps_out(h, window, found)
    if as_json:
        print_json(seen)
        return
    if not found:
        say(f"No gap in the last {days_back:g} days.")
        return
    rows = [
        (
            g.series if g.source is None else f"{g.series} ({g.source})",
            isoformat_madrid(g.window.start)[:16],
            isoformat_madrid(g.window.end)[:16],
            g.missing,
            g.state.value,
            g.priority,
            g.route,
            g.why or g.priority_reason,
        )
        for g in found
    ]
    columns = ("series", "from (Madrid)", "to", "missing", "state", "priority", "route", "why")
    print_table("Gaps", columns, rows)


def backfill(
    start: Annotated[str | None, typer.Option(help="First day or moment; Madrid time without an offset.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day (included) or moment.")] = None,
    series: Annotated[str | None, typer.Option(help="Only this series.")] = None,
    days_back: Annotated[float, typer.Option(min=0.04, max=1200, help="Without --start and --end.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Fill what is missing in a window, the most urgent first."""
    if (start is None) != (end is None):
        missing, given = ("end", start) if end is None else ("start", end)
        raise InputError(missing, "nothing", f"--start and --end go together (the other is {given})")
    names = [s.name for s in expected_series()] if series is None else [spec_of(series).name]
    if series is not None and not spec_of(series).expected:
        raise InputError("series", series, f"one of {', '.join(s.name for s in expected_series())}")
    with house() as h, progress(as_json=as_json) as heard:
        named = start is not None and end is not None
        window = parse_window(str(start), str(end), 15 * YEAR) if named else h.detect.window(days_back)
        recovery = h.repair(dict.fromkeys(names, window), trigger="request", insist=True, progress=heard)
    tell(recovery, as_json=as_json)


def init(
    part: Annotated[str, typer.Option(help=f"all, {', '.join(PARTS)}")] = "all",
    years: Annotated[float, typer.Option(min=0.01, max=LONGEST_YEARS, help="How far back.")] = 3,
    file: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, readable=True, help="A datosclima or SIAR file to import instead."),
    ] = None,
    status: Annotated[bool, typer.Option("--status", help="Only say what is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Load history; run again, it goes on where it was cut off and asks for nothing that is there."""
    if part != "all" and part not in PARTS:
        raise InputError("part", part, f"one of all, {', '.join(PARTS)}")
    with house() as h:
        if not status:
            with progress(as_json=as_json) as heard:
                if file:
                    sentence = h.hand_in([_read(f) for f in file], h.settings.aemet_station, heard)
                elif part == "all":
                    sentence = h.initialise.everything(h.initialise.years_back(years), heard)
                else:
                    sentence = h.initialise(part, h.initialise.years_back(years), heard).summary
            if not as_json:
                say(sentence)
        s = h.initialise.status()
    if as_json:
        body = {
            "historical_weather_records": s.weather_days,
            "historical_ree_records": s.ree_records,
            "missing_records": s.missing_records,
            "is_initialized": s.is_initialized,
        }
        problems = [] if status else heard.problems
        print_json({"status": body, "recommendations": list(s.recommendations), "problems": problems})
    else:
        say(f"{s.weather_days} days of weather, {s.ree_records} records of REE, {s.missing_records} slots missing.")
        for advice in s.recommendations:
            say(f"- {advice}")
    if not status and came_to_nothing(heard):
        raise ChocolateFactoryError("Nothing could be filled; see above for the upstream that failed.")


def _read(file: Path) -> tuple[str, bytes]:
    if file.stat().st_size > MAX_BYTES:
        raise InputError("file", file, f"at most {MAX_BYTES // 2**20} MiB")
    return file.name, file.read_bytes()


def tell(recovery: Recovery, *, as_json: bool) -> None:
    """What a recovery proved.

    Raises:
        ChocolateFactoryError: nothing could be filled because upstreams failed.
    """
    if as_json:
        shown = recovery_out(recovery)
        print_json(shown.model_dump(mode="json") if shown else {})
    else:
        say(recovery.summary)
        for feed, count in recovery.by_route.items():
            say(f"  {count} from {feed}")
        say(f"  {recovery.requests} requests, {recovery.seconds:.1f} s")
    if recovery.failed and not recovery.filled:
        raise ChocolateFactoryError("Nothing could be filled; see above for the upstream that failed.")
