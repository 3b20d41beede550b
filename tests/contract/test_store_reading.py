"""The contract of the time-series store: what is asked for is given, and nothing else."""

from __future__ import annotations

import random

import pytest
from store_rows import MINUTE, RECEIPTS, RULE, T, ask, obs, values

from chocolate_factory.domain.series import DEFAULT_SITE, Kind, WriteCount
from chocolate_factory.domain.time import DAY, HOUR, Interval


# ---------------------------------------------------------------------- nothing mixes
@pytest.mark.parametrize("other", [{"kind": k} for k in Kind if k not in (Kind.OBSERVED, Kind.SIMULATED)], ids=str)
def test_kinds_never_mix(store, other):
    store.write([obs(50.0)])
    assert store.write([obs(70.0, received_at=RULE + DAY, **other)]) == WriteCount(new=1)
    assert values(store.read(ask(kinds=frozenset({Kind.OBSERVED})))) == [50.0]
    assert values(store.read(ask(kinds=frozenset({other["kind"]})))) == [70.0]
    assert sorted(values(store.read(ask()))) == [50.0, 70.0]


def test_a_forecast_never_overwrites_an_observation(store):
    store.write([obs(50.0, received_at=T + 2 * HOUR)])
    for hours in range(5):
        store.write([obs(40.0 + hours, kind=Kind.FORECAST, received_at=T + hours * HOUR)])
    assert values(store.read(ask(kinds=frozenset({Kind.OBSERVED})))) == [50.0]
    assert store.last("spot", frozenset({Kind.OBSERVED})).value == 50.0
    assert [o.kind for o in store.revisions(ask())].count(Kind.FORECAST) == 5


def test_sources_never_mix(store):
    store.write([obs(50.0), obs(51.0, source="omie", received_at=RULE + DAY)])
    assert [(o.source, o.value) for o in store.read(ask())] == [("omie", 51.0), ("ree", 50.0)]
    assert values(store.read(ask(sources=frozenset({"ree"})))) == [50.0]
    assert values(store.read(ask(sources=frozenset({"ree", "omie", "esios"})))) == [51.0, 50.0]


@pytest.mark.parametrize("nothing", [{"sources": frozenset()}, {"kinds": frozenset()}, {"sources": frozenset({"x"})}])
def test_asked_for_none_it_gives_none(store, nothing):
    store.write([obs()])
    assert store.read(ask(**nothing)) == []
    assert list(store.starts(ask(**nothing))) == []


def test_series_never_mix(store):
    store.write([obs(50.0), obs(120.0, series="pvpc")])
    assert values(store.read(ask())) == [50.0]
    assert values(store.read(ask(series="pvpc"))) == [120.0]


def test_sites_never_mix(store):
    store.write([obs(50.0), obs(60.0, site="jaen")])
    assert values(store.read(ask())) == [50.0]
    assert [(o.site, o.value) for o in store.read(ask(site="jaen"))] == [("jaen", 60.0)]
    assert store.last("spot", frozenset(Kind)).site == DEFAULT_SITE
    assert store.last("spot", frozenset(Kind), site="jaen").value == 60.0
    assert store.last("spot", frozenset(Kind), site="baeza") is None
    assert {s.site for s in store.inventory()} == {DEFAULT_SITE, "jaen"}


# ---------------------------------------------------------------------- windows
def test_a_window_holds_its_start_and_not_its_end(store):
    store.write([obs(float(i), at=i) for i in range(5)])
    window = Interval(T + HOUR, T + 3 * HOUR)
    assert values(store.read(ask(window))) == [1.0, 2.0]
    assert values(store.revisions(ask(window))) == [1.0, 2.0]
    assert [s for s, _ in store.starts(ask(window))] == [T + HOUR, T + 2 * HOUR]


def test_an_empty_window_holds_nothing(store):
    store.write([obs()])
    assert store.read(ask(Interval(T, T))) == []


def test_a_slot_belongs_to_the_window_it_begins_in(store):
    store.write([obs(1.0, resolution_minutes=1440)])
    assert store.read(ask(Interval(T + HOUR, T + DAY))) == []


def test_what_is_read_comes_in_order(store):
    batch = [obs(float(i), at=i % 7, source=s) for i, s in enumerate(["ree", "omie", "esios"] * 7)]
    store.write(batch)
    read = store.read(ask())
    assert [(o.start, o.source) for o in read] == sorted((o.start, o.source) for o in batch)


def test_starts_name_slot_and_source_once(store):
    store.write([obs(1.0), obs(2.0, received_at=RULE + DAY), obs(3.0, source="omie"), obs(4.0, kind=Kind.ESTIMATED)])
    assert list(store.starts(ask())) == [(T, "omie"), (T, "ree")]
    assert list(store.starts(ask(sources=frozenset({"ree"}), kinds=frozenset({Kind.ESTIMATED})))) == [(T, "ree")]


# ---------------------------------------------------------------------- the last
def test_the_last_is_the_newest_value_of_the_latest_slot(store):
    store.write([obs(1.0, at=1), obs(2.0, at=2), obs(3.0, at=2, received_at=RULE + DAY), obs(9.0, received_at=T)])
    last = store.last("spot", frozenset({Kind.OBSERVED}))
    assert (last.start, last.value) == (T + 2 * HOUR, 3.0)


def test_the_last_before_a_moment_begins_before_it(store):
    store.write([obs(float(i), at=i) for i in range(3)])
    observed = frozenset({Kind.OBSERVED})
    assert store.last("spot", observed, before=T + 2 * HOUR).value == 1.0
    assert store.last("spot", observed, before=T + 2 * HOUR + MINUTE).value == 2.0
    assert store.last("spot", observed, before=T) is None


def test_the_last_is_of_the_kinds_asked_for(store):
    store.write([obs(1.0), obs(2.0, at=5, kind=Kind.FORECAST), obs(3.0, at=3, kind=Kind.REANALYSIS)])
    assert store.last("spot", frozenset({Kind.OBSERVED, Kind.REANALYSIS})).value == 3.0
    assert store.last("spot", frozenset({Kind.ESTIMATED})) is None
    assert store.last("spot", frozenset()) is None
    assert store.last("pvpc", frozenset(Kind)) is None


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_sources_with_one_slot_the_last_is_the_one_known_last(store, order):
    pair = [obs(1.0, source="omie", received_at=RULE + HOUR), obs(2.0, source="aemet", received_at=RULE)]
    for o in pair[::order]:
        store.write([o])
    assert store.last("spot", frozenset(Kind)).value == 1.0


# ---------------------------------------------------------------------- what is held
def test_the_inventory_counts_slots_and_revisions(store):
    store.write([obs(float(i), at=i) for i in range(3)])
    store.write([obs(9.0, at=1, received_at=RULE + DAY), obs(8.0, at=7, source="omie", kind=Kind.ESTIMATED)])
    omie, ree = sorted(store.inventory(), key=lambda s: s.source)
    assert (ree.site, ree.series, ree.source, ree.kind, ree.resolution_minutes) == (
        DEFAULT_SITE, "spot", "ree", Kind.OBSERVED, 60,
    )  # fmt: skip
    assert (ree.first, ree.last, ree.count, ree.revisions) == (T, T + 2 * HOUR, 3, 4)
    assert ree.last_received_at == RULE + DAY
    assert (omie.kind, omie.count, omie.revisions, omie.first) == (Kind.ESTIMATED, 1, 1, T + 7 * HOUR)


def test_what_is_too_old_is_forgotten(store):
    store.write([obs(float(i), at=i) for i in range(5)])
    store.write([obs(9.0, at=1, received_at=RULE + DAY)])
    store.write([obs(1.0, kind=Kind.FORECAST), obs(2.0, series="pvpc"), obs(3.0, site="jaen")])
    dropped = store.forget("spot", frozenset({Kind.OBSERVED}), T + 2 * HOUR)
    assert dropped == 4, "two slots, a revision, and the other plant's"
    assert values(store.read(ask(kinds=frozenset({Kind.OBSERVED})))) == [2.0, 3.0, 4.0]
    assert len(store.read(ask(kinds=frozenset({Kind.FORECAST})))) == 1
    assert len(store.read(ask(series="pvpc"))) == 1
    assert store.forget("spot", frozenset({Kind.OBSERVED}), T + 2 * HOUR) == 0
    assert store.forget("spot", frozenset(), T + DAY) == 0


def test_a_stream_forgotten_whole_is_no_longer_held(store):
    store.write([obs()])
    store.forget("spot", frozenset(Kind), T + DAY)
    assert store.inventory() == []
    assert store.write([obs()]).new == 1


def test_everything_written_to_another_store_makes_it_equal(store, new_store):
    for o in random.Random(1).sample(RECEIPTS, len(RECEIPTS)):
        store.write([o, o._replace(site="jaen"), o._replace(kind=Kind.FORECAST, published_at=o.received_at)])
    store.write([obs(float(i), start=T + i * DAY, resolution_minutes=1440, series="wind") for i in range(1500)])
    other = new_store()
    other.write(store.everything())
    assert list(other.everything()) == list(store.everything())
    assert other.inventory() == store.inventory()
    assert other.write(store.everything()).written == 0


def test_everything_may_be_left_half_way_and_beside_it_the_store_goes_on(store):
    store.write([obs(float(i), at=i) for i in range(3000)])
    for _ in range(8):
        walk = store.everything()
        next(walk)
        store.write([obs(7.0, at=5000)])
        assert store.last("spot", frozenset(Kind)).value == 7.0
        walk.close()
    assert sum(1 for _ in store.everything()) == 3001
