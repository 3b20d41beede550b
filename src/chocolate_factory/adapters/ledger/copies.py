"""The whole ledger as a file of the embedded one, and back into whichever ledger there is.

Row by row through SQLAlchemy, table by table as ``metadata`` lists them: SQLite and PostgreSQL take each other's, and a
table that is added is in it without a word here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from chocolate_factory.adapters.ledger.opening import open_ledger
from chocolate_factory.adapters.ledger.schema import metadata, transaction
from chocolate_factory.domain.errors import StoreError, UnreadableError

#: Rows in memory at a time.
PAGE: Final = 500

Rows = dict[str, int]


def dump(ledger: sa.Engine, target: Path) -> Rows:
    """Write every table as of one moment, while others write; rows by table.

    Raises:
        StoreError: the ledger cannot serve, or the file cannot be written.
    """
    with _file(target) as copy, _as_of_one_moment(ledger) as origin, transaction(copy) as c:
        return {table.name: _copied(table, origin, c) for table in metadata.sorted_tables}


def load(source: Path, ledger: sa.Engine, *, rehearse: bool = False) -> Rows:
    """Become that copy in one transaction, so that others see the old ledger or the new; rows by table.

    Args:
        rehearse: do everything and take it back: what this lets pass can be loaded.

    Raises:
        UnreadableError: the copy is damaged, or holds what this ledger cannot take; nothing was changed.
        StoreError: the ledger cannot serve; the same.
    """
    try:
        _must_be_whole(source)
        with _file(source) as copy, _as_of_one_moment(copy) as origin, transaction(ledger) as c:
            _alone(c)
            rows = {table.name: _replaced(table, origin, c) for table in metadata.sorted_tables}
            _count_on(c)
            if rehearse:
                c.rollback()
            return rows
    except (sa.exc.IntegrityError, sqlite3.Error) as e:
        raise UnreadableError(f"The backup's ledger cannot be taken in ({e}).") from e


def _must_be_whole(source: Path) -> None:
    with closing(sqlite3.connect(source)) as c:
        said = c.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if said != "ok":
        raise UnreadableError(f"The backup's ledger is damaged ({said}).")


@contextmanager
def _file(path: Path) -> Iterator[sa.Engine]:
    """An embedded ledger of its own, of this version's tables; in the end it is one file, without a log beside it."""
    engine = open_ledger(sa.URL.create("sqlite", database=str(path)).render_as_string())
    try:
        yield engine
        with engine.connect() as c:
            c.exec_driver_sql("PRAGMA journal_mode = DELETE")
    finally:
        engine.dispose()


@contextmanager
def _as_of_one_moment(ledger: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that sees all tables as they are at its first look."""
    try:
        with ledger.connect() as c:
            if c.dialect.name == "sqlite":
                c.exec_driver_sql("BEGIN")  # which the driver leaves out before it reads
            else:
                c.execution_options(isolation_level="REPEATABLE READ")
            yield c
    except sa.exc.OperationalError as e:
        raise StoreError(f"The ledger cannot be read whole ({e.orig}).") from e


def _replaced(table: sa.Table, origin: sa.Connection, c: sa.Connection) -> int:
    c.execute(sa.delete(table))
    return _copied(table, origin, c)


def _copied(table: sa.Table, origin: sa.Connection, c: sa.Connection) -> int:
    count = 0
    for page in origin.execute(sa.select(table).execution_options(yield_per=PAGE)).mappings().partitions():
        c.execute(sa.insert(table), [dict(row) for row in page])
        count += len(page)
    return count


def _alone(c: sa.Connection) -> None:
    """Others wait until it is over; SQLite has but one writer anyway."""
    if c.dialect.name == "postgresql":
        names = ", ".join(table.name for table in metadata.sorted_tables)
        c.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")


def _count_on(c: sa.Connection) -> None:
    """PostgreSQL's next numbers come after those that were brought; SQLite looks for itself."""
    if c.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        if (number := table.autoincrement_column) is not None:
            sequence = sa.func.pg_get_serial_sequence(table.name, number.name)
            following = sa.select(sa.func.coalesce(sa.func.max(number), 0) + 1).scalar_subquery()
            c.execute(sa.select(sa.func.setval(sequence, following, False)))  # noqa: FBT003  SQL's own third argument
