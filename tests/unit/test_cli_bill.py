"""``bill``: files in, an invoice out; every wrong file or option is a sentence."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from chocolate_factory.billing.invoice import month_window
from chocolate_factory.cli import bill
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.time import Resolution, slots

JULY = date(2026, 7, 1)


@pytest.fixture
def app():
    made = typer.Typer()
    bill.add_to(made)
    made.command("other")(lambda: None)  # with one command alone Typer drops its name
    return made


@pytest.fixture
def files(tmp_path):
    return (
        written(tmp_path / "load.csv", "energy_kwh", "10", Resolution.QUARTER),
        written(tmp_path / "prices.csv", "price_eur_mwh", "50", Resolution.HOUR),
    )


def written(file: Path, column: str, value: str, resolution: Resolution, month: date = JULY) -> Path:
    rows = (f"{start.isoformat()},{value}\n" for start in slots(month_window(month), resolution))
    file.write_text(f"start_utc,{column}\n" + "".join(rows), "utf-8")
    return file


def run(app, load, prices, *options, month="2026-07"):
    given = ["--prices", str(prices)] if prices else []
    return CliRunner().invoke(app, ["bill", "--load", str(load), *given, "--month", month, *options])


def refusal(app, *given, **more) -> str:
    ended = run(app, *given, **more)
    assert isinstance(ended.exception, InputError), ended.output
    return str(ended.exception)


def test_the_month_by_hand_of_test_invoice_as_json(app, files):
    ended = run(app, *files, "--tariff", "3.0TD", "--contracted", "150,150,150,150,150,150", "--json")
    assert ended.exit_code == 0, ended.output
    bill = json.loads(ended.output)
    assert (bill["energy_eur"], bill["power_eur"], bill["without_vat_eur"]) == (3858.08, 551.87, 4635.42)
    assert (bill["electricity_tax_eur"], bill["vat_eur"], bill["total_eur"]) == (225.47, 973.44, 5608.86)
    assert round(sum(line["amount_eur"] for line in bill["lines"]), 2) == bill["total_eur"]
    assert [(row["period"], row["energy_kwh"], row["energy_eur"]) for row in bill["energy"]] == [
        ("P1", 8280.0, 1364.36),
        ("P2", 6440.0, 908.29),
        ("P6", 15040.0, 1585.43),
    ]
    assert bill["energy"][0]["losses_eur"] == 105.23
    assert bill["power"][0] == {
        "period": "P1",
        "contracted_kw": 150.0,
        "peak_kw": 40.0,
        "power_eur": 259.6,
        "excess_eur": 0.0,
    }
    assert bill["power"][2]["peak_kw"] is None
    assert bill["coverage"]["share"] == 1.0
    assert (bill["start"], bill["end"]) == ("2026-07-01T00:00:00+02:00", "2026-08-01T00:00:00+02:00")


def test_the_table_shows_sums_and_notes(app, files, tmp_path):
    hourly = written(tmp_path / "hourly.csv", "energy_kwh", "40", Resolution.HOUR)
    ended = run(app, hourly, files[1])
    assert ended.exit_code == 0
    assert [line for line in ended.output.splitlines() if "total, EUR" in line and "5608.86" in line]
    assert [
        line for line in ended.output.splitlines() if "losses, EUR" in line and "398.77" in line
    ]  # 105.23 + 86.28 + 207.26
    assert "The load is hourly" in ended.output


def test_a_fixed_price_needs_no_prices(app, files):
    ended = run(app, files[0], None, "--fixed", "0.2", "--json")
    assert json.loads(ended.output)["energy_eur"] == 5952.0  # 29760 kWh x 0.2
    assert "give its prices" in refusal(app, files[0], None)


def test_pvpc_and_the_fee(app, files, tmp_path):
    small = written(tmp_path / "small.csv", "energy_kwh", "1", Resolution.QUARTER)
    ended = run(app, small, files[1], "--pvpc", "--tariff", "2.0TD", "--contracted", "9.2,9.2", "--json")
    bill = json.loads(ended.output)
    assert bill["supply"] == "pvpc"
    assert bill["energy_eur"] == 148.8  # 2976 kWh at 50 EUR/MWh
    dear = json.loads(run(app, *files, "--fee", "10", "--adjustments", "20", "--json").output)
    assert dear["energy"][0]["supplier_fee_eur"] == 82.8
    assert dear["energy"][0]["adjustments_eur"] == 165.6


def test_a_partial_month_says_its_coverage(app, files):
    lines = files[0].read_text().splitlines(keepends=True)
    files[0].write_text("".join(lines[:-1]))
    assert "2975 of 2976" in refusal(app, *files)
    bill = json.loads(run(app, *files, "--partial", "--json").output)
    assert bill["coverage"]["without_load"] == 1
    assert "2975 of 2976" in bill["notes"][0]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--tariff", "3.1TD"], "one of 2.0TD"),
        (["--contracted", "150,x"], "parted by commas"),
        (["--contracted", "150,150"], "6 powers"),
        (["--tariff", "2.0TD"], "2.0TD needs its two powers"),
        (["--meter-type", "3"], "no table of excess prices"),
        (["--meter-type", "0"], "1 to 5"),
        (["--fixed", "0.1", "--pvpc"], "either --fixed or --pvpc"),
        (["--fixed", "nan"], "EUR/kWh"),
        (["--pvpc"], "2.0TD alone"),
        (["--fee", "nan"], "EUR/MWh"),
    ],
)
def test_a_wrong_option_is_refused(app, files, options, sentence):
    assert sentence in refusal(app, *files, *options)


@pytest.mark.parametrize("month", ["2026", "2026-13", "2026-07-01", "0001-01", "July"])
def test_a_wrong_month_is_refused(app, files, month):
    assert "a year and a month" in refusal(app, *files, month=month)


def test_a_month_without_a_table_is_refused(app, files):
    assert "no table" in refusal(app, *files, month="2025-07")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "its header must be start_utc,energy_kwh"),
        ("start,energy_kwh\n", "its header must be"),
        ("start_utc,energy_kwh\nyesterday,1\n", "load.csv, line 2"),
        ("start_utc,energy_kwh\n2026-07-01T00:00:00Z,one\n", "load.csv, line 2"),
        ('start_utc,energy_kwh\n2026-07-01T00:00:00Z,"1,5"\n', "a number, with a point"),
        ("start_utc,energy_kwh\n2026-07-01T00:00:00Z\n", "energy_kwh is a number"),
        ("start_utc,energy_kwh\n2026-07-01T00:00:00Z,-1\n", "a number from 0"),
        (f"start_utc,energy_kwh\n{'x' * 200_000},1\n", "a CSV file"),
    ],
)
def test_a_wrong_file_is_told_with_its_line(app, files, text, sentence):
    files[0].write_text(text)
    assert sentence in refusal(app, *files)


def test_times_without_offset_are_utc_as_the_column_says(app, files):
    naive = files[0].read_text().replace("+00:00", "")
    files[0].write_text("\ufeff" + naive, "utf-8")
    assert json.loads(run(app, *files, "--json").output)["total_eur"] == 5608.86


def test_rows_outside_the_month_are_left_out(app, files):
    before = month_window(JULY).start - timedelta(minutes=15)
    with files[0].open("a") as file:
        file.write(f"{before.isoformat()},9999\n")
    assert json.loads(run(app, *files, "--json").output)["energy_kwh"] == 29760


def test_help_has_an_example(app):
    assert "Example: chocolate-factory bill" in " ".join(CliRunner().invoke(app, ["bill", "--help"]).output.split())
