"""The plant, and what was planned for it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from chocolate_factory.domain.plan_record import PlanRecord, StockCount
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.time import Interval


class PlantFile(Protocol):
    """The plant, as its file says now."""

    @property
    def problem(self) -> str:
        """What is wrong with the file; empty where nothing is. While it is wrong, the plant before holds."""
        ...

    def __call__(self) -> Plant:
        """The plant."""
        ...


class PlanBefore(Protocol):
    """What of the plans before the next one begins with."""

    def plan_in_force(self) -> PlanRecord | None:
        """The newest; None too where it cannot be read, as one that another version wrote."""
        ...

    def locked_batches(self) -> frozenset[str]:
        """Ids of those that are held by hand."""
        ...

    def last_count(self) -> StockCount | None:
        """The newest."""
        ...


class PlanLedger(PlanBefore, Protocol):
    """Plans with all their inputs, what is and was locked in them, and what somebody counted."""

    def keep_plan(self, record: PlanRecord) -> None:
        """It is the plan in force from now on; one that is there already changes nothing."""
        ...

    def plan(self, plan_id: str) -> PlanRecord | None:
        """By id."""
        ...

    def plans(self, before: datetime, limit: int = 50) -> list[PlanRecord]:
        """Those made before a moment, the newest first, but those that cannot be read."""
        ...

    def forget_plans(self, before: datetime) -> int:
        """Retention: drop those made before, but the last one of each UTC day; returns how many."""
        ...

    def lock_batch(self, batch_id: str, *, locked: bool, at: datetime) -> None:
        """Hold a batch where it is from a moment on, or let it move again."""
        ...

    def locked_batches(self, at: datetime | None = None) -> frozenset[str]:
        """Ids of those that are, or were at a moment, held by hand."""
        ...

    def add_count(self, count: StockCount) -> None:
        """What somebody counted."""
        ...

    def last_count(self, at: datetime | None = None) -> StockCount | None:
        """The newest, or the newest that there was at a moment."""
        ...

    def counts(self, window: Interval) -> list[StockCount]:
        """Those of a window, in order."""
        ...
