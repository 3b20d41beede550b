"""The demo's world: invented, and yet as plausible as a year in southern Spain."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import correlation, fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.demo_feeds import TECHNOLOGIES, demo_feeds
from chocolate_factory.adapters.demo_sky import Noise, relative_humidity
from chocolate_factory.adapters.demo_world import World
from chocolate_factory.domain.catalogue import RENEWABLE
from chocolate_factory.domain.time import (
    DAY,
    HOUR,
    MADRID,
    Interval,
    Resolution,
    madrid_date,
    madrid_day,
    madrid_midnight,
    slots,
)

SEED = 41
NOW = datetime(2026, 11, 2, 10, 7, tzinfo=UTC)
YEAR = Interval(datetime(2025, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))


def madrid(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=MADRID).astimezone(UTC)


def said(name: str, window: Interval):
    feed = next(feed for feed in demo_feeds(FixedClock(NOW), SEED) if feed.name == name)
    return feed.fetch(window, 1.0)


def by_series(observations):
    found = defaultdict(dict)
    for o in observations:
        found[o.series][o.start] = o.value
    return found


@pytest.fixture(scope="module")
def prices():
    return by_series(said("demo.prices", YEAR))


@pytest.fixture(scope="module")
def weather():
    return by_series(said("demo.weather", YEAR))


@given(st.integers(0, 2**31), st.floats(-1e6, 1e6), st.floats(1.0, 2000.0))
@settings(deadline=None)
def test_noise_is_bounded_smooth_and_without_memory(seed, hour, spacing):
    noise = Noise(seed)
    first = noise("x", hour, spacing)
    assert -1.0 <= first <= 1.0
    assert abs(noise("x", hour + spacing / 1000.0, spacing) - first) <= 0.0031  # the ease is 1.5 at its steepest
    assert Noise(seed)("x", hour, spacing) == first


class TestItsPrices:
    def local_means(self, series, days=lambda day: True):
        hours = defaultdict(list)
        for start, value in series.items():
            local = start.astimezone(MADRID)
            if days(local.date()):
                hours[local.hour].append(value)
        return {hour: fmean(found) for hour, found in hours.items()}

    def test_the_sun_digs_a_valley_and_the_evening_is_dear(self, prices):
        mean = self.local_means(prices["spot"])
        valley, morning, evening = fmean(mean[h] for h in (13, 14, 15)), mean[7], mean[21]
        assert min(mean, key=mean.get) in (13, 14, 15)
        assert max(mean, key=mean.get) in (20, 21)
        assert morning > mean[4]
        assert valley < 0.5 * morning < 0.5 * evening

    def test_a_weekend_is_cheaper(self, prices):
        working = self.local_means(prices["spot"], lambda day: day.weekday() < 5)
        resting = self.local_means(prices["spot"], lambda day: day.weekday() >= 5)
        assert fmean(resting.values()) < 0.95 * fmean(working.values())

    def test_a_few_noons_most_of_them_in_spring_give_power_away(self, prices):
        free = [start.astimezone(MADRID) for start, price in prices["spot"].items() if price <= 0.0]
        days = {moment.date() for moment in free}
        assert 3 <= len(days) <= 60
        assert sum(11 <= moment.hour <= 17 for moment in free) > 0.8 * len(free)
        assert sum(day.month in (2, 3, 4, 5, 6) for day in days) > 0.6 * len(days)
        assert -12.0 < min(prices["spot"].values()) < 0.0

    def test_it_is_dear_on_the_whole_as_spain_is(self, prices):
        assert 40.0 < fmean(prices["spot"].values()) < 80.0
        assert max(prices["spot"].values()) < 250.0

    def test_wind_makes_it_cheaper_and_demand_dearer(self, prices):
        world = World(SEED)
        starts = list(slots(YEAR, Resolution.DAY))[:-1]
        powers = [[world.power(s + h * HOUR) for h in range(0, 24, 3)] for s in starts]
        price = [fmean(prices["spot"][s + h * HOUR] for h in range(0, 24, 3)) for s in starts]
        assert correlation([fmean(p.wind for p in day) for day in powers], price) < -0.4
        assert correlation([fmean(p.demand for p in day) for day in powers], price) > 0.1

    def test_the_hour_before_the_change_is_the_mean_of_its_quarters(self):
        start = datetime(2025, 9, 30, 12, tzinfo=UTC)
        quarters = [World(SEED).spot_eur_mwh(start + timedelta(minutes=m)) for m in (7.5, 22.5, 37.5, 52.5)]
        found = by_series(said("demo.prices", Interval(start, start + HOUR)))
        assert found["spot"][start] == pytest.approx(fmean(quarters), abs=0.005)

    def test_pvpc_follows_spot_and_its_period(self, prices):
        """On a Sunday there is one period, so PVPC less 0.6 of spot hardly moves; on Monday at 10 comes the peak."""
        sunday = madrid_day(date(2026, 6, 14))

        def rest(start):
            return prices["pvpc"][start] - 0.6 * fmean(prices["spot"][start + i * HOUR / 4] for i in range(4))

        calm = [rest(start) for start in slots(sunday, Resolution.HOUR)]
        assert max(calm) - min(calm) < 1.0
        eight, nine, ten = (rest(madrid(2026, 6, 15, hour)) for hour in (8, 9, 10))
        assert eight == pytest.approx(nine, abs=0.2)
        assert ten - nine == pytest.approx(66.0, abs=0.2)


class TestItsPower:
    def test_the_renewable_share_is_what_the_technologies_say(self):
        by_day = defaultdict(dict)
        for o in said("demo.generation", Interval(NOW - 400 * DAY, NOW)):
            by_day[o.start][o.series] = o.value
        for made in by_day.values():
            share = made.pop("renewable_share")
            green = sum(made[f"generation_{t}"] for t in TECHNOLOGIES & RENEWABLE)
            assert share == pytest.approx(100.0 * green / sum(made.values()), abs=0.006)
        assert len(by_day) == 399

    def test_a_day_makes_at_least_what_it_uses(self):
        window = Interval(NOW - 60 * DAY, madrid_midnight(date(2026, 11, 2)))
        used, made = defaultdict(float), defaultdict(float)
        for o in said("demo.demand", window):
            if o.series == "demand":
                used[madrid_midnight(madrid_date(o.start))] += o.value
        for o in said("demo.generation", window):
            if o.series != "renewable_share":
                made[o.start] += o.value
        assert all(made[day] >= 0.9999 * used[day] for day in made)

    def test_the_forecast_of_demand_errs_but_little(self):
        found = by_series(said("demo.demand", Interval(NOW - 60 * DAY, NOW)))
        errors = [abs(found["demand_forecast"][s] / mw - 1.0) for s, mw in found["demand"].items()]
        assert 0.003 < fmean(errors) < 0.02
        assert max(errors) < 0.03

    def test_five_minute_points_lie_along_the_hours(self):
        found = by_series(said("demo.demand", Interval(NOW - 3 * HOUR, NOW)))
        for hour, megawatts in found["demand"].items():
            points = [v for s, v in found["demand_5min"].items() if hour <= s < hour + HOUR]
            assert len(points) == 12
            assert min(points) * 0.995 <= megawatts <= max(points) * 1.005


class TestItsWeather:
    MEANS = ((1, 8.0), (4, 15.3), (7, 29.0), (8, 28.5), (10, 18.3))

    @pytest.mark.parametrize(("month", "mean"), MEANS)
    def test_months_are_as_warm_as_linares(self, weather, month, mean):
        month_of = [v for s, v in weather["temperature"].items() if s.astimezone(MADRID).month == month]
        assert fmean(month_of) == pytest.approx(mean, abs=2.0)

    def test_summer_afternoons_are_hot_and_winter_nights_cold(self, weather):
        assert 39.0 <= max(weather["temperature"].values()) <= 44.0
        assert -4.0 <= min(weather["temperature"].values()) <= 3.0

    def test_the_day_swings_more_in_summer(self):
        days = by_series(said("demo.daily_weather", YEAR))
        swing = {s: high - days["temperature_min"][s] for s, high in days["temperature_max"].items()}
        summer = fmean(v for s, v in swing.items() if s.month in (7, 8))
        assert summer > 1.5 * fmean(v for s, v in swing.items() if s.month in (12, 1))

    def test_humidity_follows_from_temperature_and_dew_point(self, weather):
        for start, humidity in weather["humidity"].items():
            t, d = weather["temperature"][start], weather["dew_point"][start]
            assert d < t
            assert humidity == pytest.approx(relative_humidity(t, d), abs=1.5)
        assert correlation(list(weather["temperature"].values()), list(weather["humidity"].values())) < -0.7

    def test_it_changes_smoothly(self, weather):
        for series, step in (("temperature", 5.0), ("dew_point", 2.0), ("pressure", 1.5)):
            found = list(weather[series].values())
            assert max(abs(b - a) for a, b in pairwise(found)) < step

    def test_pressure_is_that_of_five_hundred_metres(self, weather):
        assert fmean(weather["pressure"].values()) == pytest.approx(956.0, abs=2.0)
        assert 0.0 <= min(weather["wind_speed"].values()) < max(weather["wind_speed"].values()) < 20.0

    def test_the_days_extremes_are_those_of_its_hours(self, weather):
        days = by_series(said("demo.daily_weather", Interval(YEAR.start + DAY, YEAR.end)))
        for start, high in list(days["temperature_max"].items())[:-1]:
            hours = list(slots(madrid_day(madrid_date(start)), Resolution.HOUR))
            temperatures = [weather["temperature"][h] for h in hours]
            assert (high, days["temperature_min"][start]) == (max(temperatures), min(temperatures))
            assert days["temperature_mean"][start] == pytest.approx(fmean(temperatures), abs=0.11)
            assert days["humidity_mean"][start] == pytest.approx(fmean(weather["humidity"][h] for h in hours), abs=0.11)

    def test_rain_comes_on_some_days_and_sun_mostly_in_summer(self):
        days = by_series(said("demo.daily_weather", YEAR))
        assert 20 < sum(mm > 0.0 for mm in days["precipitation"].values()) < 130
        june, december = ([v for s, v in days["radiation"].items() if s.month == m] for m in (6, 12))
        assert 24.0 < fmean(june) < 33.0
        assert 4.0 < fmean(december) < 11.0
