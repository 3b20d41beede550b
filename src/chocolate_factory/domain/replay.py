"""A decision made again: what was found of what the system knew, and what differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chocolate_factory.domain.plan_record import Planned, PlanRecord, Program, StockCount
from chocolate_factory.domain.series import Observation
from chocolate_factory.domain.time import Interval

#: What a difference is between; a moment is told in Madrid's time, a word of fixed meaning as itself.
Scalar = str | float | int | bool | None


class Lack(StrEnum):
    """What of a decision's grounds is not to be had any more."""

    GROUNDS = "grounds"  # the record does not say where its inputs came from
    FORGOTTEN_PLAN = "forgotten plan"  # retention dropped the plan that was in force before
    PLAN = "plan"  # the ledger has it no more, or cannot read it
    FORECAST = "forecast"  # the store holds nothing of the forecast that was in force
    INPUTS = "inputs"  # what is left is too little for any plan


class Why(StrEnum):
    """Why an input is not found again as it was."""

    GONE = "gone"  # the store holds nothing of it that was known then
    FORGOTTEN = "forgotten"  # retention dropped it
    REPLACED = "replaced"  # of what was known then the store says another value than the one that was used
    LATE = "late"  # the value that was used was received after all else had been read
    UNSEEN = "unseen"  # another value was received before all had been read, and was not stored yet
    PROGRAM = "program"  # another version of the program decides
    LEDGER = "ledger"  # the ledger tells another history
    FOLLOWS = "follows"  # it is made from something that differs
    UNKNOWN = "unknown"  # neither store nor ledger nor program says


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure or word that is not the same.

    Attributes:
        path: where it stands, e.g. ``("problem", "slots", "2026-07-14T14:00:00+02:00", "energy_eur_kwh")``.
        then, now: None where it is not there at all.
        why: of an input; None of a plan.
        at: the moment that the reason speaks of: when what is held was received.
    """

    path: tuple[str, ...]
    then: Scalar
    now: Scalar
    why: Why | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Revised:
    """A value that a decision used and that is known better since."""

    series: str
    source: str
    start: datetime
    then: float
    now: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the system knew when it decided, as store and ledger still say it.

    Attributes:
        observations: of each slot and stream what had been received by then.
        before: the plan that was in force; None where none was, or where it is lacking.
        locked: batches that were held by hand.
        count: what had been counted last.
        model: of the forecast that was in force: version, sha256 of its file, when it was made.
        lacks: what is not to be had.
    """

    observations: tuple[Observation, ...]
    before: PlanRecord | None
    locked: tuple[str, ...]
    count: StockCount | None
    model: Mapping[str, str]
    lacks: tuple[Lack, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What comparing the inputs showed where store and ledger are at hand.

    Attributes:
        differences: the inputs that are not as they were, with the reasons.
        revised: inputs that are as they were, and are known better since.
        plant: what the plant's file says otherwise by now; the decision's own plant is kept with it, and nowhere else.
        at: when it was looked at.
        program: by which program.
    """

    differences: tuple[Difference, ...]
    revised: tuple[Revised, ...]
    plant: tuple[Difference, ...]
    at: datetime
    program: Program


@dataclass(frozen=True, slots=True)
class Bundle:
    """A decision with all that is needed to make it again somewhere else."""

    record: PlanRecord
    evidence: Evidence
    found: Found


@dataclass(frozen=True, slots=True)
class Searches:
    """The solver's calls of a plan.

    Attributes:
        stopped: those that their time limit had ended, whose answers were proved and taken.
        parted_at: the number, from 1, of the first that came out otherwise; None where none did.
    """

    count: int
    stopped: int
    parted_at: int | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """A decision made again.

    Attributes:
        inputs: what differs between the inputs as they were kept and as they are found again.
        again: the plan made again from the inputs that were kept.
        plan: what differs between the plan that was kept and that one.
        otherwise: the plan from the inputs as they are found again; None where they are the same, or lacking.
    """

    bundle: Bundle
    program: Program
    inputs: tuple[Difference, ...]
    again: Planned
    plan: tuple[Difference, ...]
    searches: Searches
    otherwise: Planned | None = None

    @property
    def is_identical(self) -> bool:
        """Inputs and plan, to the last figure that counts."""
        return not (self.inputs or self.plan or self.bundle.evidence.lacks)

    @property
    def horizon(self) -> Interval:
        """Of the plan."""
        return self.bundle.record.task.problem.horizon
