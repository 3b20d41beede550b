"""What happened in a replication, in hours from the horizon's start; the run writes it, the indicators read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Doing(StrEnum):
    """What the line does while it is on."""

    SETUP = "setup"
    RUN = "run"
    BREAKDOWN = "breakdown"
    MICRO_STOP = "micro_stop"
    STARVED = "starved"


class LineSegment(NamedTuple):
    """The line on, doing one thing at one rate (kg/h; 0 unless it runs); ``start`` counts the starts from 1."""

    start_h: float
    end_h: float
    doing: Doing
    rate_kg_h: float
    product: str
    run: str
    start: int


class Step(NamedTuple):
    """One conche at one power."""

    start_h: float
    end_h: float
    kw: float


@dataclass(slots=True)
class Stay:
    """A batch in its conche, never interrupted.

    Attributes:
        fill_end_h: when the refining group was free again.
        ready_h: when the mass was done; ``released_h`` when the tank had taken all of it (None: not yet).
        steps: power from the start to ``ready_h``.
        lost_h: longer than planned by this much, without the wait for the tank.
    """

    batch: str
    product: str
    machine: str
    start_h: float
    fill_end_h: float
    ready_h: float
    kg: float
    steps: tuple[Step, ...]
    lost_h: float
    released_h: float | None = None


class Level(NamedTuple):
    """Mass of a product after something moved: in its tanks, and still in conches that wait for room there."""

    hour: float
    product: str
    tank_kg: float
    waiting_kg: float


@dataclass(slots=True)
class Trace:
    """All of a replication."""

    line: list[LineSegment] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)
    conched_kg: float = 0.0
    changeover_h: float = 0.0
    starts: int = 0
    lost_h: dict[str, float] = field(default_factory=dict)
