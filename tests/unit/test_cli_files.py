"""The command line: what goes out as a file comes in again, and what is no such file is named."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cli_runs import command_line, filled_store, held
from hypothesis import given
from hypothesis import strategies as st
from web_house import NOON, StillClock

from chocolate_factory.cli import files
from chocolate_factory.domain.catalogue import CATALOGUE, observation
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, LATEST, floor
from chocolate_factory.settings import read_settings
from chocolate_factory.usecases.transfer import COLUMNS, NEEDED, observation_of, row_of
from chocolate_factory.wiring import build

cli = pytest.fixture(command_line)
filled = pytest.fixture(filled_store)


@pytest.mark.parametrize("name", ["all.csv", "all.parquet"])
def test_what_went_out_comes_in_again_letter_by_letter(cli, filled, tmp_path, monkeypatch, name):
    assert cli("export", name, "--json").json == {"file": name, "written": len(filled)}
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "other"))
    first = cli("import", name, "--json").json
    assert (first["read"], first["new"] + first["revised"], first["rejected"]) == (len(filled), len(filled), [])
    assert first["revised"] >= 1
    other = build(read_settings({"DATA_DIR": str(tmp_path / "other")}, Path("no.env")), clock=StillClock())
    assert list(other.store.everything()) == filled
    other.close()
    again = cli("import", name, "--json").json
    assert (again["new"], again["revised"], again["unchanged"]) == (0, 0, len(filled))


@pytest.mark.parametrize("name", ["some.csv", "some.parquet"])
def test_only_what_is_asked_for_goes_out(cli, filled, name):
    window = ["--start", "2026-06-15", "--end", "2026-06-15"]
    assert cli("export", name, "--series", "pvpc", *window, "--json").json["written"] == 24
    both = cli("export", name, "--series", "pvpc", "--series", "spot", "--json").json["written"]
    assert both == len([o for o in filled if o.series in ("pvpc", "spot")])
    assert cli("export", name, "--series", "humidity", "--json").json["written"] == 0
    assert cli("import", name, "--json").json["read"] == 0


def test_standard_output_is_csv_alone(cli, filled):
    ended = cli("export", "-")
    rows = list(csv.DictReader(io.StringIO(ended.out)))
    assert len(rows) == len(filled)
    assert tuple(rows[0]) == COLUMNS
    assert ended.err == ""


def test_columns_that_rules_give_may_be_left_out(cli, tmp_path):
    (tmp_path / "few.csv").write_text(
        "value,series,kind,source,received_at,start_utc\n"
        "50.5,pvpc,observed,hand,2026-06-16T12:00:00+02:00,2026-06-16T10:00:00Z\n"
    )
    assert cli("import", "few.csv", "--json").json["new"] == 1
    [o] = held(tmp_path)
    assert (o.value, o.resolution_minutes, o.source) == (50.5, 60, "hand")
    assert o.published_at == o.start.replace(day=15, hour=18, minute=20)


def test_a_table_program_s_mark_is_no_letter_of_the_header(cli, filled, tmp_path):
    cli("export", "all.csv")
    (tmp_path / "marked.csv").write_bytes(b"\xef\xbb\xbf" + (tmp_path / "all.csv").read_bytes())
    assert cli("import", "marked.csv", "--json").json["unchanged"] == len(filled)


GOOD = {
    "series": "pvpc",
    "site": "linares",
    "source": "ree",
    "kind": "observed",
    "start_utc": "2026-06-16T10:00:00+00:00",
    "resolution_minutes": "60",
    "value": "50.5",
    "unit": "EUR/MWh",
    "published_at": "2026-06-15T18:20:00+00:00",
    "received_at": "2026-06-16T12:00:00+00:00",
}
BAD = [
    ("series", "coffee"), ("series", ""), ("series", "pvpc\x00"), ("kind", "guess"), ("kind", "simulated"),
    ("source", ""),
    ("start_utc", "yesterday"), ("start_utc", "2026-06-16T10:00:00"), ("start_utc", "2026-06-16T10:07:00+00:00"),
    ("start_utc", "0001-01-01T00:00:00+14:00"), ("start_utc", "9999-12-31T23:00:00-14:00"),
    ("start_utc", "2027-01-01T00:00Z"),
    ("value", "dear"), ("value", "nan"), ("value", "inf"), ("value", "-1e999"), ("value", "1e6"), ("value", "50,5"),
    ("value", "9" * 5000), ("unit", "EUR/kWh"), ("resolution_minutes", "15"), ("resolution_minutes", "hour"),
    ("received_at", "0001-01-01"), ("received_at", ""), ("published_at", "later"),
    ("published_at", "2200-01-01T00:00Z"),
]  # fmt: skip


def write_csv(path: Path, *rows: dict[str, str]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def write_parquet(path: Path, *rows: dict[str, str]) -> None:
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), path)


@pytest.mark.parametrize(("column", "value"), BAD, ids=lambda text: text[:20])
@pytest.mark.parametrize("write", [write_csv, write_parquet])
def test_a_wrong_row_is_named_by_its_line_and_column(tmp_path, column, value, write):
    path = tmp_path / ("rows.csv" if write is write_csv else "rows.parquet")
    write(path, GOOD, GOOD | {column: value}, GOOD)
    good, [told] = files._read(path)
    assert len(good) == 2
    line = 3 if write is write_csv else 2
    named = "value" if value.startswith(("2026-06-16T10:07", "2027")) else column  # a slot that none is, or is not yet
    assert told.startswith(f"line {line}, {named}: ")


@pytest.mark.parametrize("write", [write_csv, write_parquet])
def test_of_a_file_with_a_wrong_row_nothing_is_written_unless_asked_for(cli, tmp_path, write):
    path = tmp_path / ("rows.csv" if write is write_csv else "rows.parquet")
    write(path, GOOD, *[GOOD | {"value": "dear"}] * 30)
    ended = cli("import", path.name)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n! line") + ended.err.startswith("! line") == files.TOLD
    assert "30 of its rows are wrong" in ended.err
    assert held(tmp_path) == []
    kept = cli("import", path.name, "--skip-bad", "--json")
    assert (kept.code, kept.json["new"], len(kept.json["rejected"])) == (0, 1, 30)


BROKEN_CSV = {
    "empty": b"",
    "words": b"once upon a time\n",
    "another header": b"a,b,c\n1,2,3\n",
    "latin-1": ",".join(COLUMNS).encode() + b"\npvpc,linares,\xf1o,observed\n",
    "utf-16": ",".join(COLUMNS).encode("utf-16"),
    "nul": b"\x00" * 5000,
    "an open quote": ",".join(COLUMNS).encode() + b'\n"' + b"x" * 200_000,
    "a parquet": b"PAR1" + b"\x00" * 100 + b"PAR1",
    "a line too short": ",".join(COLUMNS).encode() + b"\npvpc,linares\n",
    "binary": bytes(range(256)) * 50,
}


@pytest.mark.parametrize("name", BROKEN_CSV)
def test_a_file_that_is_none_is_named(tmp_path, name):
    for ending in ("csv", "parquet", "txt"):
        (tmp_path / f"broken.{ending}").write_bytes(BROKEN_CSV[name])
        try:
            good, bad = files._read(tmp_path / f"broken.{ending}")
        except InputError as e:
            assert e.field in ("header", "file", "columns")  # noqa: PT017  either outcome is right
        else:
            assert good == []
            assert bad


def test_a_file_that_is_none_is_wrong_usage(cli, tmp_path):
    (tmp_path / "broken.csv").write_bytes(BROKEN_CSV["nul"])
    ended = cli("import", "broken.csv")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error header: ")
    assert held(tmp_path) == []


def test_a_damaged_parquet_is_named_wherever_the_damage_is(cli, filled, tmp_path):
    cli("export", "all.parquet")
    whole = (tmp_path / "all.parquet").read_bytes()
    broken = tmp_path / "broken.parquet"
    for cut in (4, 100, len(whole) // 2, len(whole) - 1):
        broken.write_bytes(whole[:cut])
        with pytest.raises(InputError) as e:
            files._read(broken)
        assert e.value.field == "file"
    for place in range(4, len(whole), max(1, len(whole) // 60)):
        flipped = bytearray(whole)
        flipped[place] ^= 0xFF
        broken.write_bytes(bytes(flipped))
        try:
            good, bad = files._read(broken)
        except InputError as e:
            assert e.field in ("file", "columns")  # noqa: PT017  either outcome is right
        else:
            assert len(good) + len(bad) == len(filled), place


def test_a_parquet_of_other_types_is_named(cli, tmp_path):
    odd = {"series": [1], "source": [b"x"], "kind": [[1]], "start_utc": [3.5], "value": ["x"], "received_at": [None]}
    pq.write_table(pa.table(odd), tmp_path / "odd.parquet")
    assert cli("import", "odd.parquet").code == 2
    far = pa.array([2**60], pa.timestamp("us", tz="UTC"))
    table = pa.table({name: (far if name.endswith(("utc", "at")) else ["pvpc"]) for name in NEEDED})
    pq.write_table(table, tmp_path / "far.parquet")
    assert cli("import", "far.parquet").code == 2
    assert held(tmp_path) == []


WORDS = (
    st.text(max_size=20)
    | st.floats().map(str)
    | st.datetimes().map(str)
    | st.sampled_from(sorted(CATALOGUE))
    | st.none()
)


@given(st.fixed_dictionaries(dict.fromkeys(COLUMNS, WORDS)))
def test_any_row_is_a_value_or_a_named_fault(row):
    try:
        o = observation_of(row, 7)
    except InputError as e:
        assert e.field.startswith("line 7, ")  # noqa: PT017  either outcome is right
    else:
        assert o.series in CATALOGUE


@given(
    st.sampled_from(["pvpc", "temperature", "temperature_max"]),
    st.integers(2, 800),
    st.floats(-20, 40),
    st.timedeltas(),
)
def test_a_row_says_all_of_an_observation(series, days_ago, value, later):
    spec = CATALOGUE[series]
    start = floor(NOON - days_ago * DAY, spec.finest)
    received = min(max(spec.end(start), spec.end(start) + later % (700 * DAY)), LATEST)
    o = observation(series, "ree", Kind.OBSERVED, start, value, received)
    assert observation_of(dict(zip(COLUMNS, map(str, row_of(o)), strict=True)), 2) == o
