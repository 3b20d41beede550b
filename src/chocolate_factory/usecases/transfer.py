"""Observations out and in, as CSV or Parquet: every column that the store holds."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.errors import InputError, NotFoundError
from chocolate_factory.domain.series import DEFAULT_SITE, Kind, Observation
from chocolate_factory.domain.series_spec import SeriesSpec
from chocolate_factory.domain.time import EARLIEST, LATEST
from chocolate_factory.quality.checks import why_not
from chocolate_factory.usecases.batches import BATCH, batches

COLUMNS = (
    "series", "site", "source", "kind", "start_utc", "resolution_minutes", "value", "unit", "published_at",
    "received_at",
)  # fmt: skip
NEEDED = ("series", "source", "kind", "start_utc", "value", "received_at")


def row_of(o: Observation) -> tuple[Any, ...]:
    """An observation as a row of ``COLUMNS``."""
    return (
        o.series, o.site, o.source, o.kind.value, o.start.isoformat(), o.resolution_minutes, o.value,
        spec_of(o.series).unit, o.published_at.isoformat(), o.received_at.isoformat(),
    )  # fmt: skip


def observation_of(row: dict[str, Any], line: int) -> Observation:
    """A row as an observation; publication time and resolution may be left to the catalogue's rules.

    Raises:
        InputError: naming the line and the column.
    """
    absent = [name for name in NEEDED if row.get(name) in (None, "")]
    if absent:
        raise InputError(f"line {line}, {absent[0]}", "nothing", "a value; the columns are " + ", ".join(COLUMNS))
    try:
        spec = spec_of(str(row["series"]))
    except NotFoundError as e:
        raise InputError(f"line {line}, series", row["series"], e.allowed) from e
    kind = _parsed(Kind, row["kind"], line, "kind", f"one of {', '.join(Kind)}")
    start = _moment(row["start_utc"], line, "start_utc")
    received = _moment(row["received_at"], line, "received_at")
    value = _parsed(float, row["value"], line, "value", f"a number, in {spec.unit}")
    published = row.get("published_at")
    _must_agree(row, line, "unit", spec.unit)
    minutes = _minutes(row, line, spec, start)
    o = Observation(
        spec.name,
        str(row["source"]),
        kind,
        start,
        value,
        _moment(published, line, "published_at") if published else spec.known_at(kind, start, received),
        received,
        minutes,
        str(row.get("site") or DEFAULT_SITE),
    )
    if reason := why_not(o):
        raise InputError(f"line {line}, value", row["value"], reason)
    return o


def _must_agree(row: dict[str, Any], line: int, column: str, expected: str) -> None:
    """A column that may be left out, and that says what the catalogue says where it is not."""
    if str(row.get(column) or expected) != expected:
        raise InputError(f"line {line}, {column}", row[column], f"{row['series']} is in {expected} there")


def _minutes(row: dict[str, Any], line: int, spec: SeriesSpec, start: datetime) -> int:
    """The slot's length: the catalogue's, or the other one that it allows where the row says so."""
    if spec.also is not None and str(row.get("resolution_minutes")) == str(int(spec.also)):
        return int(spec.also)
    _must_agree(row, line, "resolution_minutes", str(int(spec.resolution(start))))
    return int(spec.resolution(start))


def _moment(text: Any, line: int, column: str) -> datetime:
    allowed = "an ISO 8601 moment with its offset, from 1998 to 2100, e.g. 2026-03-29T00:00:00+00:00"
    moment = text if isinstance(text, datetime) else _parsed(datetime.fromisoformat, text, line, column, allowed)
    if moment.tzinfo is None or not EARLIEST <= moment <= LATEST:
        raise InputError(f"line {line}, {column}", text, allowed)
    return moment.astimezone(UTC)


def _parsed(read: Any, text: Any, line: int, column: str, allowed: str) -> Any:
    try:
        return read(text)
    except (ValueError, TypeError, OverflowError) as e:
        raise InputError(f"line {line}, {column}", text, allowed) from e


# ---------------------------------------------------------------------- out
def write_csv(observations: Iterable[Observation], target: TextIO) -> int:
    """Rows written."""
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for count, o in enumerate(observations, 1):  # noqa: B007  the count is what is wanted
        writer.writerow(row_of(o))
    return count


def write_parquet(observations: Iterable[Observation], target: Path) -> int:
    """Rows written, batch by batch."""
    import pyarrow as pa  # noqa: PLC0415  50 MB that only this and its reader need
    import pyarrow.parquet as pq  # noqa: PLC0415

    moment = pa.timestamp("us", tz="UTC")
    types = [pa.string()] * 4 + [moment, pa.int32(), pa.float64(), pa.string(), moment, moment]
    schema = pa.schema(list(zip(COLUMNS, types, strict=True)))
    count = 0
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for batch in batches(observations):
            columns = [list(c) for c in zip(*(_typed_row(o) for o in batch), strict=True)]
            writer.write_table(pa.table(dict(zip(COLUMNS, columns, strict=True)), schema=schema))
            count += len(batch)
    return count


def _typed_row(o: Observation) -> tuple[Any, ...]:
    row = list(row_of(o))
    row[4], row[8], row[9] = o.start, o.published_at, o.received_at
    return tuple(row)


# ---------------------------------------------------------------------- in
def read_csv(source: TextIO) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and row.

    Raises:
        InputError: the header is not ours, or from some line on it is no CSV.
    """
    reader = csv.DictReader(source)
    try:
        header = reader.fieldnames or []
        absent = [name for name in NEEDED if name not in header]
        if absent:
            raise InputError("header", ",".join(header)[:200], f"it needs the columns {', '.join(NEEDED)}")
        for row in reader:
            yield reader.line_num, dict(row)
    except csv.Error as e:
        raise InputError("file", f"line {reader.line_num}", f"CSV as `export` writes it; {e}") from e


def read_parquet(source: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Row number and row.

    Raises:
        InputError: it is no Parquet file, or its columns are not ours.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with pq.ParquetFile(source) as file:
            absent = [name for name in NEEDED if name not in file.schema_arrow.names]
            if absent:
                raise InputError("columns", ",".join(file.schema_arrow.names)[:200], f"it needs {', '.join(NEEDED)}")
            rows = (row for batch in file.iter_batches(BATCH) for row in batch.to_pylist())
            yield from enumerate(rows, 1)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as e:
        raise InputError("file", source, f"a Parquet file that `export` wrote ({_first_line(e)})") from e


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:120]
