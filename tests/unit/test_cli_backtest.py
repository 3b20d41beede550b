"""``backtest`` from files: the contract's JSON, the files that it writes, and what it refuses."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import timedelta

import pytest
from backtest_world import MONDAY, WORLD
from typer.testing import CliRunner

from chocolate_factory.cli.app import app
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.time import madrid_midnight

FROM = madrid_midnight(MONDAY) - timedelta(days=60)
UNTIL = madrid_midnight(MONDAY) + timedelta(days=3)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    hours = [t for t in WORLD.spot if FROM <= t < UNTIL]
    spot = "".join(f"{t.isoformat()},{WORLD.spot[t]}\n" for t in hours)
    air = "".join(f"{t.isoformat()},{WORLD.air[t].temperature_c},{WORLD.air[t].humidity_pct}\n" for t in hours)
    (folder / "spot.csv").write_text("start_utc,price_eur_mwh\n" + spot)
    with gzip.open(folder / "air.csv.gz", "wt") as packed:
        packed.write("start_utc,temperature_c,humidity_pct\n" + air)
    return folder


def run(files, *more, **changes):
    words = {"prices": files / "spot.csv", "weather": files / "air.csv.gz", "start": MONDAY, "end": MONDAY} | changes
    options = [w for name, value in words.items() for w in (f"--{name}", str(value))]
    return CliRunner().invoke(app, ["backtest", *options, "--jobs", "1", *more])


@pytest.mark.slow
def test_the_contracts_json_and_every_file(files, tmp_path):
    end = MONDAY + timedelta(days=1)
    written = {name: tmp_path / name for name in ("page.md", "plots", "days.csv", "kept")}
    options = [
        "--report", written["page.md"], "--plots", written["plots"], "--days", written["days.csv"],
        "--resume", written["kept"], "--json",
    ]  # fmt: skip
    ended = run(files, *map(str, options), end=end)
    assert ended.exit_code == 0, ended.output
    document = json.loads(ended.stdout)
    assert set(document["strategies"]) == {"constant_rate", "baseline", "cheapest_hours", "planner", "clairvoyant"}
    planner, baseline = document["strategies"]["planner"], document["strategies"]["baseline"]
    assert planner["kg"] == pytest.approx(baseline["kg"], rel=0.01)
    assert planner["line_starts"] <= baseline["line_starts"]
    assert {"captured_pct", "forecast"} <= set(document)
    assert document["forecast"]["steps"][0]["by"] == "epf_naive"
    assert written["page.md"].read_text().startswith("# Backtest, 2023-11-06 to 2023-11-07")
    assert (written["plots"] / "savings.png").read_bytes().startswith(b"\x89PNG")
    with written["days.csv"].open() as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == 10
    assert {row["prices_known_until"] for row in rows if row["day"] == "2023-11-06"} == {"2023-11-07T00:00:00+01:00"}
    billed = sum(float(row["energy_eur"]) for row in rows if row["strategy"] == "planner")
    assert billed == pytest.approx(planner["energy_eur"], abs=0.01)
    again = run(files, *map(str, options), end=end)
    assert again.stdout == ended.stdout


@pytest.mark.slow
def test_people_get_tables_and_the_notes(files):
    ended = run(files)
    assert ended.exit_code == 0, ended.output
    assert "clairvoyant" in ended.stdout
    assert "of the saving of perfect foresight" in ended.stdout
    assert "2026 stand in" in ended.stdout


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"start": "2023-11-07"}, "end"),
        ({"start": "yesterday"}, "start"),
        ({"end": "2023-11-30"}, "prices"),
        ({"tariff": "2.0TD"}, "tariff"),
        ({"tariff": "9.9"}, "tariff"),
    ],
)
def test_what_cannot_be_is_refused_by_name(files, changes, field):
    ended = run(files, **changes)
    assert isinstance(ended.exception, InputError), ended.output
    assert ended.exception.field == field


def test_a_file_without_its_columns_is_refused(files):
    ended = run(files, weather=files / "spot.csv")
    assert isinstance(ended.exception, InputError)
    assert ended.exception.field == "temperature_c"
