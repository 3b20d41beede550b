"""``plan`` on files of its own: what it answers, and how it refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from statistics import fmean

import pytest
from typer.testing import CliRunner

from chocolate_factory.cli.app import app
from chocolate_factory.domain.errors import InputError

START = datetime(2026, 7, 13, 22, tzinfo=UTC)  # midnight in Madrid: Tuesday 14 July

pytestmark = pytest.mark.slow


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


def test_a_window_without_any_price_is_refused(files):
    ended = run(
        files, "--json", prices=files / "spot.csv", hours=24, demand=files / "demand.csv", weather=files / "air.csv"
    )
    assert ended.exit_code == 0
    (files / "spot.csv").write_text("start_utc,price_eur_mwh\n")
    ended = run(files)
    assert isinstance(ended.exception, InputError)
    assert ended.exception.field == "prices"
