"""How a ledger is opened: its tables made where they are missing, its waits bounded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from chocolate_factory.adapters.ledger.schema import is_running, metadata, runs, why
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.work import Outcome

#: What is said of a run that a version without brains left running.
LEFT = "the process ended before the run did"
#: PostgreSQL's name for the lock under which tables are made; any number that nobody else uses.
CREATING = 5279


def open_ledger(url: str, *, is_made: bool = False) -> sa.Engine:
    """An engine whose tables exist.

    Args:
        url: SQLAlchemy's, e.g. ``sqlite:////srv/data/ledger.db``; ``sqlite://`` lives in memory.
        is_made: the process that started this one has opened it: its tables need not be looked after, nor locked.

    Raises:
        StoreError: it cannot be reached, or its driver is not installed.
    """
    try:
        parsed = sa.make_url(url)
        where = parsed.render_as_string(hide_password=True)
    except (sa.exc.ArgumentError, ValueError) as e:
        raise StoreError("LEDGER_URL is no address of a database; postgresql://user:password@host/name is one.") from e
    try:
        engine = _engine(parsed)
        with _disposed_on_error(engine):
            if not is_made:
                _create_tables(engine)
    except (sa.exc.SQLAlchemyError, ImportError, OSError) as e:
        raise StoreError(
            f"The ledger at {where} cannot be opened ({why(e)}). Is LEDGER_URL right, are its server and driver there?"
        ) from e
    return engine


def _engine(url: sa.URL) -> sa.Engine:
    if (url.get_backend_name(), url.get_driver_name()) == ("postgresql", "psycopg"):
        from chocolate_factory.adapters.ledger.postgres import impatient_engine  # noqa: PLC0415  its driver is an extra

        return impatient_engine(url)
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    options: dict[str, Any] = {"connect_args": {"timeout": 15.0, "check_same_thread": False}}
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    else:
        # What lives in memory lives in one connection; threads take it in turn, or they would end each other's work.
        options |= {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
    engine = sa.create_engine(url, **options)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _create_tables(engine: sa.Engine) -> None:
    """What is missing; several processes may do this at once, as on a first start."""
    with engine.connect() as c, _alone(c):
        for table in metadata.sorted_tables:
            c.execute(sa.schema.CreateTable(table, if_not_exists=True))
            _add_columns(c, table)
        for table in metadata.sorted_tables:
            for index in table.indexes:
                c.execute(sa.schema.CreateIndex(index, if_not_exists=True))


@contextmanager
def _alone(c: sa.Connection) -> Iterator[None]:
    """A transaction that no other process's of this kind overlaps."""
    if c.dialect.name == "sqlite":
        c.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        c.execute(sa.select(sa.func.pg_advisory_xact_lock(CREATING)))
    yield
    c.commit()


def _add_columns(c: sa.Connection, table: sa.Table) -> None:
    """Those that a version before this one did not have; each has a default or may be null."""
    held = {column["name"] for column in sa.inspect(c).get_columns(table.name)}
    for column in table.columns:
        if column.name not in held:
            words = sa.schema.CreateColumn(column).compile(dialect=c.dialect)
            c.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {words}")
            if column is runs.c.brain:  # what that version left running has no brain that lives
                c.execute(sa.update(runs).where(is_running).values(outcome=Outcome.FAILED.value, error=LEFT))


@contextmanager
def _disposed_on_error(engine: sa.Engine) -> Iterator[None]:
    try:
        yield
    except BaseException:
        engine.dispose()
        raise


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA busy_timeout = 15000")
