"""The command line: help, usage, JSON and exit codes."""

from __future__ import annotations

import io
import re
import sys
from typing import Any

import pytest
import typer.main
from cli_runs import command_line, filled_store, held
from rich.console import Console

from chocolate_factory import __version__
from chocolate_factory.cli import terminal
from chocolate_factory.cli.app import app

cli = pytest.fixture(command_line)
filled = pytest.fixture(filled_store)


def leaves(command: Any, *above: str) -> dict[tuple[str, ...], Any]:
    """Every command that does something, by its words."""
    below = getattr(command, "commands", None)
    if below is None:
        return {above: command}
    return {words: leaf for name in below for words, leaf in leaves(below[name], *above, name).items()}


COMMANDS = leaves(typer.main.get_command(app))


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
