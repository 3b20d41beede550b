"""Once a week: what has served its time goes, the room is given back, and all that is left is backed up.

Invariants:
    Each step leaves everything whole wherever it is cut off, and does nothing a second time.
    A step that fails holds up none of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from chocolate_factory.domain.errors import ChocolateFactoryError, StoppedError
from chocolate_factory.domain.retention import Kept, kept_since
from chocolate_factory.ports import Clock, LedgerRetention, PlanLedger, TimeSeriesStore
from chocolate_factory.usecases.forget_forecasts import ForgetForecasts
from chocolate_factory.usecases.hourly_means import HourlyMeans
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.usecases.weekly_backup import WeeklyBackup

log = structlog.get_logger(__name__)

#: Of the ledger, what goes by its age alone.
PAST: Final = (Kept.RUNS, Kept.FAILED_RUNS, Kept.JOBS, Kept.ALERTS, Kept.GAPS, Kept.RECOVERIES)
Step = Callable[[Progress], Mapping[str, float]]


@dataclass(frozen=True)
class Cleanup:
    """The deed, with its ports and the deeds that it is made of.

    Attributes:
        forget_notices: drops those made before a moment; how many.
    """

    store: TimeSeriesStore
    ledger: LedgerRetention
    plans: PlanLedger
    forget_notices: Callable[[datetime], int]
    clock: Clock
    means: HourlyMeans
    forecasts: ForgetForecasts
    backup: WeeklyBackup

    def __call__(self, progress: Progress) -> dict[str, float]:
        """Every step; what they did. What failed is among the progress' problems.

        Raises:
            StoppedError: the service is stopping; the next run goes on.
        """
        steps: dict[str, Step] = {
            "five-minute demand": lambda part: self.means(self._since(Kept.FIVE_MINUTES), part),
            "plans": lambda _part: {"plans_dropped": self.plans.forget_plans(self._since(Kept.PLANS))},
            "notices": lambda _part: {"notices_dropped": self.forget_notices(self._since(Kept.NOTICES))},
            "ledger": self._forget_past,
            "forecasts": lambda part: self.forecasts(self.clock.now(), part),
            "compaction": lambda _part: {"bytes_given_back": self.store.compact() + self.ledger.compact()},
            "backup": self.backup,
        }
        counts: dict[str, float] = {}
        for i, (name, step) in enumerate(steps.items()):
            part = progress.part(i / len(steps), (i + 1) / len(steps))
            part.step(0.0, name)
            counts |= _tried(name, step, part)
        progress.finish("cleaned up", **counts)
        return counts

    def _forget_past(self, progress: Progress) -> dict[str, float]:
        dropped = 0
        for i, what in enumerate(PAST):
            progress.step(i / len(PAST), what)
            dropped += self.ledger.forget(what, self._since(what))
        return {"ledger_rows_dropped": dropped}

    def _since(self, what: Kept) -> datetime:
        return kept_since(what, self.clock.now())


def _tried(name: str, step: Step, progress: Progress) -> Mapping[str, float]:
    try:
        return step(progress)
    except StoppedError:
        raise
    except ChocolateFactoryError as e:
        log.warning("a step of the cleanup failed", step=name, error=str(e))
        progress.problem(f"{name}: {e}")
        return {}
