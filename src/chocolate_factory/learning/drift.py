"""What drift is called: three kinds, each with its own remedy, so that nobody trains on a broken thermometer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chocolate_factory.domain.time import DAY


class DriftKind(StrEnum):
    """What has changed."""

    SENSOR = "sensor"  # the data are broken, the world is as before
    WORLD = "world"  # the data are right, and what they tell of has changed
    MODEL = "model"  # data and world are as before, the model errs more


class Remedy(StrEnum):
    """What is done about it."""

    LEAVE_OUT = "leave out"
    RETRAIN_SHORT = "retrain with a shorter memory"
    RETRAIN = "retrain"
    BASELINE = "retrain, the baseline serves"


_ACTIONS = {
    Remedy.LEAVE_OUT: "Look at the source and its device. Nothing is trained on these values; other sources stand in.",
    Remedy.RETRAIN_SHORT: "It is trained again, on the time since the change and as little as may be of that before.",
    Remedy.RETRAIN: "It is trained again; the one that serves stays until a challenger is better.",
    Remedy.BASELINE: "It is trained again, and the baseline serves until a model beats it.",
}


@dataclass(frozen=True, slots=True)
class DriftFinding:
    """One thing that has changed, and for how long.

    Attributes:
        what: the series, the source of one (``temperature/aemet``), the regime or the model.
        since: the first Madrid day of it.
        measure: what ``statistic`` is, with its unit.
        statistic: what was measured; above ``threshold`` it is drift.
        why: a sentence.
    """

    kind: DriftKind
    what: str
    since: date
    measure: str
    statistic: float
    threshold: float
    remedy: Remedy
    why: str

    @property
    def action(self) -> str:
        """What happens next, in a sentence."""
        return _ACTIONS[self.remedy]

    @property
    def cause(self) -> str:
        """What identifies its alert."""
        return f"drift.{self.kind}.{self.what}"


def since_when(day: date, drifts: Callable[[date], bool], at_least: int, longest: int = 28) -> date | None:
    """The first day of the run of drifting days that ends with ``day``; None where it is shorter than ``at_least``.

    Args:
        drifts: whether a day does; asked from the last backwards, and no more than ``longest`` times.
    """
    run = 0
    while run < longest and drifts(day - run * DAY):
        run += 1
    return day - (run - 1) * DAY if run >= at_least else None
