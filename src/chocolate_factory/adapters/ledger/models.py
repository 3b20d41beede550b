"""The lives of the models."""

from __future__ import annotations

from dataclasses import asdict

import sqlalchemy as sa

from chocolate_factory.adapters.ledger.schema import model_events, transaction
from chocolate_factory.domain.models import Deed, ModelEvent, ModelName


class SqlModelLedger:
    """A ``ModelLedger`` behind SQLAlchemy."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add_event(self, event: ModelEvent) -> None:
        """One more line."""
        values = asdict(event) | {"name": event.name.value, "deed": event.deed.value, "figures": dict(event.figures)}
        with transaction(self._engine) as c:
            c.execute(sa.insert(model_events).values(**values))

    def events(
        self, name: ModelName | None = None, deeds: frozenset[Deed] | None = None, limit: int = 50
    ) -> list[ModelEvent]:
        """The newest first."""
        query = sa.select(model_events).order_by(model_events.c.id.desc()).limit(limit)
        if name is not None:
            query = query.where(model_events.c.name == name.value)
        if deeds is not None:
            query = query.where(model_events.c.deed.in_([d.value for d in deeds]))
        with transaction(self._engine) as c:
            return [_event(row) for row in c.execute(query)]


def _event(row: sa.Row[tuple[object, ...]]) -> ModelEvent:
    values = dict(row._mapping)
    del values["id"]
    return ModelEvent(**{**values, "name": ModelName(values["name"]), "deed": Deed(values["deed"])})
