"""The command line: help, JSON, exit codes, files out and in, backups."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import structlog
import typer.main
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from web_house import NOON, StillClock, behind_every_house, demo_house, plant, real_house, silence

from chocolate_factory import __version__, logs
from chocolate_factory.adapters.backups import make_backup, restore_backup
from chocolate_factory.cli import files, serve, terminal
from chocolate_factory.cli.app import app, run
from chocolate_factory.domain.catalogue import CATALOGUE, observation
from chocolate_factory.domain.errors import InputError, SettingsError, StoreError
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import DAY, HOUR, LATEST, floor
from chocolate_factory.domain.work import Severity
from chocolate_factory.settings import SECRETS, Settings, read_settings
from chocolate_factory.usecases.transfer import COLUMNS, NEEDED, observation_of, row_of
from chocolate_factory.wiring import House, build


def leaves(command: Any, *above: str) -> dict[tuple[str, ...], Any]:
    """Every command that does something, by its words."""
    below = getattr(command, "commands", None)
    if below is None:
        return {above: command}
    return {words: leaf for name in below for words, leaf in leaves(below[name], *above, name).items()}


COMMANDS = leaves(typer.main.get_command(app))
UPSTREAMS = [name.upper() for name in Settings.model_fields if name.endswith("_base_url")]


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Cli = Callable[..., Ended]


@pytest.fixture
def cli(tmp_path, monkeypatch, capsys) -> Cli:
    """Runs a command as its process would, in a folder of its own, at noon, with every upstream down."""
    behind_every_house(monkeypatch, silence)
    for name in [
        *UPSTREAMS,
        *SECRETS,
        *(f"{n}_FILE" for n in SECRETS),
        "LEDGER_URL",
        "CLOCK_URL",
        "API_HOST",
        "API_PORT",
    ]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(terminal, "build", lambda found: build(found, clock=StillClock()))
    monkeypatch.setattr(logs, "configure", lambda *_: None)

    def call(*words: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["chocolate-factory", *map(str, words)])
        capsys.readouterr()
        with structlog.testing.capture_logs(), pytest.raises(SystemExit) as ended:
            run()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Ended(int(ended.value.code or 0), said.out, said.err)

    return call


def opened(tmp_path: Path) -> House:
    """The house of the command line, to look into."""
    return build(read_settings({"DATA_DIR": str(tmp_path / "data")}, Path("no.env")), clock=StillClock())


def held(tmp_path: Path) -> list[Observation]:
    house = opened(tmp_path)
    try:
        return list(house.store.everything())
    finally:
        house.close()


@pytest.fixture
def filled(cli, tmp_path) -> list[Observation]:
    """What the store holds: prices with a revision, weather of two sources, a forecast, an estimate, odd values."""
    house = opened(tmp_path)
    plant(house, "pvpc", "2026-06-15", "2026-06-16", source="ree", value=-12.345678901234567)
    plant(house, "spot", "2025-09-30", "2025-10-01", source="omie")
    plant(house, "temperature_max", "2026-05-01", "2026-05-31", source="siar", value=31.4)
    made = [
        observation("pvpc", "ree", Kind.OBSERVED, NOON.replace(minute=0) - 30 * HOUR, 0.1 + 0.2, NOON),
        observation("temperature", "open_meteo", Kind.FORECAST, NOON.replace(minute=0) + HOUR, 40.0, NOON),
        observation("generation_wind", "ree", Kind.ESTIMATED, NOON.replace(hour=22, minute=0) - 24 * HOUR, 1e5, NOON),
    ]
    house.store.write([o._replace(received_at=NOON - timedelta(microseconds=1)) for o in made])
    house.close()
    return held(tmp_path)


# ---------------------------------------------------------------------- help and usage
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example_and_json(cli, words):
    ended = cli(*words, "--help")
    assert ended.code == 0
    assert f"Example: chocolate-factory {' '.join(words)}" in ended.out
    assert "--json" in ended.out or words in WITHOUT_JSON


#: It prints JSON whatever it is asked.
WITHOUT_JSON = {("plant", "schema")}


def test_the_examples_are_themselves_well_written():
    for words, command in COMMANDS.items():
        example = command.epilog.removeprefix("Example: chocolate-factory ").split()
        known = {option for parameter in command.params for option in parameter.opts}
        assert tuple(example[: len(words)]) == words
        assert {word for word in example if word.startswith("--")} <= known


def test_what_there_is(cli):
    assert cli("--version").out.strip() == __version__
    assert cli().code == 2
    assert cli("gaps", "-h").out == cli("gaps", "--help").out
    listed = cli("--help")
    assert listed.code == 0
    assert all(re.search(rf"\b{words[0]}\b", listed.out) for words in COMMANDS)


@pytest.mark.parametrize(
    "words",
    [
        ["brew"], ["--brew"], ["gaps", "--brew"], ["gaps", "ten"], ["gaps", "--days-back"],
        ["gaps", "--days-back", "ten"],
        ["gaps", "--days-back", "-1"], ["gaps", "--days-back", "nan"], ["gaps", "--days-back", "inf"],
        ["gaps", "--days-back", "1e400"], ["backfill", "--days-back", "0"], ["init", "--years", "-3"],
        ["init", "--years", "nan"], ["init", "--years", "16"], ["init", "--file", "not-there.rar"],
        ["init", "--file", "."], ["serve", "--port", "0"], ["serve", "--port", "65536"], ["serve", "--port", "http"],
        ["tariff", "--resolution", "x"],
        ["import"], ["import", "not-there.csv"], ["import", "."], ["restore", "not-there.zip"], ["export"],
        ["ingest", "ree", "aemet"], ["demo", "--port", "1.5"], ["tariff", "--json=yes"],
    ],
)  # fmt: skip
def test_wrong_usage_is_2_and_says_what(cli, words):
    ended = cli(*words)
    assert (ended.code, ended.out) == (2, "")
    wrong = next((word for word in words if word.startswith("--")), None) or words[-1]
    assert wrong.partition("=")[0].lstrip("-") in ended.err or "Missing argument" in ended.err


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (["ingest", "coffee"], "source"),
        (["ingest", ""], "source"),
        (["ingest", "[/bold]"], "source"),
        (["ingest", "[red]x\x1b[31m"], "source"),
        (["ingest", "\ud800"], "source"),
        (["backfill", "--start", "2026-06-01"], "end"),
        (["backfill", "--end", "2026-06-01"], "start"),
        (["backfill", "--start", "", "--end", ""], "start"),
        (["backfill", "--start", "2026-06-02", "--end", "2026-06-01"], "start"),
        (["backfill", "--start", "1999-01-01", "--end", "2026-06-01"], "end"),
        (["backfill", "--start", "soon", "--end", "2026-06-01"], "start"),
        (["backfill", "--series", "coffee"], "series"),
        (["backfill", "--series", ""], "series"),
        (["backfill", "--series", "dew_point"], "series"),
        (["init", "--part", "coffee"], "part"),
        (["tariff", "--tariff", "3.0"], "tariff"),
        (["tariff", "--resolution", "7"], "resolution"),
        (["tariff", "--start", "2019-01-01"], "start"),
        (["tariff", "--end", "2019-01-01"], "end"),
        (["tariff", "--start", "2026-01-01", "--end", "2036-01-01"], "end"),
        (["export", "x.csv", "--series", "coffee"], "series"),
        (["export", "x.csv", "--start", "2026-01-01"], "end"),
        (["export", "x.csv", "--start", "2026-01-02", "--end", "2026-01-01"], "start"),
        (["export", "no/such/folder/x.csv"], "file"),
        (["export", "no/such/folder/x.parquet"], "file"),
        (["export", "."], "file"),
        (["export", "data/timeseries.db"], "file"),
        (["export", "data/../data/ledger.db"], "file"),
        (["serve", "--host", ""], "host"),
        (["demo", "--host", " "], "host"),
    ],
)
def test_a_wrong_value_is_2_and_named(cli, words, field):
    ended = cli(*words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error {field}: ")
    assert "is not allowed; " in ended.err


def test_a_wrong_value_changes_nothing(cli, filled, tmp_path):
    cli("export", "data/timeseries.db")
    cli("backfill", "--start", "soon", "--end", "2026-06-01")
    assert held(tmp_path) == filled


# ---------------------------------------------------------------------- JSON and exit codes
@pytest.mark.parametrize(
    ("words", "code", "keys"),
    [
        (["ingest", "ree"], 1, {"source", "found", "written", "parts"}),
        (["gaps"], 0, {"summary", "gaps"}),
        (["gaps", "--ledger"], 0, {"gaps"}),
        (["backfill", "--days-back", "1"], 1, {"expected", "filled", "failed", "success_rate", "summary"}),
        (["init", "--status"], 0, {"status", "recommendations", "problems"}),
        (["init", "--years", "0.02", "--part", "ree"], 1, {"status", "recommendations", "problems"}),
        (["init", "--years", "0.01"], 1, {"status", "recommendations", "problems"}),
        (["tariff"], 0, {"tariff", "resolution_minutes", "slots"}),
        (["export", "x.csv"], 0, {"file", "written"}),
        (["export", "x.parquet"], 0, {"file", "written"}),
        (["backup", "x.zip"], 0, {"file", "made_at", "world"}),
    ],
)
def test_json_is_json_and_the_exit_code_tells_whether_it_worked(cli, words, code, keys):
    ended = cli(*words, "--json")
    assert ended.code == code
    assert ended.json.keys() >= keys
    assert code == 0 or ended.err.startswith("error ")
    if words[0] == "init":
        return  # the same slow work once more
    plain = cli(*words)
    assert plain.code == code
    assert plain.out
    assert not plain.out.startswith("{")


def test_doctor_asks_everybody_and_fails_when_one_is_down(cli):
    ended = cli("doctor", "--json")
    found = {check["name"]: check["status"] for check in ended.json}
    assert ended.code == 1
    assert found["upstream:ree"] == "down"
    assert (found["store"], found["ledger"], found["store content"]) == ("ok", "ok", "ok")
    assert "upstream:ree" in ended.err
    assert "upstream:ree" in cli("doctor").out


def test_work_that_needs_nothing_has_worked(cli):
    ended = cli("backfill", "--start", "2026-06-18", "--end", "2026-06-18", "--series", "demand")
    assert (ended.code, ended.out.splitlines()[0]) == (0, "Nothing was missing.")


def test_markup_and_emoji_in_what_is_said_are_letters(cli, capsys):
    for letters in ("[/bold]", "[red]x", ":smile:", "\\[x]", "[link=http://x]y[/link]"):
        terminal.say(letters)
        terminal.warn(letters)
        terminal.print_table("t", ("a",), [(letters,)])
        said = capsys.readouterr()
        assert said.out.startswith(f"{letters}\n")
        assert said.out.count(letters) == 2
        assert said.err == f"! {letters}\n"


def test_a_bar_on_a_terminal_and_nothing_in_a_pipe(monkeypatch, capsys):
    screen = io.StringIO()
    monkeypatch.setattr(terminal, "err", Console(file=screen, force_terminal=True, width=120))
    with terminal.progress(as_json=False) as heard:
        heard.step(0.5, "reading May")
        heard.problem("June is damaged")
    assert "reading May" not in screen.getvalue()
    assert "June is damaged" in screen.getvalue()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with terminal.progress(as_json=False) as heard:
        heard.step(0.5, "reading May")
    assert "reading May" in screen.getvalue()
    before = screen.getvalue()
    with terminal.progress(as_json=True) as heard:
        heard.step(0.5, "reading June")
    assert screen.getvalue() == before
    assert capsys.readouterr().out == ""


# ---------------------------------------------------------------------- out and in
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


# ---------------------------------------------------------------------- backups
def test_a_backup_comes_back_and_what_came_since_is_gone(cli, filled, tmp_path):
    house = opened(tmp_path)
    alert, _ = house.alerts.raise_alert("cause", Severity.WARNING, "message", "action")
    house.close()
    told = cli("backup", "deep/down/all.zip", "--json").json
    assert told["world"] == "real"
    assert {key for key in told if key.startswith("sha256:")} == {"sha256:timeseries", "sha256:ledger.db"}
    assert [path.name for path in (tmp_path / "deep/down").iterdir()] == ["all.zip"]
    house = opened(tmp_path)
    plant(house, "spot", "2026-06-16", "2026-06-16", source="omie")
    house.alerts.close_alert("cause")
    house.close()
    assert cli("restore", "deep/down/all.zip", "--yes", "--json").json["made_at"] == told["made_at"]
    assert held(tmp_path) == filled
    house = opened(tmp_path)
    assert house.alerts.alerts() == [alert]
    house.close()


def test_without_a_name_it_lies_with_the_data(cli):
    assert cli("backup", "--json").json["file"].endswith("data/backups/2026-06-17T101000Z.zip")


def test_a_restore_asks_first(cli, filled, tmp_path, monkeypatch):
    cli("backup", "all.zip")
    for answer, code in [("n\n", 1), ("", 1), ("y\n", 0)]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        assert cli("restore", "all.zip").code == code


def zipped(path: Path, **members: bytes) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)


def test_an_archive_that_is_none_changes_nothing(cli, filled, tmp_path):
    (tmp_path / "words.zip").write_text("words")
    (tmp_path / "empty.zip").write_bytes(b"")
    zipped(tmp_path / "bare.zip")
    zipped(tmp_path / "list.zip", manifest_json=b"[1, 2]")
    zipped(tmp_path / "nul.zip", manifest_json=b"\x00")
    zipped(tmp_path / "number.zip", manifest_json=b"3")
    zipped(tmp_path / "promise.zip", manifest_json=b'{"world": "real", "backend": "sqlite"}')
    zipped(tmp_path / "lie.zip", manifest_json=b'{"sha256:timeseries": "0"}', timeseries=b"words")
    zipped(tmp_path / "absent.zip", manifest_json=b'{"sha256:timeseries": "0"}')
    for path in sorted(tmp_path.glob("*.zip")):
        ended = cli("restore", path.name, "--yes")
        assert (ended.code, ended.out) == (1, ""), path
        assert path.name in ended.err
    assert held(tmp_path) == filled


def test_a_damaged_archive_is_refused_or_the_damage_was_in_nothing(tmp_path, monkeypatch):
    house = real_house(tmp_path / "data", monkeypatch)
    plant(house, "pvpc", "2026-06-15", "2026-06-16", source="ree")
    whole = list(house.store.everything())
    ledger = tmp_path / "data" / "ledger.db"
    make_backup(house.store, ledger, tmp_path / "all.zip", "real", NOON)
    content = (tmp_path / "all.zip").read_bytes()
    refused = 0
    for place in range(0, len(content), max(1, len(content) // 80)):
        broken = bytearray(content)
        broken[place] ^= 0xFF
        (tmp_path / "broken.zip").write_bytes(bytes(broken))
        try:
            restore_backup(house.store, ledger, tmp_path / "broken.zip", "real")
        except StoreError:
            refused += 1
        assert list(house.store.everything()) == whole
    for cut in range(0, len(content), len(content) // 20):
        (tmp_path / "broken.zip").write_bytes(content[:cut])
        with pytest.raises(StoreError):
            restore_backup(house.store, ledger, tmp_path / "broken.zip", "real")
    assert refused > 40
    assert list(house.store.everything()) == whole
    house.close()


def test_a_locked_archive_is_refused(tmp_path, monkeypatch):
    house = real_house(tmp_path / "data", monkeypatch)
    make_backup(house.store, None, tmp_path / "all.zip", "real", NOON)
    content = bytearray((tmp_path / "all.zip").read_bytes())
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        place = -1
        while (place := content.find(mark, place + 1)) >= 0:
            content[place + (6 if mark == b"PK\x03\x04" else 8)] |= 1  # the bit that says "encrypted"
    (tmp_path / "locked.zip").write_bytes(bytes(content))
    with pytest.raises(StoreError, match="is no backup"):
        restore_backup(house.store, None, tmp_path / "locked.zip", "real")
    house.close()


def test_a_backup_of_the_demo_is_not_taken_in(cli, tmp_path):
    house = demo_house(tmp_path / "demo", days=1)
    make_backup(house.store, None, tmp_path / "demo.zip", "simulated", NOON)
    house.close()
    ended = cli("restore", "demo.zip", "--yes")
    assert (ended.code, "simulated data" in ended.err) == (1, True)


def test_a_backup_that_cannot_be_written_leaves_nothing(cli, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    for target in ("file/all.zip", "/proc/all.zip", "/"):
        ended = cli("backup", target)
        assert (ended.code, ended.out) == (1, "")
        assert "Name a file in a folder of yours" in ended.err

    def full(*_args: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "write", full)
    assert "No space left" in cli("backup", "all.zip").err
    assert not list(tmp_path.glob("all.zip*"))


def test_a_ledger_in_use_is_still_copied(cli, tmp_path):
    opened(tmp_path).close()
    other = sqlite3.connect(tmp_path / "data/ledger.db")
    other.execute("BEGIN IMMEDIATE")
    assert cli("backup", "all.zip").code == 0
    other.rollback()
    other.close()


# ---------------------------------------------------------------------- settings
@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("API_PORT", "http", "65535"),
        ("API_PORT", "70000", "65535"),
        ("API_PORT", "-1", "65535"),
        ("LATITUDE", "nan", "90"),
        ("LATITUDE", "north", "90"),
        ("LONGITUDE", "181", "180"),
        ("REE_BASE_URL", "apidatos.ree.es", "http"),
        ("REE_BASE_URL", "ftp://x", "http"),
        ("OMIE_BASE_URL", "http:// x", "http"),
        ("AEMET_STATION", "Linares", "capitals"),
        ("AEMET_MUNICIPALITY", "Jaén", "digits"),
        ("SCHEDULE_PROFILE", "fast", "accelerated"),
        ("UI_LANGUAGE", "de", "'es' or 'en'"),
        ("LOG_LEVEL", "loud", "'debug'"),
        ("LOG_FORMAT", "xml", "'json'"),
        ("RAW_LIMIT_MB", "0", "1000000"),
        ("API_LOCAL_NETWORKS", "10.0.0.1/8", "127.0.0.0/8"),
        ("API_LOCAL_NETWORKS", "home", "127.0.0.0/8"),
        ("LEDGER_URL", "mysql://x", "postgresql"),
        ("CLOCK_URL", "now", "http"),
    ],
)
def test_a_wrong_setting_stops_with_its_name_its_value_and_what_is_allowed(cli, monkeypatch, name, value, allowed):
    monkeypatch.setenv(name, value)
    ended = cli("gaps")
    assert (ended.code, ended.out) == (2, "")
    [line] = ended.err.splitlines()[1:]
    assert line.strip().startswith(f"{name}: {value!r} is not allowed; ")
    assert allowed in line.partition("is not allowed")[2]


def test_every_wrong_setting_is_told_at_once(cli, monkeypatch):
    wrong = {"API_PORT": "x", "LATITUDE": "x", "LOG_LEVEL": "x"}
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    assert [line.strip().split(":")[0] for line in cli("gaps").err.splitlines()[1:]] == list(wrong)


@pytest.mark.parametrize(
    "url", ["postgres://brain:hush-hush@db/x", "mysql://brain:hush/h@sh-hush@db", "x//:hush-hush@"]
)
def test_a_password_in_a_wrong_address_is_not_shown(cli, monkeypatch, url):
    monkeypatch.setenv("LEDGER_URL", url)
    ended = cli("gaps")
    assert ended.code == 2
    assert "hush" not in ended.err
    assert "LEDGER_URL" in ended.err


def test_a_file_of_settings_or_of_a_secret_that_cannot_be_read_is_named(cli, tmp_path, monkeypatch):
    (tmp_path / ".env").write_bytes(b"API_PORT=\xff\n")
    assert cli("gaps").err.splitlines()[1].strip().startswith(".env cannot be read")
    (tmp_path / ".env").unlink()
    for path in ("no-such-file", "."):
        monkeypatch.setenv("AEMET_API_KEY_FILE", path)
        ended = cli("gaps")
        assert (ended.code, "AEMET_API_KEY_FILE" in ended.err) == (2, True)


def test_a_data_folder_that_cannot_be_is_named(cli, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    for folder in ("file", "file/below", "/proc/x"):
        monkeypatch.setenv("DATA_DIR", folder)
        ended = cli("gaps")
        assert (ended.code, "DATA_DIR" in ended.err) == (2, True)


def test_a_store_of_the_other_world_or_of_another_program_is_told(cli, tmp_path, monkeypatch):
    demo_house(tmp_path / "demo", days=1).close()
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "demo"))
    ended = cli("gaps")
    assert (ended.code, "simulated" in ended.err) == (1, True)
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd/timeseries.db").write_text("words" * 1000)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "odd"))
    ended = cli("gaps")
    assert (ended.code, "timeseries.db" in ended.err) == (1, True)


def test_the_process_wins_over_the_file_and_an_empty_value_is_none(tmp_path):
    (tmp_path / ".env").write_text("API_PORT=8100\nUI_LANGUAGE=en\nAPI_TOKEN=from-the-file\n")
    found = read_settings({"API_PORT": "8200", "UI_LANGUAGE": ""}, tmp_path / ".env")
    assert (found.api_port, found.ui_language) == (8200, "es")
    assert found.api_token is not None
    (tmp_path / "token").write_text("  from-its-own\n")
    found = read_settings({"API_TOKEN": "x", "API_TOKEN_FILE": str(tmp_path / "token")}, tmp_path / ".env")
    assert found.api_token is not None
    assert found.api_token.get_secret_value() == "from-its-own"
    with pytest.raises(SettingsError):
        read_settings({"API_HOST": " " * 0, "API_PORT": "0"}, tmp_path / "no.env")


# ---------------------------------------------------------------------- before it serves
def test_a_host_that_is_none_is_told_before_anything_is_opened(cli, tmp_path):
    for host in ("no.such.host.invalid", "a" * 70, "é" * 70, "256.1.1.1"):
        ended = cli("serve", "--host", host, "--port", "1")
        assert (ended.code, ended.out) == (1, "")
        assert "Cannot listen on" in ended.err


def test_where_it_is(capsys):
    for host, shown in [
        ("127.0.0.1", "localhost"),
        ("0.0.0.0", "localhost"),
        ("10.1.2.3", "10.1.2.3"),
        ("::1", "[::1]"),
    ]:
        serve._say_where(Settings(api_host=host, api_port=8123), as_json=True)
        told = json.loads(capsys.readouterr().out)
        assert told == {"dashboard": f"http://{shown}:8123/dashboard", "api": f"http://{shown}:8123/docs"}
