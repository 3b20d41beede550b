"""Notices on their way to people."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from chocolate_factory.adapters.ledger.schema import Moment, notices, transaction
from chocolate_factory.domain.notice import Notice, NoticeState
from chocolate_factory.domain.work import Severity

#: Generic SQL has no insert that leaves alone what is there.
_INSERT: Final[Mapping[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
#: Keys in one question; a database takes so many parameters and not many times more.
_AT_ONCE = 1000
_CUT_OFF = "sending was cut off"
_WAITS = notices.c.state == NoticeState.WAITING.value
_SENDING = notices.c.state == NoticeState.SENDING.value


class SqlOutbox:
    """An ``Outbox`` behind SQLAlchemy."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, notices_: Iterable[Notice]) -> int:
        """Put in those whose key and target are new; how many that were."""
        insert = _INSERT[self._engine.dialect.name](notices).on_conflict_do_nothing().returning(notices.c.id)
        with transaction(self._engine) as c:
            return sum(c.execute(insert.values(**_values(notice))).first() is not None for notice in notices_)

    def notices(self, keys: Collection[str]) -> list[Notice]:
        """Those of these keys, in the order they were put in."""
        ordered = list(keys)
        found: list[Notice] = []
        with transaction(self._engine) as c:
            for first in range(0, len(ordered), _AT_ONCE):
                of_these = notices.c.key.in_(ordered[first : first + _AT_ONCE])
                found += [_notice(r) for r in c.execute(sa.select(notices).where(of_these))]
        return sorted(found, key=lambda n: n.id)

    def last_sent(self) -> dict[str, datetime]:
        """By target, when the last notice arrived."""
        newest = sa.func.max(notices.c.sent_at, type_=Moment).label("at")
        arrived = notices.c.state == NoticeState.SENT.value
        query = sa.select(notices.c.target, newest).where(arrived).group_by(notices.c.target)
        with transaction(self._engine) as c:
            return {row.target: row.at for row in c.execute(query)}

    def due(self, targets: Collection[str], now: datetime) -> int:
        """How many there are to deal with for these targets; cheap."""
        with transaction(self._engine) as c:
            ready = (_WAITS & (notices.c.next_try_at <= now)) | _left(_clock(c))
            query = sa.select(sa.func.count()).where(notices.c.target.in_(list(targets)) & ready)
            return int(c.execute(query).scalar_one())

    # ------------------------------------------------------------------ claims
    def claim(self, target: str, now: datetime, lease_s: float) -> list[Notice]:
        """What to send next; the update's own condition gives it to one claimant alone."""
        with transaction(self._engine) as c:
            clock = _clock(c)
            free = (notices.c.target == target) & (_WAITS | (_left(clock) & ~notices.c.once))
            order = notices.c.next_try_at, notices.c.id
            first = c.execute(sa.select(notices).where(free & (notices.c.next_try_at <= now)).order_by(*order)).first()
            if first is None:
                return []
            these = notices.c.id == first.id if first.once else ~notices.c.once
            ours = {"state": NoticeState.SENDING.value, "claimed_until": clock + timedelta(seconds=lease_s)}
            return _take(c, free & these, ours)

    def settle(self, notices_: Iterable[Notice]) -> None:
        """How they are after a try; the claim ends."""
        with transaction(self._engine) as c:
            for notice in notices_:
                values = _values(notice) | {"claim": None, "claimed_until": None}
                c.execute(sa.update(notices).where(notices.c.id == notice.id).values(**values))

    def cut_off(self, target: str) -> list[Notice]:
        """Those that must not come twice and whose claim ran out; from now on, and told to one caller, unsure."""
        with transaction(self._engine) as c:
            lost = (notices.c.target == target) & notices.c.once & _left(_clock(c))
            return _take(c, lost, {"state": NoticeState.UNSURE.value, "error": _CUT_OFF})

    def forget(self, before: datetime, keep: Collection[str] = ()) -> int:
        """Retention: drop those made before, but for some keys; returns how many."""
        old = (notices.c.created_at < before) & notices.c.key.not_in(list(keep))
        with transaction(self._engine) as c:
            return c.execute(sa.delete(notices).where(old)).rowcount


def _clock(c: sa.Connection) -> datetime:
    """The database's own present, s."""
    now: datetime = c.execute(sa.select(sa.func.now(type_=Moment))).scalar_one()
    return now


def _left(clock: datetime) -> sa.ColumnElement[bool]:
    """Claimed by somebody who did not come back."""
    return _SENDING & (notices.c.claimed_until <= clock)


def _take(c: sa.Connection, which: sa.ColumnElement[bool], values: Mapping[str, object]) -> list[Notice]:
    claim = secrets.token_hex(8)
    c.execute(sa.update(notices).where(which).values(**values, claim=claim))
    mine = sa.select(notices).where(notices.c.claim == claim).order_by(notices.c.id)
    return [_notice(r) for r in c.execute(mine)]


def _values(notice: Notice) -> dict[str, object]:
    values = asdict(notice) | {"severity": notice.severity.value, "state": notice.state.value}
    del values["id"]
    return values


def _notice(row: sa.Row[tuple[object, ...]]) -> Notice:
    values: dict[str, Any] = {f.name: row._mapping[f.name] for f in fields(Notice)}
    return Notice(**{**values, "severity": Severity(values["severity"]), "state": NoticeState(values["state"])})
