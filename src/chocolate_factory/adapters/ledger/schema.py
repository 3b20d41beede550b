"""Tables of the ledger, and how it is opened."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from chocolate_factory.domain.errors import StoreError


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
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("last_seen_at", Moment, nullable=False),
    sa.Column("closed_at", Moment),
    sa.Column("acknowledged_at", Moment),
    sa.Column("times", sa.Integer, nullable=False, default=1),
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


def open_ledger(url: str) -> sa.Engine:
    """An engine whose tables exist.

    Args:
        url: SQLAlchemy's, e.g. ``sqlite:////srv/data/ledger.db``; ``sqlite://`` lives in memory.

    Raises:
        StoreError: it cannot be reached.
    """
    options: dict[str, Any] = {}
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            options["connect_args"] = {"timeout": 15.0, "check_same_thread": False}
        else:
            options = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    engine = sa.create_engine(parsed, **options)
    if parsed.get_backend_name() == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
    try:
        metadata.create_all(engine)
    except sa.exc.DBAPIError as e:
        engine.dispose()
        where = parsed.render_as_string(hide_password=True)
        raise StoreError(f"The ledger at {where} cannot be opened ({e.orig}).") from e
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA busy_timeout = 15000")
