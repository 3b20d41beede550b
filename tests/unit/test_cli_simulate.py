"""``simulate`` on files of its own: what it answers, in a table and as JSON, and the trace it writes."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta

import pytest
import typer
from typer.testing import CliRunner

from chocolate_factory.cli import simulate
from chocolate_factory.domain.errors import InputError

START = datetime(2026, 7, 13, 22, tzinfo=UTC)  # midnight in Madrid: Tuesday 14 July

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    hours = [START + timedelta(hours=i) for i in range(24)]
    spot = "".join(f"{t.isoformat()},{40 + 30 * (t.hour in (18, 19, 20)) - 35 * (10 <= t.hour < 15)}\n" for t in hours)
    air = "".join(f"{t.isoformat()},{22 + 4 * (10 <= t.hour < 18)},40\n" for t in hours)
    (folder / "spot.csv").write_text("start_utc,price_eur_mwh\n" + spot)
    (folder / "air.csv").write_text("start_utc,temperature_c,humidity_pct\n" + air)
    (folder / "demand.csv").write_text("product,kg,due_utc\ndark,1400,2026-07-14T20:00:00+00:00\n")
    return folder


def run(files, *more):
    app = typer.Typer()
    simulate.add_to(app)
    words = {"prices": files / "spot.csv", "weather": files / "air.csv", "demand": files / "demand.csv"}
    options = [w for name, value in words.items() for w in (f"--{name}", str(value))]
    return CliRunner().invoke(app, [*options, "--start", "2026-07-14", "--hours", "24", *more])


@pytest.fixture(scope="module")
def answer(files):
    ended = run(files, "--runs", "40", "--json", "--trace", str(files / "trace.csv"))
    assert ended.exit_code == 0, ended.output
    return json.loads(ended.stdout)


def test_every_figure_has_its_spread(answer):
    assert answer["replications"] == 40
    asked = {"good_kg", "reject_kg", "kwh_kg", "eur_kg", "oee", "peak_kw", "peak_p6_kw", "late_orders"}
    assert asked <= set(answer["kpis"])
    for spread in (*answer["kpis"].values(), *answer["losses_min"].values()):
        assert set(spread) == {"mean", "p10", "p50", "p90", "half_width"}
        assert spread["p10"] <= spread["p50"] <= spread["p90"]
    assert 1200 < answer["kpis"]["good_kg"]["mean"] < 1600


def test_losses_of_the_line_stand_apart_and_fit_its_oee(answer):
    causes = {"setup", "changeover", "breakdown", "starved", "micro_stop", "slow", "rejects", "rework"}
    assert set(answer["losses_min"]) == causes
    assert not any(name.startswith("loss_") for name in answer["kpis"])
    assert answer["losses_min"]["setup"]["p50"] >= 60
    assert 0 < answer["kpis"]["oee"]["mean"] < 1


def test_punctuality_is_told_with_its_weakest_batch(answer):
    assert 0 <= answer["on_time_probability"] <= 1
    late = {order for order, share in answer["order_on_time"].items() if share < 1}
    assert late <= {"order-1"}
    assert (answer["weakest_batch"] is None) or late


def test_the_trace_is_of_one_run_and_within_the_horizon(answer, files):
    with (files / "trace.csv").open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    assert {r["machine"] for r in rows} >= {"line", "refining", "conche-1"}
    assert {r["doing"] for r in rows} >= {"fill", "conche", "setup", "run"}
    assert all("2026-07-14T00:00:00+02:00" <= r["start"] < r["end"] <= "2026-07-15T00:00:00+02:00" for r in rows)


def test_the_same_seed_gives_the_same_and_another_another(answer, files):
    assert json.loads(run(files, "--runs", "40", "--json").stdout) == answer
    other = json.loads(run(files, "--runs", "40", "--json", "--seed", "2").stdout)
    assert other["kpis"] != answer["kpis"]


@pytest.mark.parametrize(
    ("language", "title", "losses", "mark"),
    [
        ("es", "El plan, 40 veces simulado", "Lo que pierde la línea, minutos", ","),
        ("en", "The plan, run 40 times", "What the line lost, minutes", "."),
    ],
)
def test_people_get_a_table_in_their_language(files, answer, monkeypatch, language, title, losses, mark):
    monkeypatch.setenv("UI_LANGUAGE", language)
    told = run(files, "--runs", "40").stdout
    assert title in told
    assert losses in told
    assert f"{answer['kpis']['good_kg']['mean']:.0f}" in told
    assert f"{100 * answer['on_time_probability']:.1f} %".replace(".", mark) in told


def test_the_chart_shows_the_run_below_the_plan(files):
    ended = run(files, "--runs", "10", "--gantt", "--png", str(files / "run.png"), "--svg", str(files / "run.svg"))
    assert ended.stdout.count(" como fue") == 4  # refining, two conches, line
    assert (files / "run.png").read_bytes().startswith(b"\x89PNG")
    assert (files / "run.svg").read_text().startswith("<?xml")
    wrong = run(files, "--runs", "10", "--png", str(files / "run.svg"))
    assert isinstance(wrong.exception, InputError)


def test_no_runs_are_refused(files):
    assert run(files, "--runs", "0").exit_code == 2


def test_a_wrong_resolution_is_named(files):
    ended = run(files, "--resolution", "30")
    assert isinstance(ended.exception, InputError)
    assert ended.exception.field == "resolution"
