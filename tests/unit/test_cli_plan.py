"""``plan``: from files of its own, planned by the solver, and the plan in force with what may be asked of it."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from statistics import fmean

import pytest
from plan_records import by_rule
from typer.testing import CliRunner
from web_house import StillClock, demo_house

from chocolate_factory import logs
from chocolate_factory.adapters.child import Child
from chocolate_factory.cli import plan_show, terminal
from chocolate_factory.cli.app import app
from chocolate_factory.domain.errors import InputError, NotFoundError, NotYetError
from chocolate_factory.domain.plan_record import Move
from chocolate_factory.settings import read_settings
from chocolate_factory.wiring import build

START = datetime(2026, 7, 13, 22, tzinfo=UTC)  # midnight in Madrid: Tuesday 14 July


@pytest.fixture
def files(tmp_path):
    hours = [START + timedelta(hours=i) for i in range(-24, 24)]
    spot = "".join(f"{t.isoformat()},{40 + 30 * (t.hour in (18, 19, 20)) - 35 * (10 <= t.hour < 15)}\n" for t in hours)
    air = "".join(f"{t.isoformat()},{24 + 8 * (10 <= t.hour < 18)},40\n" for t in hours)
    (tmp_path / "spot.csv").write_text("start_utc,price_eur_mwh\n" + spot)
    (tmp_path / "air.csv").write_text("start_utc,temperature_c,humidity_pct\n" + air)
    (tmp_path / "demand.csv").write_text("product,kg,due_utc\ndark,1400,2026-07-14T20:00:00+00:00\n")
    return tmp_path


def run(files, *more, hours=24, **changes):
    words = {"prices": files / "spot.csv", "weather": files / "air.csv", "demand": files / "demand.csv"} | changes
    options = [w for name, value in words.items() for w in (f"--{name}", str(value))]
    every = ["plan", *options, "--start", "2026-07-14", "--hours", str(hours), *more]
    return CliRunner().invoke(app, every, catch_exceptions=True)


@pytest.mark.slow
def test_a_day_is_planned_in_the_cheap_hours_and_told_whole(files):
    ended = run(files, "--json", "--replications", "5")
    assert ended.exit_code == 0, ended.output
    plan = json.loads(ended.stdout)
    assert plan["status"] == "optimal"
    assert plan["solver"]["gap"] <= 0.005
    assert plan["kg"] >= 1400
    line = [s for s in plan["slots"] if s["output_kg"]]
    assert len(plan["slots"]) == 24
    assert {s["price_kind"] for s in plan["slots"]} == {"observed"}
    attended = [s["energy_eur_kwh"] for s in plan["slots"] if 6 <= int(s["start"][11:13]) < 22]
    assert fmean(s["energy_eur_kwh"] for s in line) < fmean(attended)
    assert plan["cost_eur"] == pytest.approx(sum(s["cost_eur"] for s in plan["slots"]), abs=0.01)
    assert 0 <= plan["certificate"]["on_time_probability"] <= 1
    assert all(set(b["reason"]) == {"es", "en"} for b in plan["batches"])


@pytest.mark.slow
def test_a_second_day_without_prices_is_planned_on_the_last_known_profile_and_marked(files):
    plan = json.loads(run(files, "--json", "--replications", "0", hours=48).stdout)
    assert {s["price_kind"] for s in plan["slots"][24:]} == {"estimated"}
    assert any("same hour of the last day" in note for note in plan["notes"])


@pytest.mark.parametrize(
    ("column", "file"), [("price_eur_mwh", "spot.csv"), ("temperature_c", "air.csv"), ("kg", "demand.csv")]
)
def test_a_missing_column_is_named(files, column, file):
    text = (files / file).read_text()
    (files / file).write_text(text.replace(column, "something", 1))
    ended = run(files)
    assert isinstance(ended.exception, InputError)
    assert ended.exception.field == column


@pytest.mark.slow
def test_a_window_without_any_price_is_refused(files):
    ended = run(
        files, "--json", prices=files / "spot.csv", hours=24, demand=files / "demand.csv", weather=files / "air.csv"
    )
    assert ended.exit_code == 0
    (files / "spot.csv").write_text("start_utc,price_eur_mwh\n")
    ended = run(files)
    assert isinstance(ended.exception, InputError)
    assert ended.exception.field == "prices"


@pytest.mark.slow
def test_wishes_are_heeded(files):
    plan = json.loads(run(files, "--json", "--peak-kw", "130", "--quiet", "13-15", "--replications", "0").stdout)
    assert max(s["power_kw"] for s in plan["slots"]) <= 130.001
    quiet = [s for s in plan["slots"] if s["start"][11:13] in ("13", "14")]
    assert [s["output_kg"] for s in quiet] == [0.0, 0.0]


# --------------------------------------------------------------------------------------------------- files, by the rule
def by_rule_here(_child, work, given, _limit_s):
    """The child's work done here and at once."""
    if work.endswith(":moved"):
        return Move(2.5, True, {"es": "Cabe.", "en": "It fits."})
    return by_rule(given[0] if work.endswith(":planned_by") else given)


@pytest.fixture
def at_once(monkeypatch, tmp_path):
    """No solver and no process; a folder of its own."""
    monkeypatch.setattr(Child, "call", by_rule_here)
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("UI_LANGUAGE", "en")
    monkeypatch.delenv("CLOCK_URL", raising=False)
    monkeypatch.chdir(tmp_path)


def test_a_plan_from_files_is_told_as_a_table_with_reasons_and_totals(files, at_once):
    ended = run(files)
    assert ended.exit_code == 0, ended.output
    assert "Plan from Tue 14 00:00 to Wed 15 00:00" in ended.stdout
    assert "conche dark" in ended.stdout
    assert "Why:" in ended.stdout
    assert "EUR of energy" in ended.stdout


@pytest.mark.parametrize(("language", "words"), [("es", "de energía"), ("en", "of energy")])
def test_it_speaks_the_pages_language(files, at_once, monkeypatch, language, words):
    monkeypatch.setenv("UI_LANGUAGE", language)
    assert words in run(files).stdout


def test_the_json_is_the_contracts(files, at_once):
    plan = json.loads(run(files, "--json").stdout)
    keys = "id made_at status solver horizon batches slots cost_eur kg kwh eur_per_kg peak_kw baseline saving_eur"
    assert set(keys.split()) | {"saving_pct", "certificate", "conflicts"} <= set(plan)
    assert run(files, "--json", "--gantt").stdout.startswith("{"), "no chart in JSON"


def test_it_is_drawn_on_the_terminal_and_as_files(files, at_once):
    ended = run(files, "--gantt", "--png", files / "p.png", "--svg", files / "p.svg")
    assert ended.exit_code == 0, ended.output
    assert "conche-1" in ended.stdout
    assert (files / "p.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (files / "p.svg").read_text()
    wrong = run(files, "--png", files / "p.jpg")
    assert isinstance(wrong.exception, InputError)
    assert wrong.exception.field == "png"


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("--peak-kw", "100"), "peak_kw"),
        (("--start", "2026-07-14"), "start"),
        (("--no-night-work",), "night_work"),
    ],
)
def test_options_of_a_plan_from_files_are_refused_without_files(at_once, words, field):
    ended = CliRunner().invoke(app, ["plan", *words])
    assert isinstance(ended.exception, InputError)
    assert ended.exception.field == field


@pytest.mark.parametrize(("left_out", "field"), [("weather", "weather"), ("start", "start")])
def test_prices_alone_are_not_enough(files, at_once, left_out, field):
    given = {"weather": ["--weather", str(files / "air.csv")], "start": ["--start", "2026-07-14"]}
    words = [w for name, pair in given.items() if name != left_out for w in pair]
    ended = CliRunner().invoke(app, ["plan", "--prices", str(files / "spot.csv"), *words])
    assert isinstance(ended.exception, InputError)
    assert ended.exception.field == field


# ------------------------------------------------------------------------------------------------------------- in force
@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """A simulated one with prices and weather, and no plan yet; each test has a copy."""
    folder = tmp_path_factory.mktemp("installation") / "data"
    demo_house(folder, days=9).close()
    return folder


@pytest.fixture
def cli(at_once, installation, tmp_path, monkeypatch):
    """Its commands."""
    shutil.copytree(installation, tmp_path / "data")
    found = read_settings({"DATA_DIR": str(tmp_path / "data"), "UI_LANGUAGE": "en"}, tmp_path / "no.env")
    monkeypatch.setattr(terminal, "build", lambda _: build(found, demo=True, clock=StillClock()))

    def call(*words):
        return CliRunner().invoke(app, ["plan", *map(str, words)])

    return call


def test_before_the_first_plan_it_is_said_what_to_do(cli):
    for words in ((), ("show",), ("lock", "1"), ("what-if", "1", "+2h")):
        assert isinstance(cli(*words).exception, NotYetError)
    assert json.loads(cli("history", "--json").stdout) == {"plans": []}


def test_a_plan_is_made_shown_and_listed(cli):
    made = json.loads(cli("again", "--json").stdout)
    assert made["trigger"] == "request"
    for words in (("--json",), ("show", "--json"), ("show", made["id"], "--json")):
        assert json.loads(cli(*words).stdout) == made
    assert [line["id"] for line in json.loads(cli("history", "--json").stdout)["plans"]] == [made["id"]]
    assert made["id"] in cli("history").stdout
    told = cli("--gantt").stdout
    assert f"(asked for), {made['id']}." in told
    assert "now" in told
    assert json.loads(cli("--again", "--json").stdout)["made_at"] == made["made_at"], "the clock stands"
    assert isinstance(cli("show", "ffffffffffff").exception, NotFoundError)


def test_a_batch_is_held_by_its_number_or_its_id(cli):
    batches = json.loads(cli("again", "--json").stdout)["batches"]
    assert "stays where it is" in cli("lock", "2").stdout
    shown = json.loads(cli("--json").stdout)["batches"]
    assert [b["id"] for b in shown if b["locked"]] == [batches[1]["id"]]
    assert json.loads(cli("unlock", batches[1]["id"], "--json").stdout)["locked"] is False
    assert not any(b["locked"] for b in json.loads(cli("--json").stdout)["batches"])
    assert isinstance(cli("lock", "99").exception, NotFoundError)


@pytest.mark.parametrize(("start", "hours"), [("+2h", 2.0), ("-1h", -1.0), ("+30min", 0.5), ("+1.5h", 1.5)])
def test_a_batch_is_moved_by_so_much_in_thought(cli, start, hours):
    batch = json.loads(cli("again", "--json").stdout)["batches"][-1]
    move = json.loads(cli("what-if", batch["id"], start, "--json").stdout)
    moved = datetime.fromisoformat(move["start"]) - datetime.fromisoformat(batch["start"])
    assert moved == timedelta(hours=hours)
    assert (move["batch_id"], move["delta_eur"]) == (batch["id"], 2.5)
    assert "(+2.50 EUR): It fits." in cli("what-if", batch["id"], start).stdout


def test_a_start_that_is_none_is_refused(cli):
    cli("again")
    ended = cli("what-if", "1", "two hours later")
    assert isinstance(ended.exception, InputError)
    assert ended.exception.field == "start"


def test_what_was_counted_is_where_the_next_plan_begins(cli):
    tanks = ("--set", "tank-dark=900", "--set", "tank-milk=800", "--set", "tank-white=700")
    assert "next plan begins with it" in cli("stocks", *tanks, "--finished", "dark=5").stdout
    made = json.loads(cli("again", "--json").stdout)
    assert any("counted" in note for note in made["notes"])
    for words, field in ((("--set", "tank-dark=much"), "set"), (("--set", "tank-dark=1"), "tanks_kg")):
        ended = cli("stocks", *words)
        assert isinstance(ended.exception, InputError)
        assert ended.exception.field == field


def test_simulate_without_files_runs_the_plan_in_force(cli):
    made = json.loads(cli("again", "--json").stdout)
    words = ["simulate", "--runs", "5", "--json"]
    found = json.loads(CliRunner().invoke(app, words).stdout)
    assert found["replications"] == 5
    assert found["kpis"]["cost_eur"]["mean"] == pytest.approx(made["cost_eur"], rel=0.2)
    assert json.loads(CliRunner().invoke(app, [*words, "--plan", made["id"]]).stdout) == found
    assert isinstance(CliRunner().invoke(app, [*words, "--plan", "ffffffffffff"]).exception, NotFoundError)


def test_a_sign_of_life_is_shown_on_a_terminal_alone(monkeypatch, capsys):
    with plan_show.thinking(as_json=False):
        pass
    assert capsys.readouterr() == ("", "")
