"""One more backup, which counts only once it was restored for a trial; an alarm where that is not so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chocolate_factory.domain.alarms.parts import BACKUP_FAILED
from chocolate_factory.domain.errors import ChocolateFactoryError, StoppedError, StoreError
from chocolate_factory.ports import AlertLedger, Backups
from chocolate_factory.usecases.backup_proof import BackupProof
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.usecases.tell import tell

#: Problems told one by one.
TOLD: Final = 3


@dataclass(frozen=True)
class WeeklyBackup:
    """The deed, with its ports.

    Attributes:
        prove: restores an archive for a trial; a minute for ten million revisions or so, so not in the service itself.
    """

    backups: Backups
    prove: Callable[[Path], BackupProof]
    alerts: AlertLedger

    def __call__(self, progress: Progress) -> dict[str, float]:
        """Make it and prove it; what came back, and its size.

        Raises:
            ChocolateFactoryError: there is no new backup; an alarm says why.
            StoppedError: the service is stopping; no alarm.
        """
        try:
            counts = self._proved(progress)
        except StoppedError:
            raise
        except ChocolateFactoryError as e:
            tell(self.alerts, BACKUP_FAILED.trouble(f"There is no new backup: {e}"))
            raise
        self.alerts.close_alert(BACKUP_FAILED.about())
        return counts

    def _proved(self, progress: Progress) -> dict[str, float]:
        proofs: list[BackupProof] = []

        def prove(archive: Path) -> None:
            progress.step(0.5, "restoring the backup for a trial")
            proofs.append(self.prove(archive))
            _must_be_equal(proofs[-1])

        progress.step(0.0, "backup")
        kept = self.backups.weekly(prove)
        return {
            "backup_revisions": proofs[-1].revisions,
            "backup_ledger_rows": proofs[-1].ledger_rows,
            "backup_bytes": kept.stat().st_size,
        }


def _must_be_equal(proof: BackupProof) -> None:
    if proof.problems:
        told = " ".join(proof.problems[:TOLD])
        raise StoreError(f"Restored for a trial it is not what it should be: {told}")
