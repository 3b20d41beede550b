"""Windows of time as people type them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web_house import StillClock

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.tariff import Tariff
from chocolate_factory.domain.time import DAY, EARLIEST, HOUR, Interval, madrid_day
from chocolate_factory.web.windows import YEAR, end_of, tariff_window_of, window_of

CLOCK = StillClock()
TODAY = date(2026, 6, 17)
DAYS = st.dates(date(1998, 1, 2), date(2099, 12, 30))


def refused(start: str | None, end: str | None, longest: timedelta = YEAR) -> str:
    with pytest.raises(InputError) as e:
        window_of(start, end, CLOCK, longest)
    return e.value.field


def test_nothing_said_is_today_and_tomorrow():
    assert window_of(None, None, CLOCK) == Interval(madrid_day(TODAY).start, madrid_day(TODAY + DAY).end)
    assert window_of(None, None, CLOCK, days=1) == madrid_day(TODAY)


@pytest.mark.parametrize(("moment", "hours"), [("2026-03-29T00:30", 23 + 24), ("2026-10-24T23:30", 24 + 25)])
def test_nothing_said_on_a_day_of_the_clocks(moment, hours):
    clock = StillClock(window_of(moment, None, CLOCK).start)
    assert window_of(None, None, clock).duration == hours * HOUR


@given(DAYS)
def test_a_bare_end_includes_its_day(day):
    assert window_of(str(day), str(day), CLOCK) == madrid_day(day)
    assert end_of(str(day)) == madrid_day(day).end
    assert window_of(None, str(day), CLOCK).end == madrid_day(day).end


@given(DAYS)
def test_one_edge_means_a_day(day):
    assert window_of(str(day), None, CLOCK).start == madrid_day(day).start
    assert window_of(str(day), None, CLOCK).duration == DAY
    assert window_of(None, str(day), CLOCK).duration == DAY


@given(st.timedeltas(2 * DAY, 37000 * DAY))
def test_a_moment_ends_where_it_says(since):
    moment = EARLIEST + since
    assert end_of(moment.isoformat()) == moment
    assert window_of(None, moment.isoformat(), CLOCK) == Interval(moment - DAY, moment)


@pytest.mark.parametrize("edge", ["1998-01-01", "1997-12-31", "1998-01-01T00:00+01:00", "2101-01-01"])
def test_an_end_outside_what_can_be_named_is_the_ends_fault(edge):
    with pytest.raises(InputError) as e:
        end_of(edge)
    assert e.value.field == "end"
    assert refused(None, edge) == "end"


def test_what_is_wrong_is_named():
    assert refused("soon", None) == "start"
    assert refused(None, "soon") == "end"
    assert refused("2026-06-17", "soon") == "end"
    assert refused("2026-06-18", "2026-06-17") == "start"
    assert refused("2025-01-01", "2026-06-17") == "end"
    assert refused("2026-06-17", "2026-06-18", DAY) == "end"


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_a_window_or_a_named_fault(start, end):
    try:
        window = window_of(start, end, CLOCK)
    except InputError as e:
        assert e.field in ("start", "end")  # noqa: PT017  either outcome is right
    else:
        assert timedelta(0) < window.duration <= YEAR


def test_a_tariff_begins_with_its_first_table():
    def asked(start: str | None, end: str | None) -> Interval:
        return tariff_window_of(start, end, CLOCK, YEAR, Tariff.TD30)

    assert asked("2021-06-01", "2021-06-01") == madrid_day(date(2021, 6, 1))
    assert asked(None, None) == window_of(None, None, CLOCK)
    for start, end, field in [("2021-05-31", "2021-06-02", "start"), ("2021-05-31", None, "start")]:
        with pytest.raises(InputError, match="2021-06-01") as e:
            asked(start, end)
        assert e.value.field == field
    with pytest.raises(InputError, match="2021-06-01") as e:
        asked(None, "2021-05-31")
    assert e.value.field == "end"
