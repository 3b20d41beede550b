"""The contract of the time-series store: what is written is there, once."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from store_rows import MINUTE, RULE, T, ask, obs, values

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.series import Kind, Query, WriteCount
from chocolate_factory.domain.time import DAY, HOUR, Interval


# ---------------------------------------------------------------------- what is written is there
def test_a_new_store_holds_nothing(store):
    assert store.read(ask()) == []
    assert store.revisions(ask()) == []
    assert list(store.starts(ask())) == []
    assert store.last("spot", frozenset(Kind)) is None
    assert store.inventory() == []
    assert list(store.everything()) == []
    assert store.verify() == []
    assert store.backend


def test_what_is_read_is_what_was_written(store):
    written = [obs(50.0 + i, at=i) for i in range(24)]
    assert store.write(written) == WriteCount(new=24)
    assert store.read(ask()) == written


def test_nothing_is_a_write_too(store):
    assert store.write([]) == WriteCount()
    assert store.write(iter(())) == WriteCount()


def test_an_iterator_is_as_good_as_a_list(store):
    assert store.write(obs(1.0, at=i) for i in range(3)).new == 3


def test_moments_are_kept_to_the_microsecond(store):
    moment = datetime(2026, 3, 9, 13, 59, 59, 999_999, tzinfo=UTC)
    o = obs(start=datetime(2026, 3, 10, 0, 0, 0, 1, tzinfo=UTC), published_at=moment, received_at=moment + MINUTE / 7)
    store.write([o])
    assert store.read(ask()) == [o]
    assert store.read(ask(received_by=o.received_at - timedelta(microseconds=1))) == []


@pytest.mark.parametrize("year", [1940, 1969, 2099])
def test_a_slot_may_lie_far_from_today(store, year):
    o = obs(start=datetime(year, 7, 1, tzinfo=UTC), series="temperature")
    store.write([o])
    assert store.read(Query("temperature", Interval(o.start, o.start + HOUR))) == [o]


@pytest.mark.parametrize("value", [0.0, -0.01, -10.0, 1e-300, 1.7976931348623157e308, 0.1 + 0.2, 180_000.0, 7])
def test_values_are_kept_to_the_last_bit(store, value):
    store.write([obs(value)])
    (read,) = store.read(ask())
    assert read.value == value
    assert isinstance(read.value, float)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused_and_its_batch_with_it(store, value):
    with pytest.raises(InputError, match="spot"):
        store.write([obs(1.0), obs(value, at=1)])
    assert store.read(ask()) == []


@pytest.mark.parametrize("minutes", [5, 15, 60, 1440])
def test_every_length_of_slot_is_kept(store, minutes):
    written = [obs(float(i), start=T + i * timedelta(minutes=minutes), resolution_minutes=minutes) for i in range(5)]
    store.write(written)
    assert store.read(ask()) == written


def test_a_series_may_change_its_slots_length(store):
    hours = [obs(float(i), at=i) for i in range(2)]
    quarters = [obs(9.0, start=T + 2 * HOUR + i * 15 * MINUTE, resolution_minutes=15) for i in range(4)]
    store.write([*quarters, *hours])
    assert store.read(ask()) == [*hours, *quarters]


def test_moments_of_another_zone_are_the_same_moments(store):
    madrid = ZoneInfo("Europe/Madrid")
    repeated = datetime(2026, 10, 25, 0, tzinfo=UTC)
    for hours in range(3):  # 02:00 summer time, 02:00 winter time, 03:00
        start = repeated + hours * HOUR
        local = obs(float(hours), start=start.astimezone(madrid), received_at=RULE.astimezone(madrid))
        assert store.write([obs(float(hours), start=start)]).new == 1
        assert store.write([local]).unchanged == 1
    read = store.read(ask())
    assert [o.start for o in read] == [repeated + h * HOUR for h in range(3)]
    assert all(m.utcoffset() == timedelta(0) for o in read for m in (o.start, o.received_at, o.published_at))


def test_a_big_batch_is_written_in_one_go(store):
    written = [obs(i / 8, start=T + i * 15 * MINUTE, resolution_minutes=15) for i in range(4_000)]
    shuffled = random.Random(5).sample(written, len(written))
    assert store.write(shuffled).new == 4_000
    assert store.read(ask()) == written
    assert store.write(written) == WriteCount(unchanged=4_000)


# ---------------------------------------------------------------------- twice, and otherwise
def test_the_same_twice_changes_nothing(store):
    written = [obs(50.0 + i, at=i) for i in range(24)]
    store.write(written)
    before = list(store.everything())
    assert store.write(written) == WriteCount(unchanged=24)
    assert list(store.everything()) == before


def test_the_same_value_received_again_changes_nothing(store):
    store.write([obs()])
    assert store.write([obs(received_at=RULE + DAY, published_at=RULE)]) == WriteCount(unchanged=1)
    assert store.revisions(ask()) == [obs()]


def test_the_same_value_twice_in_one_batch_is_one(store):
    again = obs(received_at=RULE + MINUTE, published_at=RULE)
    assert store.write([obs(), again]) == WriteCount(new=1, unchanged=1)
    assert store.revisions(ask()) == [obs()]


def test_another_value_is_a_revision_and_the_old_one_stays(store):
    store.write([obs(50.0)])
    later = obs(60.0, received_at=RULE + DAY, published_at=RULE)
    assert store.write([later]) == WriteCount(revised=1)
    assert values(store.read(ask())) == [60.0]
    assert values(store.revisions(ask())) == [50.0, 60.0]
    assert store.write([later]) == WriteCount(unchanged=1)
    assert store.write([obs(50.0)]) == WriteCount(unchanged=1)


def test_back_to_the_first_value_is_a_revision_too(store):
    for days, value in enumerate((50.0, 60.0, 50.0)):
        store.write([obs(value, received_at=RULE + days * DAY, published_at=RULE)])
    assert values(store.revisions(ask())) == [50.0, 60.0, 50.0]
    assert store.read(ask())[0].received_at == RULE + 2 * DAY


def test_a_slot_and_its_revision_in_one_batch(store):
    both = [obs(60.0, received_at=RULE + DAY, published_at=RULE), obs(50.0)]
    assert store.write(both) == WriteCount(new=1, revised=1)
    assert values(store.revisions(ask())) == [50.0, 60.0]
    assert store.write(both) == WriteCount(unchanged=2)


@pytest.mark.parametrize("many", [(5.0, 3.0), (3.0, 5.0), (5.0, 3.0, 3.0), (5.0, 3.0, 5.0)])
@pytest.mark.parametrize("at_once", [True, False])
def test_of_values_with_one_receipt_the_last_written_counts(store, many, at_once):
    batch = [obs(v) for v in many]
    for part in [batch] if at_once else [[o] for o in batch]:
        store.write(part)
    assert store.revisions(ask()) == [obs(many[-1])]
