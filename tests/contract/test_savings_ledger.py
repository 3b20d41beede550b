"""What every ledger promises about settled days and the chapters of baselines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from chocolate_factory.adapters.ledger import SqlSavingsLedger
from chocolate_factory.domain.errors import StoreError, UnreadableError
from chocolate_factory.domain.savings import (
    Chapter,
    Course,
    DayStatus,
    Figures,
    Production,
    SavedDay,
    Uncertainty,
)
from chocolate_factory.domain.time import DAY, Resolution, madrid_day, slots

AUTUMN = date(2026, 10, 25)  # 25 hours
CHAPTER = Chapter(1, "B2 compact block", "ab" * 32, "Bloque único desde las 06:00.", date(2026, 10, 1))


@pytest.fixture
def ledger(engine):
    return SqlSavingsLedger(engine)


def day(of: date = AUTUMN, revision: int = 1, **other) -> SavedDay:
    starts = tuple(slots(madrid_day(of), Resolution.HOUR))
    kwh = tuple(1 / (n + 1) for n in range(len(starts)))
    made = SavedDay(
        day=of,
        revision=revision,
        status=DayStatus.MEASURED,
        figures=Figures(100, 96, 512.123456789, 61.5, baseline_eur=70.25, has_plan=True, has_baseline=True),
        settled_at=datetime(2026, 10, 27, 1, 0, 0, 123456, tzinfo=UTC),
        chapter=CHAPTER,
        plan_id="0123456789ab",
        course=Course(starts, 60, kwh, None, {"dark": 1000.0}, Production.COUNTED, "a reason"),
        uncertainty=Uncertainty(1.0, 2.0, 0.5, 3.25),
        prices_final=True,
        carbon_g_kwh=96.5,
        inputs={"prices": "cd" * 32},
        notes=("Ñandú.",),
    )
    return replace(made, **other)


def test_a_new_ledger_has_nothing(ledger):
    assert ledger.days(AUTUMN, AUTUMN) == []
    assert ledger.revisions(AUTUMN) == []
    assert ledger.chapters() == []


def test_a_day_comes_back_as_it_was(ledger, another_brain):
    assert ledger.keep_day(day())
    for seen in (ledger, SqlSavingsLedger(another_brain)):
        assert seen.days(AUTUMN, AUTUMN) == [day()]
        assert seen.revisions(AUTUMN) == [day()]


def test_a_day_of_which_little_is_known_comes_back_too(ledger):
    bare = SavedDay(AUTUMN, 1, DayStatus.NOT_MEASURED, Figures(100))
    ledger.keep_day(bare)
    assert ledger.days(AUTUMN, AUTUMN) == [bare]


def test_the_newest_revision_counts_and_every_older_one_stays(ledger):
    for revision in (1, 2, 3):
        assert ledger.keep_day(day(revision=revision, plan_id=f"plan {revision}"))
    assert [d.plan_id for d in ledger.days(AUTUMN, AUTUMN)] == ["plan 3"]
    assert [d.plan_id for d in ledger.revisions(AUTUMN)] == ["plan 1", "plan 2", "plan 3"]


def test_a_revision_that_is_there_is_never_written_again(ledger, another_brain):
    assert ledger.keep_day(day())
    assert not SqlSavingsLedger(another_brain).keep_day(day(plan_id="another"))
    assert ledger.revisions(AUTUMN) == [day()]


def test_days_of_a_span_in_order_both_ends_included(ledger):
    for n in (3, 0, 2, 1):
        ledger.keep_day(day(AUTUMN + n * DAY))
    found = ledger.days(AUTUMN + DAY, AUTUMN + 2 * DAY)
    assert [d.day for d in found] == [AUTUMN + DAY, AUTUMN + 2 * DAY]


def test_a_chapter_is_opened_once_and_never_changed(ledger, another_brain):
    assert ledger.open_chapter(CHAPTER) == CHAPTER
    forged = replace(CHAPTER, sha256="00" * 32, since=AUTUMN)
    assert SqlSavingsLedger(another_brain).open_chapter(forged) == CHAPTER
    second = replace(CHAPTER, version=2, since=AUTUMN + timedelta(days=9))
    assert ledger.open_chapter(second) == second
    assert ledger.chapters() == [CHAPTER, second]


def test_a_day_that_cannot_be_read_is_told_as_such(ledger, engine):
    ledger.keep_day(day())
    with engine.begin() as c:
        c.execute(sa.text("UPDATE saved_day SET record = :bytes"), {"bytes": b"ruins"})
    with pytest.raises(UnreadableError, match="another version"):
        ledger.days(AUTUMN, AUTUMN)


@pytest.mark.parametrize(
    "deed",
    [
        lambda ledger: ledger.days(AUTUMN, AUTUMN),
        lambda ledger: ledger.revisions(AUTUMN),
        lambda ledger: ledger.keep_day(day()),
        lambda ledger: ledger.chapters(),
        lambda ledger: ledger.open_chapter(CHAPTER),
    ],
)
def test_a_ruined_ledger_is_a_store_error(ruined, deed):
    with pytest.raises(StoreError):
        deed(SqlSavingsLedger(ruined))
