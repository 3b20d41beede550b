from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from learning_world import FIRST, PLANT, filled_store, history, hours

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.domain.catalogue import FEATURES as NAMED
from chocolate_factory.domain.catalogue import observations
from chocolate_factory.domain.series import TRUE_KINDS, Kind
from chocolate_factory.domain.thermal import Air, dew_point_c, plant_power_kw
from chocolate_factory.domain.time import DAY, HOUR, Interval
from chocolate_factory.learning.features import FEATURES, Rows
from chocolate_factory.learning.history import History, freshest
from chocolate_factory.learning.leaks import leaking
from chocolate_factory.learning.rows import INPUTS, NAMES, columns, columns_of
from chocolate_factory.learning.targets import scores
from chocolate_factory.usecases.features import Features
from chocolate_factory.usecases.hours import HourReader
from chocolate_factory.usecases.present import PresentReader

HISTORY = history()
ROW = 24 * 30 + 10


def feature(name: str, row: int = ROW, of: History = HISTORY) -> float:
    return float(FEATURES[name](Rows.of(of, np.array([row])))[0])


def test_the_thirteen_are_those_of_the_catalogue_and_eight_of_them_feed_the_models():
    assert tuple(NAMED) == NAMES
    assert len(set(INPUTS)) == 8
    assert set(INPUTS) < set(NAMES)


def test_the_freshest_reading_is_of_two_hours_before_and_an_old_one_is_none():
    readings = np.arange(20.0)
    readings[5:15] = np.nan
    found = freshest(readings)
    assert found[6] == 4.0
    assert found[11] == 4.0  # seven hours old
    assert np.isnan(found[12])


def test_physics_is_the_plants():
    air = Air(float(HISTORY.expected_c[ROW]), float(HISTORY.expected_pct[ROW]))
    on = plant_power_kw(PLANT, air, line_on=True, rate_kg_h=450)
    assert feature("chocolate_production_index") == pytest.approx(
        (on - plant_power_kw(PLANT, air, line_on=False)) / 450
    )
    assert feature("dew_point_c") == pytest.approx(dew_point_c(feature("temperature_c"), feature("humidity_pct")))


def test_ranks_and_percentiles_by_hand():
    row, made = ROW, HISTORY.hours
    day = np.flatnonzero(made.day == made.day[row])
    cheaper = (made.energy_eur_kwh[day] < made.energy_eur_kwh[row]).sum()
    assert feature("price_rank_in_day") == pytest.approx(cheaper / 23)
    end = day[-1] + 1  # at ten tomorrow's prices are not public
    week = np.delete(made.energy_eur_kwh[end - 168 : end], 168 - (end - row))
    assert feature("price_percentile_7d") == pytest.approx((week < made.energy_eur_kwh[row]).mean())


def test_from_two_in_the_afternoon_tomorrow_counts():
    made = HISTORY.hours
    at_one, at_two = (24 * 30 + h for h in (13, 14))
    assert made.public_until[at_two] - made.public_until[at_one] == 24


@pytest.mark.parametrize("row", [24 * 30 + h for h in (0, 5, 13, 14, 20, 21, 23)])
def test_shuffling_everything_after_an_hour_changes_none_of_its_features(row):
    assert leaking(HISTORY, row, seed=row) == []


def test_a_planted_future_is_called_by_name():
    planted = {"planted": lambda rows: rows.history.hours.temperature_c[rows.numbers]}
    tomorrow = {"tomorrow": lambda rows: rows.history.hours.energy_eur_kwh[rows.numbers + 24]}
    assert leaking(HISTORY, ROW, 1, FEATURES | planted | tomorrow) == ["planted", "tomorrow"]


def test_training_and_prediction_make_the_same_rows():
    store, end = filled_store(), FIRST + 40 * DAY
    whole, _ = HourReader(store, TRUE_KINDS).read(PLANT, Interval(FIRST, end))
    for start in (FIRST + 30 * DAY + h * HOUR for h in (0, 9, 13, 14, 21, 33, 47)):
        trained = columns_of(History(whole, PLANT), np.array([whole.row_of(start)]))[0]
        present = PresentReader(store, TRUE_KINDS)(PLANT, start + timedelta(minutes=31))
        assert np.allclose(columns(present.rows(start))[0], trained, equal_nan=True), start
        assert not np.isnan(trained).any()


def test_a_revision_of_later_changes_no_row_of_the_past():
    store, window = filled_store(), Interval(FIRST, FIRST + 40 * DAY)
    before, _ = HourReader(store, TRUE_KINDS).read(PLANT, window)
    later = FIRST + 200 * DAY
    store.write(observations("spot", "ree", Kind.OBSERVED, [(FIRST + 30 * DAY, 999.0)], later))
    after, _ = HourReader(store, TRUE_KINDS).read(PLANT, window)
    assert np.array_equal(before.energy_eur_kwh, after.energy_eur_kwh)


def test_forecasts_and_guesses_are_no_readings():
    store = filled_store(10)
    beyond = FIRST + 10 * DAY
    for kind in (Kind.FORECAST, Kind.ESTIMATED):
        store.write(observations("temperature", "open_meteo", kind, [(beyond, 20.0)], beyond))
    made, _ = HourReader(store, TRUE_KINDS).read(PLANT, Interval(FIRST, beyond + HOUR))
    assert np.isnan(made.temperature_c[-1])


def test_quarter_hours_are_averaged_and_three_of_four_are_no_hour():
    store = filled_store(2)
    start = datetime(2025, 10, 6, 10, tzinfo=UTC)
    quarters = [(start + n * HOUR / 4, 40.0 + n) for n in range(4)] + [
        (start + HOUR + n * HOUR / 4, 40.0) for n in range(3)
    ]
    store.write(observations("spot", "omie", Kind.OBSERVED, quarters, start))
    made, _ = HourReader(store, TRUE_KINDS).read(PLANT, Interval(start, start + 2 * HOUR))
    assert made.energy_eur_kwh[0] > 0
    assert np.isnan(made.energy_eur_kwh[1])


def test_a_score_is_the_place_in_the_calendar_week_and_a_week_that_is_not_over_has_none():
    told = scores(HISTORY)
    week = HISTORY.hours.week == HISTORY.hours.week[ROW]
    dearer = (HISTORY.eur_kg[week] > HISTORY.eur_kg[ROW]).mean()
    assert told[ROW] == pytest.approx(100 * (dearer + 0.5 / week.sum()))
    assert np.isnan(told[HISTORY.hours.week == HISTORY.hours.week[-1]]).all()


def test_days_of_23_and_25_hours_have_ranks():
    made = History(hours(days=310), PLANT)
    starts = made.hours.starts
    for day in (datetime(2023, 3, 26, 10, tzinfo=UTC), datetime(2023, 10, 29, 10, tzinfo=UTC)):
        row = starts.index(day)
        assert 0 <= feature("price_rank_in_day", row, made) <= 1


def test_the_rows_tell_what_the_weather_was_read_from():
    store, now = filled_store(30), FIRST + 29 * DAY + 10 * HOUR
    hole = now - 3 * HOUR
    store.write(observations("temperature", "openweathermap", Kind.OBSERVED, [(hole, 11.5)], hole + HOUR))
    rows = Features(store, FixedClock(now + timedelta(minutes=5)), lambda: PLANT, TRUE_KINDS)(
        Interval(now - 2 * HOUR, now + 5 * HOUR)
    )
    assert [row.start for row in rows] == [now - 2 * HOUR, now - HOUR, now]  # hours to come have no row
    of_hole = rows[1].audit
    assert of_hole["temp_realtime"] == 11.5
    assert rows[2].audit["temp_realtime"] is None
    assert rows[2].audit["temp_observed"] == rows[2].features["temperature_c"]


def test_an_empty_store_gives_rows_of_nothing():

    rows = Features(MemoryStore(), FixedClock(FIRST + DAY), lambda: PLANT, TRUE_KINDS)(
        Interval(FIRST, FIRST + 2 * HOUR)
    )
    assert len(rows) == 2
    assert rows[0].features["ree_price_eur_kwh"] is None
    assert rows[0].features["hour"] == 0
