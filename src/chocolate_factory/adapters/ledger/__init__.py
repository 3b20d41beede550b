"""The ledger: jobs, runs, alerts, notices, gaps, recoveries, plans, savings and models, in SQLite or PostgreSQL."""

from chocolate_factory.adapters.ledger.alerts import SqlAlertLedger
from chocolate_factory.adapters.ledger.gaps import SqlGapLedger
from chocolate_factory.adapters.ledger.jobs import SqlJobLedger
from chocolate_factory.adapters.ledger.models import SqlModelLedger
from chocolate_factory.adapters.ledger.notices import SqlOutbox
from chocolate_factory.adapters.ledger.opening import open_ledger
from chocolate_factory.adapters.ledger.plans import SqlPlanLedger
from chocolate_factory.adapters.ledger.retention import SqlLedgerRetention
from chocolate_factory.adapters.ledger.savings import SqlSavingsLedger

__all__ = [
    "SqlAlertLedger", "SqlGapLedger", "SqlJobLedger", "SqlLedgerRetention", "SqlModelLedger", "SqlOutbox",
    "SqlPlanLedger", "SqlSavingsLedger", "open_ledger",
]  # fmt: skip
