from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from forecasting_world import FIRST, SPOT, days_at, known, market, noon, whole_panel

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.time import DAY, HOUR, MADRID, Resolution, madrid_day, slots
from chocolate_factory.forecasting.calendar import calendar_of, good_friday, is_day_off
from chocolate_factory.forecasting.days import days_known_at, hours_of
from chocolate_factory.forecasting.naive import epf_naive, last_week, week_profile, yesterday
from chocolate_factory.forecasting.panel import REACH, panel_of

LONG_AFTER = datetime(2030, 1, 1, tzinfo=UTC)


def day_hours(day: date, value=None) -> dict:
    """Each hour's value is its number in the day, or what is given."""
    return {t: float(n) if value is None else value for n, t in enumerate(slots(madrid_day(day), Resolution.HOUR))}


# ------------------------------------------------------------------------------------------------ 23, 24 and 25 hours
def test_the_hour_that_spring_skips_lies_between_its_neighbours():
    row = days_known_at(LONG_AFTER, day_hours(date(2024, 3, 31)), SPOT).values[0]
    assert row[:4].tolist() == [0, 1, 1.5, 2]
    assert row[23] == 22


def test_the_hour_that_autumn_repeats_is_averaged():
    row = days_known_at(LONG_AFTER, day_hours(date(2024, 10, 27)), SPOT).values[0]
    assert row[:4].tolist() == [0, 1, 2.5, 4]
    assert row[23] == 24


@pytest.mark.parametrize(("day", "count"), [(date(2024, 3, 31), 23), (date(2024, 6, 1), 24), (date(2024, 10, 27), 25)])
def test_a_row_goes_out_as_the_hours_that_really_come(day, count):
    hours = hours_of(day, np.arange(24.0))
    assert len(hours) == count
    assert [t for t, _ in hours] == list(slots(madrid_day(day), Resolution.HOUR))
    assert all(value == t.astimezone(MADRID).hour for t, value in hours)


@pytest.mark.parametrize("missing", [0, 2, 3, 22])
@pytest.mark.parametrize("day", [date(2024, 3, 31), date(2024, 6, 1), date(2024, 10, 27)])
def test_a_day_with_a_real_hour_missing_is_not_known(day, missing):
    hours = day_hours(day)
    del hours[list(hours)[missing]]
    assert not days_known_at(LONG_AFTER, hours, SPOT).known.any()


# ------------------------------------------------------------------------------------------------------ only the known
def test_an_hour_that_was_published_later_is_refused():
    spot, _ = market(days=10)
    last = FIRST + 9 * DAY
    before = noon(last - DAY)
    with pytest.raises(InputError, match=r"published at 2023-03-09 13:00Z only"):
        days_known_at(before, spot, SPOT)
    assert days_known_at(before, known(spot, before), SPOT).last == last - DAY
    assert days_known_at(before + 2 * HOUR, spot, SPOT).last == last  # 14:00: tomorrow's are out


def test_what_is_no_hour_or_nothing_is_refused():
    with pytest.raises(InputError, match="start of an hour"):
        days_known_at(LONG_AFTER, {datetime(2024, 6, 1, 10, 15, tzinfo=UTC): 1.0}, SPOT)
    with pytest.raises(InputError, match="none"):
        days_known_at(LONG_AFTER, {}, SPOT)


def test_without_a_whole_day_there_is_no_origin():
    half = dict(list(day_hours(date(2024, 6, 1)).items())[:12])
    with pytest.raises(InputError, match="no whole day"):
        panel_of(days_known_at(LONG_AFTER, half, SPOT))


def test_a_missing_day_is_stood_in_for_as_input_and_is_never_learnt_from():
    spot, _ = market(days=160)
    gone = FIRST + 100 * DAY
    whole = days_at(spot, LONG_AFTER)
    panel = panel_of(days_at({t: v for t, v in spot.items() if t not in madrid_day(gone)}, LONG_AFTER))
    assert panel.prices[100].tolist() == whole.values[93].tolist()
    assert 100 not in panel.targets(1, 160)
    assert {99, 101} <= set(panel.targets(1, 160).tolist())


def test_a_month_missing_is_not_papered_over():
    spot, _ = market(days=260)
    panel = panel_of(days_at({t: v for t, v in spot.items() if not 100 <= (t.date() - FIRST).days < 130}, LONG_AFTER))
    assert np.isnan(panel.prices[120]).all()
    learnt = set(panel.targets(1, 260).tolist())
    assert not learnt & set(range(100, 130 + REACH - 1))


def test_too_few_days_say_how_many_are_missing():
    with pytest.raises(InputError, match="13 more whole days"):
        whole_panel(days=100).targets(1, 728)


def test_an_earlier_origin_knows_nothing_of_later_days():
    panel = whole_panel(days=120).until(80)
    assert panel.origin == 80
    assert np.isnan(panel.prices[81:]).all()
    guide = panel.guides["demand_forecast"]
    assert not np.isnan(guide[:82]).any()  # the day after's is out at noon
    assert np.isnan(guide[82:]).all()


# ------------------------------------------------------------------------------------------------- calendar and naives
@pytest.mark.parametrize("day", [date(2021, 4, 2), date(2024, 3, 29), date(2025, 4, 18), date(2038, 4, 23)])
def test_good_friday(day):
    assert good_friday(day.year) == day
    assert is_day_off(day)


def test_a_holiday_counts_as_sunday():
    ninth_of_may, labour_day = calendar_of(date(2024, 5, 1), np.array([8, 0]))
    assert ninth_of_may[:2].tolist() == [3, 0]
    assert labour_day[:2].tolist() == [6, 1]


@pytest.mark.parametrize("lead", range(1, 8))
def test_naives_take_the_days_they_say(lead):
    values = np.repeat(np.arange(40.0)[:, None], 24, axis=1)
    targets = np.arange(14, 35)
    assert (yesterday(values, FIRST, targets, lead)[:, 0] == targets - lead).all()
    assert (last_week(values, FIRST, targets, lead)[:, 0] == targets - 7).all()
    assert (week_profile(values, FIRST, targets, lead)[:, 0] == targets - lead - 3).all()
    for row, said in zip(targets, epf_naive(values, FIRST, targets, lead), strict=True):
        weekly = (FIRST + int(row) * DAY).weekday() in {0, 5, 6}
        assert said[0] == (row - 7 if weekly else row - lead)
