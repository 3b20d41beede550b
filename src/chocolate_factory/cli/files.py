"""``export``, ``import``, ``backup``, ``restore``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import make_url

from chocolate_factory.adapters.backups import tried
from chocolate_factory.cli.terminal import AsJson, house, print_json, say, warn
from chocolate_factory.domain.catalogue import CATALOGUE, spec_of
from chocolate_factory.domain.errors import InputError, StoreError
from chocolate_factory.domain.series import Kind, Observation, Query, WriteCount
from chocolate_factory.domain.time import parse_window
from chocolate_factory.settings import Settings
from chocolate_factory.usecases.batches import batches
from chocolate_factory.usecases.transfer import observation_of, read_csv, read_parquet, write_csv, write_parquet
from chocolate_factory.web.windows import YEAR
from chocolate_factory.wiring import House

#: Lines told one by one.
TOLD = 20


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(
        "export",
        epilog="Example: chocolate-factory export prices.csv --series spot --start 2026-01-01 --end 2026-01-31",
    )(export)
    app.command("import", epilog="Example: chocolate-factory import prices.csv")(import_)
    app.command(epilog="Example: chocolate-factory backup /srv/backups/factory.zip")(backup)
    app.command(epilog="Example: chocolate-factory restore /srv/backups/factory.zip --yes")(restore)


def export(
    file: Annotated[Path, typer.Argument(help="Where to; - for standard output (CSV). .parquet writes Parquet.")],
    series: Annotated[list[str] | None, typer.Option(help="Only these; all by default.")] = None,
    start: Annotated[str | None, typer.Option(help="With --end: only slots that begin in that window.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day (included) or moment.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write observations with every revision, source, kind and time."""
    if (start is None) != (end is None):
        raise InputError("start" if start is None else "end", "nothing", "--start and --end go together")
    names = [spec_of(name).name for name in series or []]
    with house() as h:
        rows = _chosen(h, names, start, end)
        if str(file) == "-":
            write_csv(rows, sys.stdout)
            return
        if file.resolve() in (h.settings.store_path.resolve(), ledger_file(h.settings)):
            raise InputError("file", file, "a file of its own, not the service's")
        count = _write(rows, file)
    if as_json:
        print_json({"file": str(file), "written": count})
    else:
        say(f"{count} rows to {file}")


def _write(rows: Iterator[Observation], file: Path) -> int:
    """Rows written.

    Raises:
        InputError: there is no such place, or it is not ours.
    """
    try:
        if file.suffix == ".parquet":
            return write_parquet(rows, file)
        with file.open("w", encoding="utf-8", newline="") as target:
            return write_csv(rows, target)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError) as e:
        raise InputError("file", file, "a file in a folder that is there and yours") from e


def _chosen(h: House, names: list[str], start: str | None, end: str | None) -> Iterator[Observation]:
    if start is not None and end is not None:
        window = parse_window(start, end, 30 * YEAR)
        for name in names or sorted(CATALOGUE):
            for year in window.chunks(YEAR):
                yield from h.store.revisions(Query(name, year))
        return
    yield from (o for o in h.store.everything() if not names or o.series in names)


def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV or Parquet as `export` writes it.")],
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Take the good rows of a file that has bad ones.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take observations in. The whole file is read first: where a row is wrong nothing is written (see --skip-bad)."""
    good, bad = _read(file)
    for trouble in bad[:TOLD]:
        warn(trouble)
    if bad and not skip_bad:
        raise InputError(
            "file", file, f"{len(bad)} of its rows are wrong, nothing was written; mend them or --skip-bad"
        )
    count = WriteCount()
    with house() as h:
        for batch in batches(good):
            count += h.store.write(batch)
    if as_json:
        facts = {"read": len(good) + len(bad), "new": count.new, "revised": count.revised, "unchanged": count.unchanged}
        print_json({**facts, "rejected": bad})
    else:
        words = f"{count.new} new, {count.revised} revised, {count.unchanged} there already, {len(bad)} rejected"
        say(words)


def _read(file: Path) -> tuple[list[Observation], list[str]]:
    good: list[Observation] = []
    bad: list[str] = []
    for line, row in _rows(file):
        try:
            good.append(_real(observation_of(row, line), line))
        except InputError as e:
            bad.append(str(e))
    return good, bad


def _real(o: Observation, line: int) -> Observation:
    if o.kind is Kind.SIMULATED:
        raise InputError(f"line {line}, kind", o.kind, "a kind of the real world; the demo keeps its own data")
    return o


def _rows(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    if file.suffix == ".parquet":
        yield from read_parquet(file)
        return
    try:
        with file.open(encoding="utf-8-sig", newline="") as source:
            yield from read_csv(source)
    except UnicodeDecodeError as e:
        raise InputError("file", file, "CSV in UTF-8, or a .parquet file") from e


def backup(
    file: Annotated[Path | None, typer.Argument(help="Where to; under DATA_DIR/backups by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Copy store and ledger into one checked file, while the service runs."""
    with house() as h:
        target = file or h.backups.folder / f"{h.clock.now():%Y-%m-%dT%H%M%SZ}.zip"
        manifest = h.backups.make(target)
    if as_json:
        print_json({"file": str(target), **manifest})
    else:
        say(f"{target} ({target.stat().st_size / 2**20:.1f} MiB)")


def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What `backup` wrote.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    trial: Annotated[bool, typer.Option("--trial", help="Only restore it beside, count, and drop that again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put store and ledger back as they were; what came since is gone. The archive is checked first."""
    if trial:
        _try(file, as_json=as_json)
        return
    if not yes:
        typer.confirm(f"Replace everything in the store by {file}?", abort=True, err=True)
    with house() as h:
        manifest = h.backups.restore(file)
    if as_json:
        print_json({"file": str(file), **manifest})
    else:
        say(f"Restored to {manifest['made_at']}.")


def _try(file: Path, *, as_json: bool) -> None:
    """What came back of it.

    Raises:
        StoreError: it cannot be restored, or not to what it should be.
    """
    with house() as h, tried(file, h.world, h.backups.folder) as found:
        if problems := found.store.verify():
            raise StoreError(f"{file} can be restored, but not to a store that is whole: {' '.join(problems)}")
        revisions = sum(stream.revisions for stream in found.store.inventory())
        facts = {"file": str(file), **found.manifest, "revisions": revisions}
        facts["ledger_rows"] = found.ledger_rows
    if as_json:
        print_json(facts)
    else:
        rows = sum(found.ledger_rows.values())
        say(f"{file} of {found.manifest['made_at']} can be restored: {revisions} revisions, {rows} rows of the ledger.")


def ledger_file(settings: Settings) -> Path | None:
    """The ledger's file where it is SQLite."""
    url = make_url(settings.ledger)
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)).resolve() if is_file else None
