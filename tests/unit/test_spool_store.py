"""A store that goes away and comes back: nothing lost, nothing twice, and an empty spool not taken for history."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import groupby

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.adapters.spool_log import SpoolLog
from chocolate_factory.adapters.spool_store import SHORT, SpooledStore
from chocolate_factory.domain.errors import InputError, StoreAwayError, StoreError, WrongWorldError
from chocolate_factory.domain.series import Kind, Observation, Query, WriteCount
from chocolate_factory.domain.time import DAY, HOUR, Interval

T = datetime(2026, 3, 9, 23, tzinfo=UTC)
EVER = Interval(T - 400 * DAY, T + 400 * DAY)
TODAY = Interval(T, T + DAY)


class Far(MemoryStore):
    """A store that can be away, also in the middle: after so many more writes."""

    def __init__(self, world: str = "real") -> None:
        super().__init__(world)
        self.away = False
        self.writes_left = 10**9
        self.batches: list[list[Observation]] = []

    def _answer(self):
        if self.away:
            raise StoreAwayError("InfluxDB does not serve (ConnectError).")

    def write(self, observations):
        self._answer()
        if self.writes_left <= 0:
            raise StoreAwayError("InfluxDB does not serve (ReadError).")
        self.writes_left -= 1
        given_ = list(observations)
        self.batches.append(given_)
        return super().write(given_)

    def _known(self, query):
        self._answer()
        return super()._known(query)

    def last(self, *asked, **more):
        self._answer()
        return super().last(*asked, **more)

    def inventory(self):
        self._answer()
        return super().inventory()


def obs(value: float = 50.0, at: int = 0, **other) -> Observation:
    received = other.get("received_at", T - 9 * HOUR)
    fields = {
        "series": "spot", "source": "ree", "kind": Kind.OBSERVED, "start": T + at * HOUR, "value": value,
        "published_at": received, "received_at": received, "resolution_minutes": 60,
    }  # fmt: skip
    return Observation(**{**fields, **other})


@pytest.fixture
def far():
    return Far()


@pytest.fixture
def store(far, tmp_path):
    made = SpooledStore(far, tmp_path / "spool.db", rest_s=0.02)
    yield made
    made.close()


def until(ready) -> None:
    end = time.monotonic() + 20
    while not ready():
        assert time.monotonic() < end, "nothing came of it"
        time.sleep(0.01)


def test_while_the_store_is_there_the_spool_is_not_in_the_way(store, far):
    assert store.write([obs(1.0), obs(2.0, at=1)]) == WriteCount(new=2)
    assert [o.value for o in store.read(Query("spot", EVER))] == [1.0, 2.0]
    assert store.check().status == "ok"
    assert store.backend == "memory"


def test_what_comes_while_it_is_away_is_there_once_it_is_back(store, far):
    store.write([obs(1.0)])
    far.away = True
    for i in range(1, 5):
        assert store.write([obs(float(i), at=i), obs(9.0, at=i, source="omie")]).new == 2
    check = store.check()
    assert check.status == "degraded"
    assert "8 observations wait" in check.detail
    far.away = False
    until(lambda: store.check().status == "ok")
    assert len(far.read(Query("spot", EVER))) == 9
    assert store.verify() == []


def test_batches_are_brought_in_the_order_in_which_they_came(store, far):
    far.away = True
    batches = [[obs(float(i), at=i % 3, received_at=T + i * HOUR)] for i in range(20)]
    for batch in batches:
        store.write(batch)
    far.away = False
    until(lambda: store.check().status == "ok")
    assert [batch for batch, _ in groupby(far.batches)] == batches, "each is written again, to see that it is there"


def test_the_count_is_of_what_is_new_to_the_spool(store, far):
    far.away = True
    day = [obs(float(i), at=i) for i in range(24)]
    assert store.write(day).new == 24
    assert store.write([o._replace(received_at=T) for o in day]) == WriteCount(unchanged=24)
    assert store.write([obs(99.0, received_at=T + HOUR), obs(5.0, at=24)]) == WriteCount(new=1, revised=1)


def test_a_day_is_answered_from_the_spool_and_history_is_not(store, far):
    store.write([obs(1.0), obs(2.0, series="pvpc")])
    far.away = True
    store.write([obs(3.0, at=5)])
    assert [o.value for o in store.read(Query("spot", TODAY))] == [3.0]
    assert store.last("spot", frozenset(Kind)).value == 3.0
    assert list(store.starts(Query("spot", TODAY))) == [(T + 5 * HOUR, "ree")]
    assert list(store.starts(Query("pvpc", TODAY))) == [], "ingestion asks, and goes on"
    for unknown in (
        lambda: store.read(Query("pvpc", TODAY)),
        lambda: store.last("pvpc", frozenset(Kind)),
        lambda: store.read(Query("spot", EVER)),
        lambda: store.starts(Query("spot", Interval(T, T + SHORT + HOUR))),
        store.inventory,
        lambda: list(store.everything()),
        lambda: store.forget("spot", frozenset(Kind), T),
    ):
        with pytest.raises(StoreAwayError):
            unknown()


def test_what_waits_and_what_is_held_are_read_together(far, tmp_path):
    """The store is back; what waits is not there yet."""
    far.write([obs(1.0), obs(2.0, at=1)])
    log = SpoolLog(tmp_path / "spool.db", "real")
    log.append([obs(7.0, at=1, received_at=T), obs(8.0, at=2, received_at=T)])
    log.close()
    far.writes_left = 0
    store = SpooledStore(far, tmp_path / "spool.db", rest_s=0.02)
    assert [o.value for o in store.read(Query("spot", EVER))] == [1.0, 7.0, 8.0]
    assert [o.value for o in store.revisions(Query("spot", EVER))] == [1.0, 2.0, 7.0, 8.0]
    assert store.last("spot", frozenset(Kind)).value == 8.0
    assert store.last("spot", frozenset(Kind), before=T + 2 * HOUR).value == 7.0
    store.close()


def test_what_waits_survives_the_process(far, tmp_path):
    far.away = True
    store = SpooledStore(far, tmp_path / "spool.db", rest_s=60)
    store.write([obs(1.0)])
    store.close()
    far.away = False
    again = SpooledStore(far, tmp_path / "spool.db", rest_s=0.02)
    until(lambda: again.check().status == "ok")
    assert far.read(Query("spot", EVER)) == [obs(1.0)]
    again.close()


def test_a_full_spool_says_so_and_keeps_what_it_has(far, tmp_path):
    far.away = True
    store = SpooledStore(far, tmp_path / "spool.db", limit=10, rest_s=60)
    store.write([obs(1.0, at=i) for i in range(8)])
    with pytest.raises(StoreError, match=r"full: 8 .* at most 10"):
        store.write([obs(1.0, at=10 + i) for i in range(3)])
    assert "8 observations wait" in store.check().detail
    store.close()


def test_what_no_store_takes_is_refused_at_once(store, far):
    far.away = True
    with pytest.raises(InputError):
        store.write([obs(1.0), obs(float("nan"), at=1)])
    with pytest.raises(WrongWorldError):
        store.write([obs(1.0), obs(2.0, kind=Kind.SIMULATED)])
    assert " 0 observations wait" in store.check().detail


def test_a_spool_of_the_other_world_is_refused(far, tmp_path):
    SpooledStore(far, tmp_path / "spool.db").close()
    with pytest.raises(WrongWorldError):
        SpooledStore(Far("simulated"), tmp_path / "spool.db", "simulated")


@pytest.mark.parametrize("body", [b"not a database at all" * 400, b"SQLite format 3\x00" + b"\xff" * 9000])
def test_a_damaged_spool_says_what_to_do_and_is_left_as_it_is(far, tmp_path, body):
    (tmp_path / "spool.db").write_bytes(body)
    with pytest.raises(StoreError, match="Move it away"):
        SpooledStore(far, tmp_path / "spool.db")
    assert (tmp_path / "spool.db").read_bytes() == body


def test_a_store_that_does_not_answer_is_left_alone_for_a_moment(far, tmp_path):
    store = SpooledStore(far, tmp_path / "spool.db", rest_s=60)
    far.away = True
    with pytest.raises(StoreAwayError):
        store.read(Query("spot", TODAY))
    far.away = False
    with pytest.raises(StoreAwayError):
        store.read(Query("spot", TODAY))
    store.close()


def test_nothing_to_write_says_nothing_of_the_store(store, far):
    far.away = True
    with pytest.raises(StoreAwayError):
        store.read(Query("spot", TODAY))
    assert store.write([]) == WriteCount()
    assert store.check().status == "degraded"


STEPS = st.lists(
    st.tuples(
        st.booleans(),  # whether the store is away
        st.integers(0, 2),  # slot
        st.integers(0, 5),  # received
        st.sampled_from([1.0, 2.0, 3.0]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whenever_it_was_away_the_store_is_as_if_it_never_had_been(tmp_path_factory, steps):
    far, model = Far(), MemoryStore()
    store = SpooledStore(far, tmp_path_factory.mktemp("spool") / "spool.db", rest_s=0.001)
    for away, slot, hours, value in steps:
        far.away = away
        one = obs(value, at=slot, received_at=T + timedelta(hours=hours))
        store.write([one])
        model.write([one])
    far.away = False
    store.bring()
    assert list(far.everything()) == list(model.everything())
    store.close()
