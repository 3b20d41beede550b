"""The contract of the time-series store: many at once, and any history at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_rows import MINUTE, MOMENTS, RULE, T, ask, obs, observations, values

from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.domain.series import DEFAULT_SITE, Kind, Observation, Query
from chocolate_factory.domain.time import DAY, HOUR, Interval


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
