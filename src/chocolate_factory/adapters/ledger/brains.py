"""Which brains live: each says so every few seconds, by the database's own clock."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from chocolate_factory.adapters.ledger.schema import brains, transaction

#: A brain that has been silent for so long is dead, seconds. It says that it lives four times as often.
LEASE_S = 60.0


class DatabaseNow(FunctionElement[float]):
    """Seconds since 1970, by the database's clock: brains' own clocks differ, and trials move them."""

    type = sa.Double()
    inherit_cache = True


@compiles(DatabaseNow, "sqlite")
def _sqlite(_element: DatabaseNow, _compiler: Any, **_options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(DatabaseNow, "postgresql")
def _postgresql(_element: DatabaseNow, _compiler: Any, **_options: Any) -> str:
    return "extract(epoch from clock_timestamp())"


def is_alive(brain: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Whether a row's brain lives."""
    return sa.exists().where((brains.c.id == brain) & (brains.c.alive_until > DatabaseNow()))


class Pulse:
    """One brain's sign of life.

    Args:
        brain: its name, another for each process life.
    """

    def __init__(self, engine: sa.Engine, brain: str) -> None:
        self.brain = brain
        self._engine = engine

    def beat(self) -> bool:
        """This brain lives; False where it had been silent for so long that others may have taken over its work."""
        until = DatabaseNow() + LEASE_S
        mine = brains.c.id == self.brain
        alive = sa.update(brains).where(mine & (brains.c.alive_until > DatabaseNow())).values(alive_until=until)
        try:
            with transaction(self._engine) as c:
                in_time = bool(c.execute(alive).rowcount)
                if not in_time:
                    c.execute(sa.delete(brains).where(mine))
                    c.execute(sa.insert(brains).values(id=self.brain, alive_until=until))
        except sa.exc.IntegrityError:  # another thread of this brain was quicker
            return False
        return in_time

    def bury(self, brain: str) -> None:
        """That brain is dead, as its successor on the same folder knows; nobody need wait for its silence."""
        with transaction(self._engine) as c:
            c.execute(sa.delete(brains).where(brains.c.id == brain))

    def alive(self) -> list[str]:
        """The brains that live."""
        living = sa.select(brains.c.id).where(brains.c.alive_until > DatabaseNow()).order_by(brains.c.id)
        with transaction(self._engine) as c:
            c.execute(sa.delete(brains).where(brains.c.alive_until < DatabaseNow() - 86400.0))
            return list(c.scalars(living))
