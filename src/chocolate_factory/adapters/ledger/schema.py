"""Tables of the ledger, and how it is opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.work import AlertState, Outcome


class Moment(sa.TypeDecorator[datetime]):
    """An aware UTC instant; SQLite forgets zones, so it is stored naive there and comes back aware."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """To the database."""
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """From the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


#: What is said of a run that a version without brains left running.
LEFT = "the process ended before the run did"
#: PostgreSQL's name for the lock under which tables are made; any number that nobody else uses.
CREATING = 5279

metadata = sa.MetaData()

jobs = sa.Table(
    "job",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("deed", sa.String(80), nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("created_at", Moment, nullable=False, index=True),
    sa.Column("started_at", Moment),
    sa.Column("ended_at", Moment),
    sa.Column("progress", sa.Float, nullable=False, default=0.0),
    sa.Column("message", sa.Text, nullable=False, default=""),
    sa.Column("counts", sa.JSON, nullable=False),
    sa.Column("errors", sa.JSON, nullable=False),
    sa.Column("brain", sa.String(80), nullable=False, server_default=""),
)

runs = sa.Table(
    "run",
    metadata,
    sa.Column("job_id", sa.String(80), primary_key=True),
    sa.Column("due_at", Moment, primary_key=True),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("outcome", sa.String(16), nullable=False, index=True),
    sa.Column("counts", sa.JSON, nullable=False),
    sa.Column("error", sa.Text, nullable=False, default=""),
    sa.Column("note", sa.Text, nullable=False, default=""),
    sa.Column("brain", sa.String(80), nullable=False, server_default=""),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="1"),
    sa.Column("hung", sa.Boolean, nullable=False, server_default=sa.false()),
)
# No job overlaps itself, on however many brains.
_running = runs.c.outcome == Outcome.RUNNING.value
sa.Index("run_alone", runs.c.job_id, unique=True, sqlite_where=_running, postgresql_where=_running)

# A brain that has not said for a while that it lives is dead, and what it ran is another's. Seconds since 1970 by the
# database's own clock, the one that all brains share.
brains = sa.Table(
    "brain",
    metadata,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("alive_until", sa.Double, nullable=False),
)

pauses = sa.Table(
    "pause",
    metadata,
    sa.Column("job_id", sa.String(80), primary_key=True),
    sa.Column("since", Moment, nullable=False),
)

alerts = sa.Table(
    "alert",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("cause", sa.String(200), nullable=False, index=True),
    sa.Column("severity", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("opened_at", Moment, nullable=False, index=True),
    sa.Column("last_seen_at", Moment, nullable=False),
    sa.Column("closed_at", Moment, index=True),
    sa.Column("acknowledged_at", Moment),
    sa.Column("times", sa.Integer, nullable=False, default=1),
)
# One cause, one alert alive, whoever else raises it at the same moment.
_alive = alerts.c.state != AlertState.CLOSED.value
sa.Index("alert_alive", alerts.c.cause, unique=True, sqlite_where=_alive, postgresql_where=_alive)

notices = sa.Table(
    "notice",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("key", sa.String(200), nullable=False),
    sa.Column("target", sa.String(80), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("severity", sa.String(16), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("next_try_at", Moment, nullable=False),
    sa.Column("once", sa.Boolean, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("sent_at", Moment),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("claim", sa.String(32)),  # whose it is while it is being sent
    sa.Column("claimed_until", Moment),  # by the database's clock
    sa.UniqueConstraint("key", "target"),
    sa.Index("notice_state", "state", "target"),
)

gaps = sa.Table(
    "gap",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("series", sa.String(80), nullable=False),
    sa.Column("source", sa.String(80)),
    sa.Column("start", Moment, nullable=False),
    sa.Column("end", Moment, nullable=False),
    sa.Column("missing", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("priority_reason", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_try_at", Moment),
    sa.Column("filled", sa.Integer, nullable=False),
    sa.Column("route", sa.String(80), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("opened_at", Moment),
    sa.Column("closed_at", Moment),
)

recoveries = sa.Table(
    "recovery",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("trigger", sa.String(40), nullable=False),
    sa.Column("expected", sa.Integer, nullable=False),
    sa.Column("filled", sa.Integer, nullable=False),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("requests", sa.Integer, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("by_route", sa.JSON, nullable=False),
)

plans = sa.Table(
    "plan",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("made_at", Moment, nullable=False, index=True),
    sa.Column("record", sa.LargeBinary, nullable=False),  # JSON, zlib
)

locks = sa.Table("plan_lock", metadata, sa.Column("batch_id", sa.String(120), primary_key=True))

lock_changes = sa.Table(
    "plan_lock_change",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("batch_id", sa.String(120), nullable=False),
    sa.Column("locked", sa.Boolean, nullable=False),
)

counts = sa.Table(
    "stock_count",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("tanks_kg", sa.JSON, nullable=False),
    sa.Column("finished_kg", sa.JSON, nullable=False),
)


model_events = sa.Table(
    "model_event",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("name", sa.String(40), nullable=False, index=True),
    sa.Column("deed", sa.String(16), nullable=False),
    sa.Column("number", sa.Integer),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("figures", sa.JSON, nullable=False),
)


def open_ledger(url: str) -> sa.Engine:
    """An engine whose tables exist.

    Args:
        url: SQLAlchemy's, e.g. ``sqlite:////srv/data/ledger.db``; ``sqlite://`` lives in memory.

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
            _create_tables(engine)
    except (sa.exc.SQLAlchemyError, ImportError, OSError) as e:
        raise StoreError(
            f"The ledger at {where} cannot be opened ({_why(e)}). Is LEDGER_URL right, are its server and driver there?"
        ) from e
    return engine


@contextmanager
def transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """All or nothing.

    Raises:
        IntegrityError: SQLAlchemy's, where a key is taken: the caller's business.
        StoreError: the ledger cannot serve.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except sa.exc.IntegrityError:
        raise
    except sa.exc.SQLAlchemyError as e:
        raise StoreError(f"The ledger cannot serve: {_why(e)}. Run `chocolate-factory doctor`.") from e


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url)
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
                c.execute(sa.update(runs).where(_running).values(outcome=Outcome.FAILED.value, error=LEFT))


@contextmanager
def _disposed_on_error(engine: sa.Engine) -> Iterator[None]:
    try:
        yield
    except BaseException:
        engine.dispose()
        raise


def _why(error: Exception) -> str:
    """The database's own words, without the statement and its values."""
    return str(error.orig if isinstance(error, sa.exc.DBAPIError) else error).partition("\n")[0]


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA busy_timeout = 15000")
