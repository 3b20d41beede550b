"""When a job is due: intervals and local times, over changes of the clocks too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.time import DAY, HOUR, MADRID, madrid_date, madrid_day, madrid_midnight
from chocolate_factory.scheduler.jobs import TIMETABLE
from chocolate_factory.scheduler.schedules import Daily, Every

MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)
NOW = datetime(2026, 3, 10, 12, 34, 56, 789, tzinfo=UTC)

MOMENTS = st.integers(0, 12 * 366 * 86_400_000_000).map(lambda us: datetime(2024, 1, 1, tzinfo=UTC) + us * TICK)
STEPS = st.sampled_from([1, 5, 15, 30, 60, 90, 120, 720, 1440])
INTERVALS = st.builds(lambda step, offset: Every(step, offset % step), STEPS, st.integers(0, 1439))
LOCAL_TIMES = st.builds(Daily, st.times(), st.one_of(st.none(), st.integers(0, 6)))
SCHEDULES = st.one_of(INTERVALS, LOCAL_TIMES)
QUICK = settings(max_examples=60, deadline=None)

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


# ---------------------------------------------------------------------- laws of every schedule
@QUICK
@given(SCHEDULES, MOMENTS)
def test_now_lies_between_the_previous_and_the_next(schedule, now):
    assert schedule.previous(now) <= now < schedule.next(now)


@QUICK
@given(SCHEDULES, MOMENTS)
def test_nothing_lies_between_the_previous_and_the_next(schedule, now):
    previous, following = schedule.previous(now), schedule.next(now)
    assert schedule.next(previous) == following
    assert schedule.previous(following - TICK) == previous


@QUICK
@given(SCHEDULES, MOMENTS)
def test_an_occurrence_is_its_own_previous(schedule, now):
    previous, following = schedule.previous(now), schedule.next(now)
    assert schedule.previous(previous) == previous
    assert schedule.previous(following) == following


@QUICK
@given(SCHEDULES, MOMENTS)
def test_none_is_farther_from_the_next_than_the_longest(schedule, now):
    assert timedelta(0) < schedule.next(now) - schedule.previous(now) <= schedule.longest


@QUICK
@given(SCHEDULES, MOMENTS)
def test_the_zone_in_which_now_is_told_does_not_matter(schedule, now):
    local = now.astimezone(MADRID)
    assert (schedule.previous(local), schedule.next(local)) == (schedule.previous(now), schedule.next(now))
    assert schedule.previous(local).utcoffset() == timedelta(0)


# ---------------------------------------------------------------------- intervals
@given(INTERVALS, MOMENTS)
def test_intervals_count_from_midnight_utc(every, now):
    previous = every.previous(now)
    since_midnight = (previous.hour * 60 + previous.minute) % every.minutes
    assert since_midnight == every.offset
    assert (previous.second, previous.microsecond) == (0, 0)


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
@pytest.mark.parametrize("minutes", [5, 30, 120])
def test_a_change_of_the_clocks_neither_drops_nor_repeats_an_interval(day, minutes):
    window = madrid_day(day)
    found = occurrences(Every(minutes), window.start, window.end)
    assert len(found) == window.duration / timedelta(minutes=minutes) if minutes != 120 else len(found) in (11, 12, 13)
    assert {b - a for a, b in pairwise(found)} == {timedelta(minutes=minutes)}


def test_an_offset_moves_the_first_of_the_day():
    assert Every(60, 5).previous(datetime(2026, 3, 10, 0, 4, tzinfo=UTC)) == datetime(2026, 3, 9, 23, 5, tzinfo=UTC)
    assert Every(60, 5).next(datetime(2026, 3, 10, 0, 5, tzinfo=UTC)) == datetime(2026, 3, 10, 1, 5, tzinfo=UTC)


# ---------------------------------------------------------------------- local times
def occurrences(schedule, start: datetime, end: datetime) -> list[datetime]:
    """Those in [start, end)."""
    found, moment = [], schedule.next(start - TICK)
    while moment < end:
        found.append(moment)
        moment = schedule.next(moment)
    return found


@pytest.mark.parametrize(
    "at", [time(0, 0), time(1, 0), time(2, 0), time(2, 30), time(3, 0), time(20, 50), time(23, 59)]
)
@pytest.mark.parametrize("around", [SPRING, AUTUMN])
def test_each_local_date_has_exactly_one(at, around):
    first, last = around - 3 * DAY, around + 3 * DAY
    found = occurrences(Daily(at), madrid_midnight(first), madrid_midnight(last + DAY))
    assert [madrid_date(m) for m in found] == [first + i * DAY for i in range(7)]


def test_each_date_of_twelve_years_has_exactly_one():
    start, end = date(2024, 1, 1), date(2036, 1, 1)
    found = occurrences(Daily(time(2, 30)), madrid_midnight(start), madrid_midnight(end))
    assert [madrid_date(m) for m in found] == [start + i * DAY for i in range((end - start).days)]


@pytest.mark.parametrize("now_step", [7, 60])
@pytest.mark.parametrize("at", [time(2, 0), time(2, 30), time(3, 0)])
@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_whoever_looks_every_few_minutes_sees_one_on_that_day(day, at, now_step):
    window = madrid_day(day)
    looks = (window.start + i * timedelta(minutes=now_step) for i in range(26 * 60 // now_step))
    seen = {Daily(at).previous(now) for now in looks if now < window.end}
    assert len({m for m in seen if m in window}) == 1


@pytest.mark.parametrize(
    ("day", "at", "local"),
    [
        (SPRING, time(2, 0), "03:00+02:00"),  # it does not exist: as far after the jump
        (SPRING, time(2, 30), "03:30+02:00"),
        (SPRING, time(3, 0), "03:00+02:00"),
        (AUTUMN, time(2, 0), "02:00+02:00"),  # it comes twice: the first
        (AUTUMN, time(2, 30), "02:30+02:00"),
        (AUTUMN, time(3, 0), "03:00+01:00"),
    ],
)
def test_a_time_that_is_missing_or_comes_twice(day, at, local):
    (moment,) = occurrences(Daily(at), madrid_day(day).start, madrid_day(day).end)
    assert moment.astimezone(MADRID).isoformat(timespec="minutes").endswith(f"T{local}")


def test_a_weekly_time_comes_once_a_week_over_both_changes():
    found = occurrences(
        Daily(time(2, 0), weekday=6), madrid_midnight(date(2026, 1, 1)), madrid_midnight(date(2027, 1, 1))
    )
    days = [madrid_date(m) for m in found]
    assert len(days) == 52
    assert {d.weekday() for d in days} == {6}
    assert {SPRING, AUTUMN} <= set(days)
    assert {b - a for a, b in pairwise(days)} == {7 * DAY}


@pytest.mark.parametrize(("sunday", "local"), [(SPRING, "03:00+02:00"), (AUTUMN, "02:00+02:00")])
def test_the_weekly_cleanup_is_due_once_on_the_sundays_of_both_changes(sunday, local):
    (cleanup,) = (job for job in TIMETABLE if job.id == "weekly_cleanup")
    for profile in ("accelerated", "normal"):
        (due,) = occurrences(cleanup.schedule_in(profile), madrid_day(sunday).start, madrid_day(sunday).end)
        assert due.astimezone(MADRID).isoformat(timespec="minutes") == f"{sunday}T{local}"


def test_summer_and_winter_have_the_same_local_time():
    assert Daily(time(3, 0)).previous(datetime(2026, 7, 1, 12, tzinfo=UTC)) == datetime(2026, 7, 1, 1, tzinfo=UTC)
    assert Daily(time(3, 0)).previous(datetime(2026, 1, 1, 12, tzinfo=UTC)) == datetime(2026, 1, 1, 2, tzinfo=UTC)


def test_the_moment_itself_is_the_previous_and_not_the_next():
    moment = datetime(2026, 7, 1, 1, tzinfo=UTC)
    assert Daily(time(3, 0)).previous(moment) == moment
    assert Daily(time(3, 0)).next(moment) == moment + DAY
    assert Daily(time(3, 0)).previous(moment - TICK) == moment - DAY


# ---------------------------------------------------------------------- words and the table
@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (Every(5), "every 5 min"),
        (Every(60), "every 1 h"),
        (Every(60, 5), "every 1 h at :05"),
        (Every(120), "every 2 h"),
        (Daily(time(3, 0)), "daily 03:00 Europe/Madrid"),
        (Daily(time(2, 0), weekday=6), "Sunday 02:00 Europe/Madrid"),
    ],
)
def test_a_schedule_says_itself_in_words(schedule, words):
    assert str(schedule) == words


#: The contract's table, as far as its jobs exist: accelerated, normal.
CONTRACT = {
    "ree_ingestion": ("every 5 min", "every 1 h at :05"),
    "weather_ingestion": ("every 5 min", "every 1 h at :15"),
    "ml_predictions": ("every 30 min", "every 30 min"),
    "ml_training": ("every 30 min", "every 30 min"),
    "production_optimization": ("every 30 min", "every 30 min"),
    "auto_backfill_check": ("every 2 h", "every 2 h"),
    "health_check": ("every 15 min", "every 15 min"),
    "token_management": ("daily 03:00 Europe/Madrid", "daily 03:00 Europe/Madrid"),
    "daily_backfill": ("daily 01:00 Europe/Madrid", "daily 01:00 Europe/Madrid"),
    "weekly_cleanup": ("Sunday 02:00 Europe/Madrid", "Sunday 02:00 Europe/Madrid"),
    "daily_briefing": ("daily 20:50 Europe/Madrid", "daily 20:50 Europe/Madrid"),
}


@pytest.mark.parametrize("spec", TIMETABLE, ids=lambda spec: spec.id)
def test_the_timetable_is_the_contracts(spec):
    assert (str(spec.schedule_in("accelerated")), str(spec.schedule_in("normal"))) == CONTRACT[spec.id]
    assert spec.at_start is (spec.id == "auto_backfill_check")
    assert spec.summary


def test_no_job_stands_twice_in_the_timetable():
    assert len({spec.id for spec in TIMETABLE}) == len(TIMETABLE)


def test_hours_of_two_are_even_ones_of_utc():
    assert Every(120).next(NOW) - Every(120).previous(NOW) == 2 * HOUR
    assert Every(120).previous(NOW).hour % 2 == 0
