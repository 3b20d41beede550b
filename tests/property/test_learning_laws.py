from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.domain.thermal import Air, line_may_run
from chocolate_factory.domain.time import HOUR, madrid_midnight
from chocolate_factory.learning.halt import Halt, halts
from chocolate_factory.learning.history import freshest
from chocolate_factory.learning.places import nearest_place, place, place_within

PLANT = read_plant()
numbers = st.floats(-500, 500, allow_nan=False, width=32)
some = st.lists(numbers, min_size=2, max_size=40)


@given(some, numbers)
def test_a_place_is_a_share_and_rises_with_the_value(others, value):
    among = np.array([others, others])
    low, high = place(np.array([value, value + 1.0]), among, fewest=1)
    assert 0 <= low <= high <= 1


@given(some, numbers)
def test_what_nobody_knows_counts_for_nothing(others, value):
    padded = np.array([[*others, np.nan, np.nan]])
    assert place(np.array([value]), padded, fewest=1) == place(np.array([value]), np.array([others]), fewest=1)


@given(some)
def test_places_in_a_group_are_half_on_average(values):
    found = place_within(np.array(values), np.zeros(len(values), dtype=int), fewest=1)
    assert abs(found.mean() - 0.5) < 1e-9


@given(some, some, numbers, numbers)
def test_the_value_at_the_same_place_rises_with_the_first(first, second, value, other):
    low, high = sorted((value, other))
    told = [nearest_place(v, np.array(first), np.array(second)) for v in (low, high)]
    assert told[0] <= told[1] + 1e-6


@given(st.lists(st.one_of(st.just(float("nan")), numbers), max_size=60), st.integers(0, 60))
def test_a_reading_changes_nothing_before_it_is_public(readings, changed):
    before = freshest(np.array(readings, dtype=float))
    if changed < len(readings):
        other = np.array(readings, dtype=float)
        other[changed] = 1234.0
        assert np.array_equal(before[: changed + 2], freshest(other)[: changed + 2], equal_nan=True)


@given(st.floats(-10, 48), st.floats(5, 100), st.integers(0, 24 * 14))
def test_production_halts_exactly_where_the_plant_cannot_work(degrees, percent, hour):
    at, air = madrid_midnight(date(2026, 6, 1)) + hour * HOUR, Air(degrees, percent)
    found = {why for why, _ in halts(PLANT, at, air)}
    assert (Halt.CREW in found) == (not PLANT.crew.present(at))
    assert bool(found - {Halt.CREW}) == (not line_may_run(air, PLANT))
