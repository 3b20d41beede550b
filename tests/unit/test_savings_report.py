"""The monthly report: the same figures as words, tables, a PDF and rows, in two languages."""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from chocolate_factory.adapters.report_pdf import pdf_of
from chocolate_factory.billing.day_account import uncertainty_of
from chocolate_factory.domain.page import Grid, Heading, Page, Paragraph, Points
from chocolate_factory.domain.savings import Chapter, Course, DayStatus, Figures, SavedDay
from chocolate_factory.domain.time import DAY, Resolution, madrid_day, slots
from chocolate_factory.usecases.savings import report_words
from chocolate_factory.usecases.savings.markdown import markdown_of
from chocolate_factory.usecases.savings.monthly import Month
from chocolate_factory.usecases.savings.report import COLUMNS, bill_rows, day_rows, page_of
from chocolate_factory.usecases.savings.report_words import figure, month_name, words_of
from chocolate_factory.usecases.savings.statement import Statement

OCTOBER = date(2026, 10, 1)
CHAPTER = Chapter(1, "B2 compact block", "ab" * 32, "one block", date(2026, 9, 1))
MADE = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
BILL = {
    "energy": [{"period": "P6", "energy_kwh": 20_000.0, "energy_eur": 2_345.67}],
    "power": [
        {"period": p, "contracted_kw": 150.0, "peak_kw": kw, "power_eur": 10.0, "excess_eur": eur}
        for p, kw, eur in (("P1", None, 0.0), ("P6", 155.5, 12.34))
    ],
    "coverage": {"share": 0.97},
    "energy_eur": 2_345.67, "power_eur": 20.0, "excess_eur": 12.34, "electricity_tax_eur": 121.58,
    "without_vat_eur": 2_499.59, "vat_eur": 524.91, "total_eur": 3_024.50,
}  # fmt: skip


def day(n: int, *, measured: bool = True, **other) -> SavedDay:
    starts = tuple(slots(madrid_day(OCTOBER + n * DAY), Resolution.HOUR))
    course = Course(starts, 60, (50.0,) * 24, (50.0,) * 24, {"dark": 2000.0})
    figures = Figures(
        slots=96, metered_slots=96 if measured else 0, metered_kwh=1150.0 if measured else 0.0,
        metered_eur=150.0 if measured else 0.0, planned_there_kwh=1200.0 if measured else 0.0,
        filled_kwh=0.0 if measured else 1200.0, filled_eur=0.0 if measured else 160.0, planned_kwh=1200.0,
        planned_eur=160.0, baseline_kwh=1200.0, baseline_eur=180.0, kg=2000.0, has_plan=True, has_baseline=True,
    )  # fmt: skip
    status = DayStatus.MEASURED if measured else DayStatus.NOT_MEASURED
    doubt = uncertainty_of(figures, prices_final=True) if measured else None
    made = SavedDay(
        OCTOBER + n * DAY, 1, status, figures, MADE, CHAPTER, "p", course, doubt, prices_final=True, carbon_g_kwh=100.0
    )
    return replace(made, **other)


def month(*days: SavedDay, bill=BILL, **other) -> Month:
    statement = Statement(OCTOBER, date(2026, 10, 31), days, [CHAPTER])
    return replace(Month(OCTOBER, "Linares", statement, bill, "" if bill else "no table", "metered", False), **other)


def told(made: Month, language: str = "en") -> str:
    return markdown_of(page_of(made, language))


def test_the_headline_has_the_saving_with_its_uncertainty():
    text = told(month(day(0), day(1), day(2, measured=False)))
    assert "# Energy savings, October 2026: Linares" in text
    doubt = month(day(0), day(1)).statement.uncertainty.eur
    assert f"Saving, measured: 60.00 EUR ± {doubt:.2f} EUR (16.7 % of the baseline), on 2 of 3 days." in text
    assert "should have saved, on days with plan and baseline: 60.00 EUR. A promise" in text


def test_a_month_without_a_meter_says_not_measured_where_the_saving_would_stand():
    text = told(month(day(0, measured=False)))
    assert "Not measured: there is no meter" in text
    assert "| by the plan: not measured |" in text
    row = next(line for line in text.splitlines() if line.startswith("| 01 "))
    assert row.count("not measured") == 3
    assert "EUR ±" not in text


def test_measured_days_with_nothing_to_compare_are_not_called_unmeasured():
    bare = Figures(96, 96, 1150.0, 150.0)
    text = told(month(day(0, figures=bare, course=None, chapter=None, uncertainty=None)))
    assert "Measured, and nothing to compare with" in text
    assert "Not measured" not in text
    assert "| energy, kWh | 1,150 |" in text
    assert "| good output, kg | - |" in text


def test_the_figures_of_energy_and_production():
    text = told(month(day(0), day(1)))
    for line in ("| good output, kg | 4,000 |", "| energy, kWh | 2,300 |", "| kWh/kg | 0.575 |", "| EUR/kg | 0.0750 |"):
        assert line in text
    assert "| CO2, kg (estimated by each day's generation) | 230 |" in text
    assert "| CO2, kg (estimated by each day's generation) | - |" in told(month(day(0), day(1, carbon_g_kwh=None)))


def test_the_bill_by_period_with_excess_power():
    text = told(month(day(0)))
    assert "| P1 | - | - | 150.0 | - | 10.00 | 0.00 |" in text
    assert "| P6 | 20,000 | 2,345.67 | 150.0 | 155.5 | 10.00 | 12.34 |" in text
    assert "| excess power | 12.34 |" in text
    assert "Load: metered; 97.0 %" in text
    assert "cannot be billed: no table" in told(month(day(0), bill=None))
    assert "hour's mean" in told(month(day(0), is_hourly=True))


def test_it_says_what_it_rests_on():
    text = told(month(day(0), day(1, prices_final=False)))
    assert f"version 1, since 2026-09-01; sha256 {'ab' * 32}" in text
    assert "Uncertainty: meter" in text
    assert "1 days have prices that will be read once more" in text


def test_an_empty_month():
    text = told(month(bill=None))
    assert "The ledger of savings has no day of this month." in text


def test_spanish_with_spanish_numbers():
    text = told(month(day(0), day(1)), "es")
    assert "# Ahorro de energía, octubre de 2026: Linares" in text
    assert "| P6 | 20.000 | 2.345,67 | 150,0 | 155,5 | 10,00 | 12,34 |" in text
    assert "medido" in text
    assert "no medido" in told(month(day(0, measured=False)), "es")


def test_both_languages_say_the_same_things_of_the_same_facts():
    es, en = words_of("es"), words_of("en")
    assert es.keys() == en.keys()
    for name, sentence in es.items():
        assert sorted(re.findall(r"{(\w+)}", sentence)) == sorted(re.findall(r"{(\w+)}", en[name])), name
    folder = Path(report_words.__file__).parent / "texts"
    assert {file.stem for file in folder.glob("*.json")} == set(report_words.LANGUAGES)
    assert json.loads((folder / "es.json").read_text("utf-8")) == es


@pytest.mark.parametrize(
    ("value", "digits", "es", "en"),
    [(1234.5, 2, "1.234,50", "1,234.50"), (-0.001, 2, "0,00", "0.00"), (None, 1, "-", "-"), (0.7, 3, "0,700", "0.700")],
)
def test_numbers_as_people_write_them(value, digits, es, en):
    assert (figure(value, digits, "es"), figure(value, digits, "en")) == (es, en)


def test_months_by_name():
    assert [month_name(date(2026, n, 1), "es") for n in (1, 12)] == ["enero de 2026", "diciembre de 2026"]
    assert month_name(OCTOBER, "en") == "October 2026"


# ---------------------------------------------------------------------------------------------------------------- rows
def test_the_rows_of_the_days():
    head, first, second = day_rows(month(day(0), day(1, measured=False)))
    assert tuple(head) == COLUMNS
    found = dict(zip(head, first, strict=True))
    assert (found["day"], found["saving_eur"], found["eur_per_kg"], found["carbon_kg"]) == (
        "2026-10-01",
        30.0,
        0.075,
        115.0,
    )
    missing = dict(zip(head, second, strict=True))
    assert missing["measured_eur"] == missing["saving_eur"] == "not measured"
    assert missing["baseline_sha256"] == "ab" * 32


def test_the_rows_of_the_bill():
    rows = list(bill_rows(month(day(0))))
    assert rows[0] == ("period", "energy_kwh", "energy_eur", "contracted_kw", "peak_kw", "power_eur", "excess_eur")
    assert rows[2] == ("P6", 20_000.0, 2_345.67, 150.0, 155.5, 10.0, 12.34)
    assert rows[-1][:3] == ("total", "", 3_024.50)
    assert list(bill_rows(month(day(0), bill=None))) == rows[:1]


# ----------------------------------------------------------------------------------------------------------------- PDF
def pages(body: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", body))


def test_the_report_as_pdf():
    page = page_of(month(*(day(n) for n in range(31))), "es")
    body = pdf_of(page, MADE)
    assert body.startswith(b"%PDF-")
    assert body.rstrip().endswith(b"%%EOF")
    assert 1 < pages(body) < 6
    assert len(body) < 200_000


def test_the_same_page_and_moment_give_the_same_bytes():
    page = page_of(month(day(0)), "es")
    assert pdf_of(page, MADE) == pdf_of(page, MADE)


def test_whatever_letters_a_plant_has_it_can_be_printed():
    parts = [
        Heading("Ñ ≤ ₂ 巧克力"),
        Paragraph("«½» €"),
        Points(["Ω", "é"]),
        Grid(("a", "b"), [("ž", "1 |"), ("", "")]),
    ]
    body = pdf_of(Page("Łódź 🍫", "en", parts), MADE)
    assert pages(body) == 1
    drawn = b"".join(_inflated(body))
    assert b"Tj" in drawn or b"TJ" in drawn


def _inflated(body: bytes):
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", body, re.DOTALL):
        try:
            yield zlib.decompress(stream)
        except zlib.error:
            continue


def test_a_cell_s_bar_does_not_break_a_table_of_markdown():
    text = markdown_of(Page("t", "en", [Grid(("a", "b"), [("x|y", "1")])]))
    assert "| x¦y | 1 |" in text
