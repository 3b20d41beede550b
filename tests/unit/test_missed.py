"""Why an occurrence runs now, and what it stands for."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.domain.time import DAY, HOUR
from chocolate_factory.scheduler.missed import note_of
from chocolate_factory.scheduler.schedules import Daily, Every

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SCHEDULES = (Every(5), Every(30), Every(60, 5), Every(120), Daily(time(1, 0)), Daily(time(2, 0), weekday=6))


@pytest.mark.parametrize("late", [timedelta(0), MINUTE, 2 * MINUTE])
def test_one_in_time_needs_no_note(late):
    assert note_of(Every(5), NOON, NOON + late, NOON - 5 * MINUTE) == ""


def test_a_job_that_never_ran_is_made_up_for_nothing_else():
    assert note_of(Every(5), NOON, NOON + 3 * MINUTE, None) == "made up"


def test_one_missed_stands_for_itself_alone():
    assert note_of(Every(5), NOON, NOON + 3 * MINUTE, NOON - 5 * MINUTE) == "made up"


def test_of_two_the_newest_stands_for_the_other():
    assert note_of(Every(5), NOON, NOON + 3 * MINUTE, NOON - 10 * MINUTE) == (
        "made up: the newest occurrence; an earlier one, of 2026-03-10T12:55:00+01:00, is not, for it stands for them"
    )


def test_nine_days_off_are_counted():
    note = note_of(Every(5), NOON, NOON + 4 * MINUTE, NOON - 9 * DAY)
    assert note.startswith("made up: the newest occurrence; 2591 earlier ones since 2026-03-01T13:05:00+01:00 are not")


def test_days_of_23_hours_are_days():
    schedule = Daily(time(1, 0))
    due, last = datetime(2026, 4, 2, tzinfo=UTC) - HOUR, datetime(2026, 3, 27, tzinfo=UTC)
    assert "5 earlier ones" in note_of(schedule, due, due + HOUR, last)


@given(st.sampled_from(SCHEDULES), st.integers(0, 60 * 24 * 400), st.integers(0, 40))
def test_as_many_lie_between_as_one_counts(schedule, minutes, missed):
    last = schedule.previous(NOON + minutes * MINUTE)
    due = last
    for _ in range(missed + 1):
        due = schedule.next(due)
    assert schedule.between(last, due) == missed
