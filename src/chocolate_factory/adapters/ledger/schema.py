"""Tables of the ledger, and what is done with them at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import sqlalchemy as sa

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


class Words(sa.TypeDecorator[str]):
    """A text of whatever somebody else said: what no database takes, NUL and halves of characters, is left out."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """To the database."""
        return None if value is None else value.replace("\0", "").encode("utf-8", "replace").decode()


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
    sa.Column("message", Words, nullable=False, default=""),
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
    sa.Column("error", Words, nullable=False, default=""),
    sa.Column("note", Words, nullable=False, default=""),
    sa.Column("brain", sa.String(80), nullable=False, server_default=""),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="1"),
    sa.Column("hung", sa.Boolean, nullable=False, server_default=sa.false()),
)
# No job overlaps itself, on however many brains.
is_running = runs.c.outcome == Outcome.RUNNING.value
sa.Index("run_alone", runs.c.job_id, unique=True, sqlite_where=is_running, postgresql_where=is_running)

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
    sa.Column("message", Words, nullable=False),
    sa.Column("action", Words, nullable=False),
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
    sa.Column("priority_reason", Words, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_try_at", Moment),
    sa.Column("filled", sa.Integer, nullable=False),
    sa.Column("route", sa.String(80), nullable=False),
    sa.Column("why", Words, nullable=False),
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
    sa.Column("summary", Words, nullable=False),
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

saved_days = sa.Table(
    "saved_day",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("record", sa.LargeBinary, nullable=False),  # JSON, zlib
)

chapters = sa.Table(
    "saving_chapter",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("since", sa.Date, nullable=False),
)

model_events = sa.Table(
    "model_event",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("name", sa.String(40), nullable=False, index=True),
    sa.Column("deed", sa.String(16), nullable=False),
    sa.Column("number", sa.Integer),
    sa.Column("why", Words, nullable=False),
    sa.Column("figures", sa.JSON, nullable=False),
)


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
        raise StoreError(f"The ledger cannot serve: {why(e)}. Run `chocolate-factory doctor`.") from e


def why(error: Exception) -> str:
    """The database's own words, without the statement and its values."""
    return str(error.orig if isinstance(error, sa.exc.DBAPIError) else error).partition("\n")[0]
