"""Plans with their inputs, locks, and what somebody counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
import structlog

from chocolate_factory.adapters.ledger.schema import counts, lock_changes, locks, plans, transaction
from chocolate_factory.adapters.plan_codec import decoded, encoded
from chocolate_factory.domain.errors import UnreadableError
from chocolate_factory.domain.plan_record import PlanRecord, StockCount
from chocolate_factory.domain.time import Interval

log = structlog.get_logger(__name__)

#: Plans dropped in one transaction: others write to the ledger too.
AT_ONCE = 200


class SqlPlanLedger:
    """A ``PlanLedger`` behind SQLAlchemy. It keeps the newest plan at hand, for it is asked for at every look."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._newest: tuple[str, PlanRecord | None] | None = None

    def keep_plan(self, record: PlanRecord) -> None:
        """It is the plan in force from now on; one that is there already changes nothing."""
        with transaction(self._engine) as c:
            if c.execute(sa.select(plans.c.id).where(plans.c.id == record.id)).first() is None:
                c.execute(sa.insert(plans).values(id=record.id, made_at=record.made_at, record=encoded(record)))

    def plan_in_force(self) -> PlanRecord | None:
        """The newest; None too where a version before this one wrote it and it cannot be read."""
        newest = sa.select(plans.c.id).order_by(plans.c.made_at.desc(), plans.c.id).limit(1)
        with transaction(self._engine) as c:
            plan_id = c.execute(newest).scalar()
        if plan_id is None:
            return None
        if self._newest is None or self._newest[0] != plan_id:
            self._newest = plan_id, next(iter(self._readable(plans.c.id == plan_id)), None)
        return self._newest[1]

    def plan(self, plan_id: str) -> PlanRecord | None:
        """By id."""
        with transaction(self._engine) as c:
            body = c.execute(sa.select(plans.c.record).where(plans.c.id == plan_id)).scalar()
        return decoded(body) if body is not None else None

    def plans(self, before: datetime, limit: int = 50) -> list[PlanRecord]:
        """Those made before a moment, the newest first."""
        return list(self._readable(plans.c.made_at < before, limit))

    def _readable(self, which: sa.ColumnElement[bool], limit: int = 1) -> Iterator[PlanRecord]:
        """The newest of them; what a version before this one wrote may be understood by nobody any more."""
        query = sa.select(plans.c.id, plans.c.record).where(which)
        with transaction(self._engine) as c:
            rows = c.execute(query.order_by(plans.c.made_at.desc(), plans.c.id).limit(limit)).all()
        for row in rows:
            try:
                yield decoded(row.record)
            except UnreadableError as e:
                log.warning("a plan cannot be read: it is passed over", plan=row.id, why=str(e))

    def forget_plans(self, before: datetime) -> int:
        """Retention: drop those made before, but the last one of each UTC day; returns how many."""
        query = sa.select(plans.c.id, plans.c.made_at).where(plans.c.made_at < before).order_by(plans.c.made_at)
        with transaction(self._engine) as c:
            old = c.execute(query).all()
        kept = {row.made_at.date(): row.id for row in old}
        gone = [row.id for row in old if kept[row.made_at.date()] != row.id]
        for i in range(0, len(gone), AT_ONCE):
            with transaction(self._engine) as c:
                c.execute(sa.delete(plans).where(plans.c.id.in_(gone[i : i + AT_ONCE])))
        return len(gone)

    def lock_batch(self, batch_id: str, *, locked: bool, at: datetime) -> None:
        """Hold a batch where it is from a moment on, or let it move again."""
        with transaction(self._engine) as c:
            c.execute(sa.delete(locks).where(locks.c.batch_id == batch_id))
            if locked:
                c.execute(sa.insert(locks).values(batch_id=batch_id))
            c.execute(sa.insert(lock_changes).values(at=at, batch_id=batch_id, locked=locked))

    def locked_batches(self, at: datetime | None = None) -> frozenset[str]:
        """Ids of those that are, or were at a moment, held by hand."""
        with transaction(self._engine) as c:
            if at is None:
                return frozenset(c.execute(sa.select(locks.c.batch_id)).scalars())
            until = sa.select(lock_changes.c.batch_id, lock_changes.c.locked).where(lock_changes.c.at <= at)
            last = dict(map(tuple, c.execute(until.order_by(lock_changes.c.at, lock_changes.c.id))))
        return frozenset(batch_id for batch_id, locked in last.items() if locked)

    def add_count(self, count: StockCount) -> None:
        """What somebody counted."""
        values = {"at": count.at, "tanks_kg": dict(count.tanks_kg), "finished_kg": dict(count.finished_kg)}
        with transaction(self._engine) as c:
            c.execute(sa.insert(counts).values(**values))

    def last_count(self, at: datetime | None = None) -> StockCount | None:
        """The newest, or the newest that there was at a moment."""
        query = sa.select(counts).order_by(counts.c.at.desc(), counts.c.id.desc()).limit(1)
        query = query if at is None else query.where(counts.c.at <= at)
        with transaction(self._engine) as c:
            row = c.execute(query).first()
        return None if row is None else StockCount(row.at, row.tanks_kg, row.finished_kg)

    def counts(self, window: Interval) -> list[StockCount]:
        """Those of a window, in order."""
        query = sa.select(counts).where((counts.c.at >= window.start) & (counts.c.at < window.end))
        with transaction(self._engine) as c:
            rows = c.execute(query.order_by(counts.c.at, counts.c.id)).all()
        return [StockCount(row.at, row.tanks_kg, row.finished_kg) for row in rows]
