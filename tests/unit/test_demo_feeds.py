"""The demo's feeds: reproducible, published in time, and never to be taken for data."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from statistics import fmean

import pytest

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.demo_feeds import HISTORY, demo_feeds
from chocolate_factory.domain.catalogue import CATALOGUE, spec_of
from chocolate_factory.domain.errors import UpstreamEmptyError
from chocolate_factory.domain.series import Kind
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
NAMES = [f"demo.{what}" for what in ("prices", "demand", "generation", "weather", "weather_forecast", "daily_weather")]
MEASURED = [name for name in NAMES if name != "demo.weather_forecast"]


def madrid(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=MADRID).astimezone(UTC)


def feed_of(name: str, now: datetime = NOW, seed: int = SEED):
    return next(feed for feed in demo_feeds(FixedClock(now), seed) if feed.name == name)


def said(name: str, window: Interval | None = None, now: datetime = NOW, seed: int = SEED):
    feed = feed_of(name, now, seed)
    return feed.fetch(window or feed.reach(now), 1.0)


def values(observations):
    return {(o.series, o.start): o.value for o in observations}


def by_series(observations):
    found = defaultdict(dict)
    for o in observations:
        found[o.series][o.start] = o.value
    return found


class TestItIsTheSameWorldEveryTime:
    @pytest.mark.parametrize("name", NAMES)
    def test_pieces_in_any_order_make_the_whole(self, name):
        feed = feed_of(name)
        reach = feed.reach(NOW)
        window = Interval(max(reach.start, reach.end - 6 * DAY), reach.end)
        pieces = [o for piece in reversed(window.chunks(DAY)) for o in feed.fetch(piece, 1.0)]
        assert sorted(pieces, key=lambda o: (o.start, o.series)) == sorted(
            said(name, window), key=lambda o: (o.start, o.series)
        )

    @pytest.mark.parametrize("name", MEASURED)
    def test_what_was_said_is_said_again_later(self, name):
        window = Interval(NOW - 3 * DAY, NOW)
        before, after = values(said(name, window)), values(said(name, window, now=NOW + DAY))
        gone = {("demand_5min", start) for start in slots(madrid_day(date(2026, 11, 1)), Resolution.FIVE_MINUTES)}
        assert {key for key, value in before.items() if after.get(key) != value} <= gone, "five-minute points go"

    @pytest.mark.parametrize("name", NAMES)
    def test_another_seed_is_another_world(self, name):
        feed = feed_of(name)
        window = Interval(feed.reach(NOW).end - 2 * DAY, feed.reach(NOW).end)
        assert values(said(name, window)) != values(said(name, window, seed=SEED + 1))


class TestItIsMarked:
    @pytest.mark.parametrize("name", NAMES)
    def test_everything_is_simulated_and_says_so(self, name):
        source = "demo_forecast" if name == "demo.weather_forecast" else "demo"
        found = said(name, None if source == "demo_forecast" else Interval(NOW - 3 * DAY, NOW + 3 * DAY))
        assert {(o.kind, o.source, o.received_at) for o in found} == {(Kind.SIMULATED, source, NOW)}

    @pytest.mark.parametrize("name", NAMES)
    def test_times_and_lengths_are_the_catalogues(self, name):
        for o in said(name, Interval(feed_of(name).reach(NOW).end - 3 * DAY, NOW + 8 * DAY)):
            spec = spec_of(o.series)
            assert o.published_at == min(spec.published(o.start), NOW)
            assert o.resolution_minutes == int(spec.resolution(o.start))

    def test_the_feeds_are_six_and_their_series_are_the_catalogues(self):
        feeds = demo_feeds(FixedClock(NOW), SEED)
        assert [feed.name for feed in feeds] == NAMES
        assert {feed.upstream for feed in feeds} == {"demo"}
        assert all(feed.series <= CATALOGUE.keys() for feed in feeds)
        assert all(feed.longest == timedelta(days=1000) for feed in feeds)
        assert {spec.name for spec in CATALOGUE.values() if spec.expected} <= {s for f in feeds for s in f.series}

    @pytest.mark.parametrize("name", NAMES)
    def test_a_feed_gives_all_the_series_it_names_and_only_possible_values(self, name):
        found = said(name, Interval(NOW - 40 * DAY, NOW + 8 * DAY))
        assert {o.series for o in found} == feed_of(name).series
        assert not [o for o in found if not spec_of(o.series).low <= o.value <= spec_of(o.series).high]


class TestItIsPublishedInTime:
    @pytest.mark.parametrize("day", [date(2026, 1, 14), date(2026, 7, 14), date(2026, 3, 28), date(2026, 10, 24)])
    @pytest.mark.parametrize(
        ("name", "series", "hour", "minute"),
        [
            ("demo.prices", "spot", 14, 0),
            ("demo.prices", "pvpc", 20, 20),
            ("demo.demand", "demand_forecast", 10, 0),
        ],
    )
    def test_tomorrow_appears_at_its_local_hour(self, name, series, hour, minute, day):
        moment = madrid(day.year, day.month, day.day, hour, minute)
        tomorrow = madrid_day(day + DAY)
        window = Interval(tomorrow.start - HOUR, tomorrow.end)
        before = by_series(said(name, window, now=moment - timedelta(seconds=1)))
        at = by_series(said(name, tomorrow, now=moment))
        assert max(before[series]) < tomorrow.start
        assert list(at[series]) == list(spec_of(series).slots(tomorrow))

    def test_before_any_is_out_the_window_is_empty_and_the_reach_says_so(self):
        early, tomorrow = madrid(2026, 7, 14, 9), madrid_day(date(2026, 7, 15))
        assert feed_of("demo.prices", early).reach(early).end == tomorrow.start
        with pytest.raises(UpstreamEmptyError, match=r"demo\.prices has nothing for 2026-07-14T22:00Z"):
            said("demo.prices", tomorrow, now=early)

    def test_measured_hours_are_those_that_are_over(self):
        window = Interval(NOW - 3 * HOUR, NOW + DAY)
        whole = NOW.replace(minute=0)
        assert set(by_series(said("demo.weather", window))["temperature"]) == {whole - 2 * HOUR, whole - HOUR}
        demand = by_series(said("demo.demand", window))
        assert max(demand["demand"]) == whole - HOUR
        assert max(demand["demand_5min"]) == whole  # 10:00 to 10:05, at 10:07
        assert max(demand["demand_forecast"]) > NOW

    @pytest.mark.parametrize("name", ["demo.generation", "demo.daily_weather"])
    def test_a_day_is_given_when_it_is_over(self, name):
        today = madrid_midnight(date(2026, 11, 2))
        assert max(o.start for o in said(name, Interval(NOW - 5 * DAY, NOW))) == today - DAY
        with pytest.raises(UpstreamEmptyError):
            said(name, Interval(today, NOW))

    def test_the_past_ends_800_days_ago(self):
        beyond = Interval(NOW - HISTORY - 9 * DAY, NOW - HISTORY - 2 * DAY)
        for name in MEASURED:
            assert madrid_date(feed_of(name).reach(NOW).start) == madrid_date(NOW - HISTORY)
            with pytest.raises(UpstreamEmptyError):
                said(name, beyond)

    @pytest.mark.parametrize(
        ("day", "spot", "pvpc"),
        [
            (date(2025, 9, 30), 24, 24),
            (date(2025, 10, 1), 96, 24),
            (date(2025, 10, 26), 100, 25),
            (date(2026, 3, 29), 92, 23),
        ],
    )
    def test_a_day_has_its_slots(self, day, spot, pvpc):
        found = by_series(said("demo.prices", madrid_day(day)))
        assert (len(found["spot"]), len(found["pvpc"])) == (spot, pvpc)

    @pytest.mark.slow
    @pytest.mark.parametrize("name", MEASURED)
    def test_eight_hundred_days_have_no_hole(self, name):
        found = by_series(said(name))
        for series in found.keys() - {"demand_5min"}:
            starts = sorted(found[series])
            assert starts == list(spec_of(series).slots(Interval(starts[0], spec_of(series).end(starts[-1]))))
            assert madrid_date(starts[0]) == madrid_date(NOW - HISTORY)


class TestItsForecast:
    NAME = "demo.weather_forecast"

    def errors(self, now):
        """Absolute error of temperature by hours ahead."""
        later = by_series(said("demo.weather", Interval(now - HOUR, now + 7 * DAY), now=now + 8 * DAY))["temperature"]
        told = by_series(said(self.NAME, now=now))["temperature"]
        return {(start - now) // HOUR: abs(value - later[start]) for start, value in told.items()}

    def test_it_begins_where_the_measured_hours_end_and_lasts_seven_days(self):
        told = by_series(said(self.NAME))
        whole = NOW.replace(minute=0)
        hours = list(slots(Interval(whole, whole + 7 * DAY), Resolution.HOUR))
        assert all(list(found) == hours for found in told.values())
        assert max(by_series(said("demo.weather", Interval(NOW - DAY, NOW)))["temperature"]) == whole - HOUR

    def test_it_says_nothing_of_the_past(self):
        with pytest.raises(UpstreamEmptyError):
            said(self.NAME, Interval(NOW - DAY, NOW.replace(minute=0)))

    def test_it_errs_more_the_farther_it_looks(self):
        errors = [self.errors(NOW - 11 * i * DAY) for i in range(12)]
        near, far = ([e[h] for e in errors for h in hours] for hours in (range(1, 13), range(120, 167)))
        assert 0.1 < fmean(near) < 0.6 * fmean(far)
        assert fmean(far) < 4.0

    def test_it_is_revised_with_a_run_and_not_between(self):
        nine, ten, noon = (NOW.replace(hour=h) for h in (9, 10, 12))
        window = Interval(NOW.replace(hour=13, minute=0), NOW + 2 * DAY)
        first, same, next_run = (values(said(self.NAME, window, now=now)) for now in (nine, ten, noon))
        assert first == same
        assert first.keys() == next_run.keys()
        assert first != next_run
