"""The ledger of savings in words: a day as planned, as the baseline would have run it, and as it was measured.

IPMVP's logic: a saving is what the baseline would have cost, for the same production and weather, less what was
measured. Where nothing was measured there is no saving, only a plan's promise.

Invariants:
    A day that was written is not changed; what is learnt later makes a new revision, and the old one stays.
    A baseline is never changed after the fact; a new one begins a new chapter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from math import hypot

from chocolate_factory.domain.time import Resolution


class DayStatus(StrEnum):
    """How far a day can be trusted, in the words of the contract."""

    MEASURED = "measured"
    PLANNED = "planned"  # it is not over, or its prices are not final: nothing of it is written yet
    NOT_MEASURED = "not measured"  # it is over, and there is no meter, or too little of it


class Production(StrEnum):
    """Where a day's kilograms come from."""

    PLANNED = "planned"
    COUNTED = "counted"


@dataclass(frozen=True, slots=True)
class Chapter:
    """The days that one baseline is the yardstick of.

    Attributes:
        sha256: of the baseline's rule and code on the day that it was declared.
        since: the first of these days.
    """

    version: int
    name: str
    sha256: str
    words: str
    since: date


@dataclass(frozen=True, slots=True)
class Course:
    """A day's energy, slot by slot, kWh.

    Attributes:
        starts: of the day's slots, and of those after it in which one of its batches still takes energy.
        minutes: length of a slot.
        planned_kwh: of the whole plant, in the day's own slots; these come first.
        baseline_kwh: in every slot; after the day what the baseline's batches take more than the plan's, or less. None
            where the baseline cannot do that day's work; ``note`` says why.
        good_kg: by product, as planned or counted.
    """

    starts: tuple[datetime, ...]
    minutes: int
    planned_kwh: tuple[float, ...]
    baseline_kwh: tuple[float, ...] | None
    good_kg: Mapping[str, float]
    production: Production = Production.PLANNED
    note: str = ""

    def quarters(self, kwh: tuple[float, ...]) -> dict[datetime, float]:
        """One of its energies by quarter-hour; a longer slot's in equal parts."""
        parts = self.minutes // int(Resolution.QUARTER)
        return {
            start + i * Resolution.QUARTER.span: energy / parts
            for start, energy in zip(self.starts, kwh, strict=False)
            for i in range(parts)
        }


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over quarter-hours, so that days add up; kWh, EUR, good kg.

    Attributes:
        slots: quarter-hours, of which ``metered_slots`` were measured.
        metered_kwh: measured, at ``metered_eur``; the plan has ``planned_there_kwh`` in the same slots.
        filled_kwh: the plan's in the slots that were not measured, at ``filled_eur``.
        has_plan, has_baseline: without the one, no energy is planned or filled; without the other, none compared.
    """

    slots: int
    metered_slots: int = 0
    metered_kwh: float = 0.0
    metered_eur: float = 0.0
    planned_there_kwh: float = 0.0
    filled_kwh: float = 0.0
    filled_eur: float = 0.0
    planned_kwh: float = 0.0
    planned_eur: float = 0.0
    baseline_kwh: float = 0.0
    baseline_eur: float = 0.0
    kg: float = 0.0
    has_plan: bool = False
    has_baseline: bool = False

    def __add__(self, other: Figures) -> Figures:
        """Of two days together."""
        pairs = {f.name: (getattr(self, f.name), getattr(other, f.name)) for f in fields(self)}
        return Figures(**{n: a or b if isinstance(a, bool) else a + b for n, (a, b) in pairs.items()})

    @property
    def coverage(self) -> float:
        """Share of the quarter-hours that were measured, 0 to 1."""
        return self.metered_slots / self.slots if self.slots else 0.0

    @property
    def measured_kwh(self) -> float:
        """Measured, and the plan's where nothing was."""
        return self.metered_kwh + self.filled_kwh

    @property
    def measured_eur(self) -> float:
        """The same at each slot's price."""
        return self.metered_eur + self.filled_eur


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """How far a measured saving may be off, EUR to either side; the parts are independent of each other.

    Attributes:
        missing_eur: of slots that were not measured.
        meter_eur: of the meter itself.
        prices_eur: of prices that may yet be revised, and of terms that are means of a year.
        model_eur: of the plant's model, by what it was off on the day.
    """

    missing_eur: float
    meter_eur: float
    prices_eur: float
    model_eur: float

    @property
    def eur(self) -> float:
        """All of it."""
        return hypot(self.missing_eur, self.meter_eur, self.prices_eur, self.model_eur)


@dataclass(frozen=True, slots=True)
class SavedDay:
    """A day of the ledger.

    Attributes:
        revision: 1 when it was first written; 0 for a day that is not written yet.
        settled_at: when this revision was written.
        chapter: of the baseline that it is measured against; None where it has none.
        plan_id: the last plan made before the day was over.
        course: what was modelled of the day; kept, so that a later price or reading changes nothing but itself.
        prices_final: whether they were read again for the last time.
        carbon_g_kwh: of the system on that day, estimated; None where its generation is not known.
        inputs: sha256 of each thing that it rests on, by its name.
    """

    day: date
    revision: int
    status: DayStatus
    figures: Figures
    settled_at: datetime | None = None
    chapter: Chapter | None = None
    plan_id: str | None = None
    course: Course | None = None
    uncertainty: Uncertainty | None = None
    prices_final: bool = False
    carbon_g_kwh: float | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def saving_eur(self) -> float | None:
        """Against the baseline; None where nothing was measured, or there is nothing to compare with."""
        if self.status is not DayStatus.MEASURED or not self.figures.has_baseline:
            return None
        return self.figures.baseline_eur - self.figures.measured_eur

    @property
    def planned_saving_eur(self) -> float | None:
        """What the plan should have saved."""
        if not (self.figures.has_plan and self.figures.has_baseline):
            return None
        return self.figures.baseline_eur - self.figures.planned_eur
