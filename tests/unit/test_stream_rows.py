"""What comes, by stream: as numbers and back, and what is asked of a store because of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.adapters.stream_keys import all_us, key_of, us, when
from chocolate_factory.adapters.stream_rows import APART, StreamRows, by_stream, observations, slot_starts, stretches
from chocolate_factory.domain.errors import InputError, WrongWorldError
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import HOUR

T = datetime(2026, 3, 9, 23, tzinfo=UTC)
ELSEWHERE = timezone(timedelta(hours=2))
MOMENTS = st.builds(
    lambda hours, zone: (T + timedelta(hours=hours, microseconds=hours)).astimezone(zone),
    st.integers(-2_000_000, 2_000_000),
    st.sampled_from([UTC, ELSEWHERE]),
)


def obs(value: float = 50.0, at: int = 0, **other) -> Observation:
    fields = {
        "series": "spot", "source": "ree", "kind": Kind.OBSERVED, "start": T + at * HOUR, "value": value,
        "published_at": T, "received_at": T, "resolution_minutes": 60,
    }  # fmt: skip
    return Observation(**{**fields, **other})


@given(st.lists(MOMENTS, max_size=5))
def test_moments_are_reckoned_alike_one_by_one_and_together(moments):
    assert list(all_us(moments)) == [us(m) for m in moments]
    assert [when(us(m)) for m in moments] == moments


@given(st.lists(st.tuples(MOMENTS, MOMENTS, MOMENTS, st.floats(allow_nan=False, allow_infinity=False)), min_size=1))
def test_rows_come_back_as_they_were(rows):
    came = [obs(value, start=start, published_at=pub, received_at=rec) for start, pub, rec, value in rows]
    ((key, found),) = by_stream(came, "real").items()
    assert list(observations(key, found.points())) == came
    assert len(found) == len(came)
    assert found.is_one_each == (len({o.start for o in came}) == len(came))


def test_moments_shared_and_not_shared_are_told_apart():
    """The same object again, another of the same moment, one for receipt and publication."""
    one, same, later = T, T + timedelta(0), T + HOUR
    pairs = [(one, one), (one, later), (later, later), (one, later), (same, one), (same, same), (later, one)]
    came = [obs(at=i, published_at=published, received_at=received) for i, (published, received) in enumerate(pairs)]
    assert list(observations(key_of(came[0]), StreamRows(came).points())) == came


def test_streams_are_told_apart_in_whatever_order_they_come():
    came = [obs(at=i, source=source) for i in range(3) for source in ("ree", "omie")]
    found = by_stream([*came, obs(kind=Kind.FORECAST), obs(series="pvpc"), obs(site="jaen")], "real")
    assert [len(rows) for rows in found.values()] == [3, 3, 1, 1, 1]
    assert [key[2] for key in found] == ["ree", "omie", "ree", "ree", "ree"]


def test_of_two_values_with_one_receipt_the_later_counts():
    rows = StreamRows([obs(1.0), obs(2.0), obs(3.0, received_at=T + HOUR)])
    assert rows.slots() == {us(T): {us(T): (us(T), 2.0), us(T + HOUR): (us(T), 3.0)}}


@pytest.mark.parametrize(
    ("wrong", "error"),
    [(obs(float("nan")), InputError), (obs(float("-inf")), InputError), (obs(kind=Kind.SIMULATED), WrongWorldError)],
)
def test_one_that_no_store_takes_stops_all(wrong, error):
    with pytest.raises(error):
        by_stream([obs(), obs(at=1), wrong, obs(at=2)], "real")


def test_what_is_no_float_becomes_one():
    ((_, _, _, value),) = StreamRows([obs(True)]).points()
    assert repr(value) == "1.0"


@given(st.lists(st.integers(0, 20 * APART), min_size=1, max_size=8))
def test_stretches_hold_every_slot_and_no_long_emptiness(starts):
    found = list(stretches(starts))
    assert all(sum(first <= s <= last for first, last in found) == 1 for s in starts)
    assert all(later[0] - earlier[1] > APART for earlier, later in pairwise(found))
    assert all(first in starts and last in starts for first, last in found)


@given(st.dictionaries(st.sampled_from(["ree", "omie", "esios"]), st.sets(st.integers(0, 50)), max_size=3))
def test_starts_of_one_and_of_several_streams_come_in_order(found):
    starts = slot_starts([(source, sorted(those)) for source, those in found.items()])
    assert starts == sorted((when(start), source) for source, those in found.items() for start in those)
