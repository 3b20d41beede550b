"""What every time-series store promises; the same tests for each back end."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.domain.errors import InputError, StoreError, WrongWorldError
from chocolate_factory.domain.series import DEFAULT_SITE, Kind, Observation, Query, WriteCount
from chocolate_factory.domain.time import DAY, HOUR, Interval

MINUTE = timedelta(minutes=1)
T = datetime(2026, 3, 9, 23, tzinfo=UTC)  # midnight in Madrid
RULE = T - timedelta(hours=9)  # when the price of the slot at T is published
EVER = Interval(T - 4000 * DAY, T + 4000 * DAY)


def obs(value: float = 50.0, at: int = 0, **other) -> Observation:
    """A price of the slot ``at`` hours after T, received when it was published unless told otherwise."""
    fields = {
        "series": "spot", "source": "ree", "kind": Kind.OBSERVED, "start": T + at * HOUR, "value": value,
        "published_at": other.get("received_at", RULE), "received_at": RULE, "resolution_minutes": 60,
    }  # fmt: skip
    return Observation(**{**fields, **other})


def ask(window: Interval = EVER, **other) -> Query:
    return Query(**{"series": "spot", "window": window, **other})


def values(observations) -> list[float]:
    return [o.value for o in observations]


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
RECEIPTS = [obs(v, received_at=RULE + d * DAY, published_at=RULE) for d, v in enumerate((5.0, 7.0, 6.0, 8.0))]


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


# ---------------------------------------------------------------------- all or nothing
class UpstreamBrokeError(Exception):
    """Raised in the middle of a batch."""


def breaking(count: int):
    for i in range(count):
        yield obs(float(i), at=i, source="ree" if i % 2 else "omie")
    raise UpstreamBrokeError


def test_a_batch_that_breaks_half_way_is_not_written(store):
    store.write([obs(77.0)])
    with pytest.raises(UpstreamBrokeError):
        store.write(breaking(500))
    assert list(store.everything()) == [obs(77.0)]
    assert store.write([obs(1.0, at=1)]).new == 1


@pytest.mark.parametrize("bad", [{"value": None}, {"value": "12"}, {"start": None}, {"received_at": "today"}], ids=str)
def test_a_batch_with_what_is_no_observation_is_not_written(store, bad):
    with pytest.raises((TypeError, AttributeError, ValueError)):
        store.write([obs(1.0), obs(2.0, source="omie")._replace(**bad)])
    assert list(store.everything()) == []
    assert store.write([obs(1.0)]).new == 1


def test_a_moment_without_a_zone_is_refused(store):
    naive = obs(start=T.replace(tzinfo=None))
    with pytest.raises(TypeError):
        store.write([obs(1.0, at=1), naive])
    assert list(store.everything()) == []


# ---------------------------------------------------------------------- two worlds
@pytest.mark.parametrize(("world", "kind"), [("real", Kind.SIMULATED), ("simulated", Kind.OBSERVED)])
def test_the_other_worlds_values_are_refused_and_nothing_is_written(new_store, world, kind):
    store = new_store(world)
    own = Kind.SIMULATED if world == "simulated" else Kind.OBSERVED
    with pytest.raises(WrongWorldError, match=world):
        store.write([obs(1.0, kind=own), obs(2.0, at=1, kind=kind)])
    assert list(store.everything()) == []
    assert store.write([obs(1.0, kind=own)]).new == 1


def test_the_other_worlds_backup_is_refused(new_store, tmp_path):
    demo, real = new_store("simulated"), new_store()
    demo.write([obs(1.0, kind=Kind.SIMULATED)])
    real.write([obs(2.0)])
    demo.backup(tmp_path / "demo.backup")
    with pytest.raises(WrongWorldError):
        real.restore(tmp_path / "demo.backup")
    assert values(real.read(ask())) == [2.0]


# ---------------------------------------------------------------------- backup and restore
def test_a_backup_brings_back_what_was_there(store, tmp_path):
    store.write(RECEIPTS)
    before = list(store.everything())
    store.backup(tmp_path / "deep" / "down" / "a.backup")
    store.write([obs(1.0, at=i) for i in range(50)])
    store.restore(tmp_path / "deep" / "down" / "a.backup")
    assert list(store.everything()) == before
    assert store.verify() == []
    assert store.write([obs(1.0, at=3)]).new == 1


def test_a_backup_is_for_another_store_too(store, new_store, tmp_path):
    store.write([obs(1.0), obs(2.0, series="pvpc")])
    store.backup(tmp_path / "a.backup")
    other = new_store()
    other.write([obs(9.0, series="humidity"), obs(8.0, series="pvpc", at=1)])
    other.restore(tmp_path / "a.backup")
    assert list(other.everything()) == list(store.everything())
    other.write([obs(3.0, series="pvpc", at=2), obs(4.0, series="humidity")])
    assert values(other.read(ask(series="pvpc"))) == [2.0, 3.0]
    assert values(other.read(ask(series="humidity"))) == [4.0]
    assert len(list(store.everything())) == 2, "the one that was copied is not touched"


def test_a_backup_replaces_an_older_one_and_leaves_nothing_beside_it(store, tmp_path):
    folder = tmp_path / "backups"
    store.backup(folder / "a.backup")
    store.write([obs()])
    store.backup(folder / "a.backup")
    store.restore(folder / "a.backup")
    assert len(store.read(ask())) == 1
    assert [f.name for f in folder.iterdir()] == ["a.backup"]


def test_a_backups_name_may_be_anything(store, tmp_path):
    store.write([obs()])
    for name in ("no suffix", "50% of?it#now.db", "año ñandú.db", ".hidden"):
        store.backup(tmp_path / name)
        store.restore(tmp_path / name)
    assert len(store.read(ask())) == 1


def _cut(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _emptied(_body: bytes) -> bytes:
    return b""


def _overwritten(body: bytes) -> bytes:
    return b"this is no backup, " * (len(body) // 19)


def _holed(body: bytes) -> bytes:
    third = len(body) // 3
    return body[:third] + bytes(third) + body[2 * third :]


@pytest.mark.parametrize("damage", [_cut, _emptied, _overwritten, _holed])
def test_a_damaged_backup_is_refused_and_the_store_stays(store, tmp_path, damage):
    store.write([obs(float(i), at=i) for i in range(2000)])
    target = tmp_path / "a.backup"
    store.backup(target)
    target.write_bytes(damage(target.read_bytes()))
    before = list(store.everything())
    with pytest.raises(StoreError, match=r"a\.backup"):
        store.restore(target)
    assert list(store.everything()) == before
    assert store.write([obs(1.0, at=5000)]).new == 1


def test_a_backup_that_is_not_there_is_named(store, tmp_path):
    for missing in (tmp_path / "none.backup", tmp_path):
        with pytest.raises(StoreError, match=str(missing)):
            store.restore(missing)


def test_a_backup_that_cannot_be_written_is_named(store, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="file"):
        store.backup(tmp_path / "file" / "a.backup")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreError, match="folder"):
        store.backup(tmp_path / "folder")
    assert store.verify() == []


# ---------------------------------------------------------------------- many at once
class Crew:
    """Threads whose failures are the test's."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self._failures: list[BaseException] = []
        self._threads: list[threading.Thread] = []

    def until_done(self, deed: Callable[[], None]) -> None:
        def work() -> None:
            while not self.done.is_set():
                deed()

        self.once(work)

    def once(self, deed: Callable[[], None]) -> threading.Thread:
        def work() -> None:
            try:
                deed()
            except BaseException as e:  # noqa: BLE001  raised again by finish
                self._failures.append(e)

        thread = threading.Thread(target=work)
        self._threads.append(thread)
        thread.start()
        return thread

    def finish(self) -> None:
        self.done.set()
        for thread in self._threads:
            thread.join(60.0)
        assert not any(t.is_alive() for t in self._threads)
        for failure in self._failures:
            raise failure


def a_day(value: float, moment: int, sources=("ree", "omie")) -> list[Observation]:
    """One value for each hour of a day, from two sources."""
    received = RULE + moment * MINUTE
    return [obs(value, at=i, source=s, received_at=received) for s in sources for i in range(24)]


def test_writers_do_not_lose_one_anothers_values(store):
    crew = Crew()

    def writer(number: int) -> None:
        for i in range(10):
            own = [obs(float(i), at=100 * number + i, source=f"feed{number % 2}")]
            store.write([*own, *a_day(float(i), i)])

    writers = [crew.once(lambda n=n: writer(n)) for n in range(4)]
    for thread in writers:
        thread.join(60.0)
    crew.finish()
    mine = [o for o in store.read(ask()) if o.source.startswith("feed")]
    assert len(mine) == 40
    assert {o.value for o in store.read(ask(sources=frozenset({"ree", "omie"})))} == {9.0}
    assert len(store.revisions(ask(sources=frozenset({"ree"})))) == 24 * 10


def test_readers_see_a_batch_whole_or_not_at_all(store):
    store.write(a_day(0.0, 0))
    crew = Crew()
    seen: set[float] = set()

    def look() -> None:
        read = store.read(ask(Interval(T, T + DAY)))
        assert len(read) == 48
        assert len(set(values(read))) == 1, "two batches in one reading"
        seen.add(read[0].value)

    for _ in range(3):
        crew.until_done(look)
    for i in range(1, 25):
        store.write(a_day(float(i), i))
    crew.finish()
    assert seen <= {float(i) for i in range(25)}


def test_a_backup_taken_while_others_write_is_whole(store, new_store, tmp_path):
    store.write(a_day(0.0, 0))
    crew = Crew()
    moments = iter(range(1, 100_000))

    def write() -> None:
        moment = next(moments)
        store.write(a_day(float(moment), moment))

    crew.until_done(write)
    for i in range(6):
        store.backup(tmp_path / f"{i}.backup")
    crew.finish()
    for i in range(6):
        copy = new_store()
        copy.restore(tmp_path / f"{i}.backup")
        assert copy.verify() == []
        assert len({o.value for o in copy.read(ask())}) == 1


def test_a_restore_under_readers_shows_the_old_or_the_new(new_store, tmp_path):
    """The two hold their streams in another order, so that one's numbers name the other's series."""
    first, second = new_store(), new_store()
    first.write([obs(1.0, series="pvpc")])
    first.write(a_day(1.0, 0))
    second.write(a_day(2.0, 0, sources=("omie", "ree")))
    second.write([obs(2.0, series="pvpc")])
    copies = [tmp_path / "first.backup", tmp_path / "second.backup"]
    first.backup(copies[0])
    second.backup(copies[1])
    crew = Crew()

    def look() -> None:
        read = first.read(ask(Interval(T, T + DAY)))
        assert len(read) == 48
        assert len(set(values(read))) == 1, "half of one, half of the other"
        assert len(first.read(ask(series="pvpc"))) == 1

    for _ in range(3):
        crew.until_done(look)
    for i in range(30):
        first.restore(copies[i % 2])
    crew.finish()
    assert first.verify() == []


# ---------------------------------------------------------------------- any history at all
MOMENTS = st.integers(0, 5).map(lambda d: RULE + d * HOUR)


@st.composite
def observations(draw) -> Observation:
    received = draw(MOMENTS)
    return Observation(
        series=draw(st.sampled_from(["spot", "pvpc"])),
        source=draw(st.sampled_from(["ree", "omie"])),
        kind=draw(st.sampled_from([Kind.OBSERVED, Kind.FORECAST])),
        start=T + draw(st.integers(0, 3)) * HOUR,
        value=draw(st.sampled_from([-1.0, 0.0, 1.0, 2.5])),
        published_at=min(RULE, received) if draw(st.booleans()) else received,
        received_at=received,
        resolution_minutes=draw(st.sampled_from([60, 60, 15])),
        site=draw(st.sampled_from([DEFAULT_SITE, DEFAULT_SITE, "jaen"])),
    )


BATCHES = st.lists(st.one_of(st.lists(observations(), max_size=12), st.integers(0, 4)), max_size=6)
QUERIES = st.builds(
    Query,
    series=st.sampled_from(["spot", "pvpc"]),
    window=st.tuples(st.integers(0, 4), st.integers(0, 4)).map(
        lambda p: Interval(T + min(p) * HOUR, T + max(p) * HOUR)
    ),
    sources=st.sampled_from([None, frozenset({"ree"}), frozenset()]),
    kinds=st.sampled_from([None, frozenset({Kind.OBSERVED})]),
    published_by=st.one_of(st.none(), MOMENTS),
    received_by=st.one_of(st.none(), MOMENTS),
    site=st.sampled_from([DEFAULT_SITE, "jaen"]),
)
QUICK = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LONG = settings(QUICK, max_examples=400)


def a_history_agrees(new_store, batches, queries) -> None:
    """Whatever is written and forgotten, this store says what the one in memory says."""
    store, model = new_store(), MemoryStore()
    for batch in batches:
        if isinstance(batch, int):
            limit = T + batch * HOUR
            assert store.forget("spot", frozenset({Kind.OBSERVED}), limit) == model.forget(
                "spot", frozenset({Kind.OBSERVED}), limit
            )
        else:
            assert store.write(batch) == model.write(batch)
            assert store.write(batch).written == 0
    for q in queries:
        assert store.read(q) == model.read(q)
        assert store.revisions(q) == model.revisions(q)
        assert store.starts(q) == model.starts(q)
        kinds = q.kinds or frozenset(Kind)
        assert store.last(q.series, kinds, q.window.end, q.site) == model.last(q.series, kinds, q.window.end, q.site)
    assert list(store.everything()) == list(model.everything())
    assert store.inventory() == model.inventory()
    assert store.verify() == []
    store.close()


@QUICK
@given(batches=BATCHES, queries=st.lists(QUERIES, min_size=1, max_size=4))
def test_any_history_agrees_with_the_store_in_memory(new_store, batches, queries):
    a_history_agrees(new_store, batches, queries)


@pytest.mark.slow
@LONG
@given(batches=BATCHES, queries=st.lists(QUERIES, min_size=1, max_size=4))
def test_any_history_agrees_with_the_store_in_memory_at_length(new_store, batches, queries):
    a_history_agrees(new_store, batches, queries)


@QUICK
@given(st.lists(observations(), max_size=20))
def test_of_any_history_the_newest_known_is_the_last_received_by_then(new_store, history):
    store = new_store()
    for o in history:
        store.write([o])
    for query in (ask(), ask(series="pvpc")):
        slots: dict[tuple, list[Observation]] = {}
        for o in store.revisions(query):
            slots.setdefault((o.start, o.source, o.kind, o.resolution_minutes), []).append(o)
        assert store.read(query) == [slots[key][-1] for key in sorted(slots)]
        for revisions in slots.values():
            for before, after in pairwise(revisions):
                assert before.value != after.value
                assert before.received_at < after.received_at <= after.published_at
    store.close()
