"""What the cleanup is made of."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from chocolate_factory.adapters.backups import tried
from chocolate_factory.adapters.ledger import SqlLedgerRetention
from chocolate_factory.domain.series import Kind
from chocolate_factory.ports import AlertLedger, Backups, Clock, PlanLedger, TimeSeriesStore
from chocolate_factory.usecases.backup_proof import BackupProof, prove
from chocolate_factory.usecases.cleanup import Cleanup
from chocolate_factory.usecases.forget_forecasts import ForgetForecasts
from chocolate_factory.usecases.hourly_means import HourlyMeans
from chocolate_factory.usecases.notify import Notify
from chocolate_factory.usecases.weekly_backup import WeeklyBackup


def cleanup_of(
    store: TimeSeriesStore,
    engine: sa.Engine,
    plans: PlanLedger,
    notify: Notify,
    alerts: AlertLedger,
    clock: Clock,
    filling: frozenset[Kind],
    backups: Backups,
    world: str,
) -> Cleanup:
    """The deed on these ports."""

    def proved(archive: Path) -> BackupProof:
        with tried(archive, world, archive.parent) as trial:
            made_at, rows = datetime.fromisoformat(trial.manifest["made_at"]), trial.manifest["ledger_rows"]
            return prove(store, trial.store, made_at, rows, trial.ledger_rows)

    return Cleanup(
        store,
        SqlLedgerRetention(engine),
        plans,
        notify.forget,
        clock,
        HourlyMeans(store, clock, filling),
        ForgetForecasts(store),
        WeeklyBackup(backups, proved, alerts),
    )
