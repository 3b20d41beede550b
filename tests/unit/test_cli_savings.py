"""``savings`` and its sub-commands, as a process would run them."""

from __future__ import annotations

import csv
from datetime import date, timedelta

import pytest
from cli_runs import command_line, opened
from web_house import NOON, plant

from chocolate_factory.domain.time import DAY, Resolution, madrid_date, madrid_day, slots

cli = pytest.fixture(command_line)
TODAY = madrid_date(NOON)
PAST = TODAY - 2 * DAY
CUPS = "ES0031405123456789JN0F"


@pytest.fixture
def priced(cli, tmp_path):
    """Spot prices of the months that are asked for."""
    house = opened(tmp_path)
    plant(house, "spot", "2026-04-25", "2026-06-19", source="ree", value=60.0)
    house.close()


def load(file, first: date, last: date, kwh: float = 10.0, length: Resolution = Resolution.QUARTER):
    window = type(madrid_day(first))(madrid_day(first).start, madrid_day(last).end)
    rows = (f"{start.isoformat()},{kwh}\n" for start in slots(window, length))
    file.write_text("start_utc,kwh\n" + "".join(rows), "utf-8")
    return file


def test_an_empty_ledger_says_when_there_will_be_something(cli):
    shown = cli("savings")
    assert shown.code == 0
    assert "settled when it is two days old" in shown.out
    body = cli("savings", "--json").json
    assert (body["status"], body["days"]) == ("not measured", [])


def test_readings_in_and_the_days_settled(cli, priced, tmp_path):
    file = load(tmp_path / "meter.csv", PAST - DAY, PAST)
    shown = cli("savings", "import", file)
    assert shown.code == 0, shown.err
    assert "192 lines read, 192 written, 0 rejected. 2 days settled, 0 revised." in shown.out
    again = cli("savings", "import", file, "--json").json
    assert (again["read"], again["written"], again["rejected"]) == (192, 0, [])
    body = cli("savings", "--start", PAST.isoformat(), "--end", PAST.isoformat(), "--json").json
    assert [(d["day"], d["status"], d["kwh"]) for d in body["days"]] == [(PAST.isoformat(), "measured", 960.0)]
    assert "measured" in cli("savings").out


def test_lines_that_are_not_taken_are_told(cli, priced, tmp_path):
    file = tmp_path / "datadis.csv"
    rows = [f"{CUPS};{PAST:%Y/%m/%d};{n:02d}:00;20,5;Real" for n in range(1, 25)]
    rows += [rows[0], f"{CUPS};{PAST:%Y/%m/%d};26:00;1,0;Real"]
    file.write_text("\n".join(["CUPS;Fecha;Hora;Consumo_kWh;Metodo_obtencion", *rows]), "latin-1")
    shown = cli("savings", "import", file)
    assert "26 lines read, 24 written, 2 rejected." in shown.out
    assert "counts once" in shown.out
    assert "26:00" in shown.out
    assert CUPS in shown.err
    told = cli("savings", "import", file, "--json").json["rejected"]
    assert [(r["line"], r["field"]) for r in told] == [(26, "time"), (27, "hora")]


def test_a_file_that_cannot_be_read(cli, tmp_path):
    file = tmp_path / "x.csv"
    file.write_text("start_utc,mwh\n2026-06-01T00:00:00Z,1\n")
    ended = cli("savings", "import", file)
    assert (ended.code, "multiply by 1000" in ended.err) == (2, True)
    assert cli("savings", "import", tmp_path / "none.csv").code == 2


def test_settle_and_revisions(cli, priced, tmp_path):
    cli("savings", "import", load(tmp_path / "a.csv", PAST, PAST))
    assert cli("savings", "settle", "--json").json == {"days_settled": 0, "days_revised": 0}
    cli("savings", "import", load(tmp_path / "b.csv", PAST, PAST, 12.0))
    found = cli("savings", "revisions", PAST.isoformat(), "--json").json["revisions"]
    assert [(r["revision"], r["kwh"]) for r in found] == [(1, 960.0), (2, 1152.0)]
    assert "measured" in cli("savings", "revisions", PAST.isoformat()).out
    assert "nothing of 2026-01-01" in cli("savings", "revisions", "2026-01-01").out
    assert cli("savings", "revisions", "soon").code == 2
    assert "0 days settled" in cli("savings", "settle", "--start", "2026-06-01", "--end", "2026-06-02").out


def test_the_month_s_report_as_files(cli, priced, tmp_path):
    cli("savings", "import", load(tmp_path / "meter.csv", date(2026, 5, 1), date(2026, 5, 31)))
    out = tmp_path / "reports" / "may"
    files = cli("savings", "report", "--month", "2026-05", "--out", out, "--json").json["files"]
    assert [f.rpartition("/")[2] for f in files] == [
        "savings-2026-05.md", "savings-2026-05.pdf", "savings-2026-05.csv", "savings-2026-05-bill.csv",
    ]  # fmt: skip
    text = (out / "savings-2026-05.md").read_text("utf-8")
    assert "Ahorro de energía, mayo de 2026" in text
    assert "| total sin IVA |" in text
    assert (out / "savings-2026-05.pdf").read_bytes().startswith(b"%PDF-")
    with (out / "savings-2026-05.csv").open(encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    assert len(rows) == 31
    assert {row["status"] for row in rows} == {"measured"}
    assert "Energy savings, May 2026" in _english(cli, out)
    for options in (["--month", "May"], ["--month", "2026-05", "--lang", "fr"]):
        assert cli("savings", "report", *options, "--out", out).code == 2


def _english(cli, out) -> str:
    assert cli("savings", "report", "--month", "2026-05", "--lang", "en", "--out", out).code == 0
    return (out / "savings-2026-05.md").read_text("utf-8")


def test_the_cheapest_powers_of_a_file(cli, tmp_path):
    year = load(tmp_path / "load.csv", date(2026, 4, 1), date(2026, 5, 31), 40.0)
    prices = tmp_path / "spot.csv"
    window = (madrid_day(date(2026, 4, 1)).start + timedelta(hours=h) for h in range(24 * 61))
    prices.write_text("start_utc,price_eur_mwh\n" + "".join(f"{t.isoformat()},60\n" for t in window))
    body = cli("savings", "power", "--load", year, "--prices", prices, "--fixed", "0.2", "--json").json
    assert body["load"]["origin"] == "metered"
    assert body["months"] == ["2026-04", "2026-05"]
    answers = {a["name"]: a for a in body["answers"]}
    assert answers["3.0TD indexed"]["contracted_kw"]["P6"] == 160.0
    assert answers["now"]["excess_eur"] > 0
    assert body["cheapest"] in answers
    shown = cli("savings", "power", "--load", year, "--prices", prices)
    assert "PVPC ends at 10 kW" in shown.out
    assert "Cheapest:" in shown.out


def test_the_cheapest_powers_of_the_store(cli, priced, tmp_path):
    cli("savings", "import", load(tmp_path / "meter.csv", date(2026, 5, 1), date(2026, 5, 31)))
    body = cli("savings", "power", "--meter-type", "2", "--json").json
    assert (body["load"]["origin"], body["months"], body["meter_type"]) == ("metered", ["2026-05"], 2)
    third = next(a for a in body["answers"] if a["name"] == "3.0TD indexed")
    assert third["excess_eur"] is None
    assert "no table" in cli("savings", "power", "--meter-type", "2").out


@pytest.mark.parametrize("options", [["--tables", "soon"], ["--tables", "2019-01-01"], ["--meter-type", "9"], []])
def test_a_question_that_cannot_be_answered(cli, tmp_path, options):
    given = ["--load", load(tmp_path / "load.csv", PAST, PAST)] if options else []
    assert cli("savings", "power", *given, *options).code == 2
