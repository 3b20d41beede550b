"""Days of the ledger of savings with all their revisions, and its chapters."""

from __future__ import annotations

import zlib
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from chocolate_factory.adapters.ledger.schema import chapters, saved_days, transaction
from chocolate_factory.domain.errors import UnreadableError
from chocolate_factory.domain.savings import Chapter, SavedDay


class SqlSavingsLedger:
    """A ``SavingsLedger`` behind SQLAlchemy; nothing in it updates a row or drops one."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def keep_day(self, day: SavedDay) -> bool:
        """One more revision; False where another brain has written that revision meanwhile."""
        try:
            with transaction(self._engine) as c:
                c.execute(sa.insert(saved_days).values(day=day.day, revision=day.revision, record=_encoded(day)))
        except sa.exc.IntegrityError:
            return False
        return True

    def days(self, first: date, last: date) -> list[SavedDay]:
        """The newest revision of each day from the first to the last, in order."""
        inside = sa.and_(saved_days.c.day >= first, saved_days.c.day <= last)
        newest = sa.select(saved_days.c.day, sa.func.max(saved_days.c.revision).label("revision"))
        which = newest.where(inside).group_by(saved_days.c.day).subquery()
        same = sa.and_(saved_days.c.day == which.c.day, saved_days.c.revision == which.c.revision)
        return self._read(sa.select(saved_days.c.record).join(which, same).order_by(saved_days.c.day))

    def revisions(self, day: date) -> list[SavedDay]:
        """Of one day, the oldest first."""
        query = sa.select(saved_days.c.record).where(saved_days.c.day == day)
        return self._read(query.order_by(saved_days.c.revision))

    def open_chapter(self, chapter: Chapter) -> Chapter:
        """The chapter of that version: this one, or the one that was there before."""
        values = {name: getattr(chapter, name) for name in ("version", "name", "sha256", "words", "since")}
        try:
            with transaction(self._engine) as c:
                c.execute(sa.insert(chapters).values(**values))
        except sa.exc.IntegrityError:
            return next(held for held in self.chapters() if held.version == chapter.version)
        return chapter

    def chapters(self) -> list[Chapter]:
        """The oldest first."""
        with transaction(self._engine) as c:
            rows = c.execute(sa.select(chapters).order_by(chapters.c.version)).all()
        return [Chapter(row.version, row.name, row.sha256, row.words, row.since) for row in rows]

    def _read(self, query: sa.Select[Any]) -> list[SavedDay]:
        with transaction(self._engine) as c:
            bodies = c.execute(query).scalars().all()
        return [_decoded(body) for body in bodies]


def _encoded(day: SavedDay) -> bytes:
    return zlib.compress(_adapter().dump_json(day))


def _decoded(body: bytes) -> SavedDay:
    try:
        return _adapter().validate_json(zlib.decompress(body))
    except (zlib.error, ValidationError) as e:
        raise UnreadableError("A day in the ledger of savings cannot be read; another version wrote it.") from e


@cache
def _adapter() -> TypeAdapter[SavedDay]:
    return TypeAdapter(SavedDay)
