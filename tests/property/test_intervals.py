"""domain/time.py by law: what holds for every interval, slot, day and text."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

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

law = settings(deadline=None)  # a busy machine is no counter-example

YEARS = {"min_value": datetime(2019, 1, 1), "max_value": datetime(2035, 1, 1)}  # noqa: DTZ001  hypothesis adds the zone
MOMENTS = st.datetimes(**YEARS, timezones=st.sampled_from([UTC, MADRID]))
DATES = st.dates(date(2019, 1, 1), date(2035, 1, 1))
RESOLUTIONS = st.sampled_from(list(Resolution))


@st.composite
def intervals(draw, longest: timedelta = timedelta(days=40)) -> Interval:
    start = draw(MOMENTS).astimezone(UTC)
    return Interval(start, start + draw(st.timedeltas(timedelta(0), longest)))


@st.composite
def intervals_near(draw, longest: timedelta = timedelta(days=4)) -> tuple[Interval, Interval]:
    """Two that are likely to overlap, touch or nearly touch."""
    first = draw(intervals(longest))
    start = draw(st.sampled_from([first.start, first.end])) + draw(st.timedeltas(-longest, longest))
    return first, Interval(start, start + draw(st.timedeltas(timedelta(0), longest)))


@law
@given(MOMENTS, MOMENTS)
@example(
    datetime(2026, 10, 25, 2, 30, tzinfo=MADRID, fold=1),
    datetime(2026, 10, 25, 2, 45, tzinfo=MADRID, fold=0),
)
def test_an_interval_is_utc_and_forward_or_refused(a, b):
    try:
        window = Interval(a, b)
    except InputError:
        assert a.astimezone(UTC) > b.astimezone(UTC)
    else:
        assert window.start <= window.end
        assert window.start.tzinfo is window.end.tzinfo is UTC


@law
@given(intervals(), st.lists(MOMENTS, max_size=8), st.lists(st.floats(0, 1), max_size=8))
def test_a_partition_covers_without_overlap(window, anywhere, shares):
    cuts = anywhere + [window.start + share * window.duration for share in shares]
    pieces = window.partition(cuts)
    assert sum((p.duration for p in pieces), timedelta(0)) == window.duration
    assert all(a.end == b.start for a, b in pairwise(pieces))
    assert not any(p.is_empty for p in pieces)
    if not window.is_empty:
        assert (pieces[0].start, pieces[-1].end) == (window.start, window.end)
    inner = {p.start for p in pieces[1:]}
    assert inner == {c.astimezone(UTC) for c in cuts if window.start < c.astimezone(UTC) < window.end}


@law
@given(intervals(), st.timedeltas(timedelta(hours=3), timedelta(days=50)))
def test_chunks_are_a_partition_into_pieces_as_long_as_allowed(window, length):
    pieces = window.chunks(length)
    assert sum((p.duration for p in pieces), timedelta(0)) == window.duration
    assert all(a.end == b.start for a, b in pairwise(pieces))
    assert all(p.duration == length for p in pieces[:-1])
    assert all(timedelta(0) < p.duration <= length for p in pieces[-1:])


@law
@given(intervals_near())
def test_overlap_and_gap_do_not_care_who_asks(pair):
    a, b = pair
    assert a.overlap(b) == b.overlap(a)
    assert a.gap(b) == b.gap(a)


@law
@given(intervals_near())
def test_there_is_never_both_an_overlap_and_a_gap(pair):
    a, b = pair
    assert a.overlap(b) is None or a.gap(b) is None


@law
@given(intervals_near(), MOMENTS, st.floats(0, 1))
def test_a_moment_is_in_the_overlap_exactly_when_it_is_in_both(pair, anywhere, share):
    a, b = pair
    for moment in (anywhere, a.start + share * a.duration, b.start, a.end):
        both = a.overlap(b)
        assert (moment in a and moment in b) == (both is not None and moment in both)


@law
@given(intervals_near())
def test_overlap_or_gap_make_up_the_hull(pair):
    """|hull| = |a| + |b| - |overlap| + |gap|, for intervals that hold something."""
    a, b = pair
    assume(not a.is_empty and not b.is_empty)
    both, between = a.overlap(b), a.gap(b)
    hull = max(a.end, b.end) - min(a.start, b.start)
    assert hull == (
        a.duration
        + b.duration
        - (both.duration if both else timedelta(0))
        + (between.duration if between else timedelta(0))
    )


@law
@given(intervals())
def test_what_overlaps_itself_is_itself(window):
    assert window.overlap(window) == (None if window.is_empty else window)
    assert window.gap(window) is None


@law
@given(MOMENTS, RESOLUTIONS)
def test_the_slot_of_a_moment_holds_it(moment, resolution):
    start = floor(moment, resolution)
    assert moment in Interval(start, slot_end(start, resolution))
    assert floor(start, resolution) == start


@law
@given(intervals(timedelta(days=3)), RESOLUTIONS)
def test_slots_are_consecutive_aligned_and_complete(window, resolution):
    starts = list(slots(window, resolution))
    assert all(start in window and floor(start, resolution) == start for start in starts)
    assert all(slot_end(a, resolution) == b for a, b in pairwise(starts))
    if starts:
        assert starts[0] - window.start < timedelta(minutes=int(resolution)) + HOUR
        assert slot_end(starts[-1], resolution) >= window.end
    elif not window.is_empty:
        assert window.duration < resolution.span + HOUR


@law
@given(intervals(timedelta(days=3)), st.floats(0, 1), RESOLUTIONS)
def test_slots_of_two_halves_are_the_slots_of_the_whole(window, share, resolution):
    middle = window.start + share * window.duration
    halves = [*slots(Interval(window.start, middle), resolution), *slots(Interval(middle, window.end), resolution)]
    assert halves == list(slots(window, resolution))


@law
@given(DATES)
@example(date(2026, 3, 29))
@example(date(2026, 10, 25))
def test_a_day_is_filled_by_its_slots(day):
    window = madrid_day(day)
    hours = window.duration // HOUR
    assert hours in (23, 24, 25)
    assert [len(list(slots(window, Resolution(m)))) for m in (5, 15, 60, 1440)] == [12 * hours, 4 * hours, hours, 1]
    assert madrid_date(window.start) == madrid_date(window.end - timedelta(microseconds=1)) == day


@law
@given(st.integers(2019, 2035))
def test_each_year_has_one_short_and_one_long_day(year):
    days = [date(year, 1, 1) + i * DAY for i in range(365)]
    lengths = [madrid_day(d).duration // HOUR for d in days]
    assert (lengths.count(23), lengths.count(25)) == (1, 1)
    assert days[lengths.index(23)].month == 3
    assert days[lengths.index(25)].month == 10


@law
@given(intervals())
def test_the_days_of_a_window_cover_it_and_no_more(window):
    days = list(madrid_days(window))
    assert all(window.overlap(madrid_day(day)) for day in days)
    covered = sum((window.overlap(madrid_day(day)).duration for day in days), timedelta(0))
    assert covered == window.duration


@law
@given(MOMENTS, intervals(timedelta(days=100)))
def test_a_month_begins_on_its_first_midnight(moment, window):
    start = madrid_month_start(moment)
    assert madrid_midnight(madrid_date(start)) == start
    assert (madrid_date(start).day, madrid_date(start).month) == (1, madrid_date(moment).month)
    assert list(madrid_month_starts(window)) == [s for s in slots(window, Resolution.DAY) if madrid_month_start(s) == s]


@law
@given(MOMENTS)
def test_a_moment_survives_its_text(moment):
    whole = moment.replace(microsecond=0).astimezone(UTC)
    assert parse_moment(isoformat_madrid(whole), "at") == whole
    assert parse_moment(isoformat_madrid(whole).replace("+", " "), "at") == whole
    assert parse_moment(moment.isoformat(), "at") == moment.astimezone(UTC)


@law
@given(DATES, st.integers(0, 40))
def test_a_window_of_dates_is_whole_days(day, more):
    window = parse_window(day.isoformat(), (day + more * DAY).isoformat(), timedelta(days=50))
    assert (window.start, window.end) == (madrid_day(day).start, madrid_day(day + more * DAY).end)


TEXTS_LIKE_MOMENTS = st.from_regex(r"[0-9]{1,4}-?[0-9W]{1,3}-?[0-9]{1,2}[T ]?[0-9:+. -]{0,14}", fullmatch=True)


@law
@given(st.text(max_size=30) | TEXTS_LIKE_MOMENTS | MOMENTS.map(str))
def test_any_text_is_a_moment_in_range_or_an_input_error(text):
    try:
        moment = parse_moment(text, "start")
    except InputError:
        return
    assert 1997 <= moment.year <= 2099
    assert moment.tzinfo is UTC
