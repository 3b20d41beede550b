"""The monthly report's files."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from chocolate_factory.usecases.savings.markdown import markdown_of
from chocolate_factory.usecases.savings.monthly import Month
from chocolate_factory.usecases.savings.report import Row, bill_rows, day_rows, page_of


def write_report(month: Month, language: str, folder: Path, made_at: datetime) -> list[Path]:
    """Write the month as Markdown, PDF, and CSV of its days and of its bill; the files."""
    from chocolate_factory.adapters.report_pdf import pdf_of  # noqa: PLC0415  fpdf2 and fonts: this deed's alone

    folder.mkdir(parents=True, exist_ok=True)
    page, stem = page_of(month, language), folder / f"savings-{month.month:%Y-%m}"
    markdown, pdf, days, bill = (stem.with_name(stem.name + end) for end in (".md", ".pdf", ".csv", "-bill.csv"))
    markdown.write_text(markdown_of(page), "utf-8")
    pdf.write_bytes(pdf_of(page, made_at))
    _write(days, day_rows(month))
    _write(bill, bill_rows(month))
    return [markdown, pdf, days, bill]


def _write(file: Path, rows: Iterable[Row]) -> None:
    with file.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target, lineterminator="\n").writerows(rows)
