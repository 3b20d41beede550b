"""InfluxDB and the way to it on their bad days: nothing lost, nothing twice, and nobody held up for long."""

from __future__ import annotations

import time

import httpx
import influx_proxy as bad
import pytest
from influx_world import EVER, T, ask_server, hours, later, read_at_last, says, values, well

from chocolate_factory.adapters import influx_http
from chocolate_factory.adapters.influx_store import CHUNK, InfluxStore
from chocolate_factory.adapters.spool_store import SpooledStore
from chocolate_factory.domain.errors import InputError, StoreAwayError, StoreError
from chocolate_factory.domain.time import DAY, HOUR


@pytest.mark.parametrize("fault", [bad.error(500), bad.error(503), bad.error(429), bad.cut_before, bad.cut_after])
def test_what_a_sick_server_does_not_take_is_there_once_when_it_is_well(store, proxy, fault):
    store.write(hours(1.0))
    proxy.fault = fault
    store.write(later(2.0))
    store.write(hours(9.0, source="omie"))
    assert store.check().status == "degraded"
    proxy.fault = None
    well(store)
    assert sorted(values(store)) == [1.0] * 24 + [2.0] * 24 + [9.0] * 24


def test_a_batch_cut_between_its_requests_is_read_whole_and_made_whole(store, far, proxy):
    store.write(hours(1.0, count=CHUNK + 100))
    proxy.fault = bad.after(1, bad.error(500))
    many = hours(2.0, count=CHUNK + 100, received_at=T + HOUR, published_at=T + HOUR)
    store.write(many)
    assert {o.value for o in read_at_last(store)} == {2.0}, "what waits is read with what is held"
    assert {o.value for o in far.read(EVER)} <= {1.0, 2.0}
    proxy.fault = None
    well(store)
    assert far.read(EVER) == many
    assert len(far.revisions(EVER)) == 2 * len(many)


def test_what_was_acknowledged_and_not_done_stays_in_the_spool(store, far, proxy):
    """A proxy that swallows, a server that forgets: 204 is not believed before the spool lets go."""
    proxy.fault = bad.error(503)
    store.write(hours(1.0))
    proxy.fault = bad.swallow
    says(store, "24 observations wait", "does not hold")
    proxy.fault = None
    well(store)
    assert [o.value for o in far.read(EVER)] == [1.0] * 24


def test_an_answer_that_breaks_off_is_no_answer(store, far, proxy):
    store.write(hours(1.0))
    proxy.fault = bad.half_an_answer
    with pytest.raises(StoreAwayError):
        far.read(EVER)
    with pytest.raises(StoreAwayError):
        store.read(EVER)
    store.write(later(2.0))  # what is held cannot be read, so what is a revision cannot be known
    assert "24 observations wait" in store.check().detail
    proxy.fault = None
    well(store)
    assert sorted(values(store)) == [1.0] * 24 + [2.0] * 24


def test_what_comes_while_a_server_hangs_is_there_once_when_it_is_well(store, proxy, monkeypatch):
    monkeypatch.setattr(store._inner._http._http, "timeout", httpx.Timeout(0.5))
    store.write(hours(1.0))
    proxy.fault = bad.hang
    store.write(later(2.0))  # this one waits for as long as the connection's patience
    began = time.monotonic()
    for i in range(20):
        store.write(hours(3.0, source=f"s{i}"))
    assert time.monotonic() - began < 10, "twenty would have waited twice as long"
    proxy.fault = None
    proxy.hung.set()
    well(store)
    assert sorted(values(store)) == [1.0] * 24 + [2.0] * 24 + [3.0] * 20 * 24


def test_patience_ends_before_a_jobs_own_limit():
    assert influx_http.TIMEOUT.read <= 30


# ---------------------------------------------------------------------- what the store refuses
def test_a_batch_that_is_refused_holds_up_no_other(store, far, proxy, tmp_path):
    """A name that line protocol cannot carry, taken while the server was away and could not say so."""
    proxy.fault = bad.error(503)
    store.write(hours(1.0))
    store.write(hours(6.0, source="two\nlines"))
    store.write(hours(2.0, source="omie"))
    proxy.fault = None
    says(store, "refused 24 observations", " 0 observations wait")
    assert sorted(o.value for o in far.read(EVER)) == [1.0] * 24 + [2.0] * 24
    assert len(store.read(EVER)) == 72, "what was set aside is read with the rest"
    store.write(hours(3.0, source="esios"))
    assert len(far.read(EVER)) == 72, "what comes next goes straight to the store"
    with pytest.raises(InputError):
        store.write(hours(6.0, source="two\nlines"))
    assert any("refused 24" in problem for problem in store.verify())


def test_what_was_set_aside_is_tried_again_at_the_next_start(proxy, database, tmp_path):
    ask_server(f'CREATE DATABASE "{database}" WITH DURATION 52w', database)
    store = SpooledStore(InfluxStore(proxy.address(database)), tmp_path / "spool.db", rest_s=0.05)
    proxy.fault = bad.error(503)
    store.write([o._replace(start=o.start - 900 * DAY) for o in hours(7.0)])
    proxy.fault = None
    says(store, "retention policy")
    store.close()
    ask_server(f'ALTER RETENTION POLICY "autogen" ON "{database}" DURATION INF SHARD DURATION 52w', database)
    again = SpooledStore(InfluxStore(proxy.address(database)), tmp_path / "spool.db", rest_s=0.05)
    well(again)
    assert values(again) == [7.0] * 24
    again.close()


# ---------------------------------------------------------------------- the spool
def test_two_processes_on_one_spool_bring_each_batch_once(proxy, database, tmp_path):
    both = [SpooledStore(InfluxStore(proxy.address(database)), tmp_path / "spool.db", rest_s=0.01) for _ in range(2)]
    proxy.fault = bad.error(503)
    for i in range(20):
        known = T + i * HOUR
        both[i % 2].write(hours(float(i), received_at=known, published_at=known))
    proxy.fault = None
    for store in both:
        well(store)
    assert sorted(values(both[0])) == sorted(float(i) for i in range(20) for _ in range(24))
    assert [o.value for o in both[1].read(EVER)] == [19.0] * 24
    for store in both:
        store.close()


def test_a_full_disk_under_the_spool_costs_the_batch_and_nothing_else(store, proxy):
    proxy.fault = bad.error(503)
    store.write(hours(1.0))
    file = store._spool._file
    file.execute(f"PRAGMA max_page_count = {file.execute('PRAGMA page_count').fetchone()[0]}")
    with pytest.raises(StoreError, match="Make room"):
        store.write(hours(2.0, count=5000, source="omie"))
    assert "24 observations wait" in store.check().detail
    file.execute("PRAGMA max_page_count = 100000")
    store.write(hours(3.0, source="omie"))
    proxy.fault = None
    well(store)
    assert sorted(values(store)) == [1.0] * 24 + [3.0] * 24


def test_a_clock_that_goes_back_loses_no_value(store, proxy):
    """The machine's clock was an hour ahead, and is set right while the store is away."""
    store.write(later(2.0))
    proxy.fault = bad.error(503)
    store.write(hours(1.0))
    proxy.fault = None
    well(store)
    assert sorted(values(store)) == [1.0] * 24 + [2.0] * 24
