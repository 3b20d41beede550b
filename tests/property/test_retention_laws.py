"""Laws of retention: nothing young, open or alone goes, whatever there is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.domain.catalogue import observation
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.retention import MONTHS, RULES, WEEKS, Kept, kept_since, spared
from chocolate_factory.domain.series import TRUE_KINDS, Kind, Observation, Query
from chocolate_factory.domain.time import DAY, HOUR, Interval, Resolution, floor, madrid_date
from chocolate_factory.usecases.forget_forecasts import ForgetForecasts
from chocolate_factory.usecases.hourly_means import HourlyMeans
from chocolate_factory.usecases.progress import Progress

FEW = settings(max_examples=60)
NOW = datetime(2026, 6, 14, 0, 0, tzinfo=UTC)
EVER = Interval(NOW - 4000 * DAY, NOW + 100 * DAY)
MOMENTS = st.datetimes(datetime(2021, 6, 1), datetime(2040, 1, 1)).map(lambda m: m.replace(tzinfo=UTC))  # noqa: DTZ001
LASTING = [what for what in Kept if RULES[what].keep is not None]


@given(MOMENTS, st.sampled_from(LASTING))
def test_nothing_young_and_nothing_of_this_month_goes(now, what):
    since = kept_since(what, now)
    assert since <= now - RULES[what].keep + 2 * HOUR  # the day's midnight; a change of the clocks is an hour
    assert madrid_date(since) <= madrid_date(now).replace(day=1)
    assert kept_since(what, now + DAY) >= since


@given(st.lists(MOMENTS, max_size=60, unique=True))
def test_of_backups_the_newest_stays_and_no_more_than_there_are_weeks_and_months(made):
    kept = spared(made)
    assert kept <= set(made)
    assert len(kept) <= WEEKS + MONTHS
    assert not made or max(made) in kept
    assert spared(kept) == kept
    for moment in made:  # whatever goes has a newer one of its week, or weeks enough after it
        newer_weeks = {madrid_date(m).isocalendar()[:2] for m in made if m > moment}
        of_its_week = madrid_date(moment).isocalendar()[:2] in newer_weeks
        assert moment in kept or of_its_week or len(newer_weeks) >= WEEKS


# ---------------------------------------------------------------------- five minutes
BEFORE = floor(NOW, Resolution.HOUR) - 90 * DAY
POINTS = st.lists(st.tuples(st.integers(-600, 200), st.floats(5000.0, 60000.0)), max_size=60)
HOURS = st.lists(st.integers(-50, 17), max_size=30)
SITES = st.sampled_from(["linares", "jaen"])


def five(n: int, value: float, site: str) -> Observation:
    start = BEFORE + n * timedelta(minutes=5)
    return observation("demand_5min", "ree", Kind.OBSERVED, start, value, start + HOUR, site)


def an_hour(n: int, site: str) -> Observation:
    start = BEFORE + n * HOUR
    return observation("demand", "ree", Kind.OBSERVED, start, 20000.0, start + 2 * HOUR, site)


@FEW
@given(POINTS, HOURS, SITES)
def test_after_it_every_hour_that_had_a_point_has_a_value_and_young_points_stay(points, hours, site):
    store = MemoryStore()
    given_points = [five(n, value, site) for n, value in points]
    store.write(given_points)
    store.write(an_hour(n, site) for n in hours)
    real = store.read(Query("demand", EVER, site=site))
    means = HourlyMeans(store, FixedClock(NOW), TRUE_KINDS)
    counts = means(BEFORE, Progress())
    held = store.read(Query("demand", EVER, site=site))
    assert {floor(o.start, Resolution.HOUR) for o in given_points if o.start < BEFORE} <= {o.start for o in held}
    assert [o for o in held if o.kind is Kind.OBSERVED] == real, "what REE said is as it was"
    assert {(o.source, o.kind) for o in held} - {("ree", Kind.OBSERVED)} <= {("demand_5min", Kind.ESTIMATED)}
    left = store.read(Query("demand_5min", EVER, site=site))
    assert {o.start for o in left} == {o.start for o in given_points if o.start >= BEFORE}
    assert counts["hourly_means"] == len(held) - len(real)
    assert means(BEFORE, Progress()) == {"hourly_means": 0, "five_minute_rows_dropped": 0}


# ---------------------------------------------------------------------- cut off anywhere
class FragileStore(MemoryStore):
    """Fails at the so-manieth change, before or after it is made."""

    def __init__(self, fails_at: int, *, after: bool) -> None:
        super().__init__()
        self._left = fails_at
        self._after = after

    def write(self, observations):
        return self._perhaps(super().write, list(observations))

    def forget(self, *what):
        return self._perhaps(super().forget, *what)

    def _perhaps(self, change: Callable, *given):
        self._left -= 1
        if self._left == 0 and not self._after:
            raise StoreError("cut off")
        done = change(*given)
        if self._left == 0:
            raise StoreError("cut off")
        return done


@FEW
@given(POINTS, HOURS, st.integers(2, 8), st.booleans())
def test_cut_off_anywhere_nothing_is_lost_and_the_next_run_ends_it(points, hours, fails_at, after):
    whole, cut = MemoryStore(), FragileStore(fails_at, after=after)
    rows = [five(n, v, "linares") for n, v in points] + [an_hour(n, "linares") for n in hours]
    whole.write(rows)
    cut.write(rows)
    HourlyMeans(whole, FixedClock(NOW), TRUE_KINDS)(BEFORE, Progress())
    try:
        HourlyMeans(cut, FixedClock(NOW), TRUE_KINDS)(BEFORE, Progress())
    except StoreError:
        shown = {o.start for o in cut.read(Query("demand", EVER))}
        points_left = {floor(o.start, Resolution.HOUR) for o in cut.read(Query("demand_5min", EVER))}
        assert {floor(o.start, Resolution.HOUR) for o in rows if o.series == "demand_5min"} <= shown | points_left
    HourlyMeans(cut, FixedClock(NOW), TRUE_KINDS)(BEFORE, Progress())
    assert list(cut.everything()) == list(whole.everything())


# ---------------------------------------------------------------------- forecasts
NAMES = ["temperature", "spot", "demand", "generation_wind", "spot_p50", "feature_hour", "of the past"]
ROWS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(Kind), st.integers(-1500, 5), SITES), max_size=40)


@FEW
@given(ROWS, st.booleans())
def test_of_any_store_only_what_is_old_and_never_was_true_goes(rows, simulated):
    store = MemoryStore("simulated" if simulated else "real")
    given_rows = [
        Observation(series, "s", kind, NOW + day * DAY, 20.0, NOW + day * DAY, NOW + day * DAY, 60, site)
        for series, kind, day, site in rows
        if (kind is Kind.SIMULATED) == simulated
    ]
    store.write(given_rows)
    ForgetForecasts(store)(NOW, Progress())
    left = set(store.everything())
    for o in set(given_rows):
        ours = o.series in ("spot_p50", "feature_hour")
        old = o.start < NOW - (1200 if ours else 800) * DAY - DAY
        passing = ours or o.kind is Kind.FORECAST or (o.kind is Kind.ESTIMATED and o.series != "demand")
        if o not in left:
            assert passing
            assert o.start < NOW - (1199 if ours else 799) * DAY
        else:
            assert not (passing and old)
    assert ForgetForecasts(store)(NOW, Progress()) == {"forecast_rows_dropped": 0}
