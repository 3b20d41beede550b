"""Which store ``TIMESERIES_URL`` means: the embedded file, or InfluxDB with a spool before it."""

from __future__ import annotations

from pathlib import Path

from chocolate_factory.adapters.influx_http import ALLOWED, address_of
from chocolate_factory.adapters.influx_store import InfluxStore
from chocolate_factory.adapters.spool_store import SpooledStore
from chocolate_factory.adapters.sqlite_store import SqliteStore
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.work import Check
from chocolate_factory.ports import TimeSeriesStore
from chocolate_factory.settings import FILE, Settings

REMOTE = "influxdb"


def open_store(settings: Settings, world: str) -> TimeSeriesStore:
    """The store of these settings; the simulated world's is always the file in its own folder.

    InfluxDB is not asked for anything yet: it may be away.

    Raises:
        StoreError: the file, or the spool's, cannot be opened.
    """
    url = settings.timeseries_url or ""
    if world == "simulated":
        return SqliteStore(settings.data_dir / "timeseries.db", world)
    if url.startswith(REMOTE):
        return SpooledStore(_influx(url, settings, world), settings.data_dir / "spool.db", world)
    return SqliteStore(settings.store_path, world)


def store_at(url: str, settings: Settings, world: str = "real") -> TimeSeriesStore:
    """A store by its address alone, without a spool: ``sqlite:///file`` or ``influxdb://host:8086/database``.

    Raises:
        InputError: it is no such address.
        StoreError: the file cannot be opened.
    """
    if url.startswith(REMOTE):
        return _influx(url, settings, world)
    path = url.removeprefix(FILE)
    if not url.startswith(FILE) or not path:
        raise InputError("store", url.partition(":")[0], f"sqlite:/// and a file, or {ALLOWED}")
    return SqliteStore(Path(path), world)


def must_be_there(url: str) -> None:
    """A file that is to be read is not made.

    Raises:
        InputError: there is none.
    """
    if url.startswith(FILE) and not Path(url.removeprefix(FILE)).is_file():
        raise InputError("store", url, "there is no such file; an absolute path has four slashes")


def store_parts(store: TimeSeriesStore) -> list[Check]:
    """What a store has beside itself: the spool."""
    return [store.check()] if isinstance(store, SpooledStore) else []


def _influx(url: str, settings: Settings, world: str) -> InfluxStore:
    token = settings.influxdb_token.get_secret_value() if settings.influxdb_token else ""
    return InfluxStore(address_of(url, token, settings.influxdb_org), world)
