"""Gaps with their life, and what recoveries proved."""

from __future__ import annotations

from dataclasses import asdict, fields, replace

import sqlalchemy as sa

from chocolate_factory.adapters.ledger.schema import gaps, recoveries, transaction
from chocolate_factory.domain.time import Interval
from chocolate_factory.domain.work import Gap, GapState, Recovery


class SqlGapLedger:
    """A ``GapLedger`` behind SQLAlchemy."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def open_gaps(self) -> list[Gap]:
        """All that are not filled, in order of time."""
        query = sa.select(gaps).where(gaps.c.state != GapState.FILLED.value).order_by(gaps.c.series, gaps.c.start)
        with transaction(self._engine) as c:
            return [_gap(r) for r in c.execute(query)]

    def save_gap(self, gap: Gap) -> Gap:
        """Its newest state; a gap without id gets one."""
        values = asdict(gap)
        del values["window"], values["id"]
        values |= {"start": gap.window.start, "end": gap.window.end}
        with transaction(self._engine) as c:
            if gap.id:
                c.execute(sa.update(gaps).where(gaps.c.id == gap.id).values(**values))
                return gap
            key = c.execute(sa.insert(gaps).values(**values)).inserted_primary_key
            assert key is not None  # noqa: S101  an autoincrement column has one
            return replace(gap, id=key[0])

    def gaps(self, states: frozenset[GapState] | None = None, limit: int = 200) -> list[Gap]:
        """The newest first."""
        query = sa.select(gaps).order_by(gaps.c.id.desc()).limit(limit)
        if states is not None:
            query = query.where(gaps.c.state.in_([s.value for s in states]))
        with transaction(self._engine) as c:
            return [_gap(r) for r in c.execute(query)]

    def add_recovery(self, recovery: Recovery) -> None:
        """What a catch-up proved."""
        with transaction(self._engine) as c:
            c.execute(sa.insert(recoveries).values(**asdict(recovery)))

    def last_recovery(self) -> Recovery | None:
        """The newest."""
        with transaction(self._engine) as c:
            row = c.execute(sa.select(recoveries).order_by(recoveries.c.id.desc()).limit(1)).first()
        if row is None:
            return None
        return Recovery(**{f.name: row._mapping[f.name] for f in fields(Recovery)})


def _gap(row: sa.Row[tuple[object, ...]]) -> Gap:
    values = dict(row._mapping)
    window = Interval(values.pop("start"), values.pop("end"))
    return Gap(**{**values, "window": window, "state": GapState(values["state"])})
