"""The plan to take along: no cell is a formula, no line is too long, and what is read back is what was planned."""

import csv
import io
from typing import Any

import dashboard_plan
import pytest
from dashboard_documents import HOSTILE, TUESDAY
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.web.dashboard.exports import COLUMNS, FORMULA, as_calendar, as_csv
from chocolate_factory.web.dashboard.texts import LANGUAGES, texts


def plan(**changed: Any) -> dict[str, Any]:
    made = dashboard_plan.plan(TUESDAY)
    made["batches"][0] |= changed
    return made


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_has_every_batch_as_it_is_planned(language: str) -> None:
    made = plan()
    found = rows(as_csv(made, texts(language)))
    assert tuple(found[0]) == COLUMNS
    for row, batch in zip(found, made["batches"], strict=True):
        assert (row["machine"], row["product"], float(row["kg"])) == (batch["machine"], batch["product"], batch["kg"])
        assert (row["start"], row["end"], row["reason"]) == (batch["start"], batch["end"], batch["reason"][language])
    assert [row["held"] for row in found] == ["begun", "begun", "steady", "locked"]


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=40))
def test_whatever_a_product_is_called_no_cell_is_a_formula(name: str) -> None:
    made = plan(product=name, machine=f"={name}", reason={"es": f"@{name}", "en": ""})
    (row, *_) = rows(as_csv(made, texts("es")))
    assert not row["product"].startswith(FORMULA)
    assert row["machine"] == f"'={name}".replace("\r\n", "\n") or "\r" in name
    assert row["reason"].startswith("'@")


def unfolded(calendar: str) -> list[str]:
    assert calendar.endswith("\r\n")
    lines = calendar.split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    return calendar.replace("\r\n ", "").split("\r\n")[:-1]


def test_the_calendar_has_an_event_for_each_batch() -> None:
    lines = unfolded(as_calendar(plan(), texts("es")))
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 4
    first = lines[4 : lines.index("END:VEVENT")]
    assert first[1:] == [
        "UID:conche-dark-1@chocolate-factory",
        "DTSTAMP:20261124T093013Z",
        "DTSTART:20261124T050000Z",
        "DTEND:20261124T170000Z",
        "SUMMARY:Concha 1: Negro\\, 1000 kg",
        "LOCATION:Concha 1",
        "DESCRIPTION:Porque sí: conche-dark-1.",
    ]


@given(st.text(max_size=200))
def test_no_text_begins_a_line_of_its_own(text: str) -> None:
    hostile = f"{text}\r\nEND:VCALENDAR\nX:{HOSTILE}"
    lines = unfolded(as_calendar(plan(reason={"es": hostile}, product=hostile), texts("es")))
    assert lines.count("END:VCALENDAR") == 1
    assert not [line for line in lines if line.startswith("X:")]
