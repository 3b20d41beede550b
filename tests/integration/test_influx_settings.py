"""An InfluxDB whose database goes, changes, keeps too little or says too little: told, and nothing taken for new."""

from __future__ import annotations

import httpx
import influx_proxy as bad
import pytest
from influx_server import Influxd, influxd
from influx_world import EVER, T, ask_server, hours, later, well

from chocolate_factory.adapters.influx_store import InfluxStore
from chocolate_factory.adapters.stream_keys import us
from chocolate_factory.domain.errors import InputError, StoreAwayError, StoreError
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY


def test_a_database_dropped_while_running_is_made_again_and_ingestion_goes_on(store, far, database):
    store.write(hours(1.0))
    ask_server(f'DROP DATABASE "{database}"', database)
    store.write(hours(2.0, count=3))
    well(store)
    assert [o.value for o in store.read(EVER)] == [2.0] * 3
    assert far.verify() == []


def test_a_database_that_came_back_as_the_other_worlds_is_refused(far, database, proxy):
    far.write(hours(1.0))
    ask_server(f'DROP DATABASE "{database}"', database)
    other = InfluxStore(proxy.address(database), "simulated")
    other.write(hours(1.0, kind=Kind.SIMULATED))
    other.close()
    proxy.fault = bad.error(503)
    with pytest.raises(StoreAwayError):
        far.write(later(2.0))
    proxy.fault = None
    with pytest.raises(StoreError, match="simulated"):
        far.write(later(2.0))
    far.close()


def test_a_retention_that_drops_points_is_told(store, far, database):
    store.write(hours(1.0))
    ask_server(f'ALTER RETENTION POLICY "autogen" ON "{database}" DURATION 52w', database)
    assert any("older than 8736h0m0s" in problem for problem in store.verify())
    old = [o._replace(start=o.start - 900 * DAY) for o in hours(7.0, count=2)]
    with pytest.raises(StoreError, match="retention policy"):
        store.write(old)


def test_a_server_that_cuts_its_answers_is_told_and_nothing_is_taken_for_new():
    server = Influxd(http="max-row-limit = 10")
    far = server.store()
    try:
        far.write(hours(1.0))
        for deed in (lambda: far.read(EVER), lambda: far.write(later(2.0)), lambda: list(far.everything())):
            with pytest.raises(StoreError, match="max-row-limit"):
                deed()
        assert any("at 10 rows" in problem for problem in far.verify())
    finally:
        far.close()
        server.remove()


def test_somebody_elses_points_in_a_measurement_of_ours_are_left_out(far, database):
    far.write(hours(1.0))
    line = f"spot,site=linares value=3,known_at=1i,published_at=1i {us(T) * 1000}"
    httpx.post(f"http://127.0.0.1:{influxd().port}/write", params={"db": database}, content=line).raise_for_status()
    assert [o.value for o in far.read(EVER)] == [1.0] * 24
    assert far.last("spot", frozenset(Kind)).value == 1.0
    assert [stream.count for stream in far.inventory()] == [24]
    assert far.write(later(2.0)).revised == 24
    far.close()


@pytest.mark.parametrize("year", [1600, 2300])
def test_a_moment_that_no_nanoseconds_reach_stops_the_batch_before_its_first_line(far, year):
    with pytest.raises(InputError, match="1678 to 2261"):
        far.write([*hours(1.0), *(o._replace(start=o.start.replace(year=year)) for o in hours(1.0, count=1))])
    assert far.inventory() == []
    far.close()
