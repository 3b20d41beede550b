"""What the timetable does once a week: retention, compaction, backup."""

from __future__ import annotations

from chocolate_factory.domain.work import Outcome
from chocolate_factory.scheduler.spec import Context, Result
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.wiring import House


def weekly_cleanup(house: House, context: Context) -> Result:
    """Drop what has served its time, give its room back, make a backup and prove it.

    Stopped between two steps everything is whole, and it is begun again.
    """
    progress = Progress(stopping=context.stopping)
    counts = house.cleanup(progress)
    return Result(Outcome.FAILED if progress.problems else Outcome.DONE, counts, " ".join(progress.problems))
