"""What did not come, came late, or stands still."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes import at, expected_specs, span, truth
from watch_world import NOW, Watched, health

from chocolate_factory.adapters.memo import MemoryMemo
from chocolate_factory.domain.catalogue import observations, spec_of
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, HOUR, Interval, madrid_date, madrid_day
from chocolate_factory.domain.work import Outcome, Severity
from chocolate_factory.usecases.drift import Drift
from chocolate_factory.usecases.sensors import broken_sensors

PRICES = ("spot", "pvpc")


@pytest.fixture
def plant(tmp_path):
    plant = Watched(tmp_path)
    yield plant
    plant.close()


def missing(plant) -> set[str]:
    """The series whose prices are told to be missing, once a health check has been before."""
    plant.wake()
    return {cause.removeprefix("prices-missing:") for cause in plant.look("prices-missing:")}


# ---------------------------------------------------------------------- freshness
def fresh(plant) -> dict:
    return {f.series: f for f in plant.watch.freshness()}


def test_every_expected_series_is_missing_before_anything_came(plant):
    told = fresh(plant)
    assert set(told) == {s.name for s in expected_specs()}
    assert {(f.status, f.last, f.behind_hours) for f in told.values()} == {("missing", None, None)}


def test_a_forecast_makes_nothing_fresh(plant):
    plant.fill("temperature", span("2026-11-20", "2026-11-21"), kind=Kind.FORECAST)
    assert fresh(plant)["temperature"].status == "missing"


LATE = [
    ("pvpc", "2026-11-21T00:00", "2026-11-20T23:19", "fresh", 0.0),
    ("pvpc", "2026-11-21T00:00", "2026-11-20T23:21", "late", 0.0),
    ("spot", "2026-11-21T00:00", "2026-11-20T16:59", "fresh", 0.0),
    ("spot", "2026-11-21T00:00", "2026-11-20T17:01", "late", 0.0),
    ("temperature", "2026-11-20T05:00", "2026-11-20T09:59", "fresh", 4.98),
    ("temperature", "2026-11-20T05:00", "2026-11-20T10:01", "late", 5.02),
    ("temperature_max", "2026-11-13T00:00", "2026-11-20T02:59", "fresh", 170.98),
    ("temperature_max", "2026-11-13T00:00", "2026-11-20T03:01", "late", 171.02),
]


@pytest.mark.parametrize(("series", "until", "clock", "status", "behind"), LATE)
def test_a_series_is_late_three_hours_after_its_next_slot_was_due(plant, series, until, clock, status, behind):
    plant.fill(series, span("2026-11-11", until), source="ree")
    plant.clock.set(at(clock))
    told = fresh(plant)[series]
    assert (told.status, told.behind_hours, told.last, told.source) == (status, behind, at(until), "ree")


def test_a_weather_value_that_lies_ahead_does_not_make_a_series_fresh(plant):
    plant.fill("temperature", span("2026-11-18", "2026-11-19"))
    plant.fill("temperature", span("2026-11-25", "2026-11-26"))
    told = fresh(plant)["temperature"]
    assert (told.last, told.status) == (at("2026-11-19"), "late")


# ---------------------------------------------------------------------- late series
@pytest.mark.parametrize("series", [spec.name for spec in expected_specs()])
def test_a_late_series_is_an_alert_until_it_comes(plant, series):
    plant.clock.set(at("2026-11-20T17:30"))
    plant.fill_all()
    plant.clock.sleep(9 * 86400)
    plant.fill_all(but=[series])
    plant.wake()
    if series in PRICES:  # nobody waits three hours for a day that lacks its prices
        assert plant.look() == {f"prices-missing:{series}"}
    else:
        assert plant.look() == {f"series-late:{series}"}
        assert plant.told(f"series-late:{series}").message.startswith(f"{series} is late: it ends at 2026-11-")
    plant.fill_all()
    assert plant.look() == set()


def test_tomorrows_spot_is_late_at_five_and_missing_at_ten(plant):
    plant.clock.set(at("2026-11-20T13:30"))
    plant.fill_all()
    for clock, causes in (("16:59", set()), ("17:01", {"series-late:spot"}), ("22:00", {"prices-missing:spot"})):
        plant.clock.set(at(f"2026-11-20T{clock}"))
        plant.fill_all(but=["spot"])
        plant.wake()
        assert plant.look() == causes, clock


def test_of_a_series_that_never_came_is_told_where_some_feed_offers_it(plant):
    plant.fill_all(but=["temperature_max", "demand"])
    plant.offered = frozenset({"demand"})
    plant.wake()
    assert plant.look() == {"series-late:demand"}
    assert plant.told("series-late:demand").message == "Nothing of demand ever came."


# ---------------------------------------------------------------------- tomorrow's prices
@pytest.mark.parametrize("series", PRICES)
@pytest.mark.parametrize(
    ("eve", "hours"), [("2026-11-20", 24), ("2026-03-28", 23), ("2026-10-24", 25), ("2026-12-31", 24)]
)
def test_prices_of_tomorrow_must_be_there_at_ten_whole(plant, series, eve, hours):
    tomorrow = madrid_day(madrid_date(at(eve)) + DAY)
    assert tomorrow.duration == hours * HOUR
    slots = list(spec_of(series).slots(tomorrow))
    other = next(name for name in PRICES if name != series)
    plant.clock.set(at(f"{eve}T21:59"))
    for name in PRICES:
        plant.fill(name, Interval(at(eve), tomorrow.start))
    plant.fill(other, tomorrow)
    plant.fill(series, tomorrow, but=slots[-1:])  # its last slot did not come
    assert missing(plant) == set()
    plant.clock.set(at(f"{eve}T22:00"))
    assert missing(plant) == {series}
    alert = plant.told(f"prices-missing:{series}")
    assert (alert.severity, f"1 of {len(slots)} of {madrid_date(tomorrow.start)}" in alert.message) == (
        Severity.WARNING,
        True,
    )
    assert missing(plant) == {series}
    assert plant.told(f"prices-missing:{series}").times == 2
    plant.fill(series, tomorrow)
    assert missing(plant) == set()


def test_the_alert_stands_all_that_day_and_ends_with_it(plant):
    for name in PRICES:
        plant.fill(name, span("2026-11-20", "2026-11-21"))
        plant.fill(name, span("2026-11-22", "2026-11-24"))
    for clock, lacking in (
        ("2026-11-20T22:15", set(PRICES)),
        ("2026-11-21T00:00", set(PRICES)),
        ("2026-11-21T23:59", set(PRICES)),
        ("2026-11-22T00:00", set()),
    ):
        plant.clock.set(at(clock))
        assert missing(plant) == lacking, clock


def test_a_forecast_is_no_price(plant):
    plant.fill("spot", span("2026-11-20", "2026-11-21"), kind=Kind.FORECAST)
    assert missing(plant) == set(PRICES)


def test_a_brand_new_store_is_told_once_it_was_tried_to_fill_it(plant):
    plant.clock.set(at("2026-11-20T22:05"))
    assert plant.look("prices-missing:") == set(), "nobody has asked yet"
    plant.ran("ree_ingestion", Outcome.RUNNING, minutes=1)
    assert plant.look("prices-missing:") == set(), "somebody is asking"
    plant.ran("ree_ingestion", Outcome.FAILED, "no answer", minutes=0)
    assert plant.look("prices-missing:") == {f"prices-missing:{name}" for name in PRICES}


def test_it_is_told_too_where_nobody_asks_any_more(plant):
    """A paused ingestion is no excuse: the health check itself has run for a while."""
    assert missing(plant) == set(PRICES)


# ---------------------------------------------------------------------- what stands still
def hours(begin: timedelta, end: timedelta, value) -> list:
    start = at("2026-11-20T10:00")
    count = int((end - begin) / HOUR)
    return [(start + begin + n * HOUR, value(start + begin + n * HOUR)) for n in range(count)]


def warm(start) -> float:
    return truth("temperature", start)


def put(plant, source: str, points: list, received=NOW) -> None:
    plant.store.write(observations("temperature", source, Kind.OBSERVED, points, received))


def test_a_thermometer_that_stands_still_is_an_alert_until_it_moves_and_drift_calls_it_the_same(plant):
    plant.fill_all(but=["temperature"])
    put(plant, "open_meteo_analysis", hours(-3 * DAY, -HOUR, warm))
    put(plant, "aemet", hours(-3 * DAY, -24 * HOUR, warm) + hours(-24 * HOUR, -HOUR, lambda _s: 21.4))
    plant.wake()
    assert plant.look() == {"drift.sensor.temperature/aemet"}
    alert = plant.told("drift.sensor.temperature/aemet")
    assert "has stood at 21.4 for 23 hours" in alert.message
    assert [f.cause for f in broken_sensors(plant.store, NOW, plant.filling)] == [alert.cause]
    put(plant, "aemet", hours(-HOUR, 0 * HOUR, warm))
    assert plant.look() == set()


def test_a_clock_that_stands_still_is_an_alert_until_it_goes_on(plant):
    plant.fill_all(but=["temperature"])
    put(plant, "open_meteo_analysis", hours(-3 * DAY, -HOUR, warm))
    put(plant, "aemet", hours(-3 * DAY, -12 * HOUR, warm))
    stuck = at("2026-11-19T22:00")
    for n in range(8):  # it goes on talking of that hour
        put(plant, "aemet", [(stuck, 15.0 + n)], stuck + (n + 2) * HOUR)
    plant.wake()
    assert "drift.sensor.temperature/aemet" in plant.look()
    assert "its clock stands still" in plant.told("drift.sensor.temperature/aemet").message
    put(plant, "aemet", hours(-11 * HOUR, -HOUR, warm))
    assert plant.look() == set()


def test_drift_and_the_watch_tell_of_one_sensor_in_one_alert(plant):
    class Shelf:
        state = staticmethod(lambda: None)

    drift = Drift(plant.store, Shelf(), plant.alerts, plant.clock, plant.filling, lambda _version: None, MemoryMemo())
    plant.fill_all(but=["temperature"])
    put(plant, "aemet", hours(-3 * DAY, -HOUR, lambda _s: 21.4))
    plant.wake()
    plant.look()
    drift()
    plant.look()
    assert plant.told("drift.sensor.temperature/aemet").times == 3
    assert len(plant.alerts.alerts()) == 1


# ---------------------------------------------------------------------- sources that fall silent
def test_a_station_that_answers_and_says_nothing_new_is_told_until_it_does(plant):
    """As one whose clock stands still and who repeats itself to the letter: the store gains nothing."""
    plant.fill_all(but=["temperature"])
    put(plant, "open_meteo_analysis", hours(-3 * DAY, -HOUR, warm))
    put(plant, "aemet", hours(-2 * DAY, -7 * HOUR, warm))
    plant.upstreams = [health("aemet", True), health("open_meteo", True)]
    plant.wake()
    assert plant.look() == {"source-silent:aemet"}
    assert plant.told("source-silent:aemet").message == (
        "aemet answers, and its newest hour is that of 2026-11-20T01:00Z."
    )
    put(plant, "aemet", hours(-7 * HOUR, -6 * HOUR, warm))
    assert plant.look() == set()


@pytest.mark.parametrize(
    ("up", "spoke"),
    [
        (False, 2 * DAY),  # down, and told as such
        (None, 2 * DAY),  # not asked: no key any more
        (True, 6 * HOUR),  # it never spoke regularly, as a route that stood in once
    ],
)
def test_a_source_that_is_down_or_never_spoke_regularly_is_not_called_silent(plant, up, spoke):
    plant.fill_all(but=["temperature"])
    put(plant, "open_meteo_analysis", hours(-3 * DAY, -HOUR, warm))
    put(plant, "aemet", hours(-12 * HOUR - spoke, -12 * HOUR, warm))
    plant.upstreams = [health("aemet", up)]
    plant.wake()
    assert plant.look("source-silent") == set()
