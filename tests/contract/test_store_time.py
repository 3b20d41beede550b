"""The contract of the time-series store: what was known when, in whatever order it came."""

from __future__ import annotations

import random
from zoneinfo import ZoneInfo

import pytest
from store_rows import MINUTE, RECEIPTS, RULE, ask, obs, values

from chocolate_factory.domain.series import WriteCount
from chocolate_factory.domain.time import DAY, HOUR


# ---------------------------------------------------------------------- when the world could know it
def test_a_revision_was_not_public_before_we_had_it(store):
    """The rule says 14:00 the day before, of the revised value too; but then we held another."""
    store.write([obs(50.0)])
    store.write([obs(60.0, received_at=RULE + DAY, published_at=RULE)])
    assert [o.published_at for o in store.revisions(ask())] == [RULE, RULE + DAY]
    assert values(store.read(ask(published_by=RULE))) == [50.0]
    assert values(store.read(ask(published_by=RULE + DAY - MINUTE))) == [50.0]
    assert values(store.read(ask(published_by=RULE + DAY))) == [60.0]


def test_nor_where_the_first_value_came_before_its_hour(store):
    """A price seen at 13:10, whose rule says 14:00, was not the next morning's price at 14:00."""
    early = RULE - 50 * MINUTE
    store.write([obs(50.0, received_at=early)])
    store.write([obs(60.0, received_at=RULE + DAY, published_at=RULE)])
    assert [o.published_at for o in store.revisions(ask())] == [early, RULE + DAY]
    assert values(store.read(ask(published_by=RULE + HOUR))) == [50.0]


def test_a_value_alone_is_public_by_rule(store):
    """History that is loaded years later was known in its day."""
    o = obs(50.0, received_at=RULE + 900 * DAY, published_at=RULE)
    store.write([o])
    assert store.read(ask(published_by=RULE)) == [o]
    assert store.read(ask(received_by=RULE + 899 * DAY)) == []


def test_known_at_a_moment_by_receipt(store):
    for days, value in ((0, 1.0), (1, 2.0), (8, 3.0)):
        store.write([obs(value, received_at=RULE + days * DAY, published_at=RULE)])
    known = {days: values(store.read(ask(received_by=RULE + days * DAY))) for days in (-1, 0, 1, 7, 8, 100)}
    assert known == {-1: [], 0: [1.0], 1: [2.0], 7: [2.0], 8: [3.0], 100: [3.0]}
    assert values(store.revisions(ask(received_by=RULE + DAY))) == [1.0, 2.0]


def test_both_limits_hold_at_once(store):
    store.write([obs(50.0, received_at=RULE + HOUR, published_at=RULE)])
    assert store.read(ask(published_by=RULE, received_by=RULE)) == []
    assert len(store.read(ask(published_by=RULE, received_by=RULE + HOUR))) == 1
    assert list(store.starts(ask(published_by=RULE - MINUTE))) == []
    assert len(store.starts(ask(published_by=RULE))) == 1


def test_a_moment_is_asked_for_in_any_zone(store):
    store.write([obs(50.0)])
    madrid = ZoneInfo("Europe/Madrid")
    assert len(store.read(ask(received_by=RULE.astimezone(madrid)))) == 1
    assert store.read(ask(received_by=(RULE - MINUTE).astimezone(madrid))) == []


# ---------------------------------------------------------------------- out of order
@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_arrival_does_not_matter(store, new_store, seed):
    for o in RECEIPTS:
        store.write([o])
    other = new_store()
    for o in random.Random(seed).sample(RECEIPTS, len(RECEIPTS)):
        other.write([o])
    assert other.revisions(ask()) == store.revisions(ask())


def test_an_older_receipt_that_comes_late_does_not_hide_the_newer(store):
    store.write([obs(60.0, received_at=RULE + DAY, published_at=RULE)])
    assert store.write([obs(50.0)]) == WriteCount(revised=1)
    assert values(store.read(ask())) == [60.0]
    assert values(store.read(ask(received_by=RULE))) == [50.0]
    assert values(store.read(ask(published_by=RULE))) == [50.0], "60 was not public while we held 50"


def test_an_older_receipt_of_the_same_value_takes_its_place(store):
    store.write([obs(received_at=RULE + DAY, published_at=RULE)])
    store.write([obs()])
    assert store.revisions(ask()) == [obs()]


def test_a_later_rule_does_not_hide_what_came_after_it(store):
    """A publication after the receipt is nonsense; it must not make every later value invisible."""
    store.write([obs(1.0, received_at=RULE - DAY, published_at=RULE)])
    late = obs(2.0, received_at=RULE - DAY / 2, published_at=RULE - DAY / 2)
    store.write([late])
    assert values(store.read(ask())) == [2.0]
    assert store.write([late]) == WriteCount(unchanged=1)
