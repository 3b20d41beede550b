"""What the service tells its children; all of it can be pickled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chocolate_factory.adapters.label_files import LabelFiles
from chocolate_factory.domain.models import ModelName
from chocolate_factory.settings import Settings


@dataclass(frozen=True)
class Place:
    """Where a child finds its things.

    Attributes:
        world: ``real`` or ``simulated``.
        now: the moment of the order; the child has no other clock.
    """

    settings: Settings
    world: str
    now: datetime


@dataclass(frozen=True)
class TrainOrder:
    """What to train, and why."""

    place: Place
    reasons: Mapping[ModelName, str]


def labels(settings: Settings) -> LabelFiles:
    """The votes of planned weeks."""
    return LabelFiles(settings.data_dir / "labels")
