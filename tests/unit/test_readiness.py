"""Whether there is enough to learn from: told in days, by series, and never from what was not observed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.domain.catalogue import observation
from chocolate_factory.domain.models import ModelName
from chocolate_factory.domain.series import TRUE_KINDS, Kind
from chocolate_factory.domain.time import DAY, HOUR
from chocolate_factory.forecasting.enough import FEWEST_IN_ALL
from chocolate_factory.learning.judging import FEWEST_DAYS
from chocolate_factory.usecases.readiness import NEEDED, History, Readiness

FIRST = datetime(2025, 1, 1, tzinfo=UTC)
SPOT, SCORE = ModelName.SPOT_PRICE, ModelName.ENERGY_OPTIMIZATION
OF_SCORE = NEEDED[SCORE][0]


@pytest.fixture
def store():
    return MemoryStore("real")


def reaches(store, series: str, span: timedelta, *, kind=Kind.OBSERVED, source="ree", first=FIRST) -> None:
    """A stream's first slot and its last."""
    for start in (first, first + span):
        store.write([observation(series, source, kind, start, 40.0, start + 400 * DAY)])


def history(store, name: ModelName, filling=TRUE_KINDS) -> History:
    return Readiness(store, filling, FixedClock(FIRST))(name)


@pytest.mark.parametrize("name", list(ModelName))
def test_an_empty_store_lacks_every_day_of_the_first_series(store, name):
    series, fewest = NEEDED[name]
    told = f"{fewest} more days of {series[0]} are needed, {fewest} in all."
    assert history(store, name) == History(None, told)


def test_two_days_lack_the_others(store):
    reaches(store, "spot", 2 * DAY)
    told = history(store, SPOT)
    assert told.newest is None
    assert told.missing == f"{FEWEST_IN_ALL - 2} more days of spot are needed, {FEWEST_IN_ALL} in all."


@pytest.mark.parametrize(("short", "ready"), [(HOUR, False), (timedelta(0), True)])
def test_the_last_hour_that_is_needed_counts(store, short, ready):
    reaches(store, "spot", FEWEST_IN_ALL * DAY - short)
    told = history(store, SPOT)
    assert (told.missing == "") is ready
    assert told.newest == (FIRST + FEWEST_IN_ALL * DAY if ready else None)
    assert ready or told.missing == f"1 more day of spot is needed, {FEWEST_IN_ALL} in all."


def test_what_is_known_ends_where_the_first_of_the_series_ends(store):
    for n, series in enumerate(OF_SCORE):
        reaches(store, series, (FEWEST_DAYS + 9 - n) * DAY)
    assert history(store, SCORE) == History(FIRST + (FEWEST_DAYS + 6) * DAY, "")


def test_the_series_that_is_missing_is_named(store):
    for series in OF_SCORE[:-1]:
        reaches(store, series, 2 * FEWEST_DAYS * DAY)
    assert history(store, SCORE).newest is None
    assert f"days of {OF_SCORE[-1]} are needed" in history(store, SCORE).missing


def test_what_was_not_observed_teaches_nothing(store):
    reaches(store, "spot", 2 * FEWEST_IN_ALL * DAY, kind=Kind.FORECAST)
    reaches(store, "spot", 2 * FEWEST_IN_ALL * DAY, kind=Kind.ESTIMATED)
    assert history(store, SPOT).missing.startswith(f"{FEWEST_IN_ALL} more days")


def test_the_simulated_world_learns_from_its_own(store):
    made = MemoryStore("simulated")
    reaches(made, "spot", 2 * FEWEST_IN_ALL * DAY, kind=Kind.SIMULATED, source="demo")
    assert history(made, SPOT, frozenset({Kind.SIMULATED})).missing == ""
    assert history(made, SPOT).newest is None


def test_sources_that_follow_each_other_are_one_history(store):
    half = FEWEST_IN_ALL // 2
    reaches(store, "spot", half * DAY, source="omie")
    reaches(store, "spot", (FEWEST_IN_ALL - half) * DAY, source="ree", first=FIRST + half * DAY)
    assert history(store, SPOT) == History(FIRST + FEWEST_IN_ALL * DAY, "")
