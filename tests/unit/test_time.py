"""domain/time.py by example: days of 23 and 25 hours, texts that people and query strings send."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.time import (
    DAY,
    HOUR,
    MADRID,
    Interval,
    Resolution,
    floor,
    isoformat_madrid,
    madrid_date,
    madrid_day,
    madrid_days,
    madrid_midnight,
    madrid_month_start,
    madrid_month_starts,
    parse_moment,
    parse_window,
    slot_end,
    slots,
)

SPRING, AUTUMN, PLAIN = date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 10)
HOURS_OF = [(SPRING, 23), (PLAIN, 24), (AUTUMN, 25)]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def october(hour: int, minute: int, fold: int) -> datetime:
    """A wall time of the day on which 02:00 to 03:00 comes twice."""
    return datetime(2026, 10, 25, hour, minute, tzinfo=MADRID, fold=fold)


class TestInterval:
    def test_it_keeps_utc_whatever_it_is_given(self):
        window = Interval(datetime(2026, 7, 1, tzinfo=MADRID), utc(2026, 7, 1))
        assert (window.start, window.start.tzinfo) == (utc(2026, 6, 30, 22), UTC)
        assert window.duration == 2 * HOUR

    def test_it_refuses_a_moment_without_offset_by_name(self):
        with pytest.raises(InputError, match="offset") as error:
            Interval(utc(2026, 1, 1), datetime(2026, 1, 2))  # noqa: DTZ001
        assert error.value.field == "end"

    def test_it_refuses_to_run_backwards(self):
        with pytest.raises(InputError, match="not be after the end"):
            Interval(utc(2026, 1, 2), utc(2026, 1, 1))

    def test_the_repeated_hour_is_judged_by_utc_and_not_by_the_wall(self):
        assert Interval(october(2, 30, 0), october(2, 15, 1)).duration == timedelta(minutes=45)
        with pytest.raises(InputError):
            Interval(october(2, 30, 1), october(2, 45, 0))

    def test_it_is_half_open(self):
        window = Interval(utc(2026, 1, 1), utc(2026, 1, 2))
        assert window.start in window
        assert window.end not in window

    def test_an_empty_one_holds_nothing(self):
        empty = Interval(utc(2026, 1, 1), utc(2026, 1, 1))
        assert empty.is_empty
        assert empty.start not in empty
        assert empty.partition([empty.start]) == []
        assert list(madrid_days(empty)) == []

    def test_touching_intervals_have_neither_overlap_nor_gap(self):
        first, second = madrid_day(PLAIN), madrid_day(PLAIN + DAY)
        assert first.overlap(second) is None
        assert first.gap(second) is None

    def test_the_gap_between_two_days_is_the_day_between(self):
        assert madrid_day(PLAIN).gap(madrid_day(PLAIN + 2 * DAY)) == madrid_day(PLAIN + DAY)

    def test_chunks_are_full_but_for_the_last(self):
        pieces = Interval(utc(2026, 1, 1), utc(2026, 3, 1)).chunks(28 * DAY)
        assert [p.duration.days for p in pieces] == [28, 28, 3]
        assert Interval(utc(2026, 1, 1), utc(2026, 1, 29)).chunks(28 * DAY) == [
            Interval(utc(2026, 1, 1), utc(2026, 1, 29))
        ]

    def test_its_text_is_short(self):
        assert str(madrid_day(SPRING)) == "2026-03-28T23:00Z/2026-03-29T22:00Z"


class TestMadrid:
    @pytest.mark.parametrize(("day", "hours"), HOURS_OF)
    def test_a_day_has_its_hours(self, day, hours):
        assert madrid_day(day).duration == hours * HOUR

    @pytest.mark.parametrize(("day", "hours"), HOURS_OF)
    @pytest.mark.parametrize(("resolution", "in_an_hour"), [(5, 12), (15, 4), (60, 1)])
    def test_a_day_has_its_slots(self, day, hours, resolution, in_an_hour):
        starts = list(slots(madrid_day(day), Resolution(resolution)))
        assert len(starts) == hours * in_an_hour
        assert {madrid_date(start) for start in starts} == {day}

    def test_a_date_is_madrids_and_not_utcs(self):
        assert madrid_date(utc(2026, 6, 9, 22)) == PLAIN
        assert madrid_date(utc(2026, 6, 9, 21, 59)) == date(2026, 6, 9)

    def test_midnight_moves_with_the_season(self):
        assert madrid_midnight(date(2026, 1, 15)) == utc(2026, 1, 14, 23)
        assert madrid_midnight(date(2026, 7, 15)) == utc(2026, 7, 14, 22)

    def test_days_include_the_ones_only_touched(self):
        window = Interval(utc(2026, 6, 9, 21, 59), utc(2026, 6, 10, 22, 0))
        assert list(madrid_days(window)) == [date(2026, 6, 9), PLAIN]

    def test_months_begin_at_madrids_midnight(self):
        assert madrid_month_start(utc(2026, 3, 31, 21, 59)) == utc(2026, 2, 28, 23)
        assert madrid_month_start(utc(2026, 3, 31, 22)) == utc(2026, 3, 31, 22)
        window = Interval(utc(2026, 1, 31, 23), utc(2026, 3, 31, 22))
        assert list(madrid_month_starts(window)) == [utc(2026, 1, 31, 23), utc(2026, 2, 28, 23)]

    def test_iso_text_carries_madrids_offset(self):
        assert isoformat_madrid(utc(2026, 10, 25, 0, 30, 9)) == "2026-10-25T02:30:09+02:00"
        assert isoformat_madrid(utc(2026, 10, 25, 1, 30, 9)) == "2026-10-25T02:30:09+01:00"


class TestSlots:
    @pytest.mark.parametrize(
        ("resolution", "start"),
        [
            (Resolution.FIVE_MINUTES, utc(2026, 6, 10, 13, 55)),
            (Resolution.QUARTER, utc(2026, 6, 10, 13, 45)),
            (Resolution.HOUR, utc(2026, 6, 10, 13)),
            (Resolution.DAY, utc(2026, 6, 9, 22)),
        ],
    )
    def test_floor_is_the_start_of_the_slot(self, resolution, start):
        assert floor(utc(2026, 6, 10, 13, 59, 59, 999999), resolution) == start
        assert floor(start, resolution) == start

    @pytest.mark.parametrize(("day", "hours"), HOURS_OF)
    def test_a_day_slot_ends_at_the_next_midnight(self, day, hours):
        assert slot_end(madrid_midnight(day), Resolution.DAY) - madrid_midnight(day) == hours * HOUR

    def test_a_slot_lasts_its_span_in_the_repeated_hour_too(self):
        assert slot_end(october(2, 0, 0), Resolution.HOUR) == utc(2026, 10, 25, 1)
        assert slot_end(utc(2026, 10, 25, 0), Resolution.QUARTER) == utc(2026, 10, 25, 0, 15)

    def test_only_slots_that_begin_inside_count(self):
        window = Interval(utc(2026, 6, 10, 10, 1), utc(2026, 6, 10, 12))
        assert list(slots(window, Resolution.HOUR)) == [utc(2026, 6, 10, 11)]
        assert list(slots(window, Resolution.DAY)) == []

    def test_day_slots_across_the_change_of_hour(self):
        window = Interval(utc(2026, 3, 27, 23), utc(2026, 3, 30, 22))
        assert list(slots(window, Resolution.DAY)) == [
            utc(2026, 3, 27, 23),
            utc(2026, 3, 28, 23),
            utc(2026, 3, 29, 22),
        ]

    def test_span_is_nominal(self):
        assert Resolution.DAY.span == DAY
        assert Resolution.QUARTER.span == HOUR / 4


class TestParseMoment:
    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("2026-03-29", utc(2026, 3, 28, 23)),
            (" 2026-03-29T10:00 ", utc(2026, 3, 29, 8)),
            ("2026-03-29 10:00", utc(2026, 3, 29, 8)),
            ("2026-03-29T10:00+02:00", utc(2026, 3, 29, 8)),
            ("2026-03-29T10:00 02:00", utc(2026, 3, 29, 8)),  # a query string's '+' read as a space
            ("2026-03-29T10:00-01:00", utc(2026, 3, 29, 11)),
            ("2026-03-29T10:00:00Z", utc(2026, 3, 29, 10)),
            ("20260329", utc(2026, 3, 28, 23)),
            ("1998-01-01", utc(1997, 12, 31, 23)),
            ("2100-01-01", utc(2099, 12, 31, 23)),
        ],
    )
    def test_what_it_reads(self, text, moment):
        assert parse_moment(text, "start") == moment

    def test_a_local_time_that_comes_twice_means_the_first(self):
        assert parse_moment("2026-10-25T02:30", "start") == utc(2026, 10, 25, 0, 30)

    def test_a_local_time_that_does_not_exist_lies_as_far_after_the_jump(self):
        assert isoformat_madrid(parse_moment("2026-03-29T02:30", "start")) == "2026-03-29T03:30:00+02:00"

    @pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30", "2026-13-01", "2026-01-01T10:00 later"])
    def test_what_is_no_moment_it_refuses_by_name(self, text):
        with pytest.raises(InputError, match="ISO 8601") as error:
            parse_moment(text, "due")
        assert error.value.field == "due"

    @pytest.mark.parametrize("text", ["1997-12-31", "2100-01-02", "0001-01-01", "9999-12-31T23:59-23:00"])
    def test_what_lies_outside_it_refuses_too(self, text):
        with pytest.raises(InputError, match="ISO 8601") as error:
            parse_moment(text, "due")
        assert error.value.field == "due"


class TestParseWindow:
    @pytest.mark.parametrize("end", ["2026-03-29", "20260329", " 2026-03-29 ", "2026-W13-7"])
    def test_an_end_that_is_a_bare_date_is_inclusive(self, end):
        assert parse_window("2026-03-29", end, DAY) == madrid_day(SPRING)

    def test_an_end_with_an_hour_is_not(self):
        window = parse_window("2026-03-29", "2026-03-29T12:00", DAY)
        assert window == Interval(utc(2026, 3, 28, 23), utc(2026, 3, 29, 10))

    def test_it_refuses_an_end_before_or_at_the_start(self):
        for end in ("2026-03-28T23:59", "2026-03-29T00:00"):
            with pytest.raises(InputError, match="before the end") as error:
                parse_window("2026-03-29", end, DAY)
            assert error.value.field == "start"

    def test_it_refuses_what_is_too_long_and_says_how_long_is_allowed(self):
        assert parse_window("2026-01-01", "2026-01-31", 31 * DAY).duration == 31 * DAY
        with pytest.raises(InputError, match="at most 31 days") as error:
            parse_window("2026-01-01", "2026-02-01", 31 * DAY)
        assert error.value.field == "end"

    def test_it_names_the_bad_one(self):
        with pytest.raises(InputError) as error:
            parse_window("2026-01-01", "soon", DAY)
        assert error.value.field == "end"
