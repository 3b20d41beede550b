"""The doors to the world, a room for each side of it.

Each has one contract suite under ``tests/contract`` that every adapter passes, the in-memory one included.
"""

from __future__ import annotations

from chocolate_factory.ports.ledgers import AlertLedger, GapLedger, JobLedger, LedgerRetention, Pulse, SavingsLedger
from chocolate_factory.ports.models import ModelLedger, ModelRegistry, ModelShelf
from chocolate_factory.ports.plans import PlanBefore, PlanLedger, PlantFile
from chocolate_factory.ports.process import Clock, Memo, Turn
from chocolate_factory.ports.store import Backups, TimeSeriesStore
from chocolate_factory.ports.telling import Notifier, Outbox
from chocolate_factory.ports.timetable import Timetable
from chocolate_factory.ports.upstreams import Feed, KeyedUpstream

__all__ = [
    "AlertLedger",
    "Backups",
    "Clock",
    "Feed",
    "GapLedger",
    "JobLedger",
    "KeyedUpstream",
    "LedgerRetention",
    "Memo",
    "ModelLedger",
    "ModelRegistry",
    "ModelShelf",
    "Notifier",
    "Outbox",
    "PlanBefore",
    "PlanLedger",
    "PlantFile",
    "Pulse",
    "SavingsLedger",
    "TimeSeriesStore",
    "Timetable",
    "Turn",
]
