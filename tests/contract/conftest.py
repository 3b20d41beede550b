"""The doors under contract, each suite run against every adapter behind its door.

A back end joins by one line in ``STORES`` or ``LEDGERS``; the tests know no adapter by name. With TEST_LEDGER_URL set
(postgresql://…, an empty database), the ledgers' suites run against that server too; with CHOCOLATE_INFLUX2 the
stores' against InfluxDB 2.7.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from influx2_server import ASKED, influxd2
from influx_server import influxd
from postgres_server import postgres

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.ledger import SqlAlertLedger, SqlGapLedger, SqlJobLedger, SqlOutbox, open_ledger
from chocolate_factory.adapters.ledger.schema import metadata
from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.adapters.spool_store import SpooledStore
from chocolate_factory.adapters.sqlite_store import SqliteStore
from chocolate_factory.ports import TimeSeriesStore

#: A back end: makes an empty store of one world, kept in a folder of its own.
STORES: dict[str, Callable[[Path, str], TimeSeriesStore]] = {
    "memory": lambda _folder, world: MemoryStore(world),
    "sqlite": lambda folder, world: SqliteStore(folder / "timeseries.db", world),
    "spooled": lambda folder, world: SpooledStore(SqliteStore(folder / "far.db", world), folder / "spool.db", world),
    "influxdb": lambda _folder, world: influxd().store(world),
}

if ASKED:
    STORES["influxdb 2"] = lambda _folder, world: influxd2().store(world)

#: A ledger: the URL of an empty one.
LEDGERS: dict[str, Callable[[Path], str]] = {
    "sqlite in memory": lambda _folder: "sqlite://",
    "sqlite on disk": lambda folder: f"sqlite:///{folder / 'ledger.db'}",
    "postgresql": lambda _folder: postgres().address(),
}

NOW = datetime(2026, 3, 10, 12, 0, 0, 123456, tzinfo=UTC)


class StoreFactory:
    """Makes empty stores of one back end and closes them in the end."""

    def __init__(self, make: Callable[[Path, str], TimeSeriesStore], folder: Path) -> None:
        self._make = make
        self._folder = folder
        self._made: list[TimeSeriesStore] = []

    def __call__(self, world: str = "real") -> TimeSeriesStore:
        store = self._make(self._folder / f"store{len(self._made)}", world)
        self._made.append(store)
        return store

    def close(self) -> None:
        for store in self._made:
            store.close()


@pytest.fixture(params=STORES)
def new_store(request, tmp_path):
    factory = StoreFactory(STORES[request.param], tmp_path)
    yield factory
    factory.close()


@pytest.fixture
def store(new_store):
    return new_store()


@pytest.fixture
def clock():
    return FixedClock(NOW)


@pytest.fixture(params=LEDGERS)
def engine(request, tmp_path):
    engine = open_ledger(LEDGERS[request.param](tmp_path))
    yield engine
    if engine.dialect.name != "sqlite":  # a server's database is for the next test too
        metadata.drop_all(engine)
    engine.dispose()


@pytest.fixture
def another_brain(engine):
    """A second way to the same ledger, as another process has; in memory there is but the one."""
    if engine.dialect.name == "sqlite" and not engine.url.database:
        yield engine
    else:
        second = sa.create_engine(engine.url)
        yield second
        second.dispose()


@pytest.fixture
def jobs(engine, clock):
    return SqlJobLedger(engine, clock)


@pytest.fixture
def alerts(engine, clock):
    return SqlAlertLedger(engine, clock)


@pytest.fixture
def outbox(engine):
    return SqlOutbox(engine)


@pytest.fixture
def gaps(engine):
    return SqlGapLedger(engine)


@pytest.fixture
def ruined(engine):
    """The same ledger, whose tables somebody has dropped."""
    metadata.drop_all(engine)
    return engine
