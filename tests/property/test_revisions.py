"""Laws of ``revise``: what every store makes of one slot's receipts."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.domain.series import Slot, revise, tally

ROWS = st.tuples(st.integers(0, 9), st.sampled_from([1.0, 2.0, 3.0]))
RECEIPTS = st.dictionaries(st.integers(0, 9), ROWS, max_size=8)
SOME = st.dictionaries(st.integers(0, 9), ROWS, min_size=1, max_size=8)


def held_of(receipts: Slot[int]) -> Slot[int]:
    """What a store holds that was given these."""
    return revise({}, receipts)


@given(RECEIPTS)
def test_receipt_and_publication_never_go_back_and_no_value_repeats_the_one_before(receipts):
    for (a, (since_a, value_a)), (b, (since_b, value_b)) in pairwise(held_of(receipts).items()):
        assert a < b
        assert since_a <= since_b
        assert b <= since_b, "a contradiction is not public before we have it"
        assert value_a != value_b


@given(SOME)
def test_the_first_receipt_stands_as_it_was_published_and_the_last_value_is_the_last_received(receipts):
    held = held_of(receipts)
    first = min(receipts)
    assert held[first] == receipts[first]
    assert list(held.values())[-1][1] == receipts[max(receipts)][1]


@given(RECEIPTS)
def test_what_is_held_written_to_another_store_is_the_same(receipts):
    held = held_of(receipts)
    copy: Slot[int] = {}
    for received, row in held.items():
        copy = revise(copy, {received: row})
    assert revise({}, held) == copy == held


@given(RECEIPTS, SOME)
def test_the_same_again_changes_nothing(before, coming):
    held = revise(held_of(before), coming)
    assert revise(held, coming) == held
    assert tally([(held, coming, revise(held, coming))]).written == 0


@given(RECEIPTS, SOME)
def test_every_value_that_came_is_new_revised_or_unchanged(before, coming):
    held = held_of(before)
    slot = revise(held, coming)
    count = tally([(held, coming, slot)])
    assert count.new + count.revised + count.unchanged == len(coming)
    assert min(count.new, count.revised, count.unchanged) >= 0
    assert count.new == (not held)


@given(RECEIPTS, RECEIPTS)
def test_a_new_receipt_that_changes_something_is_counted_and_no_other_is(before, coming):
    held = held_of(before)
    fresh = {received: row for received, row in coming.items() if received not in held}
    slot = revise(held, fresh)
    assert (tally([(held, fresh, slot)]).written > 0) == (slot != held) or not fresh


@given(st.permutations([(1, 1.0), (2, 2.0), (3, 3.0), (4, 1.0)]))
def test_where_every_value_contradicts_the_others_the_order_of_arrival_does_not_matter(order):
    order = [(received, value + received * 10) for received, value in order]
    slot: Slot[int] = {}
    for received, value in order:
        slot = revise(slot, {received: (0, value)})
    assert slot == held_of({received: (0, value) for received, value in order})
